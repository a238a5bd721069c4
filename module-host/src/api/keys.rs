//! DB and Key APIs – Generic API.

use crate::abi::declare::*;

/// Closes a key.
///
/// # Safety
/// `_key` came from OpenKey and is not used any more.
pub unsafe fn free_key(_key: *mut Key) {}


unbuilt! { fn GetClientId(ctx: *mut Ctx) -> c_ulonglong = 0; }
unbuilt! { fn GetClientUserNameById(ctx: *mut Ctx, id: u64) -> *mut ModuleString = null_mut(); }
unbuilt! { fn GetClientInfoById(ci: *mut c_void, id: u64) -> c_int = ERR; }
unbuilt! { fn GetClientNameById(ctx: *mut Ctx, id: u64) -> *mut ModuleString = null_mut(); }
unbuilt! { fn SetClientNameById(id: u64, name: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn PublishMessage(ctx: *mut Ctx, channel: *mut ModuleString, message: *mut ModuleString) -> c_int = 0; }
unbuilt! { fn PublishMessageShard(ctx: *mut Ctx, channel: *mut ModuleString, message: *mut ModuleString) -> c_int = 0; }
unbuilt! { fn GetSelectedDb(ctx: *mut Ctx) -> c_int = 0; }
unbuilt! { fn GetContextFlags(ctx: *mut Ctx) -> c_int = 0; }
unbuilt! { fn AvoidReplicaTraffic() -> c_int = 0; }
unbuilt! { fn SelectDb(ctx: *mut Ctx, newid: c_int) -> c_int = ERR; }
unbuilt! { fn KeyExists(ctx: *mut Ctx, keyname: *mut ModuleString) -> c_int = 0; }
unbuilt! { fn OpenKey(ctx: *mut Ctx, keyname: *mut ModuleString, mode: c_int) -> *mut Key = null_mut(); }
unbuilt! { fn GetOpenKeyModesAll() -> c_int = 0; }
unbuilt! { fn CloseKey(key: *mut Key); }
unbuilt! { fn KeyType(key: *mut Key) -> c_int = 0; }
unbuilt! { fn ValueLength(key: *mut Key) -> usize = 0; }
unbuilt! { fn DeleteKey(key: *mut Key) -> c_int = ERR; }
unbuilt! { fn UnlinkKey(key: *mut Key) -> c_int = ERR; }
unbuilt! { fn GetExpire(key: *mut Key) -> Mstime = -1; }
unbuilt! { fn SetExpire(key: *mut Key, expire: Mstime) -> c_int = ERR; }
unbuilt! { fn GetAbsExpire(key: *mut Key) -> Mstime = -1; }
unbuilt! { fn SetAbsExpire(key: *mut Key, expire: Mstime) -> c_int = ERR; }
unbuilt! { fn ResetDataset(restart_aof: c_int, in_background: c_int); }
unbuilt! { fn DbSize(ctx: *mut Ctx) -> c_ulonglong = 0; }
unbuilt! { fn RandomKey(ctx: *mut Ctx) -> *mut ModuleString = null_mut(); }
unbuilt! { fn GetKeyNameFromOptCtx(ctx: *mut KeyOptCtx) -> *const ModuleString = null_mut(); }
unbuilt! { fn GetToKeyNameFromOptCtx(ctx: *mut KeyOptCtx) -> *const ModuleString = null_mut(); }
unbuilt! { fn GetDbIdFromOptCtx(ctx: *mut KeyOptCtx) -> c_int = -1; }
unbuilt! { fn GetToDbIdFromOptCtx(ctx: *mut KeyOptCtx) -> c_int = -1; }
