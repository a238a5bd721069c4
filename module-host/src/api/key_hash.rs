//! Key API for Hash type.

use crate::abi::declare::*;

unbuilt! { shim "valkore_HashSet_pairs" fn HashSet(key: *mut Key, flags: c_int, pairs: *const ShimPair, count: usize) -> c_int = 0; }
unbuilt! { shim "valkore_HashGet_pairs" fn HashGet(key: *mut Key, flags: c_int, pairs: *const ShimPair, count: usize) -> c_int = ERR; }
