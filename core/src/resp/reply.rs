//! Writes answers as RESP2 or RESP3 into a connection's output.

use std::io::Write;

/// The protocol version a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Protocol {
    /// RESP2, the default.
    #[default]
    Resp2,
    /// RESP3, after `HELLO 3`.
    Resp3,
}

/// Appends the answer of one command to `out`.
pub struct Reply<'a> {
    out: &'a mut Vec<u8>,
    protocol: Protocol,
}

impl<'a> Reply<'a> {
    /// Answers go to the end of `out`.
    pub fn new(out: &'a mut Vec<u8>, protocol: Protocol) -> Self {
        Self { out, protocol }
    }

    /// The protocol answers are written in.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Bytes written to this output so far, earlier answers included: a place to come back to.
    pub fn position(&self) -> usize {
        self.out.len()
    }

    /// Takes back what was written after `position`.
    pub fn truncate(&mut self, position: usize) {
        self.out.truncate(position);
    }

    /// The same output, for a callee.
    pub fn reborrow(&mut self) -> Reply<'_> {
        Reply { out: self.out, protocol: self.protocol }
    }

    /// The same output, with another protocol version.
    pub fn with_protocol(&mut self, protocol: Protocol) -> Reply<'_> {
        Reply { out: self.out, protocol }
    }

    fn is3(&self) -> bool {
        self.protocol == Protocol::Resp3
    }

    /// Bytes that are RESP already.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// `+OK`.
    pub fn ok(&mut self) {
        self.raw(b"+OK\r\n");
    }

    /// A simple string; must hold no CR or LF.
    pub fn simple(&mut self, text: &str) {
        self.out.push(b'+');
        self.raw(text.as_bytes());
        self.raw(b"\r\n");
    }

    /// An error: the whole text with its code (`ERR no such key`). CR and LF become spaces.
    pub fn error(&mut self, text: &str) {
        self.out.push(b'-');
        let from = self.out.len();
        self.raw(text.as_bytes());
        for b in &mut self.out[from..] {
            if matches!(*b, b'\r' | b'\n') {
                *b = b' ';
            }
        }
        self.raw(b"\r\n");
    }

    /// An error of bytes that may be no UTF-8.
    pub fn error_bytes(&mut self, text: &[u8]) {
        self.out.push(b'-');
        self.out.extend(text.iter().map(|&b| if matches!(b, b'\r' | b'\n') { b' ' } else { b }));
        self.raw(b"\r\n");
    }

    fn head(&mut self, kind: u8, n: i64) {
        self.out.push(kind);
        push_int(self.out, n);
        self.raw(b"\r\n");
    }

    /// An integer.
    pub fn int(&mut self, n: i64) {
        self.head(b':', n);
    }

    /// A bulk string.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.out.reserve(bytes.len() + 16);
        self.head(b'$', bytes.len() as i64);
        self.raw(bytes);
        self.raw(b"\r\n");
    }

    /// An integer as a bulk string.
    pub fn bulk_int(&mut self, n: i64) {
        let mut buf = itoa(n);
        self.bulk(buf.as_bytes());
    }

    /// The null of a missing value.
    pub fn null(&mut self) {
        self.raw(if self.is3() { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// The null of a missing array.
    pub fn null_array(&mut self) {
        self.raw(if self.is3() { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// An array of `n` elements follows.
    pub fn array(&mut self, n: usize) {
        self.head(b'*', n as i64);
    }

    /// A map of `n` pairs follows (RESP2: an array of twice as many).
    pub fn map(&mut self, n: usize) {
        if self.is3() { self.head(b'%', n as i64) } else { self.head(b'*', 2 * n as i64) }
    }

    /// A set of `n` elements follows (RESP2: an array).
    pub fn set(&mut self, n: usize) {
        self.head(if self.is3() { b'~' } else { b'*' }, n as i64);
    }

    /// A push of `n` elements follows (RESP2: an array).
    pub fn push(&mut self, n: usize) {
        self.head(if self.is3() { b'>' } else { b'*' }, n as i64);
    }

    /// An attribute of `n` pairs follows; RESP3 only.
    pub fn attribute(&mut self, n: usize) {
        debug_assert!(self.is3());
        self.head(b'|', n as i64);
    }

    /// A boolean (RESP2: 1 or 0).
    pub fn bool(&mut self, value: bool) {
        match (self.is3(), value) {
            (true, true) => self.raw(b"#t\r\n"),
            (true, false) => self.raw(b"#f\r\n"),
            (false, v) => self.int(v as i64),
        }
    }

    /// A double (RESP2: a bulk string), in Valkey's shortest form.
    pub fn double(&mut self, value: f64) {
        let text = crate::numfmt::fmt_double(value);
        if self.is3() {
            self.out.push(b',');
            self.raw(text.as_bytes());
            self.raw(b"\r\n");
        } else {
            self.bulk(text.as_bytes());
        }
    }

    /// A big number given as its digits (RESP2: a bulk string).
    pub fn big_number(&mut self, digits: &[u8]) {
        if self.is3() {
            self.out.push(b'(');
            self.raw(digits);
            self.raw(b"\r\n");
        } else {
            self.bulk(digits);
        }
    }

    /// Text with a three-letter format such as `txt` (RESP2: a bulk string).
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        if self.is3() {
            self.head(b'=', text.len() as i64 + 4);
            let _ = write!(self.out, "{format:3.3}:");
            self.raw(text);
            self.raw(b"\r\n");
        } else {
            self.bulk(text);
        }
    }

    /// Puts the head of a collection before what was written since `position`, for an answer
    /// whose length is known at its end: `kind` is one of `*%~>|`, `n` counts elements (pairs of a map).
    pub fn insert_head(&mut self, position: usize, kind: u8, n: usize) {
        let (kind, n) = match (self.is3(), kind) {
            (false, b'%' | b'|') => (b'*', 2 * n),
            (false, _) => (b'*', n),
            (true, k) => (k, n),
        };
        let mut head = Vec::with_capacity(24);
        head.push(kind);
        push_int(&mut head, n as i64);
        head.extend_from_slice(b"\r\n");
        self.out.splice(position..position, head);
    }
}

impl crate::command::reply::ReplySink for Reply<'_> {
    fn array(&mut self, n: usize) {
        Reply::array(self, n);
    }

    fn map(&mut self, n: usize) {
        Reply::map(self, n);
    }

    fn set(&mut self, n: usize) {
        Reply::set(self, n);
    }

    fn bulk(&mut self, bytes: &[u8]) {
        Reply::bulk(self, bytes);
    }

    fn status(&mut self, text: &str) {
        Reply::simple(self, text);
    }

    fn int(&mut self, value: i64) {
        Reply::int(self, value);
    }

    fn null(&mut self) {
        Reply::null(self);
    }

    fn null_array(&mut self) {
        Reply::null_array(self);
    }

    fn error(&mut self, text: &str) {
        Reply::error(self, text);
    }
}

/// Decimal digits of an integer on the stack.
struct Digits {
    buf: [u8; 20],
    start: usize,
}

impl Digits {
    fn as_bytes(&mut self) -> &[u8] {
        &self.buf[self.start..]
    }
}

fn itoa(n: i64) -> Digits {
    let mut d = Digits { buf: [0; 20], start: 20 };
    let mut m = n.unsigned_abs();
    loop {
        d.start -= 1;
        d.buf[d.start] = b'0' + (m % 10) as u8;
        m /= 10;
        if m == 0 {
            break;
        }
    }
    if n < 0 {
        d.start -= 1;
        d.buf[d.start] = b'-';
    }
    d
}

/// Appends `n` in decimal.
pub(crate) fn push_int(out: &mut Vec<u8>, n: i64) {
    if (0..10).contains(&n) {
        out.push(b'0' + n as u8);
    } else if (10..100).contains(&n) {
        out.extend_from_slice(&[b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]);
    } else {
        out.extend_from_slice(itoa(n).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(f: impl Fn(&mut Reply<'_>)) -> (String, String) {
        let run = |p| {
            let mut out = Vec::new();
            f(&mut Reply::new(&mut out, p));
            String::from_utf8(out).unwrap().replace("\r\n", "|")
        };
        (run(Protocol::Resp2), run(Protocol::Resp3))
    }

    #[test]
    fn each_kind_in_both_versions() {
        let check = |f: &dyn Fn(&mut Reply<'_>), two: &str, three: &str| {
            assert_eq!(both(f), (two.into(), three.into()));
        };
        check(&|r| r.null(), "$-1|", "_|");
        check(&|r| r.null_array(), "*-1|", "_|");
        check(&|r| r.map(2), "*4|", "%2|");
        check(&|r| r.set(3), "*3|", "~3|");
        check(&|r| r.push(3), "*3|", ">3|");
        check(&|r| r.bool(true), ":1|", "#t|");
        check(&|r| r.double(1.5), "$3|1.5|", ",1.5|");
        check(&|r| r.verbatim("txt", b"hi"), "$2|hi|", "=6|txt:hi|");
        check(&|r| r.big_number(b"123"), "$3|123|", "(123|");
        check(&|r| r.error("ERR a\nb"), "-ERR a b|", "-ERR a b|");
        for n in [0, 7, 10, 99, 100, -1, i64::MAX, i64::MIN] {
            check(&|r| r.int(n), &format!(":{n}|"), &format!(":{n}|"));
        }
        check(
            &|r| {
                let at = r.position();
                r.bulk(b"k");
                r.bulk_int(-12);
                r.insert_head(at, b'%', 1);
            },
            "*2|$1|k|$3|-12|",
            "%1|$1|k|$3|-12|",
        );
    }
}
