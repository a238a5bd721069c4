//! Key API for List type.

use crate::abi::declare::*;

unbuilt! { fn ListPush(key: *mut Key, end: c_int, ele: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn ListPop(key: *mut Key, end: c_int) -> *mut ModuleString = null_mut(); }
unbuilt! { fn ListGet(key: *mut Key, index: c_long) -> *mut ModuleString = null_mut(); }
unbuilt! { fn ListSet(key: *mut Key, index: c_long, value: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn ListInsert(key: *mut Key, index: c_long, value: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn ListDelete(key: *mut Key, index: c_long) -> c_int = ERR; }
