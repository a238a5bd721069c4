//! The epoll backend: chosen where a ring can't be had. Level-triggered; sends go out at once, and wait
//! for the socket only when its buffer is full.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags as AcceptFlags, accept_with, recv, send};

use super::{Backend, Buffer, Event, RECV_BUFFER, Token};

/// Accepts in one turn per listener; the rest comes next turn.
const ACCEPTS_PER_TURN: usize = 64;
const BELL: u64 = u64::MAX;
const LISTENER: u64 = 1 << 40;

struct Conn {
    fd: OwnedFd,
    sending: Option<(Vec<u8>, usize)>,
    paused: bool,
    eof: bool,
    interest: epoll::EventFlags,
}

/// See the module.
pub struct Epoll {
    epoll: OwnedFd,
    bell: Arc<OwnedFd>,
    listeners: Vec<Option<Arc<OwnedFd>>>,
    conns: Vec<Option<Conn>>,
    buffers: Vec<Box<[u8]>>,
    free: Vec<u16>,
    ready: VecDeque<Event>,
    found: Vec<epoll::Event>,
}

impl Epoll {
    /// A backend of the calling thread, woken by `bell`.
    pub fn new(bell: Arc<OwnedFd>) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, bell.as_fd(), epoll::EventData::new_u64(BELL), epoll::EventFlags::IN)?;
        Ok(Self {
            epoll,
            bell,
            listeners: Vec::new(),
            conns: Vec::new(),
            buffers: Vec::new(),
            free: Vec::new(),
            ready: VecDeque::new(),
            found: Vec::with_capacity(512),
        })
    }

    fn conn(&mut self, token: Token) -> &mut Conn {
        self.conns[token as usize].as_mut().expect("a token that is open")
    }

    /// Brings the kernel's interest in line with the connection's state.
    fn arm(&mut self, token: Token) {
        let conn = self.conns[token as usize].as_mut().expect("a token that is open");
        let mut want = epoll::EventFlags::empty();
        want.set(epoll::EventFlags::IN, !conn.paused && !conn.eof);
        want.set(epoll::EventFlags::OUT, conn.sending.is_some());
        if want != conn.interest {
            conn.interest = want;
            let data = epoll::EventData::new_u64(token as u64);
            epoll::modify(&self.epoll, &conn.fd, data, want).expect("a registered descriptor can be changed");
        }
    }

    fn accept(&mut self, listener: usize, events: &mut Vec<Event>) {
        let Some(socket) = self.listeners[listener].clone() else { return };
        for _ in 0..ACCEPTS_PER_TURN {
            match accept_with(&socket, AcceptFlags::CLOEXEC | AcceptFlags::NONBLOCK) {
                Ok(fd) => events.push(Event::Accepted { listener: listener as u8, fd }),
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(_) => break,
            }
        }
    }

    fn receive(&mut self, token: Token, events: &mut Vec<Event>) {
        let id = self.free.pop().unwrap_or_else(|| {
            self.buffers.push(vec![0; RECV_BUFFER].into());
            (self.buffers.len() - 1) as u16
        });
        let Self { conns, buffers, .. } = self;
        let conn = conns[token as usize].as_mut().expect("a token that is open");
        match recv(&conn.fd, &mut buffers[id as usize][..], RecvFlags::DONTWAIT).map(|(n, _)| n) {
            Ok(n) if n > 0 => {
                events.push(Event::Data { token, buffer: Buffer { id, len: n as u32 } });
                return;
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Ok(_) | Err(_) => {
                conn.eof = true;
                events.push(Event::Eof { token });
                self.arm(token);
            }
        }
        self.free.push(id);
    }

    /// Sends on; true when all is out or the connection broke.
    fn push_out(&mut self, token: Token) -> Option<(Vec<u8>, bool)> {
        let conn = self.conn(token);
        let (bytes, sent) = conn.sending.as_mut()?;
        while *sent < bytes.len() {
            match send(&conn.fd, &bytes[*sent..], SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(n) => *sent += n,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return None,
                Err(_) => break,
            }
        }
        let (mut bytes, sent) = conn.sending.take()?;
        let ok = sent == bytes.len();
        bytes.clear();
        Some((bytes, ok))
    }
}

impl Backend for Epoll {
    fn name(&self) -> &'static str {
        "epoll"
    }

    fn listen(&mut self, listener: u8, socket: Arc<OwnedFd>) {
        let at = listener as usize;
        if self.listeners.len() <= at {
            self.listeners.resize(at + 1, None);
        }
        let data = epoll::EventData::new_u64(LISTENER + at as u64);
        epoll::add(&self.epoll, &socket, data, epoll::EventFlags::IN | epoll::EventFlags::EXCLUSIVE)
            .expect("a listening socket can be watched");
        self.listeners[at] = Some(socket);
    }

    fn unlisten(&mut self) {
        for socket in self.listeners.drain(..).flatten() {
            let _ = epoll::delete(&self.epoll, &socket);
        }
    }

    fn open(&mut self, token: Token, fd: OwnedFd) {
        let at = token as usize;
        if self.conns.len() <= at {
            self.conns.resize_with(at + 1, || None);
        }
        let interest = epoll::EventFlags::IN;
        epoll::add(&self.epoll, &fd, epoll::EventData::new_u64(token as u64), interest)
            .expect("a connection can be watched");
        self.conns[at] = Some(Conn { fd, sending: None, paused: false, eof: false, interest });
    }

    fn pause(&mut self, token: Token) {
        self.conn(token).paused = true;
        self.arm(token);
    }

    fn resume(&mut self, token: Token) {
        self.conn(token).paused = false;
        self.arm(token);
    }

    fn send(&mut self, token: Token, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let conn = self.conn(token);
        debug_assert!(conn.sending.is_none(), "one send at a time");
        conn.sending = Some((bytes, 0));
        match self.push_out(token) {
            Some((buffer, true)) => Some(buffer),
            Some((buffer, false)) => {
                self.ready.push_back(Event::Sent { token, buffer, ok: false });
                None
            }
            None => {
                self.arm(token);
                None
            }
        }
    }

    fn unsent(&self, token: Token) -> usize {
        let conn = self.conns[token as usize].as_ref();
        conn.and_then(|c| c.sending.as_ref()).map_or(0, |(bytes, sent)| bytes.len() - sent)
    }

    fn close(&mut self, token: Token) {
        let conn = self.conns[token as usize].take().expect("a token that is open");
        let _ = epoll::delete(&self.epoll, &conn.fd);
        if let Some((mut buffer, _)) = conn.sending {
            buffer.clear();
            self.ready.push_back(Event::Sent { token, buffer, ok: false });
        }
        self.ready.push_back(Event::Closed { token });
    }

    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        let timeout = if self.ready.is_empty() { timeout } else { Some(Duration::ZERO) };
        let timeout = timeout.map(|t| {
            rustix::event::Timespec::try_from(t).unwrap_or(rustix::event::Timespec { tv_sec: 1 << 30, tv_nsec: 0 })
        });
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut found), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        events.extend(self.ready.drain(..));
        for event in &found {
            match event.data.u64() {
                BELL => {
                    let _ = rustix::io::read(self.bell.as_fd(), &mut [0u8; 8]);
                }
                l if l >= LISTENER => self.accept((l - LISTENER) as usize, events),
                token => {
                    let token = token as Token;
                    let flags = event.flags;
                    if flags.intersects(epoll::EventFlags::OUT | epoll::EventFlags::ERR | epoll::EventFlags::HUP)
                        && let Some((buffer, ok)) = self.push_out(token)
                    {
                        events.push(Event::Sent { token, buffer, ok });
                        self.arm(token);
                    }
                    let readable = epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR;
                    if flags.intersects(readable) && !self.conn(token).eof {
                        self.receive(token, events);
                    }
                }
            }
        }
        self.found = found;
        Ok(())
    }

    fn bytes(&self, buffer: Buffer) -> &[u8] {
        &self.buffers[buffer.id as usize][..buffer.len as usize]
    }

    fn recycle(&mut self, buffer: Buffer) {
        self.free.push(buffer.id);
    }
}
