//! What a callback is handed: a context. Its first word leads to the API; the rest is ours.

use std::sync::Arc;

use valkore_core::command::CommandId;
use valkore_core::step::ClientTag;

use super::blocked::Blocked;
use super::module::Module;
use super::reply::Answer;
use super::string::Str;
use crate::abi::types::{BlockedClient, CallReply, Ctx, Key, ModuleString};

/// Why a callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A client's command, or `Call` of one.
    Command,
    /// `OnLoad`.
    Load,
    /// `OnUnload`.
    Unload,
    /// A timer, an event.
    Server,
    /// A blocked client's reply callback.
    BlockedReply,
    /// A blocked client's timeout callback.
    BlockedTimeout,
    /// A blocked client's disconnect or free callback.
    BlockedEnd,
    /// The module made it itself, to use on any thread.
    ThreadSafe,
}

/// Things that are freed when the callback returns (automatic memory).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auto {
    /// A string.
    String(*mut ModuleString),
    /// A key.
    Key(*mut Key),
    /// The answer of a call.
    Reply(*mut CallReply),
}

/// See the module.
#[repr(C)]
pub struct Context {
    abi: Ctx,
    /// Why it runs.
    pub why: Why,
    /// The module that is called; none while it loads and has not said its name.
    pub module: Option<Arc<Module>>,
    /// The client that it runs for.
    pub client: ClientTag,
    /// Where `Reply…` goes; none where there is nobody to answer.
    pub answer: Option<Answer>,
    /// Automatic memory is on.
    pub auto_memory: bool,
    /// What automatic memory frees.
    pub auto: Vec<Auto>,
    /// Memory of `PoolAlloc`, freed with the context.
    pub pool: Vec<Vec<u64>>,
    /// The command that runs, and its arguments.
    pub command: Option<CommandId>,
    /// The arguments of that command.
    pub args: Vec<*mut ModuleString>,
    /// The handle by which the command has blocked its client.
    pub blocked: *mut BlockedClient,
    /// The blocked client that a callback is about, or that a thread-safe context belongs to.
    pub about: *mut Blocked,
    /// Must it not block its client (transaction, script, nested call)?
    pub no_block: bool,
    /// `OnLoad`: what is registered while it runs.
    pub loading: Option<Box<super::module::Loading>>,
}

impl Context {
    /// A context for a callback of `module`.
    pub fn new(why: Why, module: Option<Arc<Module>>) -> Self {
        Self {
            abi: Ctx::new(),
            why,
            module,
            client: ClientTag::default(),
            answer: None,
            auto_memory: false,
            auto: Vec::new(),
            pool: Vec::new(),
            command: None,
            args: Vec::new(),
            blocked: std::ptr::null_mut(),
            about: std::ptr::null_mut(),
            no_block: false,
            loading: None,
        }
    }

    /// The pointer for C.
    pub fn as_ptr(&mut self) -> *mut Ctx {
        (&raw mut *self).cast()
    }

    /// The context behind a module's pointer, if it isn't null.
    ///
    /// # Safety
    /// `ctx` is null or came from [`Context::as_ptr`], and the context lives during `'a` with no other reference in use.
    pub unsafe fn of<'a>(ctx: *mut Ctx) -> Option<&'a mut Context> {
        // SAFETY: by the caller.
        unsafe { ctx.cast::<Context>().as_mut() }
    }

    /// `thing` is freed with the context, where automatic memory is on.
    pub fn keep(&mut self, thing: Auto) {
        if self.auto_memory {
            self.auto.push(thing);
        }
    }

    /// `thing` is freed by the module itself.
    pub fn forget(&mut self, thing: Auto) {
        if let Some(at) = self.auto.iter().rposition(|a| *a == thing) {
            self.auto.swap_remove(at);
        }
    }

    /// Frees what automatic memory holds.
    pub fn free_auto(&mut self) {
        for thing in std::mem::take(&mut self.auto).into_iter().rev() {
            // SAFETY: each was put in by the API function that made it, is owned by this context since, and was taken
            // out when the module freed it itself.
            unsafe {
                match thing {
                    Auto::String(s) => Str::release(s),
                    Auto::Key(k) => crate::api::keys::free_key(k),
                    Auto::Reply(r) => crate::api::call::free_reply(r),
                }
            }
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        self.free_auto();
    }
}
