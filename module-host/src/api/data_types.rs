//! Modules data types.

use crate::abi::declare::*;

unbuilt! { fn CreateDataType(ctx: *mut Ctx, name: *const c_char, encver: c_int, typemethods: *mut TypeMethods) -> *mut ModuleType = null_mut(); }
unbuilt! { fn ModuleTypeSetValue(key: *mut Key, mt: *mut ModuleType, value: *mut c_void) -> c_int = ERR; }
unbuilt! { fn ModuleTypeGetType(key: *mut Key) -> *mut ModuleType = null_mut(); }
unbuilt! { fn ModuleTypeGetValue(key: *mut Key) -> *mut c_void = null_mut(); }
