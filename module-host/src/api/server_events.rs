//! Server hooks implementation.

use crate::abi::declare::*;

unbuilt! { fn SubscribeToServerEvent(ctx: *mut Ctx, event: Event, callback: EventCallback) -> c_int = ERR; }
unbuilt! { fn IsSubEventSupported(event: Event, subevent: i64) -> c_int = 0; }
