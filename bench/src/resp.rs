//! Counts complete replies in a stream, and checks each one: bytes in, a count out, no sockets.

use crate::error::Error;

/// The longest line (a status or an error) that a reply may have, in bytes.
pub const LINE_BYTES_MAX: usize = 16 * 1024;
const NIL: &[u8] = b"$-1\r\n";

/// What every reply of a run must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// How the reply starts; for a status this is all of it.
    head: Vec<u8>,
    /// Bytes of a bulk string after the head; its contents are not looked at.
    body: usize,
    /// What ends the body.
    tail: &'static [u8],
    nil: bool,
}

/// What was found in some bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Bytes of complete replies; the rest must be shown again, with more behind it.
    pub used: usize,
    /// Complete replies, nils included.
    pub replies: usize,
    /// How many of them were nil.
    pub nils: usize,
}

impl Expected {
    /// `+text`.
    #[must_use]
    pub fn status(text: &str) -> Self {
        Self { head: format!("+{text}\r\n").into_bytes(), body: 0, tail: b"", nil: false }
    }

    /// A bulk string of exactly `size` bytes, or nil.
    #[must_use]
    pub fn bulk_or_nil(size: usize) -> Self {
        Self { head: format!("${size}\r\n").into_bytes(), body: size, tail: b"\r\n", nil: true }
    }

    /// The length of one expected reply that is not nil.
    #[must_use]
    pub fn frame(&self) -> usize {
        self.head.len() + self.body + self.tail.len()
    }

    /// Counts the complete replies at the start of `bytes`.
    ///
    /// # Errors
    /// [`Error::Refused`] for an error reply, [`Error::WrongReply`] for anything else that is not expected.
    #[inline]
    pub fn count(&self, bytes: &[u8]) -> Result<Counted, Error> {
        let mut counted = Counted::default();
        loop {
            let rest = &bytes[counted.used..];
            if self.matches(rest) {
                counted.used += self.frame();
            } else if self.nil && rest.starts_with(NIL) {
                counted.used += NIL.len();
                counted.nils += 1;
            } else {
                self.check_incomplete(rest)?;
                return Ok(counted);
            }
            counted.replies += 1;
        }
    }

    #[inline]
    fn matches(&self, rest: &[u8]) -> bool {
        rest.len() >= self.frame()
            && rest[..self.head.len()] == self.head[..]
            && rest[self.head.len() + self.body..self.frame()] == *self.tail
    }

    /// `rest` is not a whole expected reply: it must be the beginning of one.
    fn check_incomplete(&self, rest: &[u8]) -> Result<(), Error> {
        let known = rest.len().min(self.head.len());
        let begins = rest[..known] == self.head[..known] && rest.len() < self.frame();
        if begins || (self.nil && NIL.starts_with(rest)) {
            return Ok(());
        }
        match rest.windows(2).take(LINE_BYTES_MAX).position(|two| two == b"\r\n") {
            Some(end) => Err(refusal(&rest[..end])),
            None if rest.len() > LINE_BYTES_MAX => Err(refusal(&rest[..LINE_BYTES_MAX])),
            None => Ok(()),
        }
    }
}

fn refusal(line: &[u8]) -> Error {
    let text = String::from_utf8_lossy(line);
    match text.strip_prefix('-') {
        Some(error) => Error::Refused(error.to_owned()),
        None => Error::WrongReply(text.chars().take(200).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `pieces` one after the other, keeping what was not used, as a connection does.
    fn feed<'a>(expected: &Expected, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<(Counted, usize), Error> {
        let (mut kept, mut total) = (Vec::new(), Counted::default());
        for piece in pieces {
            kept.extend_from_slice(piece);
            let counted = expected.count(&kept)?;
            kept.drain(..counted.used);
            total.used += counted.used;
            total.replies += counted.replies;
            total.nils += counted.nils;
        }
        Ok((total, kept.len()))
    }

    /// The whole stream gives `replies` and `nils`, however it is cut in two, in three, or into bytes.
    fn check_splits(expected: &Expected, stream: &[u8], replies: usize, nils: usize) {
        let all = (Counted { used: stream.len(), replies, nils }, 0);
        for first in 0..=stream.len() {
            assert_eq!(feed(expected, [&stream[..first], &stream[first..]]).unwrap(), all, "cut at {first}");
            for second in first..=stream.len() {
                let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(feed(expected, pieces).unwrap(), all, "cut at {first} and {second}");
            }
        }
        assert_eq!(feed(expected, stream.chunks(1)).unwrap(), all);
    }

    #[test]
    fn statuses_at_every_split() {
        check_splits(&Expected::status("OK"), b"+OK\r\n+OK\r\n+OK\r\n", 3, 0);
    }

    #[test]
    fn bulks_and_nils_at_every_split() {
        check_splits(&Expected::bulk_or_nil(3), b"$3\r\nabc\r\n$-1\r\n$3\r\n\r\n-\r\n$-1\r\n$3\r\nxyz\r\n", 5, 2);
    }

    #[test]
    fn empty_values_at_every_split() {
        check_splits(&Expected::bulk_or_nil(0), b"$0\r\n\r\n$-1\r\n$0\r\n\r\n", 3, 1);
    }

    #[test]
    fn errors_are_found_at_every_split() {
        for (expected, stream) in [
            (Expected::status("OK"), &b"+OK\r\n-ERR no room\r\n"[..]),
            (Expected::bulk_or_nil(3), &b"$3\r\nabc\r\n-ERR no room\r\n"[..]),
        ] {
            for cut in 0..=stream.len() {
                let error = feed(&expected, [&stream[..cut], &stream[cut..]]).unwrap_err();
                assert!(matches!(error, Error::Refused(text) if text == "ERR no room"), "cut at {cut}");
            }
        }
    }

    #[test]
    fn wrong_replies_are_found_at_every_split() {
        for (expected, stream) in [
            (Expected::status("OK"), &b"+QUEUED\r\n"[..]),
            (Expected::status("OK"), &b":1\r\n"[..]),
            (Expected::status("OK"), &b"$-1\r\n"[..]),
            (Expected::bulk_or_nil(3), &b"$4\r\nabcd\r\n"[..]),
            (Expected::bulk_or_nil(3), &b"+OK\r\n"[..]),
            (Expected::bulk_or_nil(3), &b"$3\r\nabcd\r\n"[..]),
            (Expected::bulk_or_nil(3), &b"$30\r\nabc\r\n"[..]),
        ] {
            for cut in 0..=stream.len() {
                let error = feed(&expected, [&stream[..cut], &stream[cut..]]).unwrap_err();
                assert!(matches!(error, Error::WrongReply(_)), "{stream:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let line = vec![b'-'; LINE_BYTES_MAX + 1];
        assert!(Expected::status("OK").count(&line).is_err());
        assert!(Expected::status("OK").count(&line[..LINE_BYTES_MAX]).is_ok());
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(Expected::bulk_or_nil(1).count(b"").unwrap(), Counted::default());
    }
}
