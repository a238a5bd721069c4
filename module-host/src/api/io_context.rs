//! IO context handling.

use crate::abi::declare::*;
use crate::host::key::KeyHandle;

unbuilt! { fn GetContextFromIO(io: *mut Io) -> *mut Ctx = null_mut(); }
unbuilt! { fn GetKeyNameFromIO(io: *mut Io) -> *const ModuleString = null_mut(); }
api! {
    /// The name of an open key.
    fn GetKeyNameFromModuleKey(key: *mut Key) -> *const ModuleString {
        // SAFETY: the module hands over a key that it has open, or null.
        unsafe { KeyHandle::of(key) }.map_or(null_mut(), |key| key.name)
    }
}
unbuilt! { fn GetDbIdFromModuleKey(key: *mut Key) -> c_int = -1; }
unbuilt! { fn GetDbIdFromIO(io: *mut Io) -> c_int = -1; }
