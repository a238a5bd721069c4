//! Modules API exporting / importing.

use crate::abi::declare::*;

unbuilt! { fn ExportSharedAPI(ctx: *mut Ctx, apiname: *const c_char, func: *mut c_void) -> c_int = ERR; }
unbuilt! { fn GetSharedAPI(ctx: *mut Ctx, apiname: *const c_char) -> *mut c_void = null_mut(); }
