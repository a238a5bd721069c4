//! What a callback answers: RESP with lengths that may be told at the end.

use valkore_core::resp::{Protocol, Reply};

/// The answer of one callback.
#[derive(Debug, Default)]
pub struct Answer {
    /// RESP.
    pub bytes: Vec<u8>,
    /// The protocol that it is written in.
    pub protocol: Protocol,
    /// Collections whose length was postponed: where they begin.
    postponed: Vec<usize>,
}

impl Answer {
    /// An empty answer.
    pub fn new(protocol: Protocol) -> Self {
        Self { bytes: Vec::new(), protocol, postponed: Vec::new() }
    }

    /// Writes on.
    pub fn reply(&mut self) -> Reply<'_> {
        Reply::new(&mut self.bytes, self.protocol)
    }

    /// A collection begins whose length is told later.
    pub fn postpone(&mut self) {
        self.postponed.push(self.bytes.len());
    }

    /// The length of the innermost collection whose length was postponed, of this kind (`*%~|`); false if there is
    /// none.
    pub fn settle(&mut self, kind: u8, n: usize) -> bool {
        let Some(at) = self.postponed.pop() else { return false };
        self.reply().insert_head(at, kind, n);
        true
    }
}
