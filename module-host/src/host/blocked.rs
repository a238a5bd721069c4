//! Blocked clients: clients whose command has ended without an answer, until the module unblocks them.
//!
//! A handle is made and freed under the module lock. `UnblockClient` may be called on any thread without it: the handle
//! goes into a queue that never refuses, since the handle itself is the entry.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

use crossbeam_queue::SegQueue;
use valkore_core::step::ClientTag;
use valkore_shard::msg::Hop;

use super::context::{Context, Why};
use super::lock::{LOCK, with};
use super::module::Module;
use super::reply::Answer;
use crate::abi::types::{CmdFunc, DisconnectFunc, FreePrivdataFunc};

/// Who ends a wait: the first to claim it. Shared by unblock, timeout and disconnect.
const WAITING: u8 = 0;
const CLAIMED: u8 = 1;

/// A blocked client; modules hold it as `ValkeyModuleBlockedClient *`.
pub struct Blocked {
    claim: AtomicU8,
    /// Whose command it was.
    pub module: Arc<Module>,
    /// The client.
    pub client: ClientTag,
    /// The command's unit, to be answered.
    hop: Option<Box<Hop>>,
    /// Answers the client when it is unblocked.
    pub reply: CmdFunc,
    /// Answers it when its time is over.
    pub timeout: CmdFunc,
    /// Frees the private data.
    pub free: FreePrivdataFunc,
    /// Told when the client goes.
    pub disconnect: DisconnectFunc,
    /// What the module gave with the unblocking.
    pub private_data: AtomicPtr<c_void>,
    /// When its time is over, monotonic nanoseconds; 0 = never.
    pub due_ns: u64,
    /// What thread-safe contexts of this client have answered.
    pub answer: std::sync::Mutex<Answer>,
    /// When background time began, monotonic nanoseconds; 0 = not measuring.
    pub background_start_ns: std::sync::atomic::AtomicU64,
    /// Background time so far, nanoseconds.
    pub background_ns: std::sync::atomic::AtomicU64,
    /// `AbortBlock` was called: no callback answers.
    pub aborted: std::sync::atomic::AtomicBool,
}

// SAFETY: what the module's pointers point to is the module's; the rest is Send, and changed under the module lock or atomic.
unsafe impl Send for Blocked {}
// SAFETY: as above.
unsafe impl Sync for Blocked {}

/// An entry of the queue of those to be unblocked.
struct Unblock(*mut Blocked);

// SAFETY: the pointer is only followed by the holder of the module lock.
unsafe impl Send for Unblock {}

static UNBLOCKED: SegQueue<Unblock> = SegQueue::new();

/// Clients that wait, by handle address.
#[derive(Default)]
pub struct BlockedClients {
    waiting: HashMap<usize, ()>,
}

impl BlockedClients {
    /// A new handle for the client of `ctx`, which becomes its.
    pub fn block(&mut self, blocked: Blocked) -> *mut Blocked {
        let at = Box::into_raw(Box::new(blocked));
        self.waiting.insert(at as usize, ());
        at
    }

    /// Clients that wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Does no client wait?
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Does a client wait for `module`?
    pub fn any_of(&self, module: &Arc<Module>) -> bool {
        // SAFETY: handles in the map are alive; the holder of the module lock is the only one to free them.
        self.waiting.keys().any(|&at| Arc::ptr_eq(unsafe { &(*(at as *const Blocked)).module }, module))
    }

    /// When the next one's time is over, monotonic nanoseconds.
    pub fn next_due(&self) -> Option<u64> {
        // SAFETY: as in any_of().
        let due = self.waiting.keys().map(|&at| unsafe { (*(at as *const Blocked)).due_ns });
        due.filter(|&due| due > 0).min()
    }

    fn take_due(&mut self, now_ns: u64) -> Option<*mut Blocked> {
        let due = |at: &usize| {
            // SAFETY: as in any_of().
            let b = unsafe { &*(*at as *const Blocked) };
            b.due_ns > 0 && b.due_ns <= now_ns && b.claim.swap(CLAIMED, Ordering::AcqRel) == WAITING
        };
        let at = self.waiting.keys().copied().find(due)?;
        // SAFETY: as in any_of(); a claimed handle's time doesn't come again.
        unsafe { (*(at as *mut Blocked)).due_ns = 0 };
        Some(at as *mut Blocked)
    }
}

impl Blocked {
    /// A client that is about to wait.
    pub fn new(module: Arc<Module>, client: ClientTag) -> Self {
        Self {
            claim: AtomicU8::new(WAITING),
            module,
            client,
            hop: None,
            reply: None,
            timeout: None,
            free: None,
            disconnect: None,
            private_data: AtomicPtr::default(),
            due_ns: 0,
            answer: std::sync::Mutex::new(Answer::new(client.protocol)),
            background_start_ns: Default::default(),
            background_ns: Default::default(),
            aborted: Default::default(),
        }
    }
}

/// The unit of a command that has blocked its client waits with the handle.
///
/// # Safety
/// `blocked` is a handle that is alive; the caller holds the module lock.
pub unsafe fn park(blocked: *mut Blocked, hop: Box<Hop>) {
    // SAFETY: by the caller; nobody else has a reference to the handle's unit.
    unsafe { (*blocked).hop = Some(hop) };
}

/// Any thread: the client of this handle is to be unblocked. False where that was asked before.
///
/// # Safety
/// `blocked` is a handle that was not freed: it is freed after it was unblocked once.
pub unsafe fn unblock(blocked: *mut Blocked, private_data: *mut c_void) -> bool {
    // SAFETY: by the caller.
    unsafe { (*blocked).private_data.store(private_data, Ordering::Release) };
    UNBLOCKED.push(Unblock(blocked));
    LOCK.wake_home();
    true
}

/// Is somebody to be unblocked?
pub fn any_unblocked() -> bool {
    !UNBLOCKED.is_empty()
}

/// Serves one client that was unblocked or whose time is over; false when there is none. The caller holds the module
/// lock.
pub fn serve_one() -> bool {
    if let Some(Unblock(at)) = UNBLOCKED.pop() {
        // SAFETY: handles in the queue are alive, and in it once.
        let first = unsafe { (*at).claim.swap(CLAIMED, Ordering::AcqRel) } == WAITING;
        // SAFETY: as above; the module has let the handle go with the unblocking.
        unsafe { finish(at, first) };
        return true;
    }
    let now = valkore_shard::clock::mono_ns();
    let Some(at) = with(|core| core.blocked.take_due(now)) else { return false };
    // SAFETY: a handle of the map is alive; it stays with the module until that unblocks it.
    unsafe { time_out(at) };
    true
}

/// Calls one of the callbacks that answer, and gives the client what it said.
unsafe fn answer(at: *mut Blocked, why: Why, callback: CmdFunc) {
    // SAFETY: by the caller, the handle is alive and this thread holds the module lock.
    let b = unsafe { &mut *at };
    let Some(mut hop) = b.hop.take() else { return };
    let mut bytes = std::mem::take(&mut b.answer.lock().expect("no one panics with this lock").bytes);
    if let Some(callback) = callback.filter(|_| !b.aborted.load(Ordering::Acquire)) {
        let mut ctx = Context::new(why, Some(b.module.clone()));
        ctx.client = b.client;
        ctx.about = at;
        ctx.answer = Some(Answer::new(b.client.protocol));
        let mut argv = super::home::module_strings(&hop, hop.next);
        super::home::unit(|| {
            // SAFETY: the module gave this callback for its blocked client; context and arguments live through the call.
            unsafe { callback(ctx.as_ptr(), argv.as_mut_ptr(), argv.len() as i32) };
        });
        bytes.append(&mut ctx.answer.take().expect("put in above").bytes);
        super::home::free_strings(argv);
    }
    hop.reply.append(&mut bytes);
    hop.next += 1;
    super::home::go_on(hop);
}

unsafe fn time_out(at: *mut Blocked) {
    // SAFETY: by the caller.
    unsafe { answer(at, Why::BlockedTimeout, (*at).timeout) };
}

/// The module has unblocked the handle: the client is answered unless its time was over, then the handle is freed.
unsafe fn finish(at: *mut Blocked, first: bool) {
    // SAFETY: by the caller, the handle is alive and this thread holds the module lock.
    unsafe {
        if first {
            answer(at, Why::BlockedReply, (*at).reply);
        }
        let mut b = Box::from_raw(at);
        with(|core| core.blocked.waiting.remove(&(at as usize)));
        let data = b.private_data.load(Ordering::Acquire);
        if let (Some(free), false) = (b.free, data.is_null()) {
            let mut ctx = Context::new(Why::BlockedEnd, Some(b.module.clone()));
            ctx.client = b.client;
            super::home::unit(|| free(ctx.as_ptr(), data));
        }
        debug_assert!(b.hop.take().is_none());
    }
}
