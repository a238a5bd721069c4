//! Key API for Stream type.

use crate::abi::declare::*;

unbuilt! { fn StreamAdd(key: *mut Key, flags: c_int, id: *mut StreamId, argv: *mut *mut ModuleString, numfields: c_long) -> c_int = ERR; }
unbuilt! { fn StreamDelete(key: *mut Key, id: *mut StreamId) -> c_int = ERR; }
unbuilt! { fn StreamIteratorStart(key: *mut Key, flags: c_int, start: *mut StreamId, end: *mut StreamId) -> c_int = ERR; }
unbuilt! { fn StreamIteratorStop(key: *mut Key) -> c_int = ERR; }
unbuilt! { fn StreamIteratorNextID(key: *mut Key, id: *mut StreamId, numfields: *mut c_long) -> c_int = ERR; }
unbuilt! { fn StreamIteratorNextField(key: *mut Key, field_ptr: *mut *mut ModuleString, value_ptr: *mut *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn StreamIteratorDelete(key: *mut Key) -> c_int = ERR; }
unbuilt! { fn StreamTrimByLength(key: *mut Key, flags: c_int, length: c_longlong) -> c_longlong = -1; }
unbuilt! { fn StreamTrimByID(key: *mut Key, flags: c_int, id: *mut StreamId) -> c_longlong = -1; }
