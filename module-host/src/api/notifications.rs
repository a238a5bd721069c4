//! Module Keyspace Notifications API.

use crate::abi::declare::*;

unbuilt! { fn SubscribeToKeyspaceEvents(ctx: *mut Ctx, types: c_int, callback: NotificationFunc) -> c_int = ERR; }
unbuilt! { fn AddPostNotificationJob(ctx: *mut Ctx, callback: PostNotificationJobFunc, privdata: *mut c_void, free_privdata: FreeFunc) -> c_int = ERR; }
unbuilt! { fn GetNotifyKeyspaceEvents() -> c_int = 0; }
unbuilt! { fn NotifyKeyspaceEvent(ctx: *mut Ctx, kind: c_int, event: *const c_char, key: *mut ModuleString) -> c_int = ERR; }
