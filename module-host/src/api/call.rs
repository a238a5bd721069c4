//! Calling commands from modules.

use crate::abi::declare::*;

/// Frees the answer of a call.
///
/// # Safety
/// `_reply` came from Call and is not used any more.
pub unsafe fn free_reply(_reply: *mut CallReply) {}


unbuilt! { fn FreeCallReply(reply: *mut CallReply); }
unbuilt! { fn CallReplyType(reply: *mut CallReply) -> c_int = -1; }
unbuilt! { fn CallReplyLength(reply: *mut CallReply) -> usize = 0; }
unbuilt! { fn CallReplyArrayElement(reply: *mut CallReply, idx: usize) -> *mut CallReply = null_mut(); }
unbuilt! { fn CallReplyInteger(reply: *mut CallReply) -> c_longlong = c_longlong::MIN; }
unbuilt! { fn CallReplyDouble(reply: *mut CallReply) -> f64 = c_longlong::MIN as f64; }
unbuilt! { fn CallReplyBigNumber(reply: *mut CallReply, len: *mut usize) -> *const c_char = null_mut(); }
unbuilt! { fn CallReplyVerbatim(reply: *mut CallReply, len: *mut usize, format: *mut *const c_char) -> *const c_char = null_mut(); }
unbuilt! { fn CallReplyBool(reply: *mut CallReply) -> c_int = c_int::MIN; }
unbuilt! { fn CallReplySetElement(reply: *mut CallReply, idx: usize) -> *mut CallReply = null_mut(); }
unbuilt! { fn CallReplyMapElement(reply: *mut CallReply, idx: usize, key: *mut *mut CallReply, val: *mut *mut CallReply) -> c_int = ERR; }
unbuilt! { fn CallReplyAttribute(reply: *mut CallReply) -> *mut CallReply = null_mut(); }
unbuilt! { fn CallReplyAttributeElement(reply: *mut CallReply, idx: usize, key: *mut *mut CallReply, val: *mut *mut CallReply) -> c_int = ERR; }
unbuilt! { fn CallReplyPromiseSetUnblockHandler(reply: *mut CallReply, on_unblock: OnUnblocked, private_data: *mut c_void); }
unbuilt! { fn CallReplyPromiseAbort(reply: *mut CallReply, private_data: *mut *mut c_void) -> c_int = ERR; }
unbuilt! { fn CallReplyStringPtr(reply: *mut CallReply, len: *mut usize) -> *const c_char = null_mut(); }
unbuilt! { fn CreateStringFromCallReply(reply: *mut CallReply) -> *mut ModuleString = null_mut(); }
unbuilt! { fn SetContextUser(ctx: *mut Ctx, user: *const ModuleUser); }
unbuilt! { shim "valkore_Call_args" fn Call(ctx: *mut Ctx, cmdname: *const c_char, fmt: *const c_char, flags: c_uint, argv: *const ShimArg, argc: usize) -> *mut CallReply = null_mut(); }
unbuilt! { fn CallReplyProto(reply: *mut CallReply, len: *mut usize) -> *const c_char = null_mut(); }
