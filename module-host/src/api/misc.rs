//! Miscellaneous APIs.

use crate::abi::constants::{CTX_FLAGS_NEXT, NOTIFY_NEXT, TYPE_METHOD_VERSION};
use crate::abi::declare::*;

unbuilt! { fn GetModuleOptionsAll() -> c_int = 0; }
api! {
    /// All flags of a context that this server knows.
    fn GetContextFlagsAll() -> c_int {
        CTX_FLAGS_NEXT - 1
    }
}
api! {
    /// All classes of keyspace notifications that this server knows.
    fn GetKeyspaceNotificationFlagsAll() -> c_int {
        NOTIFY_NEXT - 1
    }
}
unbuilt! { fn GetServerVersion() -> c_int = 0; }
api! {
    /// The newest layout of `TypeMethods` that this server reads.
    fn GetTypeMethodVersion() -> c_int {
        TYPE_METHOD_VERSION
    }
}
unbuilt! { fn ModuleTypeReplaceValue(key: *mut Key, mt: *mut ModuleType, new_value: *mut c_void, old_value: *mut *mut c_void) -> c_int = ERR; }
unbuilt! { fn GetCommandKeysWithFlags(ctx: *mut Ctx, argv: *mut *mut ModuleString, argc: c_int, num_keys: *mut c_int, out_flags: *mut *mut c_int) -> *mut c_int = null_mut(); }
unbuilt! { fn GetCommandKeys(ctx: *mut Ctx, argv: *mut *mut ModuleString, argc: c_int, num_keys: *mut c_int) -> *mut c_int = null_mut(); }
unbuilt! { fn GetCurrentCommandName(ctx: *mut Ctx) -> *const c_char = null_mut(); }
