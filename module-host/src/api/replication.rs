//! Commands replication API. There are no replicas and no AOF yet: what is asked for is checked, and goes nowhere.

use crate::abi::declare::*;
use crate::abi::shim::format;
use crate::host::lock::with;
use crate::host::raw;

api! {
    /// Sends a command as an effect of the one that runs; not if the format is wrong or there is no such command.
    shim "valkore_Replicate_args" fn Replicate(_ctx: *mut Ctx, cmdname: *const c_char, _fmt: *const c_char, flags: c_uint, _argv: *const ShimArg, _argc: usize) -> c_int {
        // SAFETY: by the caller, a C string.
        let name = unsafe { raw::text(cmdname) };
        let is_known = with(|core| core.home.runner.registry.table.lookup_full(name).is_some());
        if is_known && flags & format::BAD == 0 { OK } else { ERR }
    }

    /// Sends the command that runs, as it came.
    fn ReplicateVerbatim(_ctx: *mut Ctx) -> c_int {
        OK
    }
}
