//! Reply APIs.
//!
//! What a callback answers goes into its context's [`Answer`](crate::host::reply::Answer); where there is nobody to
//! answer, it goes nowhere.

use valkore_core::resp::{Protocol, Reply};
use valkore_shard::log::{Level, log};

use super::strings::bytes_of;
use crate::abi::constants::POSTPONED_LEN;
use crate::abi::declare::*;
use crate::host::call_reply::Node;
use crate::host::context::Context;
use crate::host::lock::with;
use crate::host::raw;

/// Writes on the answer of `ctx`. Always answers OK.
///
/// # Safety
/// `ctx` is null, or a context that lives and that no other thread uses at this moment.
unsafe fn reply(ctx: *mut Ctx, write: impl FnOnce(&mut Reply<'_>)) -> c_int {
    // SAFETY: by the caller.
    if let Some(ctx) = unsafe { Context::of(ctx) } {
        ctx.with_answer(|answer| write(&mut answer.reply()));
    }
    OK
}

/// The protocol of the answer; RESP2 where there is none.
///
/// # Safety
/// As [`reply`].
unsafe fn protocol(ctx: *mut Ctx) -> Option<Protocol> {
    // SAFETY: by the caller.
    unsafe { Context::of(ctx) }.and_then(|ctx| ctx.with_answer(|answer| answer.protocol))
}

/// Begins a collection of `len` elements or pairs, or of a length that is told later.
///
/// # Safety
/// As [`reply`].
unsafe fn collection(ctx: *mut Ctx, len: c_long, head: impl FnOnce(&mut Reply<'_>, usize)) -> c_int {
    // SAFETY: by the caller.
    if let Some(ctx) = unsafe { Context::of(ctx) } {
        ctx.with_answer(|answer| {
            if len == POSTPONED_LEN.into() {
                answer.postpone();
            } else {
                head(&mut answer.reply(), len.max(0) as usize);
            }
        });
    }
    OK
}

/// Tells the length of the innermost collection for which it was postponed.
///
/// # Safety
/// As [`reply`].
unsafe fn settle(ctx: *mut Ctx, kind: u8, name: &str, len: c_long) {
    // SAFETY: by the caller.
    let Some(ctx) = (unsafe { Context::of(ctx) }) else { return };
    let settled = ctx.with_answer(|answer| answer.settle(kind, len.max(0) as usize));
    if settled == Some(false) {
        let module = ctx.module.as_ref().map_or("", |m| m.name());
        log(
            Level::Warning,
            &format!(
                "API misuse detected in module {module}: ValkeyModule_ReplySet{name}Length() called without previous \
                 ValkeyModule_ReplyWith{name}(ctx,VALKEYMODULE_POSTPONED_LEN) call."
            ),
        );
    }
}

/// The text of an error, without line ends around it.
fn trimmed(text: &[u8]) -> &[u8] {
    let is_text = |b: &u8| !matches!(b, b'\r' | b'\n');
    let start = text.iter().position(is_text).unwrap_or(text.len());
    let end = text.iter().rposition(is_text).map_or(start, |at| at + 1);
    &text[start..end]
}

api! {
    /// The error about the number of arguments.
    fn WrongArity(ctx: *mut Ctx) -> c_int {
        // SAFETY: by the caller, a context.
        let Some(id) = (unsafe { Context::of(ctx) }).and_then(|ctx| ctx.command) else { return OK };
        let text = with(|core| {
            let command = core.home.runner.registry.command(id);
            valkore_core::fail::Fail::Arity(command.full_name.to_string().into()).text()
        });
        // SAFETY: as above.
        unsafe { reply(ctx, |r| r.error(&text)) }
    }

    /// An integer.
    fn ReplyWithLongLong(ctx: *mut Ctx, ll: c_longlong) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { reply(ctx, |r| r.int(ll)) }
    }

    /// An error: its code and text.
    fn ReplyWithError(ctx: *mut Ctx, err: *const c_char) -> c_int {
        // SAFETY: by the caller, a context and a C string.
        unsafe { reply(ctx, |r| r.error_bytes(trimmed(raw::text(err)))) }
    }

    /// An error of what the format gave.
    shim "valkore_ReplyWithErrorFormat_text" fn ReplyWithErrorFormat(ctx: *mut Ctx, text: *const c_char, len: usize) -> c_int {
        // SAFETY: by the caller a context; by the shim `len` bytes.
        unsafe { reply(ctx, |r| r.error_bytes(trimmed(raw::bytes(text, len)))) }
    }

    /// A simple string.
    fn ReplyWithSimpleString(ctx: *mut Ctx, msg: *const c_char) -> c_int {
        // SAFETY: by the caller, a context and a C string.
        unsafe {
            reply(ctx, |r| {
                r.raw(b"+");
                r.raw(raw::text(msg));
                r.raw(b"\r\n");
            })
        }
    }

    /// An array begins.
    fn ReplyWithArray(ctx: *mut Ctx, len: c_long) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { collection(ctx, len, |r, n| r.array(n)) }
    }

    /// A map of so many pairs begins.
    fn ReplyWithMap(ctx: *mut Ctx, len: c_long) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { collection(ctx, len, |r, n| r.map(n)) }
    }

    /// A set begins.
    fn ReplyWithSet(ctx: *mut Ctx, len: c_long) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { collection(ctx, len, |r, n| r.set(n)) }
    }

    /// An attribute of so many pairs begins; RESP2 has none.
    fn ReplyWithAttribute(ctx: *mut Ctx, len: c_long) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe {
            if protocol(ctx) == Some(Protocol::Resp2) {
                return ERR;
            }
            collection(ctx, len, |r, n| r.attribute(n))
        }
    }

    /// The null of a missing array.
    fn ReplyWithNullArray(ctx: *mut Ctx) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { reply(ctx, |r| r.null_array()) }
    }

    /// An array of nothing.
    fn ReplyWithEmptyArray(ctx: *mut Ctx) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { reply(ctx, |r| r.array(0)) }
    }

    /// The length of the innermost array for which it was postponed.
    fn ReplySetArrayLength(ctx: *mut Ctx, len: c_long) {
        // SAFETY: by the caller, a context.
        unsafe { settle(ctx, b'*', "Array", len) }
    }

    /// As above, of a map.
    fn ReplySetMapLength(ctx: *mut Ctx, len: c_long) {
        // SAFETY: by the caller, a context.
        unsafe { settle(ctx, b'%', "Map", len) }
    }

    /// As above, of a set.
    fn ReplySetSetLength(ctx: *mut Ctx, len: c_long) {
        // SAFETY: by the caller, a context.
        unsafe { settle(ctx, b'~', "Set", len) }
    }

    /// As above, of an attribute.
    fn ReplySetAttributeLength(ctx: *mut Ctx, len: c_long) {
        // SAFETY: by the caller, a context.
        unsafe {
            if protocol(ctx) != Some(Protocol::Resp2) {
                settle(ctx, b'|', "Attribute", len);
            }
        }
    }

    /// A bulk string.
    fn ReplyWithStringBuffer(ctx: *mut Ctx, buf: *const c_char, len: usize) -> c_int {
        // SAFETY: by the caller, a context and `len` bytes.
        unsafe { reply(ctx, |r| r.bulk(raw::bytes(buf, len))) }
    }

    /// A bulk string.
    fn ReplyWithCString(ctx: *mut Ctx, buf: *const c_char) -> c_int {
        // SAFETY: by the caller, a context and a C string.
        unsafe { reply(ctx, |r| r.bulk(raw::text(buf))) }
    }

    /// A bulk string.
    fn ReplyWithString(ctx: *mut Ctx, str: *mut ModuleString) -> c_int {
        // SAFETY: by the caller, a context and a string.
        unsafe { reply(ctx, |r| r.bulk(bytes_of(str))) }
    }

    /// A bulk string of nothing.
    fn ReplyWithEmptyString(ctx: *mut Ctx) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { reply(ctx, |r| r.bulk(b"")) }
    }

    /// Text with a format of three letters.
    fn ReplyWithVerbatimStringType(ctx: *mut Ctx, buf: *const c_char, len: usize, ext: *const c_char) -> c_int {
        // SAFETY: by the caller, a context, `len` bytes and a C string.
        unsafe {
            let format = String::from_utf8_lossy(raw::text(ext));
            reply(ctx, |r| r.verbatim(&format, raw::bytes(buf, len)))
        }
    }

    /// Text.
    fn ReplyWithVerbatimString(ctx: *mut Ctx, buf: *const c_char, len: usize) -> c_int {
        // SAFETY: by the caller, a context and `len` bytes.
        unsafe { reply(ctx, |r| r.verbatim("txt", raw::bytes(buf, len))) }
    }

    /// Null.
    fn ReplyWithNull(ctx: *mut Ctx) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { reply(ctx, |r| r.null()) }
    }

    /// A boolean.
    fn ReplyWithBool(ctx: *mut Ctx, b: c_int) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { reply(ctx, |r| r.bool(b != 0)) }
    }

    /// What a command answered; not if it is RESP3 and the client doesn't speak that.
    fn ReplyWithCallReply(ctx: *mut Ctx, call: *mut CallReply) -> c_int {
        // SAFETY: by the caller, a context and the answer of a call.
        unsafe {
            let Some(node) = Node::of(call) else { return ERR };
            if node.is_resp3() && protocol(ctx) == Some(Protocol::Resp2) {
                return ERR;
            }
            reply(ctx, |r| r.raw(node.proto()))
        }
    }

    /// A double.
    fn ReplyWithDouble(ctx: *mut Ctx, d: f64) -> c_int {
        // SAFETY: by the caller, a context.
        unsafe { reply(ctx, |r| r.double(d)) }
    }

    /// A number of any size, by its digits.
    fn ReplyWithBigNumber(ctx: *mut Ctx, bignum: *const c_char, len: usize) -> c_int {
        // SAFETY: by the caller, a context and `len` bytes.
        unsafe { reply(ctx, |r| r.big_number(raw::bytes(bignum, len))) }
    }

    /// A double, as the shim has written it.
    shim "valkore_ReplyWithLongDouble_text" fn ReplyWithLongDouble(ctx: *mut Ctx, text: *const c_char, len: usize) -> c_int {
        // SAFETY: by the caller a context; by the shim `len` bytes.
        unsafe {
            let text = raw::bytes(text, len);
            reply(ctx, |r| match r.protocol() {
                Protocol::Resp2 => r.bulk(text),
                Protocol::Resp3 => {
                    r.raw(b",");
                    r.raw(text);
                    r.raw(b"\r\n");
                }
            })
        }
    }
}
