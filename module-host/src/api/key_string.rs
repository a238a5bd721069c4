//! Key API for String type.

use crate::abi::declare::*;

unbuilt! { fn StringSet(key: *mut Key, str: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn StringDMA(key: *mut Key, len: *mut usize, mode: c_int) -> *mut c_char = null_mut(); }
unbuilt! { fn StringTruncate(key: *mut Key, newlen: usize) -> c_int = ERR; }
