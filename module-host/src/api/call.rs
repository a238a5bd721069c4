//! Calling commands from modules.

use crate::abi::declare::*;
use crate::abi::errno::errno;
use crate::abi::shim::{Argument, format};
use crate::host::call::{self, Request};
use crate::host::call_reply::{Node, let_go};
use crate::host::context::{Auto, Context};
use crate::host::raw;

/// Frees the answer of a call.
///
/// # Safety
/// `reply` came from Call and is not used any more.
pub unsafe fn free_reply(reply: *mut CallReply) {
    // SAFETY: by the caller.
    let _ = unsafe { Node::free(reply) };
}

/// What `of` finds in the answer behind a module's pointer.
///
/// # Safety
/// `reply` is null or (part of) an answer that isn't freed during `'a`.
unsafe fn of<'a, T>(reply: *mut CallReply, of: impl FnOnce(&'a Node) -> Option<T>) -> Option<T> {
    // SAFETY: by the caller.
    unsafe { Node::of(reply) }.and_then(of)
}

/// Bytes for C: where they are, and how many.
///
/// # Safety
/// `len` is null or a place for the length.
unsafe fn bytes(found: Option<&[u8]>, len: *mut usize) -> *const c_char {
    let Some(found) = found else { return null_mut() };
    // SAFETY: by the caller.
    unsafe { raw::put(len, found.len()) };
    found.as_ptr().cast()
}

/// A pair for C.
///
/// # Safety
/// `key` and `val` are null or places for a pointer.
unsafe fn pair(found: Option<(&Node, &Node)>, key: *mut *mut CallReply, val: *mut *mut CallReply) -> c_int {
    let Some((k, v)) = found else { return ERR };
    // SAFETY: by the caller.
    unsafe {
        raw::put(key, k.as_ptr());
        raw::put(val, v.as_ptr());
    }
    OK
}

api! {
    /// Frees an answer with all its parts. A part alone isn't freed.
    fn FreeCallReply(reply: *mut CallReply) {
        // SAFETY: by the caller, an answer, the use of which ends here, and a context that lives if automatic memory has it.
        unsafe { let_go(reply) }
    }

    /// `REPLY_*`.
    fn CallReplyType(reply: *mut CallReply) -> c_int {
        // SAFETY: by the caller, an answer.
        unsafe { of(reply, |n| Some(n.kind())) }.unwrap_or(crate::abi::constants::REPLY_UNKNOWN)
    }

    /// Bytes, elements or pairs.
    fn CallReplyLength(reply: *mut CallReply) -> usize {
        // SAFETY: by the caller, an answer.
        unsafe { of(reply, |n| Some(n.len())) }.unwrap_or(0)
    }

    /// An element of an array.
    fn CallReplyArrayElement(reply: *mut CallReply, idx: usize) -> *mut CallReply {
        // SAFETY: by the caller, an answer.
        unsafe { of(reply, |n| n.element(idx)) }.map_or(null_mut(), Node::as_ptr)
    }

    /// An integer.
    fn CallReplyInteger(reply: *mut CallReply) -> c_longlong {
        // SAFETY: by the caller, an answer.
        unsafe { of(reply, Node::integer) }.unwrap_or(c_longlong::MIN)
    }

    /// A double.
    fn CallReplyDouble(reply: *mut CallReply) -> f64 {
        // SAFETY: by the caller, an answer.
        unsafe { of(reply, Node::double) }.unwrap_or(c_longlong::MIN as f64)
    }

    /// The digits of a number of any size.
    fn CallReplyBigNumber(reply: *mut CallReply, len: *mut usize) -> *const c_char {
        // SAFETY: by the caller, an answer and a place for the length.
        unsafe { bytes(of(reply, Node::big_number), len) }
    }

    /// A text, and its format of three letters, without a zero byte.
    fn CallReplyVerbatim(reply: *mut CallReply, len: *mut usize, format: *mut *const c_char) -> *const c_char {
        // SAFETY: by the caller, an answer and places for length and format.
        unsafe {
            let Some((kind, text)) = of(reply, Node::verbatim) else { return null_mut() };
            raw::put(format, kind.as_ptr().cast());
            bytes(Some(text), len)
        }
    }

    /// 1, 0, or the least number where it is no boolean.
    fn CallReplyBool(reply: *mut CallReply) -> c_int {
        // SAFETY: by the caller, an answer.
        unsafe { of(reply, Node::boolean) }.map_or(c_int::MIN, c_int::from)
    }

    /// An element of a set.
    fn CallReplySetElement(reply: *mut CallReply, idx: usize) -> *mut CallReply {
        // SAFETY: by the caller, an answer.
        unsafe { of(reply, |n| n.member(idx)) }.map_or(null_mut(), Node::as_ptr)
    }

    /// A pair of a map.
    fn CallReplyMapElement(reply: *mut CallReply, idx: usize, key: *mut *mut CallReply, val: *mut *mut CallReply) -> c_int {
        // SAFETY: by the caller, an answer and places for the two.
        unsafe { pair(of(reply, |n| n.pair(idx)), key, val) }
    }

    /// What came with the answer.
    fn CallReplyAttribute(reply: *mut CallReply) -> *mut CallReply {
        // SAFETY: by the caller, an answer.
        unsafe { of(reply, Node::attribute) }.map_or(null_mut(), Node::as_ptr)
    }

    /// A pair of an attribute.
    fn CallReplyAttributeElement(reply: *mut CallReply, idx: usize, key: *mut *mut CallReply, val: *mut *mut CallReply) -> c_int {
        // SAFETY: by the caller, an answer and places for the two.
        unsafe { pair(of(reply, |n| n.attribute_pair(idx)), key, val) }
    }
}

// Format letter `K` gives no promise yet: a command that would block fails as in a transaction.
unbuilt! { fn CallReplyPromiseSetUnblockHandler(reply: *mut CallReply, on_unblock: OnUnblocked, private_data: *mut c_void); }
unbuilt! { fn CallReplyPromiseAbort(reply: *mut CallReply, private_data: *mut *mut c_void) -> c_int = ERR; }

api! {
    /// The text of a string or error, without a zero byte.
    fn CallReplyStringPtr(reply: *mut CallReply, len: *mut usize) -> *const c_char {
        // SAFETY: by the caller, an answer and a place for the length.
        unsafe { bytes(of(reply, Node::text), len) }
    }

    /// A string of a string's or error's text or an integer's digits.
    fn CreateStringFromCallReply(reply: *mut CallReply) -> *mut ModuleString {
        // SAFETY: by the caller, an answer, and a context that lives if automatic memory has it.
        unsafe {
            let Some(node) = Node::of(reply) else { return null_mut() };
            let digits = node.integer().map(|n| n.to_string());
            let text = node.text().or(digits.as_ref().map(String::as_bytes));
            text.map_or(null_mut(), |text| super::strings::new_string(node.owner(), text))
        }
    }
}

// There are no ACL users yet.
unbuilt! { fn SetContextUser(ctx: *mut Ctx, user: *const ModuleUser); }

api! {
    /// Runs a command, in the unit that is under way; its answer. Where it isn't run: null and `errno`, or with format
    /// letter `E` the error as an answer, and `errno`.
    shim "valkore_Call_args" fn Call(ctx: *mut Ctx, cmdname: *const c_char, _fmt: *const c_char, flags: c_uint, argv: *const ShimArg, argc: usize) -> *mut CallReply {
        let kept = errno();
        // SAFETY: by the caller, a context. It isn't kept over the call, in which the module may use it.
        let Some((client, auto)) = (unsafe { Context::of(ctx) }).map(|ctx| (ctx.client, ctx.auto_memory)) else {
            set_errno(libc::EINVAL);
            return null_mut();
        };
        // SAFETY: by the shim, so many arguments.
        let shimmed = if argc == 0 { &[] } else { unsafe { std::slice::from_raw_parts(argv, argc) } };
        let args: Vec<Argument> = shimmed.iter().map(ShimArg::argument).collect();
        // SAFETY: by the caller, a C string.
        let name = unsafe { raw::text(cmdname) };
        let (answer, code) = match call::run(&Request { name, args: &args, flags, client }) {
            Ok(answer) => (answer, kept),
            Err(refused) => (refused.answer.filter(|_| flags & format::ERRORS != 0), refused.errno),
        };
        let owner = if auto { ctx } else { null_mut() };
        let reply = answer.map_or(null_mut(), |bytes| Node::new(bytes, owner));
        // SAFETY: as above.
        if let Some(ctx) = unsafe { Context::of(owner) }.filter(|_| !reply.is_null()) {
            ctx.keep(Auto::Reply(reply));
        }
        set_errno(code);
        reply
    }

    /// The answer's bytes, as a client would have got them.
    fn CallReplyProto(reply: *mut CallReply, len: *mut usize) -> *const c_char {
        // SAFETY: by the caller, an answer and a place for the length.
        unsafe { bytes(of(reply, |n| Some(n.proto())), len) }
    }
}
