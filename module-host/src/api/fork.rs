//! Module fork API.

use crate::abi::declare::*;

unbuilt! { fn Fork(cb: ForkDoneHandler, user_data: *mut c_void) -> c_int = -1; }
unbuilt! { fn SendChildHeartbeat(progress: f64); }
unbuilt! { fn ExitFromChild(retcode: c_int) -> c_int = ERR; }
unbuilt! { fn KillForkChild(child_pid: c_int) -> c_int = ERR; }
