//! Module Command Filter API.

use crate::abi::declare::*;

unbuilt! { fn RegisterCommandFilter(ctx: *mut Ctx, callback: CommandFilterFunc, flags: c_int) -> *mut CommandFilter = null_mut(); }
unbuilt! { fn UnregisterCommandFilter(ctx: *mut Ctx, filter: *mut CommandFilter) -> c_int = ERR; }
unbuilt! { fn CommandFilterArgsCount(fctx: *mut CommandFilterCtx) -> c_int = 0; }
unbuilt! { fn CommandFilterArgGet(fctx: *mut CommandFilterCtx, pos: c_int) -> *mut ModuleString = null_mut(); }
unbuilt! { fn CommandFilterArgInsert(fctx: *mut CommandFilterCtx, pos: c_int, arg: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn CommandFilterArgReplace(fctx: *mut CommandFilterCtx, pos: c_int, arg: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn CommandFilterArgDelete(fctx: *mut CommandFilterCtx, pos: c_int) -> c_int = ERR; }
unbuilt! { fn CommandFilterGetClientId(fctx: *mut CommandFilterCtx) -> c_ulonglong = 0; }
unbuilt! { fn MallocSize(ptr: *mut c_void) -> usize = 0; }
unbuilt! { fn MallocUsableSize(ptr: *mut c_void) -> usize = 0; }
unbuilt! { fn MallocSizeString(str: *mut ModuleString) -> usize = 0; }
unbuilt! { fn MallocSizeDict(dict: *mut ModuleDict) -> usize = 0; }
unbuilt! { fn GetUsedMemoryRatio() -> f32 = 0.0; }
