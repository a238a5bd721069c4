//! What a callback is handed: a context. Its first word leads to the API; the rest is ours.

use std::sync::Arc;

use valkore_core::command::CommandId;
use valkore_core::step::ClientTag;

use super::blocked::Blocked;
use super::module::Module;
use super::reply::Answer;
use super::string::Str;
use crate::abi::types::{CallReply, Ctx, Key, ModuleString};

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
    /// A blocked client's disconnect callback.
    BlockedDisconnect,
    /// A blocked client's free callback.
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
    /// How the command has blocked its client.
    pub blocked: Option<Arc<Blocked>>,
    /// The blocked client that a callback is about, or that a thread-safe context belongs to.
    pub about: Option<Arc<Blocked>>,
    /// Must it not block its client (transaction, script, nested call)?
    pub no_block: bool,
    /// It is not run, but asked where its keys or channels are.
    pub positions: Option<super::positions::Positions>,
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
            blocked: None,
            about: None,
            no_block: false,
            positions: None,
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

    /// Where `Reply…` writes: the callback's own answer; in a thread-safe context of a blocked client what that client
    /// gets when it is unblocked, which all its threads write to, with or without the module lock. `None` where there is
    /// nobody to answer.
    pub fn with_answer<R>(&mut self, f: impl FnOnce(&mut Answer) -> R) -> Option<R> {
        match &self.about {
            Some(blocked) if self.why == Why::ThreadSafe => Some(f(&mut blocked.answer())),
            _ => self.answer.as_mut().map(f),
        }
    }

    /// `thing` is freed with the context, where automatic memory is on.
    pub fn keep(&mut self, thing: Auto) {
        if self.auto_memory {
            self.auto.push(thing);
        }
    }

    /// `thing` is freed by the module itself; false if automatic memory didn't hold it.
    pub fn forget(&mut self, thing: Auto) -> bool {
        let at = self.auto.iter().rposition(|a| *a == thing);
        at.map(|at| self.auto.swap_remove(at)).is_some()
    }

    /// Memory that lives as long as the context, aligned to words.
    pub fn pool_alloc(&mut self, bytes: usize) -> *mut u8 {
        self.pool.push(vec![0; bytes.div_ceil(size_of::<u64>())]);
        self.pool.last_mut().expect("just put in").as_mut_ptr().cast()
    }

    /// A C string that lives as long as the context.
    pub fn pool_text(&mut self, text: &str) -> *const std::ffi::c_char {
        let at = self.pool_alloc(text.len() + 1);
        // SAFETY: the block is one byte longer than the text and nobody else's, and it is zero.
        unsafe { at.copy_from_nonoverlapping(text.as_ptr(), text.len()) };
        at.cast()
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
