//! Why a command fails, and every error text that commands put on the wire.

use std::borrow::Cow;

/// A command's failure. The caller writes [`Fail::text`] as the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fail {
    /// The key holds another type.
    WrongType,
    /// An argument or value is no 64-bit integer.
    NotInteger,
    /// An argument or value is no float.
    NotFloat,
    /// The options can't be understood.
    Syntax,
    /// An index or count is out of its range.
    OutOfRange,
    /// The key must exist.
    NoSuchKey,
    /// A database number that isn't one.
    InvalidDb,
    /// A database number that is too high or negative.
    DbOutOfRange,
    /// Source and destination are the same.
    SameObject,
    /// A cursor that is no number.
    InvalidCursor,
    /// The result would be longer than `proto-max-bulk-len`.
    StringTooLong,
    /// An increment that leaves the range of 64-bit integers.
    Overflow,
    /// An increment that gives no finite number.
    NanOrInfinity,
    /// A time to live that can't be, for this command (lower-case name).
    InvalidExpire(&'static str),
    /// Wrong number of arguments for this command (full lower-case name, `config|get`).
    Arity(Cow<'static, str>),
    /// Any other text, with its code.
    Text(Cow<'static, str>),
}

impl Fail {
    /// A failure with a text of its own, code included (`ERR …`).
    pub fn text_of(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into())
    }

    /// What the client reads after `-`.
    pub fn text(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value",
            Self::NotInteger => "ERR value is not an integer or out of range",
            Self::NotFloat => "ERR value is not a valid float",
            Self::Syntax => "ERR syntax error",
            Self::OutOfRange => "ERR index out of range",
            Self::NoSuchKey => "ERR no such key",
            Self::InvalidDb => "ERR invalid DB index",
            Self::DbOutOfRange => "ERR DB index is out of range",
            Self::SameObject => "ERR source and destination objects are the same",
            Self::InvalidCursor => "ERR invalid cursor",
            Self::StringTooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            Self::Overflow => "ERR increment or decrement would overflow",
            Self::NanOrInfinity => "ERR increment would produce NaN or Infinity",
            Self::InvalidExpire(name) => return format!("ERR invalid expire time in '{name}' command").into(),
            Self::Arity(name) => return format!("ERR wrong number of arguments for '{name}' command").into(),
            Self::Text(text) => return text.clone(),
        })
    }
}

/// What a command gives: its answer is written, or a failure and nothing is.
pub type Outcome = Result<(), Fail>;
