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
api! {
    /// Bytes that a block of `Alloc` takes.
    fn MallocSize(ptr: *mut c_void) -> usize {
        // SAFETY: by the caller, null or a block that came from `Alloc` and is alive.
        unsafe { libc::malloc_usable_size(ptr) }
    }
}
api! {
    /// Bytes of a block of `Alloc` that may be used.
    fn MallocUsableSize(ptr: *mut c_void) -> usize {
        // SAFETY: by the caller, null or a block that came from `Alloc` and is alive.
        unsafe { libc::malloc_usable_size(ptr) }
    }
}
api! {
    /// Bytes that a string takes.
    fn MallocSizeString(str: *mut ModuleString) -> usize {
        // SAFETY: by the caller, a string.
        unsafe { crate::host::string::Str::of(str) }.memory()
    }
}
unbuilt! { fn MallocSizeDict(dict: *mut ModuleDict) -> usize = 0; }
api! {
    /// Memory in use, in parts of `maxmemory`; 0 where there is no limit, and for a thread without the module lock.
    fn GetUsedMemoryRatio() -> f32 {
        crate::host::lock::try_with(|core| core.used_memory_ratio()).unwrap_or(0.0)
    }
}
