//! Modules Timers API.

use valkore_shard::clock::mono_ns;

use crate::abi::declare::*;
use crate::host::context::Context;
use crate::host::lock::try_with;
use crate::host::raw::put;
use crate::host::timers::Timer;

const NS_PER_MS: u64 = 1_000_000;

api! {
    /// A timer that home fires once, after so many milliseconds. 0 where the caller doesn't hold the module lock.
    fn CreateTimer(ctx: *mut Ctx, period: Mstime, callback: TimerProc, data: *mut c_void) -> TimerId {
        // SAFETY: the module hands over its context.
        let Some(ctx) = (unsafe { Context::of(ctx) }) else { return 0 };
        let Some(module) = ctx.module.clone() else { return 0 };
        let period = u64::try_from(period).unwrap_or(0).saturating_mul(NS_PER_MS);
        let timer = Timer { module, db: ctx.client.db, callback, data };
        try_with(|core| core.timers.add(mono_ns().saturating_add(period), timer)).unwrap_or(0)
    }
}

api! {
    /// Stops a timer of the calling module that has not been fired, and tells what it would have been called with.
    fn StopTimer(ctx: *mut Ctx, id: TimerId, data: *mut *mut c_void) -> c_int {
        // SAFETY: the module hands over its context.
        let found = unsafe { look_up(ctx, id) };
        if found.is_none() {
            return ERR;
        }
        let Some(timer) = try_with(|core| core.timers.remove(id)).flatten() else { return ERR };
        // SAFETY: the module hands over a place for the answer, or null.
        unsafe { put(data, timer.data) };
        OK
    }
}

api! {
    /// Tells in how many milliseconds a timer of the calling module is due, and what it is called with.
    fn GetTimerInfo(ctx: *mut Ctx, id: TimerId, remaining: *mut u64, data: *mut *mut c_void) -> c_int {
        // SAFETY: the module hands over its context.
        let Some((at_ns, with)) = (unsafe { look_up(ctx, id) }) else { return ERR };
        // SAFETY: the module hands over places for the answers, or null.
        unsafe {
            put(remaining, at_ns.saturating_sub(mono_ns()) / NS_PER_MS);
            put(data, with);
        }
        OK
    }
}

/// When a timer of the calling module is due, monotonic nanoseconds, and what it is called with.
///
/// # Safety
/// `ctx` is null, or a context that lives and that no other thread uses at this moment.
unsafe fn look_up(ctx: *mut Ctx, id: TimerId) -> Option<(u64, *mut c_void)> {
    // SAFETY: by the caller.
    let module = unsafe { Context::of(ctx) }?.module.clone()?;
    try_with(|core| {
        let (at_ns, timer) = core.timers.find(id)?;
        std::sync::Arc::ptr_eq(&timer.module, &module).then_some((at_ns, timer.data))
    })?
}
