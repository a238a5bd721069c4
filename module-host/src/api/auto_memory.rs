//! Automatic memory management for modules.

use crate::abi::declare::*;
use crate::host::context::Context;

api! {
    /// Keys, strings and call replies that are made from now on are freed when the callback returns.
    fn AutoMemory(ctx: *mut Ctx) {
        // SAFETY: by the caller, a context that lives, and that no other thread uses at this moment.
        if let Some(ctx) = unsafe { Context::of(ctx) } {
            ctx.auto_memory = true;
        }
    }
}
