//! Blocking clients from modules.

use crate::abi::declare::*;

unbuilt! { fn RegisterAuthCallback(ctx: *mut Ctx, cb: AuthCallback); }
unbuilt! { fn BlockClient(ctx: *mut Ctx, reply_callback: CmdFunc, timeout_callback: CmdFunc, free_privdata: FreePrivdataFunc, timeout_ms: c_longlong) -> *mut BlockedClient = null_mut(); }
unbuilt! { fn BlockClientOnAuth(ctx: *mut Ctx, reply_callback: AuthCallback, free_privdata: FreePrivdataFunc) -> *mut BlockedClient = null_mut(); }
unbuilt! { fn BlockClientGetPrivateData(blocked_client: *mut BlockedClient) -> *mut c_void = null_mut(); }
unbuilt! { fn BlockClientSetPrivateData(blocked_client: *mut BlockedClient, private_data: *mut c_void); }
unbuilt! { fn BlockClientOnKeys(ctx: *mut Ctx, reply_callback: CmdFunc, timeout_callback: CmdFunc, free_privdata: FreePrivdataFunc, timeout_ms: c_longlong, keys: *mut *mut ModuleString, numkeys: c_int, privdata: *mut c_void) -> *mut BlockedClient = null_mut(); }
unbuilt! { fn BlockClientOnKeysWithFlags(ctx: *mut Ctx, reply_callback: CmdFunc, timeout_callback: CmdFunc, free_privdata: FreePrivdataFunc, timeout_ms: c_longlong, keys: *mut *mut ModuleString, numkeys: c_int, privdata: *mut c_void, flags: c_int) -> *mut BlockedClient = null_mut(); }
unbuilt! { fn SignalKeyAsReady(ctx: *mut Ctx, key: *mut ModuleString); }
unbuilt! { fn UnblockClient(bc: *mut BlockedClient, privdata: *mut c_void) -> c_int = ERR; }
unbuilt! { fn AbortBlock(bc: *mut BlockedClient) -> c_int = ERR; }
unbuilt! { fn SetDisconnectCallback(bc: *mut BlockedClient, callback: DisconnectFunc); }
unbuilt! { fn IsBlockedReplyRequest(ctx: *mut Ctx) -> c_int = 0; }
unbuilt! { fn IsBlockedTimeoutRequest(ctx: *mut Ctx) -> c_int = 0; }
unbuilt! { fn GetBlockedClientPrivateData(ctx: *mut Ctx) -> *mut c_void = null_mut(); }
unbuilt! { fn GetBlockedClientReadyKey(ctx: *mut Ctx) -> *mut ModuleString = null_mut(); }
unbuilt! { fn GetBlockedClientHandle(ctx: *mut Ctx) -> *mut BlockedClient = null_mut(); }
unbuilt! { fn BlockedClientDisconnected(ctx: *mut Ctx) -> c_int = 0; }
