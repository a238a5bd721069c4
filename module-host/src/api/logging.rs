//! Logging.

use crate::abi::declare::*;

unbuilt! { shim "valkore_Log_text" fn Log(ctx: *mut Ctx, levelstr: *const c_char, text: *const c_char, len: usize); }
unbuilt! { shim "valkore_LogIOError_text" fn LogIOError(io: *mut Io, levelstr: *const c_char, text: *const c_char, len: usize); }
unbuilt! { fn _Assert(estr: *const c_char, file: *const c_char, line: c_int); }
unbuilt! { fn LatencyAddSample(event: *const c_char, latency: Mstime); }
