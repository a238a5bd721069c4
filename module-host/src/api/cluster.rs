//! Modules Cluster API.

use crate::abi::declare::*;

unbuilt! { fn RegisterClusterMessageReceiver(ctx: *mut Ctx, kind: u8, callback: ClusterMessageReceiver); }
unbuilt! { fn SendClusterMessage(ctx: *mut Ctx, target_id: *const c_char, kind: u8, msg: *const c_char, len: u32) -> c_int = ERR; }
unbuilt! { fn GetClusterNodesList(ctx: *mut Ctx, numnodes: *mut usize) -> *mut *mut c_char = null_mut(); }
unbuilt! { fn FreeClusterNodesList(ids: *mut *mut c_char); }
unbuilt! { fn GetMyClusterID() -> *const c_char = null_mut(); }
unbuilt! { fn GetClusterSize() -> usize = 0; }
unbuilt! { fn GetClusterNodeInfo(ctx: *mut Ctx, id: *const c_char, ip: *mut c_char, master_id: *mut c_char, port: *mut c_int, flags: *mut c_int) -> c_int = ERR; }
unbuilt! { fn GetClusterNodeInfoForClient(ctx: *mut Ctx, client_id: u64, node_id: *const c_char, ip: *mut c_char, primary_id: *mut c_char, port: *mut c_int, flags: *mut c_int) -> c_int = ERR; }
unbuilt! { fn SetClusterFlags(ctx: *mut Ctx, flags: u64); }
unbuilt! { fn ClusterKeySlot(key: *mut ModuleString) -> c_uint = 0; }
unbuilt! { fn ClusterCanonicalKeyNameInSlot(slot: c_uint) -> *const c_char = null_mut(); }
