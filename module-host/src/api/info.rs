//! Modules Info fields.

use crate::abi::declare::*;

unbuilt! { fn InfoAddSection(ctx: *mut InfoCtx, name: *const c_char) -> c_int = ERR; }
unbuilt! { fn InfoBeginDictField(ctx: *mut InfoCtx, name: *const c_char) -> c_int = ERR; }
unbuilt! { fn InfoEndDictField(ctx: *mut InfoCtx) -> c_int = ERR; }
unbuilt! { fn InfoAddFieldString(ctx: *mut InfoCtx, field: *const c_char, value: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn InfoAddFieldCString(ctx: *mut InfoCtx, field: *const c_char, value: *const c_char) -> c_int = ERR; }
unbuilt! { fn InfoAddFieldDouble(ctx: *mut InfoCtx, field: *const c_char, value: f64) -> c_int = ERR; }
unbuilt! { fn InfoAddFieldLongLong(ctx: *mut InfoCtx, field: *const c_char, value: c_longlong) -> c_int = ERR; }
unbuilt! { fn InfoAddFieldULongLong(ctx: *mut InfoCtx, field: *const c_char, value: c_ulonglong) -> c_int = ERR; }
unbuilt! { fn RegisterInfoFunc(ctx: *mut Ctx, cb: InfoFunc) -> c_int = ERR; }
unbuilt! { fn GetServerInfo(ctx: *mut Ctx, section: *const c_char) -> *mut ServerInfoData = null_mut(); }
unbuilt! { fn FreeServerInfo(ctx: *mut Ctx, data: *mut ServerInfoData); }
unbuilt! { fn ServerInfoGetField(ctx: *mut Ctx, data: *mut ServerInfoData, field: *const c_char) -> *mut ModuleString = null_mut(); }
unbuilt! { fn ServerInfoGetFieldC(data: *mut ServerInfoData, field: *const c_char) -> *const c_char = null_mut(); }
unbuilt! { fn ServerInfoGetFieldSigned(data: *mut ServerInfoData, field: *const c_char, out_err: *mut c_int) -> c_longlong = 0; }
unbuilt! { fn ServerInfoGetFieldUnsigned(data: *mut ServerInfoData, field: *const c_char, out_err: *mut c_int) -> c_ulonglong = 0; }
unbuilt! { fn ServerInfoGetFieldDouble(data: *mut ServerInfoData, field: *const c_char, out_err: *mut c_int) -> f64 = 0.0; }
