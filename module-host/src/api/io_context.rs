//! IO context handling.

use crate::abi::declare::*;

unbuilt! { fn GetContextFromIO(io: *mut Io) -> *mut Ctx = null_mut(); }
unbuilt! { fn GetKeyNameFromIO(io: *mut Io) -> *const ModuleString = null_mut(); }
unbuilt! { fn GetKeyNameFromModuleKey(key: *mut Key) -> *const ModuleString = null_mut(); }
unbuilt! { fn GetDbIdFromModuleKey(key: *mut Key) -> c_int = -1; }
unbuilt! { fn GetDbIdFromIO(io: *mut Io) -> c_int = -1; }
