//! Scanning keyspace and hashes.

use crate::abi::declare::*;

unbuilt! { fn ScanCursorCreate() -> *mut ScanCursor = null_mut(); }
unbuilt! { fn ScanCursorRestart(cursor: *mut ScanCursor); }
unbuilt! { fn ScanCursorDestroy(cursor: *mut ScanCursor); }
unbuilt! { fn Scan(ctx: *mut Ctx, cursor: *mut ScanCursor, callback: ScanCB, privdata: *mut c_void) -> c_int = 0; }
unbuilt! { fn ScanKey(key: *mut Key, cursor: *mut ScanCursor, callback: ScanKeyCB, privdata: *mut c_void) -> c_int = 0; }
