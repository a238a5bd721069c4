//! One non-blocking connection: what is in flight on it, and the half-sent and half-received bytes.

use std::net::{SocketAddr, TcpStream};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use crate::error::Error;
use crate::resp::{Counted, Expected};

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) socket: TcpStream,
    /// Commands sent (or kept to be sent) and not yet answered.
    pub(super) in_flight: usize,
    /// What the socket didn't take; bounded by the commands that may be in flight.
    unsent: Vec<u8>,
    /// The beginning of a reply whose end hasn't come yet.
    kept: Vec<u8>,
}

impl Connection {
    pub(super) fn open(server: SocketAddr) -> Result<Self, Error> {
        let connect = || {
            let socket = TcpStream::connect(server)?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            Ok::<_, std::io::Error>(socket)
        };
        let socket = connect().map_err(Error::io(format!("connecting to {server}")))?;
        Ok(Self { socket, in_flight: 0, unsent: Vec::new(), kept: Vec::new() })
    }

    /// Sends `commands` commands, or keeps what the socket doesn't take.
    #[inline]
    pub(super) fn send(&mut self, bytes: &[u8], commands: usize) -> Result<(), Error> {
        self.in_flight += commands;
        let taken = if self.unsent.is_empty() { self.offer(bytes)? } else { 0 };
        self.unsent.extend_from_slice(&bytes[taken..]);
        Ok(())
    }

    /// Tries again to send what was kept.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let taken = self.offer(&self.unsent)?;
        self.unsent.drain(..taken);
        Ok(())
    }

    /// Whether [`flush`](Self::flush) has something to do.
    #[inline]
    pub(super) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// How much of `bytes` the socket takes now.
    #[inline]
    fn offer(&self, bytes: &[u8]) -> Result<usize, Error> {
        match rustix::net::send(&self.socket, bytes, SendFlags::NOSIGNAL) {
            Ok(taken) => Ok(taken),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(Errno::PIPE | Errno::CONNRESET) => Err(Error::Closed { in_flight: self.in_flight }),
            Err(error) => Err(Error::io("sending")(error)),
        }
    }

    /// Reads once into `buffer`, and counts the replies that are now complete.
    #[inline]
    pub(super) fn receive(&mut self, buffer: &mut [u8], expected: &Expected) -> Result<Counted, Error> {
        let kept = self.kept.len();
        buffer[..kept].copy_from_slice(&self.kept);
        let received = match rustix::net::recv(&self.socket, &mut buffer[kept..], RecvFlags::empty()) {
            Ok((0, _)) | Err(Errno::CONNRESET) => {
                return Err(Error::Closed { in_flight: self.in_flight });
            }
            Ok((received, _)) => received,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(Counted::default()),
            Err(error) => return Err(Error::io("receiving")(error)),
        };
        let bytes = &buffer[..kept + received];
        let counted = expected.count(bytes)?;
        self.kept.clear();
        self.kept.extend_from_slice(&bytes[counted.used..]);
        self.settle(counted)
    }

    fn settle(&mut self, counted: Counted) -> Result<Counted, Error> {
        match self.in_flight.checked_sub(counted.replies) {
            Some(left) => self.in_flight = left,
            None => return Err(Error::WrongReply("more replies than commands".to_owned())),
        }
        Ok(counted)
    }
}
