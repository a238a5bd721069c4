//! RDB loading and saving functions.

use crate::abi::declare::*;

unbuilt! { fn IsIOError(io: *mut Io) -> c_int = 0; }
unbuilt! { fn SaveUnsigned(io: *mut Io, value: u64); }
unbuilt! { fn LoadUnsigned(io: *mut Io) -> u64 = 0; }
unbuilt! { fn SaveSigned(io: *mut Io, value: i64); }
unbuilt! { fn LoadSigned(io: *mut Io) -> i64 = 0; }
unbuilt! { fn SaveString(io: *mut Io, s: *mut ModuleString); }
unbuilt! { fn SaveStringBuffer(io: *mut Io, str: *const c_char, len: usize); }
unbuilt! { fn LoadString(io: *mut Io) -> *mut ModuleString = null_mut(); }
unbuilt! { fn LoadStringBuffer(io: *mut Io, lenptr: *mut usize) -> *mut c_char = null_mut(); }
unbuilt! { fn SaveDouble(io: *mut Io, value: f64); }
unbuilt! { fn LoadDouble(io: *mut Io) -> f64 = 0.0; }
unbuilt! { fn SaveFloat(io: *mut Io, value: f32); }
unbuilt! { fn LoadFloat(io: *mut Io) -> f32 = 0.0; }
unbuilt! { shim "valkore_SaveLongDouble_text" fn SaveLongDouble(io: *mut Io, text: *const c_char, len: usize); }
unbuilt! { shim "valkore_LoadLongDouble_copy" fn LoadLongDouble(io: *mut Io, room: *mut c_char, room_len: usize) -> usize = 0; }
