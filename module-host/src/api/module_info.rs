//! Module information and time measurement.

use std::sync::atomic::Ordering;

use valkore_shard::clock;

use crate::abi::declare::*;
use crate::host::context::Context;
use crate::host::home::with_data;
use crate::host::lock::{try_with, with};
use crate::host::raw;
use crate::host::string::Str;

api! {
    /// The module says who it is.
    fn SetModuleAttribs(ctx: *mut Ctx, name: *const c_char, ver: c_int, _apiver: c_int) {
        // SAFETY: by the caller, a context and a C string.
        let told = unsafe { (Context::of(ctx), raw::owned_text(name)) };
        if let (Some(Context { module: Some(module), .. }), Some(name)) = told {
            module.set_attributes(&name, ver);
        }
    }

    /// Is there a module of this name?
    fn IsModuleNameBusy(name: *const c_char) -> c_int {
        // SAFETY: by the caller, a C string.
        let name = unsafe { raw::owned_text(name) }.unwrap_or_default();
        try_with(|core| core.module(&name).is_some()).unwrap_or(false).into()
    }

    /// The wall clock.
    fn Milliseconds() -> Mstime {
        clock::now().unix_ms()
    }

    /// The monotonic clock.
    fn MonotonicMicroseconds() -> u64 {
        clock::mono_ns() / 1000
    }

    /// The wall clock.
    fn Microseconds() -> Ustime {
        clock::now().unix_us
    }

    /// The wall clock as the unit under way sees it; a thread that doesn't hold the module lock is in no unit.
    fn CachedMicroseconds() -> Ustime {
        try_with(|core| core.home.runner.clock.unix_us).unwrap_or_else(|| clock::now().unix_us)
    }
}
api! {
    /// Background work for a blocked client begins: it counts as the command's time.
    fn BlockedClientMeasureTimeStart(bc: *mut BlockedClient) -> c_int {
        let Some(blocked) = crate::host::blocked::Blocked::of(bc) else { return ERR };
        blocked.start_measuring();
        OK
    }
}
api! {
    /// Background work for a blocked client ends; ERR where it had not begun.
    fn BlockedClientMeasureTimeEnd(bc: *mut BlockedClient) -> c_int {
        let Some(blocked) = crate::host::blocked::Blocked::of(bc) else { return ERR };
        if blocked.end_measuring() { OK } else { ERR }
    }
}
api! {
    /// Other clients are served by the shards all the time, but for those that wait for data which the callback holds, or
    /// for the module lock: these go on waiting, and get no `-BUSY` yet. What home does for the shards is done now.
    fn Yield(_ctx: *mut Ctx, _flags: c_int, _busy_reply: *const c_char) {
        with(|core| core.home.leases.take_mail());
    }

    /// What the module is able to do.
    fn SetModuleOptions(ctx: *mut Ctx, options: c_int) {
        // SAFETY: by the caller, a context.
        if let Some(Context { module: Some(module), .. }) = unsafe { Context::of(ctx) } {
            module.options.store(options as u32, Ordering::Relaxed);
        }
    }

    /// The key has changed: whoever watches it is told.
    fn SignalModifiedKey(ctx: *mut Ctx, keyname: *mut ModuleString) -> c_int {
        // SAFETY: by the caller, a context and a string.
        let (Some(ctx), key) = (unsafe { (Context::of(ctx), Str::of(keyname)) }) else { return ERR };
        let slot = valkore_core::slot::key_slot(key.bytes());
        with_data(slot, |data| data.signal_modified(ctx.client.db.into(), key.bytes()));
        OK
    }
}
