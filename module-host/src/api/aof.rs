//! AOF API for modules data types.

use crate::abi::declare::*;

unbuilt! { shim "valkore_EmitAOF_args" fn EmitAOF(io: *mut Io, cmdname: *const c_char, fmt: *const c_char, flags: c_uint, argv: *const ShimArg, argc: usize); }
