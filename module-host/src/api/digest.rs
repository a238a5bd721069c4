//! Key digest API (DEBUG DIGEST interface for modules types).

use crate::abi::declare::*;

unbuilt! { fn DigestAddStringBuffer(md: *mut Digest, ele: *const c_char, len: usize); }
unbuilt! { fn DigestAddLongLong(md: *mut Digest, ll: c_longlong); }
unbuilt! { fn DigestEndSequence(md: *mut Digest); }
unbuilt! { fn LoadDataTypeFromStringEncver(str: *const ModuleString, mt: *const ModuleType, encver: c_int) -> *mut c_void = null_mut(); }
unbuilt! { fn LoadDataTypeFromString(str: *const ModuleString, mt: *const ModuleType) -> *mut c_void = null_mut(); }
unbuilt! { fn SaveDataTypeToString(ctx: *mut Ctx, data: *mut c_void, mt: *const ModuleType) -> *mut ModuleString = null_mut(); }
unbuilt! { fn GetKeyNameFromDigest(dig: *mut Digest) -> *const ModuleString = null_mut(); }
unbuilt! { fn GetDbIdFromDigest(dig: *mut Digest) -> c_int = -1; }
