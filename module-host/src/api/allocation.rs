//! Heap allocation raw functions.

use crate::abi::declare::*;

unbuilt! { fn Alloc(bytes: usize) -> *mut c_void = null_mut(); }
unbuilt! { fn TryAlloc(bytes: usize) -> *mut c_void = null_mut(); }
unbuilt! { fn Calloc(nmemb: usize, size: usize) -> *mut c_void = null_mut(); }
unbuilt! { fn TryCalloc(nmemb: usize, size: usize) -> *mut c_void = null_mut(); }
unbuilt! { fn Realloc(ptr: *mut c_void, bytes: usize) -> *mut c_void = null_mut(); }
unbuilt! { fn TryRealloc(ptr: *mut c_void, bytes: usize) -> *mut c_void = null_mut(); }
unbuilt! { fn Free(ptr: *mut c_void); }
unbuilt! { fn Strdup(str: *const c_char) -> *mut c_char = null_mut(); }
unbuilt! { fn PoolAlloc(ctx: *mut Ctx, bytes: usize) -> *mut c_void = null_mut(); }
