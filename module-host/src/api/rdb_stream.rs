//! RDB load/save API.

use crate::abi::declare::*;

unbuilt! { fn RdbStreamCreateFromFile(filename: *const c_char) -> *mut RdbStream = null_mut(); }
unbuilt! { fn RdbStreamFree(stream: *mut RdbStream); }
unbuilt! { fn RdbLoad(ctx: *mut Ctx, stream: *mut RdbStream, flags: c_int) -> c_int = ERR; }
unbuilt! { fn RdbSave(ctx: *mut Ctx, stream: *mut RdbStream, flags: c_int) -> c_int = ERR; }
