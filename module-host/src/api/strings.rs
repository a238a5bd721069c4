//! String objects APIs.

use crate::abi::declare::*;

unbuilt! { fn CreateString(ctx: *mut Ctx, ptr: *const c_char, len: usize) -> *mut ModuleString = null_mut(); }
unbuilt! { shim "valkore_CreateStringPrintf_text" fn CreateStringPrintf(ctx: *mut Ctx, text: *const c_char, len: usize) -> *mut ModuleString = null_mut(); }
unbuilt! { fn CreateStringFromLongLong(ctx: *mut Ctx, ll: c_longlong) -> *mut ModuleString = null_mut(); }
unbuilt! { fn CreateStringFromULongLong(ctx: *mut Ctx, ull: c_ulonglong) -> *mut ModuleString = null_mut(); }
unbuilt! { fn CreateStringFromDouble(ctx: *mut Ctx, d: f64) -> *mut ModuleString = null_mut(); }
unbuilt! { shim "valkore_CreateStringFromLongDouble_text" fn CreateStringFromLongDouble(ctx: *mut Ctx, humanfriendly: c_int, text: *const c_char, len: usize) -> *mut ModuleString = null_mut(); }
unbuilt! { fn CreateStringFromString(ctx: *mut Ctx, str: *const ModuleString) -> *mut ModuleString = null_mut(); }
unbuilt! { fn CreateStringFromStreamID(ctx: *mut Ctx, id: *const StreamId) -> *mut ModuleString = null_mut(); }
unbuilt! { fn FreeString(ctx: *mut Ctx, str: *mut ModuleString); }
unbuilt! { fn RetainString(ctx: *mut Ctx, str: *mut ModuleString); }
unbuilt! { fn HoldString(ctx: *mut Ctx, str: *mut ModuleString) -> *mut ModuleString = null_mut(); }
unbuilt! { fn StringPtrLen(str: *const ModuleString, len: *mut usize) -> *const c_char = null_mut(); }
unbuilt! { fn StringToLongLong(str: *const ModuleString, ll: *mut c_longlong) -> c_int = ERR; }
unbuilt! { fn StringToULongLong(str: *const ModuleString, ull: *mut c_ulonglong) -> c_int = ERR; }
unbuilt! { fn StringToDouble(str: *const ModuleString, d: *mut f64) -> c_int = ERR; }
unbuilt! { shim "valkore_StringToLongDouble_bytes" fn StringToLongDouble(str: *const ModuleString, text: *mut *const c_char, len: *mut usize) -> c_int = ERR; }
unbuilt! { fn StringToStreamID(str: *const ModuleString, id: *mut StreamId) -> c_int = ERR; }
unbuilt! { fn StringCompare(a: *const ModuleString, b: *const ModuleString) -> c_int = 0; }
unbuilt! { fn StringAppendBuffer(ctx: *mut Ctx, str: *mut ModuleString, buf: *const c_char, len: usize) -> c_int = ERR; }
unbuilt! { fn TrimStringAllocation(str: *mut ModuleString); }
