//! Reply APIs.

use crate::abi::declare::*;

unbuilt! { fn WrongArity(ctx: *mut Ctx) -> c_int = ERR; }
unbuilt! { fn ReplyWithLongLong(ctx: *mut Ctx, ll: c_longlong) -> c_int = ERR; }
unbuilt! { fn ReplyWithError(ctx: *mut Ctx, err: *const c_char) -> c_int = ERR; }
unbuilt! { shim "valkore_ReplyWithErrorFormat_text" fn ReplyWithErrorFormat(ctx: *mut Ctx, text: *const c_char, len: usize) -> c_int = ERR; }
unbuilt! { fn ReplyWithSimpleString(ctx: *mut Ctx, msg: *const c_char) -> c_int = ERR; }
unbuilt! { fn ReplyWithArray(ctx: *mut Ctx, len: c_long) -> c_int = ERR; }
unbuilt! { fn ReplyWithMap(ctx: *mut Ctx, len: c_long) -> c_int = ERR; }
unbuilt! { fn ReplyWithSet(ctx: *mut Ctx, len: c_long) -> c_int = ERR; }
unbuilt! { fn ReplyWithAttribute(ctx: *mut Ctx, len: c_long) -> c_int = ERR; }
unbuilt! { fn ReplyWithNullArray(ctx: *mut Ctx) -> c_int = ERR; }
unbuilt! { fn ReplyWithEmptyArray(ctx: *mut Ctx) -> c_int = ERR; }
unbuilt! { fn ReplySetArrayLength(ctx: *mut Ctx, len: c_long); }
unbuilt! { fn ReplySetMapLength(ctx: *mut Ctx, len: c_long); }
unbuilt! { fn ReplySetSetLength(ctx: *mut Ctx, len: c_long); }
unbuilt! { fn ReplySetAttributeLength(ctx: *mut Ctx, len: c_long); }
unbuilt! { fn ReplyWithStringBuffer(ctx: *mut Ctx, buf: *const c_char, len: usize) -> c_int = ERR; }
unbuilt! { fn ReplyWithCString(ctx: *mut Ctx, buf: *const c_char) -> c_int = ERR; }
unbuilt! { fn ReplyWithString(ctx: *mut Ctx, str: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn ReplyWithEmptyString(ctx: *mut Ctx) -> c_int = ERR; }
unbuilt! { fn ReplyWithVerbatimStringType(ctx: *mut Ctx, buf: *const c_char, len: usize, ext: *const c_char) -> c_int = ERR; }
unbuilt! { fn ReplyWithVerbatimString(ctx: *mut Ctx, buf: *const c_char, len: usize) -> c_int = ERR; }
unbuilt! { fn ReplyWithNull(ctx: *mut Ctx) -> c_int = ERR; }
unbuilt! { fn ReplyWithBool(ctx: *mut Ctx, b: c_int) -> c_int = ERR; }
unbuilt! { fn ReplyWithCallReply(ctx: *mut Ctx, reply: *mut CallReply) -> c_int = ERR; }
unbuilt! { fn ReplyWithDouble(ctx: *mut Ctx, d: f64) -> c_int = ERR; }
unbuilt! { fn ReplyWithBigNumber(ctx: *mut Ctx, bignum: *const c_char, len: usize) -> c_int = ERR; }
unbuilt! { shim "valkore_ReplyWithLongDouble_text" fn ReplyWithLongDouble(ctx: *mut Ctx, text: *const c_char, len: usize) -> c_int = ERR; }
