//! Blocking clients from modules.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use valkore_core::resp::Reply;
use valkore_shard::clock::mono_ns;

use crate::abi::declare::*;
use crate::host::blocked::{Blocked, Callbacks};
use crate::host::context::{Context, Why};
use crate::host::lock::with;

const NS_PER_MS: u64 = 1_000_000;

unbuilt! { fn RegisterAuthCallback(ctx: *mut Ctx, cb: AuthCallback); }

api! {
    /// Blocks the client of the command that runs. Where it can't be blocked it is answered with an error, and the handle
    /// has no client: as any other it must be unblocked once.
    fn BlockClient(ctx: *mut Ctx, reply_callback: CmdFunc, timeout_callback: CmdFunc, free_privdata: FreePrivdataFunc, timeout_ms: c_longlong) -> *mut BlockedClient {
        // SAFETY: the module hands over its context.
        let Some(ctx) = (unsafe { Context::of(ctx) }) else { return null_mut() };
        let callbacks = Callbacks { reply: reply_callback, timeout: timeout_callback, free: free_privdata };
        block(ctx, callbacks, timeout_ms).map_or(null_mut(), |blocked| blocked.handle())
    }
}

unbuilt! { fn BlockClientOnAuth(ctx: *mut Ctx, reply_callback: AuthCallback, free_privdata: FreePrivdataFunc) -> *mut BlockedClient = null_mut(); }

api! {
    /// What the module keeps with a blocked client.
    fn BlockClientGetPrivateData(blocked_client: *mut BlockedClient) -> *mut c_void {
        Blocked::of(blocked_client).map_or(null_mut(), |blocked| blocked.private_data.load(Ordering::Acquire))
    }
}

api! {
    /// Keeps something with a blocked client; unblocking puts its own in that place.
    fn BlockClientSetPrivateData(blocked_client: *mut BlockedClient, private_data: *mut c_void) {
        if let Some(blocked) = Blocked::of(blocked_client) {
            blocked.private_data.store(private_data, Ordering::Release);
        }
    }
}

unbuilt! { fn BlockClientOnKeys(ctx: *mut Ctx, reply_callback: CmdFunc, timeout_callback: CmdFunc, free_privdata: FreePrivdataFunc, timeout_ms: c_longlong, keys: *mut *mut ModuleString, numkeys: c_int, privdata: *mut c_void) -> *mut BlockedClient = null_mut(); }
unbuilt! { fn BlockClientOnKeysWithFlags(ctx: *mut Ctx, reply_callback: CmdFunc, timeout_callback: CmdFunc, free_privdata: FreePrivdataFunc, timeout_ms: c_longlong, keys: *mut *mut ModuleString, numkeys: c_int, privdata: *mut c_void, flags: c_int) -> *mut BlockedClient = null_mut(); }
unbuilt! { fn SignalKeyAsReady(ctx: *mut Ctx, key: *mut ModuleString); }

api! {
    /// Any thread, with or without the module lock: home answers the client by the reply callback, and ends the handle.
    fn UnblockClient(bc: *mut BlockedClient, privdata: *mut c_void) -> c_int {
        let Some(blocked) = Blocked::of(bc) else { return ERR };
        blocked.unblock(privdata);
        OK
    }
}

api! {
    /// As UnblockClient, but no callback is called.
    fn AbortBlock(bc: *mut BlockedClient) -> c_int {
        let Some(blocked) = Blocked::of(bc) else { return ERR };
        blocked.abort();
        OK
    }
}

api! {
    /// Who is told when the client goes before it was unblocked and before its time was over.
    fn SetDisconnectCallback(bc: *mut BlockedClient, callback: DisconnectFunc) {
        if let Some(blocked) = Blocked::of(bc) {
            blocked.set_disconnect(callback);
        }
    }
}

api! {
    /// Is this the reply callback of a blocked client?
    fn IsBlockedReplyRequest(ctx: *mut Ctx) -> c_int {
        // SAFETY: the module hands over its context.
        c_int::from(unsafe { why(ctx) } == Some(Why::BlockedReply))
    }
}

api! {
    /// Is this the timeout callback of a blocked client?
    fn IsBlockedTimeoutRequest(ctx: *mut Ctx) -> c_int {
        // SAFETY: the module hands over its context.
        c_int::from(unsafe { why(ctx) } == Some(Why::BlockedTimeout))
    }
}

api! {
    /// What the module gave with the unblocking, or keeps with the client; in a callback of a blocked client.
    fn GetBlockedClientPrivateData(ctx: *mut Ctx) -> *mut c_void {
        // SAFETY: the module hands over its context.
        let about = unsafe { Context::of(ctx) }.filter(|ctx| ctx.why != Why::ThreadSafe).and_then(|ctx| ctx.about.as_ref());
        about.map_or(null_mut(), |blocked| blocked.private_data.load(Ordering::Acquire))
    }
}

unbuilt! { fn GetBlockedClientReadyKey(ctx: *mut Ctx) -> *mut ModuleString = null_mut(); }

api! {
    /// The handle that a reply or timeout callback, or a thread-safe context, is about.
    fn GetBlockedClientHandle(ctx: *mut Ctx) -> *mut BlockedClient {
        // SAFETY: the module hands over its context.
        let ctx = unsafe { Context::of(ctx) };
        let about = ctx.filter(|ctx| matches!(ctx.why, Why::BlockedReply | Why::BlockedTimeout | Why::ThreadSafe));
        about.and_then(|ctx| ctx.about.as_ref()).map_or(null_mut(), |blocked| blocked.handle())
    }
}

api! {
    /// In the free callback: is there no client to be answered, since it is gone, or was answered when its time was over?
    fn BlockedClientDisconnected(ctx: *mut Ctx) -> c_int {
        // SAFETY: the module hands over its context.
        let ctx = unsafe { Context::of(ctx) }.filter(|ctx| ctx.why == Why::BlockedEnd);
        c_int::from(ctx.and_then(|ctx| ctx.about.as_ref()).is_some_and(|blocked| blocked.is_detached()))
    }
}

/// Why the callback of `ctx` runs.
///
/// # Safety
/// `ctx` is null, or a context that lives and that no other thread uses at this moment.
unsafe fn why(ctx: *mut Ctx) -> Option<Why> {
    // SAFETY: by the caller.
    unsafe { Context::of(ctx) }.map(|ctx| ctx.why)
}

/// Blocks the client of `ctx`, or answers it why not.
fn block(ctx: &mut Context, callbacks: Callbacks, timeout_ms: i64) -> Option<Arc<Blocked>> {
    let module = ctx.module.clone()?;
    let due = due_ns(timeout_ms);
    let refusal = match due {
        _ if ctx.why == Why::BlockedReply => Some("ERR Blocking module command called from a Reply callback context"),
        _ if with(|core| core.in_exec) => Some("ERR Blocking module command called from transaction"),
        _ if ctx.no_block => Some("ERR Blocking module command called where no client can be blocked"),
        _ if ctx.why != Why::Command => Some("ERR Blocking module command called without a client"),
        _ if ctx.blocked.is_some() => Some("ERR Blocking module command called for a client that is blocked"),
        None => Some("ERR timeout is out of range"),
        Some(_) => None,
    };
    let refused = refusal.is_some();
    let blocked = with(|core| core.blocked.block(module, ctx.client, callbacks, due.unwrap_or(0), refused));
    match refusal {
        None => ctx.blocked = Some(blocked.clone()),
        Some(text) => {
            let protocol = ctx.client.protocol;
            ctx.with_answer(|answer| Reply::new(&mut answer.bytes, protocol).error(text));
        }
    }
    Some(blocked)
}

/// When so many milliseconds are over, monotonic nanoseconds: 0 = never; `None` beyond what a clock can show.
fn due_ns(timeout_ms: i64) -> Option<u64> {
    if timeout_ms == 0 {
        return Some(0);
    }
    timeout_ms.checked_add(valkore_shard::clock::now().unix_ms())?;
    let wait = u64::try_from(timeout_ms).unwrap_or(0).saturating_mul(NS_PER_MS);
    Some(mono_ns().saturating_add(wait).max(1))
}
