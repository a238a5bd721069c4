//! The simulated backend: no sockets, no kernel, no sleep. A test puts bytes in and takes answers out, and turns the
//! shards in an order that a seed decides, so a run can be repeated to the byte.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Backend, Buffer, Event, Token};

/// The outside of a [`Sim`] backend: what a test sees of it.
#[derive(Default)]
struct Outside {
    events: VecDeque<(Token, Option<Vec<u8>>)>,
    sent: BTreeMap<Token, Vec<u8>>,
    closed: Vec<Token>,
}

/// A test's handle on a simulated backend.
#[derive(Clone, Default)]
pub struct Net(Arc<Mutex<Outside>>);

impl Net {
    fn with<R>(&self, f: impl FnOnce(&mut Outside) -> R) -> R {
        f(&mut self.0.lock().expect("no one panics with this lock"))
    }

    /// Bytes arrive at a connection.
    pub fn deliver(&self, token: Token, bytes: &[u8]) {
        self.with(|o| o.events.push_back((token, Some(bytes.into()))));
    }

    /// The peer of a connection closes.
    pub fn hang_up(&self, token: Token) {
        self.with(|o| o.events.push_back((token, None)));
    }

    /// Has something happened that the backend hasn't told yet?
    pub fn has_events(&self) -> bool {
        self.with(|o| !o.events.is_empty() || !o.closed.is_empty())
    }

    /// What was sent to a connection since the last call.
    pub fn take_sent(&self, token: Token) -> Vec<u8> {
        self.with(|o| o.sent.remove(&token).unwrap_or_default())
    }
}

/// See the module.
pub struct Sim {
    net: Net,
    buffers: Vec<Vec<u8>>,
    free: Vec<u16>,
}

impl Sim {
    /// A backend whose outside is `net`.
    pub fn new(net: Net) -> Self {
        Self { net, buffers: Vec::new(), free: Vec::new() }
    }
}

impl Backend for Sim {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn listen(&mut self, _: u8, _: Arc<OwnedFd>) {}

    fn unlisten(&mut self) {}

    fn open(&mut self, _: Token, _: OwnedFd) {}

    fn pause(&mut self, _: Token) {}

    fn resume(&mut self, _: Token) {}

    fn send(&mut self, token: Token, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        self.net.with(|o| o.sent.entry(token).or_default().append(&mut bytes));
        Some(bytes)
    }

    fn unsent(&self, _: Token) -> usize {
        0
    }

    fn close(&mut self, token: Token) {
        self.net.with(|o| o.closed.push(token));
    }

    fn wait(&mut self, _: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        let (arrived, closed) = self.net.with(|o| (std::mem::take(&mut o.events), std::mem::take(&mut o.closed)));
        events.extend(closed.into_iter().map(|token| Event::Closed { token }));
        for (token, bytes) in arrived {
            events.push(match bytes {
                None => Event::Eof { token },
                Some(bytes) => {
                    let len = bytes.len() as u32;
                    let id = self.free.pop().unwrap_or_else(|| {
                        self.buffers.push(Vec::new());
                        (self.buffers.len() - 1) as u16
                    });
                    self.buffers[id as usize] = bytes;
                    Event::Data { token, buffer: Buffer { id, len } }
                }
            });
        }
        Ok(())
    }

    fn bytes(&self, buffer: Buffer) -> &[u8] {
        &self.buffers[buffer.id as usize]
    }

    fn recycle(&mut self, buffer: Buffer) {
        self.free.push(buffer.id);
    }
}
