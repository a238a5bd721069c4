//! Thread Safe Contexts.

use crate::abi::declare::*;

unbuilt! { fn GetThreadSafeContext(bc: *mut BlockedClient) -> *mut Ctx = null_mut(); }
unbuilt! { fn GetDetachedThreadSafeContext(ctx: *mut Ctx) -> *mut Ctx = null_mut(); }
unbuilt! { fn FreeThreadSafeContext(ctx: *mut Ctx); }
unbuilt! { fn ThreadSafeContextLock(ctx: *mut Ctx); }
unbuilt! { fn ThreadSafeContextTryLock(ctx: *mut Ctx) -> c_int = ERR; }
unbuilt! { fn ThreadSafeContextUnlock(ctx: *mut Ctx); }
