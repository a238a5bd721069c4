//! Key eviction API.

use crate::abi::declare::*;

unbuilt! { fn SetLRU(key: *mut Key, lru_idle: Mstime) -> c_int = ERR; }
unbuilt! { fn GetLRU(key: *mut Key, lru_idle: *mut Mstime) -> c_int = ERR; }
unbuilt! { fn SetLFU(key: *mut Key, lfu_freq: c_longlong) -> c_int = ERR; }
unbuilt! { fn GetLFU(key: *mut Key, lfu_freq: *mut c_longlong) -> c_int = ERR; }
