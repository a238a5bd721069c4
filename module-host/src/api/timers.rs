//! Modules Timers API.

use crate::abi::declare::*;

unbuilt! { fn CreateTimer(ctx: *mut Ctx, period: Mstime, callback: TimerProc, data: *mut c_void) -> TimerId = 0; }
unbuilt! { fn StopTimer(ctx: *mut Ctx, id: TimerId, data: *mut *mut c_void) -> c_int = ERR; }
unbuilt! { fn GetTimerInfo(ctx: *mut Ctx, id: TimerId, remaining: *mut u64, data: *mut *mut c_void) -> c_int = ERR; }
