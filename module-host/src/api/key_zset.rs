//! Key API for Sorted Set type.

use crate::abi::declare::*;

unbuilt! { fn ZsetAdd(key: *mut Key, score: f64, ele: *mut ModuleString, flagsptr: *mut c_int) -> c_int = ERR; }
unbuilt! { fn ZsetIncrby(key: *mut Key, score: f64, ele: *mut ModuleString, flagsptr: *mut c_int, newscore: *mut f64) -> c_int = ERR; }
unbuilt! { fn ZsetRem(key: *mut Key, ele: *mut ModuleString, deleted: *mut c_int) -> c_int = ERR; }
unbuilt! { fn ZsetScore(key: *mut Key, ele: *mut ModuleString, score: *mut f64) -> c_int = ERR; }
