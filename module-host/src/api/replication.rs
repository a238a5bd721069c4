//! Commands replication API.

use crate::abi::declare::*;

unbuilt! { shim "valkore_Replicate_args" fn Replicate(ctx: *mut Ctx, cmdname: *const c_char, fmt: *const c_char, flags: c_uint, argv: *const ShimArg, argc: usize) -> c_int = ERR; }
unbuilt! { fn ReplicateVerbatim(ctx: *mut Ctx) -> c_int = ERR; }
