//! The answer of a command that a module called: a tree over the answer's bytes.
//!
//! A module holds pointers to the tree's nodes. The outermost node owns the bytes and all other nodes; neither moves until
//! it is freed.

use std::ffi::c_int;

use valkore_core::numfmt::{parse_f64, parse_i64};

use super::context::Context;
use crate::abi::constants::*;
use crate::abi::types::{CallReply, Ctx};

/// Bytes of the outermost node's answer.
#[derive(Clone, Copy)]
struct Part {
    ptr: *const u8,
    len: usize,
}

impl Part {
    fn of(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }
}

/// What a node holds.
enum Value {
    Unknown,
    Null,
    Text(Part),
    Error(Part),
    Integer(i64),
    Double(f64),
    Bool(bool),
    BigNumber(Part),
    Verbatim {
        format: Part,
        text: Part,
    },
    Array(Vec<Node>),
    Set(Vec<Node>),
    /// Keys and values, by turns.
    Map(Vec<Node>),
    /// As a map.
    Attribute(Vec<Node>),
}

/// What the outermost node has besides.
struct Root {
    /// All parts lie in here.
    _bytes: Box<[u8]>,
    /// The context whose automatic memory holds it, or null.
    owner: *mut Ctx,
}

/// An answer, or a part of one.
pub struct Node {
    value: Value,
    proto: Part,
    attribute: Option<Box<Node>>,
    resp3: bool,
    root: Option<Root>,
}

impl Node {
    /// The answer `bytes`, RESP of either version, as modules hold it. `owner` is the context whose automatic memory
    /// holds it, or null.
    #[allow(clippy::new_ret_no_self, reason = "C holds it")]
    pub fn new(bytes: Vec<u8>, owner: *mut Ctx) -> *mut CallReply {
        let bytes = bytes.into_boxed_slice();
        let mut node = Parser { rest: &bytes }.node().unwrap_or_else(|| Node::of_value(Value::Unknown, &bytes, false));
        node.root = Some(Root { _bytes: bytes, owner });
        Box::into_raw(Box::new(node)).cast()
    }

    /// The node behind a module's pointer, if it isn't null.
    ///
    /// # Safety
    /// `reply` is null, or came from [`Node::new`] or a node of it, and the outermost node isn't freed during `'a`.
    pub unsafe fn of<'a>(reply: *const CallReply) -> Option<&'a Node> {
        // SAFETY: by the caller.
        unsafe { reply.cast::<Node>().as_ref() }
    }

    /// Frees an answer; a part of one stays until the whole goes. Gives the context whose automatic memory held it.
    ///
    /// # Safety
    /// As [`Node::of`]; if it is the outermost, neither it nor a node of it is used any more.
    pub unsafe fn free(reply: *mut CallReply) -> Option<*mut Ctx> {
        // SAFETY: by the caller.
        let owner = unsafe { Self::of(reply) }?.root.as_ref()?.owner;
        // SAFETY: it is the outermost, which new() made by Box.
        drop(unsafe { Box::from_raw(reply.cast::<Node>()) });
        Some(owner)
    }

    /// The pointer for C.
    pub fn as_ptr(&self) -> *mut CallReply {
        (&raw const *self).cast_mut().cast()
    }

    fn of_value(value: Value, proto: &[u8], resp3: bool) -> Self {
        Self { value, proto: Part::of(proto), attribute: None, resp3, root: None }
    }

    fn bytes(&self, part: Part) -> &[u8] {
        // SAFETY: parts lie in the bytes of the outermost node, which live as long as its nodes and never change.
        unsafe { std::slice::from_raw_parts(part.ptr, part.len) }
    }

    /// Its type, as modules know it.
    pub fn kind(&self) -> c_int {
        match self.value {
            Value::Unknown => REPLY_UNKNOWN,
            Value::Null => REPLY_NULL,
            Value::Text(_) => REPLY_STRING,
            Value::Error(_) => REPLY_ERROR,
            Value::Integer(_) => REPLY_INTEGER,
            Value::Double(_) => REPLY_DOUBLE,
            Value::Bool(_) => REPLY_BOOL,
            Value::BigNumber(_) => REPLY_BIG_NUMBER,
            Value::Verbatim { .. } => REPLY_VERBATIM_STRING,
            Value::Array(_) => REPLY_ARRAY,
            Value::Set(_) => REPLY_SET,
            Value::Map(_) => REPLY_MAP,
            Value::Attribute(_) => REPLY_ATTRIBUTE,
        }
    }

    /// Bytes of a string or error, elements of an array or set, pairs of a map or attribute.
    pub fn len(&self) -> usize {
        match &self.value {
            Value::Text(part) | Value::Error(part) => part.len,
            Value::Array(items) | Value::Set(items) => items.len(),
            Value::Map(items) | Value::Attribute(items) => items.len() / 2,
            _ => 0,
        }
    }

    /// Has it no bytes, elements or pairs?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a string or error.
    pub fn text(&self) -> Option<&[u8]> {
        match self.value {
            Value::Text(part) | Value::Error(part) => Some(self.bytes(part)),
            _ => None,
        }
    }

    /// An integer.
    pub fn integer(&self) -> Option<i64> {
        if let Value::Integer(n) = self.value { Some(n) } else { None }
    }

    /// A double.
    pub fn double(&self) -> Option<f64> {
        if let Value::Double(n) = self.value { Some(n) } else { None }
    }

    /// A boolean.
    pub fn boolean(&self) -> Option<bool> {
        if let Value::Bool(b) = self.value { Some(b) } else { None }
    }

    /// A number of any size, by its digits.
    pub fn big_number(&self) -> Option<&[u8]> {
        if let Value::BigNumber(part) = self.value { Some(self.bytes(part)) } else { None }
    }

    /// Format and text.
    pub fn verbatim(&self) -> Option<(&[u8], &[u8])> {
        match self.value {
            Value::Verbatim { format, text } => Some((self.bytes(format), self.bytes(text))),
            _ => None,
        }
    }

    /// An element of an array.
    pub fn element(&self, at: usize) -> Option<&Node> {
        if let Value::Array(items) = &self.value { items.get(at) } else { None }
    }

    /// An element of a set.
    pub fn member(&self, at: usize) -> Option<&Node> {
        if let Value::Set(items) = &self.value { items.get(at) } else { None }
    }

    /// A key of a map, and its value.
    pub fn pair(&self, at: usize) -> Option<(&Node, &Node)> {
        if let Value::Map(items) = &self.value { pair_of(items, at) } else { None }
    }

    /// A key of an attribute, and its value.
    pub fn attribute_pair(&self, at: usize) -> Option<(&Node, &Node)> {
        if let Value::Attribute(items) = &self.value { pair_of(items, at) } else { None }
    }

    /// What came with it.
    pub fn attribute(&self) -> Option<&Node> {
        self.attribute.as_deref()
    }

    /// Its bytes, with its attribute's.
    pub fn proto(&self) -> &[u8] {
        self.bytes(self.proto)
    }

    /// Is there something in it that only RESP3 has?
    pub fn is_resp3(&self) -> bool {
        self.resp3
    }

    /// The context whose automatic memory holds the answer, or null.
    pub fn owner(&self) -> *mut Ctx {
        self.root.as_ref().map_or(std::ptr::null_mut(), |root| root.owner)
    }
}

fn pair_of(items: &[Node], at: usize) -> Option<(&Node, &Node)> {
    let at = at.checked_mul(2)?;
    Some((items.get(at)?, items.get(at + 1)?))
}

/// Reads nodes off the front.
struct Parser<'a> {
    rest: &'a [u8],
}

impl<'a> Parser<'a> {
    /// A line without its end.
    fn line(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|&b| b == b'\r')?;
        let line = &self.rest[..end];
        self.rest = self.rest.get(end + 2..)?;
        Some(line)
    }

    fn blob(&mut self, len: i64) -> Option<&'a [u8]> {
        let len = usize::try_from(len).ok()?;
        let blob = self.rest.get(..len)?;
        self.rest = self.rest.get(len + 2..)?;
        Some(blob)
    }

    fn nodes(&mut self, count: i64) -> Option<Vec<Node>> {
        (0..count).map(|_| self.node()).collect()
    }

    /// The next node; `None` where the bytes are no answer.
    fn node(&mut self) -> Option<Node> {
        let start = self.rest;
        let line = self.line()?;
        let (&kind, text) = line.split_first()?;
        let number = || parse_i64(text);
        let (value, resp3) = match kind {
            b'$' | b'*' if text == b"-1" => (Value::Null, false),
            b'_' => (Value::Null, true),
            b'+' => (Value::Text(Part::of(text)), false),
            b'-' => (Value::Error(Part::of(text)), false),
            b':' => (Value::Integer(number()?), false),
            b'$' => (Value::Text(Part::of(self.blob(number()?)?)), false),
            b',' => (Value::Double(if text == b"nan" { f64::NAN } else { parse_f64(text)? }), true),
            b'#' => (Value::Bool(text == b"t"), true),
            b'(' => (Value::BigNumber(Part::of(text)), true),
            b'=' => {
                let (format, text) = self.blob(number()?)?.split_at_checked(4)?;
                (Value::Verbatim { format: Part::of(&format[..3]), text: Part::of(text) }, true)
            }
            b'*' => (Value::Array(self.nodes(number()?)?), false),
            b'>' => (Value::Array(self.nodes(number()?)?), true),
            b'~' => (Value::Set(self.nodes(number()?)?), true),
            b'%' => (Value::Map(self.nodes(number()?.checked_mul(2)?)?), true),
            b'|' => {
                let pairs = Value::Attribute(self.nodes(number()?.checked_mul(2)?)?);
                let attribute = Node::of_value(pairs, self.since(start), true);
                let mut node = self.node()?;
                (node.attribute, node.resp3) = (Some(Box::new(attribute)), true);
                node.proto = Part::of(self.since(start));
                return Some(node);
            }
            _ => return None,
        };
        let inner3 = match &value {
            Value::Array(items) => items.iter().any(|n| n.resp3),
            _ => false,
        };
        Some(Node::of_value(value, self.since(start), resp3 || inner3))
    }

    /// What was read since `start` was left to read.
    fn since(&self, start: &'a [u8]) -> &'a [u8] {
        &start[..start.len() - self.rest.len()]
    }
}

/// Frees an answer that a module doesn't need any more, and takes it out of automatic memory.
///
/// # Safety
/// As [`Node::free`]; the context whose automatic memory holds it is alive.
pub unsafe fn let_go(reply: *mut CallReply) {
    // SAFETY: by the caller.
    unsafe {
        if let Some(owner) = Node::free(reply)
            && let Some(ctx) = Context::of(owner)
        {
            ctx.forget(super::context::Auto::Reply(reply));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_reply(bytes: &[u8], check: impl FnOnce(&Node)) {
        let reply = Node::new(bytes.to_vec(), std::ptr::null_mut());
        // SAFETY: new() just made it.
        check(unsafe { Node::of(reply) }.unwrap());
        // SAFETY: it is used no more.
        assert!(unsafe { Node::free(reply) }.is_some());
    }

    #[test]
    fn every_type() {
        let kind = |bytes: &[u8], want: c_int| with_reply(bytes, |n| assert_eq!(n.kind(), want));
        kind(b"+OK\r\n", REPLY_STRING);
        kind(b"-ERR no\r\n", REPLY_ERROR);
        kind(b"$-1\r\n", REPLY_NULL);
        kind(b"*-1\r\n", REPLY_NULL);
        kind(b"_\r\n", REPLY_NULL);
        kind(b"", REPLY_UNKNOWN);
        kind(b"*2\r\n:1\r\n", REPLY_UNKNOWN);
        with_reply(b":-7\r\n", |n| assert_eq!((n.integer(), n.text()), (Some(-7), None)));
        with_reply(b",inf\r\n", |n| assert_eq!(n.double(), Some(f64::INFINITY)));
        with_reply(b"#t\r\n", |n| assert_eq!(n.boolean(), Some(true)));
        with_reply(b"(123\r\n", |n| assert_eq!(n.big_number(), Some(&b"123"[..])));
        with_reply(b"=6\r\ntxt:ab\r\n", |n| assert_eq!(n.verbatim(), Some((&b"txt"[..], &b"ab"[..]))));
    }

    #[test]
    fn nested_with_attribute() {
        let bytes = b"*2\r\n%1\r\n+a\r\n:1\r\n|1\r\n+k\r\n+v\r\n~1\r\n$1\r\nx\r\n";
        with_reply(bytes, |n| {
            assert_eq!((n.len(), n.is_resp3(), n.proto()), (2, true, &bytes[..]));
            let (key, value) = n.element(0).unwrap().pair(0).unwrap();
            assert_eq!((key.text(), value.integer()), (Some(&b"a"[..]), Some(1)));
            let set = n.element(1).unwrap();
            assert_eq!(set.member(0).unwrap().text(), Some(&b"x"[..]));
            assert_eq!(set.attribute().unwrap().attribute_pair(0).unwrap().1.text(), Some(&b"v"[..]));
            assert_eq!(set.proto(), &b"|1\r\n+k\r\n+v\r\n~1\r\n$1\r\nx\r\n"[..]);
            assert!(n.element(2).is_none() && n.member(0).is_none());
        });
    }

    #[test]
    fn only_the_outermost_is_freed() {
        let reply = Node::new(b"*1\r\n:1\r\n".to_vec(), std::ptr::null_mut());
        // SAFETY: new() just made it.
        let inner = unsafe { Node::of(reply) }.unwrap().element(0).unwrap().as_ptr();
        // SAFETY: an inner node stays.
        assert!(unsafe { Node::free(inner) }.is_none());
        // SAFETY: neither is used any more.
        assert!(unsafe { Node::free(reply) }.is_some());
    }
}
