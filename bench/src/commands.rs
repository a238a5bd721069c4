//! The commands that a run can send, and what their replies must look like.

use crate::resp::Expected;

/// A command of the workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Command {
    /// `GET key`: the value, or nil.
    Get,
    /// `SET key value`: `+OK`.
    Set,
}

impl Command {
    /// As users write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Set => "set",
        }
    }

    /// The reply that this command must get when every value has `value_size` bytes.
    #[must_use]
    pub fn expected(self, value_size: usize) -> Expected {
        match self {
            Self::Get => Expected::bulk_or_nil(value_size),
            Self::Set => Expected::status("OK"),
        }
    }

    /// The words of the command, with a place for the key.
    pub(crate) fn words<'a>(self, key: &'a [u8], value: &'a [u8]) -> Vec<&'a [u8]> {
        match self {
            Self::Get => vec![b"GET", key],
            Self::Set => vec![b"SET", key, value],
        }
    }
}
