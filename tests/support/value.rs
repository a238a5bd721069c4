//! An answer, and how tests write it.

use std::fmt;

/// A RESP2 or RESP3 value. Written as its type's mark and text: `+OK`, `-ERR no`, `:1`, `$text`, `nil`,
/// `[:1 $a]`, `{$k :1}`, `~[$a]`, `,1.5`, `#t`, `(123`, `=txt:text`, `>[$a]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// `+`
    Simple(String),
    /// `-`
    Error(String),
    /// `:`
    Int(i64),
    /// `$`
    Bulk(Vec<u8>),
    /// `$-1`, `*-1`, `_`
    Null,
    /// `*`
    Array(Vec<Value>),
    /// `%`
    Map(Vec<Value>),
    /// `~`
    Set(Vec<Value>),
    /// `>`
    Push(Vec<Value>),
    /// `,`
    Double(String),
    /// `#`
    Bool(bool),
    /// `(`
    Big(String),
    /// `=`
    Verbatim(Vec<u8>),
}

impl Value {
    /// The bytes of a bulk string.
    #[track_caller]
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Bulk(bytes) | Self::Verbatim(bytes) => bytes,
            other => panic!("not a bulk string: {other}"),
        }
    }

    /// The text of a bulk string.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.bytes()).expect("a text")
    }

    /// The number of an integer, or that a bulk string holds; 0 for null.
    #[track_caller]
    pub(crate) fn number(&self) -> i64 {
        match self {
            Self::Int(n) => *n,
            Self::Null => 0,
            Self::Bulk(b) => std::str::from_utf8(b).ok().and_then(|t| t.parse().ok()).expect("a number"),
            other => panic!("not a number: {other}"),
        }
    }

    /// The items of an array.
    #[track_caller]
    pub(crate) fn items(self) -> Vec<Value> {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Map(items) | Self::Push(items) => items,
            other => panic!("not an array: {other}"),
        }
    }

    /// Is it an error?
    pub(crate) fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, open: &str, items: &[Value], close: char| {
            f.write_str(open)?;
            for (i, item) in items.iter().enumerate() {
                write!(f, "{}{item}", if i > 0 { " " } else { "" })?;
            }
            write!(f, "{close}")
        };
        match self {
            Self::Simple(t) => write!(f, "+{t}"),
            Self::Error(t) => write!(f, "-{t}"),
            Self::Int(n) => write!(f, ":{n}"),
            Self::Bulk(b) => write!(f, "${}", String::from_utf8_lossy(b)),
            Self::Null => f.write_str("nil"),
            Self::Array(v) => list(f, "[", v, ']'),
            Self::Map(v) => list(f, "{", v, '}'),
            Self::Set(v) => list(f, "~[", v, ']'),
            Self::Push(v) => list(f, ">[", v, ']'),
            Self::Double(t) => write!(f, ",{t}"),
            Self::Bool(b) => write!(f, "#{}", if *b { 't' } else { 'f' }),
            Self::Big(t) => write!(f, "({t}"),
            Self::Verbatim(b) => write!(f, "={}", String::from_utf8_lossy(b)),
        }
    }
}
