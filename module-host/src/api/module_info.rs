//! Module information and time measurement.

use crate::abi::declare::*;

unbuilt! { fn SetModuleAttribs(ctx: *mut Ctx, name: *const c_char, ver: c_int, apiver: c_int); }
unbuilt! { fn IsModuleNameBusy(name: *const c_char) -> c_int = 0; }
unbuilt! { fn Milliseconds() -> Mstime = 0; }
unbuilt! { fn MonotonicMicroseconds() -> u64 = 0; }
unbuilt! { fn Microseconds() -> Ustime = 0; }
unbuilt! { fn CachedMicroseconds() -> Ustime = 0; }
unbuilt! { fn BlockedClientMeasureTimeStart(bc: *mut BlockedClient) -> c_int = ERR; }
unbuilt! { fn BlockedClientMeasureTimeEnd(bc: *mut BlockedClient) -> c_int = ERR; }
unbuilt! { fn Yield(ctx: *mut Ctx, flags: c_int, busy_reply: *const c_char); }
unbuilt! { fn SetModuleOptions(ctx: *mut Ctx, options: c_int); }
unbuilt! { fn SignalModifiedKey(ctx: *mut Ctx, keyname: *mut ModuleString) -> c_int = ERR; }
