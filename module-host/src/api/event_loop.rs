//! Modules EventLoop API.

use crate::abi::declare::*;

unbuilt! { fn EventLoopAdd(fd: c_int, mask: c_int, func: EventLoopFunc, user_data: *mut c_void) -> c_int = ERR; }
unbuilt! { fn EventLoopDel(fd: c_int, mask: c_int) -> c_int = ERR; }
unbuilt! { fn EventLoopAddOneShot(func: EventLoopOneShotFunc, user_data: *mut c_void) -> c_int = ERR; }
