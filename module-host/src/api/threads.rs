//! Thread Safe Contexts.

use crate::abi::declare::*;
use crate::host::blocked::Blocked;
use crate::host::context::{Context, Why};
use crate::host::lock;

api! {
    /// A context for any thread: of a blocked client, which it can answer without the module lock, or of none.
    fn GetThreadSafeContext(bc: *mut BlockedClient) -> *mut Ctx {
        let blocked = Blocked::of(bc);
        let mut ctx = Context::new(Why::ThreadSafe, blocked.as_ref().map(|b| b.module.clone()));
        if let Some(blocked) = blocked {
            ctx.client = blocked.client;
            ctx.about = Some(blocked);
        }
        Box::into_raw(Box::new(ctx)).cast()
    }
}

api! {
    /// A context for any thread, of the module that `ctx` is of, and of no client.
    fn GetDetachedThreadSafeContext(ctx: *mut Ctx) -> *mut Ctx {
        // SAFETY: the module hands over its context.
        let module = unsafe { Context::of(ctx) }.and_then(|ctx| ctx.module.clone());
        Box::into_raw(Box::new(Context::new(Why::ThreadSafe, module))).cast()
    }
}

api! {
    /// Frees a context that one of the two made, and what automatic memory holds for it.
    fn FreeThreadSafeContext(ctx: *mut Ctx) {
        // SAFETY: the module hands over its context.
        let made_here = unsafe { Context::of(ctx) }.is_some_and(|ctx| ctx.why == Why::ThreadSafe);
        if made_here {
            // SAFETY: contexts of this kind are boxes that the two functions above have let go, and the module doesn't
            // use it any more.
            drop(unsafe { Box::from_raw(ctx.cast::<Context>()) });
        }
    }
}

api! {
    /// Takes the module lock; waits for its turn.
    fn ThreadSafeContextLock(ctx: *mut Ctx) {
        let _ = ctx;
        lock::lock();
    }
}

api! {
    /// Takes the module lock if it is free, without waiting for anyone.
    fn ThreadSafeContextTryLock(ctx: *mut Ctx) -> c_int {
        let _ = ctx;
        if lock::try_lock() {
            return OK;
        }
        set_errno(libc::EBUSY);
        ERR
    }
}

api! {
    /// Gives the module lock away.
    fn ThreadSafeContextUnlock(ctx: *mut Ctx) {
        let _ = ctx;
        lock::unlock();
    }
}
