//! What a callback answers: RESP with lengths that may be told at the end.

use valkore_core::resp::{Protocol, Reply};
use valkore_shard::log::{Level, log};

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

    /// The answer's bytes. Where `module` has not told the length of a collection it would be no RESP, so it is an error.
    pub fn finish(mut self, module: &str) -> Vec<u8> {
        if !self.postponed.is_empty() {
            let text = format!(
                "API misuse detected in module {module}: ValkeyModule_ReplyWith*(VALKEYMODULE_POSTPONED_LEN) not matched by \
                 the same number of ValkeyModule_ReplySet*Length() calls."
            );
            log(Level::Warning, &text);
            self.bytes.clear();
            self.reply().error("ERR the module's answer is incomplete");
        }
        self.bytes
    }
}
