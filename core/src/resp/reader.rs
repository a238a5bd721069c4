//! Reads commands from a connection's bytes: RESP arrays of bulk strings, or inline lines.
//!
//! [`Reader::parse`] is given the whole unconsumed input each time. Where a command
//! is not complete yet, the reader remembers how far it came, so that a command that
//! arrives in many pieces is scanned once.

use super::Span;

/// Longest inline line, or line of a count or length, in bytes (Valkey's `PROTO_INLINE_MAX_SIZE`).
const INLINE_MAX: usize = 64 * 1024;
/// What a client may send before it has authenticated: arguments per command.
const UNAUTHENTICATED_ARGS_MAX: i64 = 10;
/// What a client may send before it has authenticated: bytes per argument.
const UNAUTHENTICATED_BULK_MAX: i64 = 16_384;

/// What bounds the input of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `proto-max-bulk-len`, in bytes.
    pub bulk_max: i64,
    /// Has the client authenticated, or needs it not?
    pub authenticated: bool,
}

/// Why a connection's bytes are not RESP; after any of these the connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// An inline line that doesn't end.
    BigInline,
    /// A line of a multibulk count that doesn't end.
    BigCount,
    /// A count that is no number, or out of range.
    MultibulkLength,
    /// More arguments than a client without authentication may send.
    UnauthenticatedMultibulkLength,
    /// An argument longer than a client without authentication may send.
    UnauthenticatedBulkLength,
    /// A line of a bulk length that doesn't end.
    BigBulkCount,
    /// Something else than `$` where an argument begins.
    ExpectedDollar(u8),
    /// A bulk length that is no number, or out of range.
    BulkLength,
    /// A bulk string without CR LF after it.
    InvalidCrlf,
    /// An inline line with a quote that doesn't close.
    UnbalancedQuotes,
}

impl ProtocolError {
    /// The error's text after `-ERR Protocol error: `.
    pub fn text(self) -> String {
        match self {
            Self::BigInline => "too big inline request".into(),
            Self::BigCount => "too big mbulk count string".into(),
            Self::MultibulkLength => "invalid multibulk length".into(),
            Self::UnauthenticatedMultibulkLength => "unauthenticated multibulk length".into(),
            Self::UnauthenticatedBulkLength => "unauthenticated bulk length".into(),
            Self::BigBulkCount => "too big bulk count string".into(),
            Self::ExpectedDollar(b) => format!("expected '$', got '{}'", b as char),
            Self::BulkLength => "invalid bulk length".into(),
            Self::InvalidCrlf => "invalid CRLF in request".into(),
            Self::UnbalancedQuotes => "unbalanced quotes in request".into(),
        }
    }
}

/// What [`Reader::parse`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A command; its spans were appended, and this many input bytes are used up.
    /// No span appended: an empty command (`*0`, an empty line), which answers nothing.
    Command {
        /// End of the command in the input.
        end: usize,
    },
    /// An inline command: its line without the line end is `input[..line]`.
    Inline {
        /// Length of the line.
        line: usize,
        /// End of the command in the input.
        end: usize,
    },
    /// More bytes are needed, at least this many in all (0 = unknown).
    Incomplete {
        /// Total input length from which on it is worth trying again.
        need: usize,
    },
}

/// Parser state of one connection.
#[derive(Debug, Default)]
pub struct Reader {
    /// Arguments still to come; 0 = at the start of a command.
    remaining: i64,
    /// How far the input of the current command was read.
    pos: usize,
    /// Arguments found so far, of a command that is not complete.
    spans: Vec<Span>,
}

impl Reader {
    /// Is a command partly read?
    pub fn is_partial(&self) -> bool {
        self.remaining != 0
    }

    /// Parses one command at the start of `input`. `base` is added to the spans'
    /// offsets (the place of `input` in its buffer). After [`Parsed::Incomplete`]
    /// the next call must bring the same bytes and more.
    pub fn parse(
        &mut self,
        input: &[u8],
        base: u32,
        limits: Limits,
        spans: &mut Vec<Span>,
    ) -> Result<Parsed, ProtocolError> {
        let first = spans.len();
        if self.remaining == 0 {
            match input.first() {
                None => return Ok(Parsed::Incomplete { need: 0 }),
                Some(b'*') => {}
                Some(_) => return inline(input),
            }
            let Some((count, after)) = number(&input[1..], ProtocolError::BigCount, ProtocolError::MultibulkLength)?
            else {
                return Ok(Parsed::Incomplete { need: 0 });
            };
            if count > i32::MAX as i64 {
                return Err(ProtocolError::MultibulkLength);
            }
            if count > UNAUTHENTICATED_ARGS_MAX && !limits.authenticated {
                return Err(ProtocolError::UnauthenticatedMultibulkLength);
            }
            if count <= 0 {
                return Ok(Parsed::Command { end: 1 + after });
            }
            self.remaining = count;
            self.pos = 1 + after;
        } else {
            spans.extend(self.spans.drain(..).map(|s| Span { start: s.start + base, len: s.len }));
        }
        match self.arguments(input, base, limits, spans) {
            Ok(Some(need)) => {
                self.spans.extend(spans.drain(first..).map(|s| Span { start: s.start - base, len: s.len }));
                Ok(Parsed::Incomplete { need })
            }
            Ok(None) => Ok(Parsed::Command { end: self.pos }),
            Err(e) => Err(e),
        }
    }

    /// Reads arguments until all are there (`None`) or the input ends (how many bytes are needed).
    fn arguments(
        &mut self,
        input: &[u8],
        base: u32,
        limits: Limits,
        spans: &mut Vec<Span>,
    ) -> Result<Option<usize>, ProtocolError> {
        while self.remaining > 0 {
            let rest = &input[self.pos..];
            match rest.first() {
                None => return Ok(Some(0)),
                Some(b'$') => {}
                Some(&b) => {
                    // As in Valkey, the length line must be complete before its first byte is judged.
                    return match line_end(rest, ProtocolError::BigBulkCount)? {
                        None => Ok(Some(0)),
                        Some(_) => Err(ProtocolError::ExpectedDollar(b)),
                    };
                }
            }
            let Some((len, after)) = number(&rest[1..], ProtocolError::BigBulkCount, ProtocolError::BulkLength)? else {
                return Ok(Some(0));
            };
            if len < 0 || len > limits.bulk_max {
                return Err(ProtocolError::BulkLength);
            }
            if len > UNAUTHENTICATED_BULK_MAX && !limits.authenticated {
                return Err(ProtocolError::UnauthenticatedBulkLength);
            }
            let start = self.pos + 1 + after;
            let end = start + len as usize + 2;
            if input.len() < end {
                return Ok(Some(end));
            }
            if &input[end - 2..end] != b"\r\n" {
                return Err(ProtocolError::InvalidCrlf);
            }
            spans.push(Span { start: base + start as u32, len: len as u32 });
            self.pos = end;
            self.remaining -= 1;
        }
        Ok(None)
    }
}

/// Offset of the CR of the first line of `input`, once the LF after it may be assumed to be there.
fn line_end(input: &[u8], too_long: ProtocolError) -> Result<Option<usize>, ProtocolError> {
    let cr = input.iter().take(INLINE_MAX + 1).position(|&b| b == b'\r');
    match cr {
        Some(at) if at + 1 < input.len() => Ok(Some(at)),
        Some(_) => Ok(None),
        None if input.len() > INLINE_MAX => Err(too_long),
        None => Ok(None),
    }
}

/// Parses `<number>CR LF` at the start of `input`: the number, and the offset after the line.
#[inline]
fn number(
    input: &[u8],
    too_long: ProtocolError,
    invalid: ProtocolError,
) -> Result<Option<(i64, usize)>, ProtocolError> {
    // Counts and lengths of one or two digits are nearly all there are.
    if let [a @ b'1'..=b'9', b'\r', _, ..] = *input {
        return Ok(Some(((a - b'0') as i64, 3)));
    }
    if let [a @ b'1'..=b'9', b @ b'0'..=b'9', b'\r', _, ..] = *input {
        return Ok(Some(((a - b'0') as i64 * 10 + (b - b'0') as i64, 4)));
    }
    let Some(end) = line_end(input, too_long)? else { return Ok(None) };
    let n = crate::numfmt::parse_i64(&input[..end]).ok_or(invalid)?;
    Ok(Some((n, end + 2)))
}

/// An inline command's line.
fn inline(input: &[u8]) -> Result<Parsed, ProtocolError> {
    let Some(lf) = input.iter().take(INLINE_MAX + 1).position(|&b| b == b'\n') else {
        return if input.len() > INLINE_MAX {
            Err(ProtocolError::BigInline)
        } else {
            Ok(Parsed::Incomplete { need: 0 })
        };
    };
    let line = if lf > 0 && input[lf - 1] == b'\r' { lf - 1 } else { lf };
    Ok(Parsed::Inline { line, end: lf + 1 })
}

/// Splits an inline command's line into its arguments, and gives them back as the RESP
/// bytes of the same command (empty for an empty line).
pub fn split_inline(line: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    let args = crate::config::split_args(line).ok_or(ProtocolError::UnbalancedQuotes)?;
    if args.is_empty() {
        return Ok(Vec::new());
    }
    let mut resp = format!("*{}\r\n", args.len()).into_bytes();
    for a in &args {
        resp.extend_from_slice(format!("${}\r\n", a.len()).as_bytes());
        resp.extend_from_slice(a);
        resp.extend_from_slice(b"\r\n");
    }
    Ok(resp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::Args;

    const LIMITS: Limits = Limits { bulk_max: 512 << 20, authenticated: true };

    fn words(input: &[u8], spans: &[Span]) -> Vec<String> {
        Args::new(input, spans).iter_from(0).map(|a| String::from_utf8_lossy(a).into_owned()).collect()
    }

    #[test]
    fn a_command_cut_at_every_byte_is_read_once_it_is_whole() {
        let input = b"*3\r\n$3\r\nSET\r\n$11\r\nhello world\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n";
        for cut in 0..37 {
            let (mut r, mut spans) = (Reader::default(), Vec::new());
            for upto in [cut / 2, cut] {
                let got = r.parse(&input[..upto], 0, LIMITS, &mut spans).unwrap();
                assert!(matches!(got, Parsed::Incomplete { .. }), "cut {cut}: {got:?}");
                assert!(spans.is_empty());
            }
            assert_eq!(r.parse(input, 0, LIMITS, &mut spans), Ok(Parsed::Command { end: 37 }));
            assert_eq!(words(input, &spans), ["SET", "hello world", ""]);
            let mut next = Vec::new();
            assert_eq!(r.parse(&input[37..], 37, LIMITS, &mut next), Ok(Parsed::Command { end: 14 }));
            assert_eq!(words(input, &next), ["PING"]);
        }
    }

    #[test]
    fn broken_input_has_the_error_that_valkey_gives() {
        let check = |input: &[u8], authenticated, want| {
            let limits = Limits { authenticated, ..LIMITS };
            assert_eq!(Reader::default().parse(input, 0, limits, &mut Vec::new()), Err(want), "{input:?}");
        };
        check(b"*2147483648\r\n", true, ProtocolError::MultibulkLength);
        check(b"*01\r\n$4\r\nping\r\n", true, ProtocolError::MultibulkLength);
        check(b"*abc\r\n", true, ProtocolError::MultibulkLength);
        check(b"*1\r\n+PING\r\n", true, ProtocolError::ExpectedDollar(b'+'));
        check(b"*1\r\n$536870913\r\n", true, ProtocolError::BulkLength);
        check(b"*1\r\n$-1\r\n", true, ProtocolError::BulkLength);
        check(b"*1\r\n$4\r\nPINGxx", true, ProtocolError::InvalidCrlf);
        check(b"*11\r\n", false, ProtocolError::UnauthenticatedMultibulkLength);
        check(b"*1\r\n$16385\r\n", false, ProtocolError::UnauthenticatedBulkLength);
        check(&[b'a'; INLINE_MAX + 1], true, ProtocolError::BigInline);
        check(&[b"*".as_slice(), &[b'1'; INLINE_MAX + 1]].concat(), true, ProtocolError::BigCount);
        check(&[b"*1\r\n$".as_slice(), &[b'1'; INLINE_MAX + 1]].concat(), true, ProtocolError::BigBulkCount);
    }

    #[test]
    fn empty_and_inline_commands() {
        let mut r = Reader::default();
        let mut spans = Vec::new();
        assert_eq!(r.parse(b"*0\r\n", 0, LIMITS, &mut spans), Ok(Parsed::Command { end: 4 }));
        assert_eq!(r.parse(b"*-1\r\n", 0, LIMITS, &mut spans), Ok(Parsed::Command { end: 5 }));
        assert_eq!(r.parse(b"ping x\r\n", 0, LIMITS, &mut spans), Ok(Parsed::Inline { line: 6, end: 8 }));
        assert_eq!(r.parse(b"\n", 0, LIMITS, &mut spans), Ok(Parsed::Inline { line: 0, end: 1 }));
        assert!(spans.is_empty());
        assert_eq!(split_inline(b"set k \"a b\"").unwrap(), b"*3\r\n$3\r\nset\r\n$1\r\nk\r\n$3\r\na b\r\n");
        assert_eq!(split_inline(b"\"abc"), Err(ProtocolError::UnbalancedQuotes));
    }
}
