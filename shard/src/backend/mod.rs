//! The I/O backend of a shard's loop: one place to wait for sockets, the doorbell and time.
//!
//! Completion-shaped: the owner of connections (`net`) asks to receive and to send, and gets [`Event`]s. Received
//! bytes lie in buffers of the backend until they are recycled, so a loop turn can parse and prefetch across all
//! connections before it runs the first command. Sent bytes are owned by the backend until [`Event::Sent`] brings
//! the buffer back, so no buffer in the kernel's hands can be freed or changed.

mod epoll;
pub mod sim;
mod uring;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use crate::mailbox::Bell;

pub use epoll::Epoll;
pub use uring::Uring;

/// Size of one receive buffer, in bytes.
pub const RECV_BUFFER: usize = 16 * 1024;

/// A connection, as its owner numbers it. A number is free again after [`Event::Closed`].
pub type Token = u32;

/// A receive buffer of the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    id: u16,
    /// Bytes received.
    pub len: u32,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A connection was accepted on listener number `listener`.
    Accepted {
        /// The number given to [`Backend::listen`].
        listener: u8,
        /// The connection.
        fd: OwnedFd,
    },
    /// Bytes came in; [`Backend::bytes`] shows them, [`Backend::recycle`] must follow.
    Data {
        /// The connection.
        token: Token,
        /// Where the bytes lie.
        buffer: Buffer,
    },
    /// The peer has closed, or the connection broke. Nothing more comes in.
    Eof {
        /// The connection.
        token: Token,
    },
    /// All of a send is out, or it failed. The buffer comes back to be used again.
    Sent {
        /// The connection.
        token: Token,
        /// The buffer given to [`Backend::send`], emptied.
        buffer: Vec<u8>,
        /// Did all of it go out?
        ok: bool,
    },
    /// The connection is closed, and its number free.
    Closed {
        /// The connection.
        token: Token,
    },
}

/// One shard's I/O. All calls come from the thread that made it.
pub trait Backend {
    /// A name for the log and INFO: `uring`, `epoll` or `sim`.
    fn name(&self) -> &'static str;
    /// Accepts on a listening socket (shared with the other shards' backends) until the end.
    fn listen(&mut self, listener: u8, socket: Arc<OwnedFd>);
    /// Stops accepting everywhere.
    fn unlisten(&mut self);
    /// Takes a connection and begins to receive.
    fn open(&mut self, token: Token, fd: OwnedFd);
    /// Stops receiving for a while (back-pressure); what is under way may still come.
    fn pause(&mut self, token: Token);
    /// Receives again.
    fn resume(&mut self, token: Token);
    /// Sends all of `bytes`; one send per connection at a time. Gives the emptied buffer back when
    /// it is done at once, otherwise [`Event::Sent`] follows.
    fn send(&mut self, token: Token, bytes: Vec<u8>) -> Option<Vec<u8>>;
    /// Bytes of the send under way that are still to go out.
    fn unsent(&self, token: Token) -> usize;
    /// Closes; [`Event::Closed`] follows when nothing is under way any more.
    fn close(&mut self, token: Token);
    /// Sends out what is queued and waits until something happens or `timeout` is over (`None`: no limit;
    /// zero: doesn't wait). Appends to `events`.
    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()>;
    /// The bytes of a receive buffer.
    fn bytes(&self, buffer: Buffer) -> &[u8];
    /// Gives a receive buffer back.
    fn recycle(&mut self, buffer: Buffer);
}

/// A doorbell: an eventfd in the ring or the epoll set of the sleeping thread.
pub struct EventFdBell(pub(crate) Arc<OwnedFd>);

impl EventFdBell {
    /// A bell, and the descriptor that the backend waits on.
    pub fn new() -> io::Result<(Self, Arc<OwnedFd>)> {
        use rustix::event::{EventfdFlags, eventfd};
        let fd = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        Ok((Self(fd.clone()), fd))
    }
}

impl Bell for EventFdBell {
    fn ring(&self) {
        // The counter can't overflow: the reader empties it, and a full counter is readable, which is all that counts.
        let _ = rustix::io::write(self.0.as_fd(), &1u64.to_ne_bytes());
    }
}

/// Which backend the configuration asks for (`io-backend`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// io_uring where it can be had, else epoll.
    Auto,
    /// io_uring, or fail.
    Uring,
    /// epoll.
    Epoll,
}

/// Makes the backend of this thread; the text says why `auto` fell back to epoll.
pub fn open(choice: Choice, bell: Arc<OwnedFd>) -> io::Result<(Box<dyn Backend>, Option<String>)> {
    match choice {
        Choice::Epoll => Ok((Box::new(Epoll::new(bell)?), None)),
        Choice::Uring => Ok((Box::new(Uring::new(bell)?), None)),
        Choice::Auto => match Uring::new(bell.clone()) {
            Ok(u) => Ok((Box::new(u), None)),
            Err(e) => Ok((Box::new(Epoll::new(bell)?), Some(format!("io_uring can't be had ({e})")))),
        },
    }
}
