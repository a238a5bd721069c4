//! The RESP codec: bytes in, commands out; answers in, bytes out. No sockets.

mod reader;
mod reply;

pub use reader::{Limits, Parsed, ProtocolError, Reader, split_inline};
pub use reply::{Protocol, Reply};

/// Where one argument lies in the buffer it was parsed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte from the start of the buffer.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

/// The arguments of one command, the command's name first: spans over one buffer.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    buf: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Args<'a> {
    /// Arguments that lie in `buf` at `spans`.
    pub fn new(buf: &'a [u8], spans: &'a [Span]) -> Self {
        Self { buf, spans }
    }

    /// Number of arguments, the name included.
    #[expect(clippy::len_without_is_empty, reason = "a command has at least its name")]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Argument `i`; panics when there is none, as a slice does.
    #[inline]
    pub fn get(&self, i: usize) -> &'a [u8] {
        let s = self.spans[i];
        &self.buf[s.start as usize..][..s.len as usize]
    }

    /// All arguments from `from` on.
    pub fn iter_from(&self, from: usize) -> impl DoubleEndedIterator<Item = &'a [u8]> + ExactSizeIterator + use<'a> {
        let Args { buf, spans } = *self;
        spans[from.min(spans.len())..].iter().map(move |s| &buf[s.start as usize..][..s.len as usize])
    }

    /// Appends the arguments to a buffer and their places to `spans`, with one copy where they lie together.
    pub fn append_to(&self, buf: &mut Vec<u8>, spans: &mut Vec<Span>) {
        let (Some(first), Some(last)) = (self.spans.first(), self.spans.last()) else { return };
        let (from, to) = (first.start as usize, last.start as usize + last.len as usize);
        let total: usize = self.spans.iter().map(|s| s.len as usize).sum();
        let at = buf.len() as u32;
        if from <= to && to - from <= total + 16 * self.spans.len() {
            buf.extend_from_slice(&self.buf[from..to]);
            spans.extend(self.spans.iter().map(|s| Span { start: s.start - first.start + at, len: s.len }));
        } else {
            for arg in self.iter_from(0) {
                spans.push(Span { start: buf.len() as u32, len: arg.len() as u32 });
                buf.extend_from_slice(arg);
            }
        }
    }

    /// The arguments without the first `n`.
    pub fn skip(&self, n: usize) -> Args<'a> {
        Args { buf: self.buf, spans: &self.spans[n..] }
    }

    /// Is argument `i` the word `word` (given in upper or lower case), in any case?
    pub fn is(&self, i: usize, word: &str) -> bool {
        self.get(i).eq_ignore_ascii_case(word.as_bytes())
    }
}

impl std::fmt::Debug for Args<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter_from(0).map(String::from_utf8_lossy)).finish()
    }
}

/// An owned copy of a command's arguments, in one buffer.
#[derive(Clone, Debug, Default)]
pub struct OwnedArgs {
    buf: Vec<u8>,
    spans: Vec<Span>,
}

impl OwnedArgs {
    /// Appends one argument.
    pub fn push(&mut self, arg: &[u8]) {
        let start = self.buf.len() as u32;
        self.buf.extend_from_slice(arg);
        self.spans.push(Span { start, len: arg.len() as u32 });
    }

    /// The arguments.
    pub fn args(&self) -> Args<'_> {
        Args::new(&self.buf, &self.spans)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.buf.len()
    }
}

impl<'a> From<Args<'a>> for OwnedArgs {
    fn from(args: Args<'a>) -> Self {
        let total = args.iter_from(0).map(<[u8]>::len).sum();
        let mut owned = OwnedArgs { buf: Vec::with_capacity(total), spans: Vec::with_capacity(args.len()) };
        args.iter_from(0).for_each(|a| owned.push(a));
        owned
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for OwnedArgs {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        let mut owned = OwnedArgs::default();
        iter.into_iter().for_each(|a| owned.push(a.as_ref()));
        owned
    }
}
