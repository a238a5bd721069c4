//! Key API for Sorted Set iterator.

use crate::abi::declare::*;

unbuilt! { fn ZsetRangeStop(key: *mut Key); }
unbuilt! { fn ZsetRangeEndReached(key: *mut Key) -> c_int = 1; }
unbuilt! { fn ZsetFirstInScoreRange(key: *mut Key, min: f64, max: f64, minex: c_int, maxex: c_int) -> c_int = ERR; }
unbuilt! { fn ZsetLastInScoreRange(key: *mut Key, min: f64, max: f64, minex: c_int, maxex: c_int) -> c_int = ERR; }
unbuilt! { fn ZsetFirstInLexRange(key: *mut Key, min: *mut ModuleString, max: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn ZsetLastInLexRange(key: *mut Key, min: *mut ModuleString, max: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn ZsetRangeCurrentElement(key: *mut Key, score: *mut f64) -> *mut ModuleString = null_mut(); }
unbuilt! { fn ZsetRangeNext(key: *mut Key) -> c_int = 0; }
unbuilt! { fn ZsetRangePrev(key: *mut Key) -> c_int = 0; }
