//! Defrag API.

use crate::abi::declare::*;

unbuilt! { fn RegisterDefragFunc(ctx: *mut Ctx, cb: DefragFunc) -> c_int = ERR; }
unbuilt! { fn DefragShouldStop(ctx: *mut DefragCtx) -> c_int = 1; }
unbuilt! { fn DefragCursorSet(ctx: *mut DefragCtx, cursor: c_ulong) -> c_int = ERR; }
unbuilt! { fn DefragCursorGet(ctx: *mut DefragCtx, cursor: *mut c_ulong) -> c_int = ERR; }
unbuilt! { fn DefragAlloc(ctx: *mut DefragCtx, ptr: *mut c_void) -> *mut c_void = null_mut(); }
unbuilt! { fn DefragValkeyModuleString(ctx: *mut DefragCtx, str: *mut ModuleString) -> *mut ModuleString = null_mut(); }
unbuilt! { fn GetKeyNameFromDefragCtx(ctx: *mut DefragCtx) -> *const ModuleString = null_mut(); }
unbuilt! { fn GetDbIdFromDefragCtx(ctx: *mut DefragCtx) -> c_int = -1; }
