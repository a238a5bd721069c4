//! Module Configurations API.

use crate::abi::declare::*;

unbuilt! { fn RegisterStringConfig(ctx: *mut Ctx, name: *const c_char, default_val: *const c_char, flags: c_uint, getfn: ConfigGetStringFunc, setfn: ConfigSetStringFunc, applyfn: ConfigApplyFunc, privdata: *mut c_void) -> c_int = ERR; }
unbuilt! { fn RegisterBoolConfig(ctx: *mut Ctx, name: *const c_char, default_val: c_int, flags: c_uint, getfn: ConfigGetBoolFunc, setfn: ConfigSetBoolFunc, applyfn: ConfigApplyFunc, privdata: *mut c_void) -> c_int = ERR; }
unbuilt! { fn RegisterEnumConfig(ctx: *mut Ctx, name: *const c_char, default_val: c_int, flags: c_uint, enum_values: *mut *const c_char, int_values: *const c_int, num_enum_vals: c_int, getfn: ConfigGetEnumFunc, setfn: ConfigSetEnumFunc, applyfn: ConfigApplyFunc, privdata: *mut c_void) -> c_int = ERR; }
unbuilt! { fn RegisterNumericConfig(ctx: *mut Ctx, name: *const c_char, default_val: c_longlong, flags: c_uint, min: c_longlong, max: c_longlong, getfn: ConfigGetNumericFunc, setfn: ConfigSetNumericFunc, applyfn: ConfigApplyFunc, privdata: *mut c_void) -> c_int = ERR; }
unbuilt! { fn LoadConfigs(ctx: *mut Ctx) -> c_int = ERR; }
