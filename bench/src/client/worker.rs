//! What one client thread owns: its connections, their epoll set, and the buffers they share.

use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use super::connection::Connection;
use crate::error::Error;
use crate::interrupt;
use crate::keys::Keys;
use crate::resp::{Counted, Expected, LINE_BYTES_MAX};
use crate::template::Batch;
use crate::workload::Workload;

/// Bytes that one `recv` asks for at least.
const RECEIVE_BYTES_MIN: usize = 64 * 1024;
/// Events that one `epoll_wait` returns at most.
const EVENTS_MAX: usize = 256;

#[derive(Debug)]
pub(super) struct Worker {
    pub(super) connections: Vec<Connection>,
    /// Commands in flight on all connections.
    pub(super) in_flight: usize,
    epoll: OwnedFd,
    /// The connections that the last wait found ready.
    ready: Vec<usize>,
    /// Connections for which the epoll set waits until they can be written, too.
    writable: Vec<bool>,
    batch: Batch,
    expected: Expected,
    buffer: Vec<u8>,
}

impl Worker {
    pub(super) fn connect(server: SocketAddr, workload: &Workload, connections: usize) -> Result<Self, Error> {
        let expected = workload.command.expected(workload.value_size);
        let worker = Self {
            connections: (0..connections).map(|_| Connection::open(server)).collect::<Result<_, _>>()?,
            in_flight: 0,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC).map_err(Error::io("creating an epoll set"))?,
            ready: Vec::with_capacity(EVENTS_MAX),
            writable: vec![false; connections],
            batch: Batch::new(workload.command, workload.value_size, workload.pipeline),
            buffer: vec![0; RECEIVE_BYTES_MIN + 2 * (expected.frame() + LINE_BYTES_MAX)],
            expected,
        };
        for (index, connection) in worker.connections.iter().enumerate() {
            let data = epoll::EventData::new_u64(index as u64);
            let added = epoll::add(&worker.epoll, &connection.socket, data, epoll::EventFlags::IN);
            added.map_err(Error::io("adding to an epoll set"))?;
        }
        Ok(worker)
    }

    /// Sends a batch of `commands` with fresh keys.
    #[inline]
    pub(super) fn send(&mut self, index: usize, commands: usize, keys: &mut Keys) -> Result<(), Error> {
        self.in_flight += commands;
        self.connections[index].send(self.batch.fill(commands, keys), commands)?;
        self.watch_writable(index)
    }

    /// Reads once, after sending what was left over.
    #[inline]
    pub(super) fn receive(&mut self, index: usize) -> Result<Counted, Error> {
        let connection = &mut self.connections[index];
        if connection.has_unsent() {
            connection.flush()?;
        }
        let counted = connection.receive(&mut self.buffer, &self.expected)?;
        self.in_flight -= counted.replies;
        self.watch_writable(index)?;
        Ok(counted)
    }

    /// Waits for events; returns how many there are ([`ready`](Self::ready) tells which). Fails after a signal.
    #[inline]
    pub(super) fn wait(&mut self, timeout: Duration) -> Result<usize, Error> {
        interrupt::check()?;
        let timeout = Timespec { tv_sec: timeout.as_secs() as i64, tv_nsec: i64::from(timeout.subsec_nanos()) };
        self.ready.clear();
        let mut space = [MaybeUninit::uninit(); EVENTS_MAX];
        match epoll::wait(&self.epoll, &mut space, Some(&timeout)) {
            Ok((events, _)) => self.ready.extend(events.iter().map(|event| event.data.u64() as usize)),
            Err(Errno::INTR) => {}
            Err(error) => return Err(Error::io("waiting for events")(error)),
        }
        Ok(self.ready.len())
    }

    /// The connection of that event of the last [`wait`](Self::wait).
    #[inline]
    pub(super) fn ready(&self, event: usize) -> usize {
        self.ready[event]
    }

    /// Waits for writability only while something is unsent.
    #[inline]
    fn watch_writable(&mut self, index: usize) -> Result<(), Error> {
        let wanted = self.connections[index].has_unsent();
        if wanted == self.writable[index] {
            return Ok(());
        }
        self.writable[index] = wanted;
        let flags = if wanted { epoll::EventFlags::IN | epoll::EventFlags::OUT } else { epoll::EventFlags::IN };
        let data = epoll::EventData::new_u64(index as u64);
        epoll::modify(&self.epoll, &self.connections[index].socket, data, flags)
            .map_err(Error::io("changing an epoll set"))
    }
}
