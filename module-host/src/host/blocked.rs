//! Blocked clients: clients whose command has ended without an answer, until the module unblocks them.
//!
//! What a module holds as `ValkeyModuleBlockedClient *` is a number that is never used again, not an address: a handle
//! that is used after its end, or twice, is told apart. A handle is made and ended under the module lock. `UnblockClient`
//! may be called on any thread without it: the handle goes into a queue that never refuses.
//!
//! Who ends the wait is decided by one atomic word, shared by unblock, timeout and disconnect: the last two take
//! the client away only from a handle that nobody has asked to unblock.

use std::collections::{BTreeSet, HashMap};
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use crossbeam_queue::SegQueue;
use valkore_core::step::ClientTag;
use valkore_shard::clock::{mono_ns, ns_per_tick};
use valkore_shard::msg::Hop;

use super::context::{Context, Why};
use super::lock::{wake_home, with};
use super::module::Module;
use super::reply::Answer;
use crate::abi::types::{BlockedClient, CmdFunc, DisconnectFunc, FreePrivdataFunc};

/// `UnblockClient` was called.
const UNBLOCKED: u8 = 1;
/// The client is no longer the handle's: its time was over, it is gone, or it was never blocked.
const DETACHED: u8 = 2;

/// A blocked client.
pub struct Blocked {
    id: u64,
    state: AtomicU8,
    /// Whose command it was.
    pub module: Arc<Module>,
    /// The client.
    pub client: ClientTag,
    /// Answers the client when it is unblocked.
    reply: CmdFunc,
    /// Answers it when its time is over.
    timeout: CmdFunc,
    /// Frees the private data.
    free: FreePrivdataFunc,
    disconnect: Mutex<DisconnectFunc>,
    /// `AbortBlock` was called: no callback answers.
    aborted: AtomicBool,
    /// What the module keeps with the client, or gave with the unblocking.
    pub private_data: AtomicPtr<c_void>,
    answer: Mutex<Answer>,
    /// When background time began, monotonic nanoseconds; 0 = not measuring.
    background_start_ns: AtomicU64,
    /// Background time so far, nanoseconds.
    background_ns: AtomicU64,
}

/// What a module gives when it blocks a client.
pub struct Callbacks {
    /// Answers the client when it is unblocked.
    pub reply: CmdFunc,
    /// Answers it when its time is over.
    pub timeout: CmdFunc,
    /// Frees the private data.
    pub free: FreePrivdataFunc,
}

static LAST_ID: AtomicU64 = AtomicU64::new(0);
static HANDLES: LazyLock<Mutex<HashMap<u64, Arc<Blocked>>>> = LazyLock::new(Mutex::default);
static QUEUE: SegQueue<Arc<Blocked>> = SegQueue::new();

fn handles() -> MutexGuard<'static, HashMap<u64, Arc<Blocked>>> {
    HANDLES.lock().expect("no one panics with this lock")
}

impl Blocked {
    fn new(module: Arc<Module>, client: ClientTag, callbacks: Callbacks, detached: bool) -> Self {
        Self {
            id: LAST_ID.fetch_add(1, Ordering::Relaxed) + 1,
            state: AtomicU8::new(if detached { DETACHED } else { 0 }),
            module,
            client,
            reply: callbacks.reply,
            timeout: callbacks.timeout,
            free: callbacks.free,
            disconnect: Mutex::new(None),
            aborted: AtomicBool::new(false),
            private_data: AtomicPtr::default(),
            answer: Mutex::new(Answer::new(client.protocol)),
            background_start_ns: AtomicU64::new(0),
            background_ns: AtomicU64::new(0),
        }
    }

    /// What the module holds: not an address, but aligned as one.
    pub fn handle(&self) -> *mut BlockedClient {
        std::ptr::without_provenance_mut((self.id as usize) << 4)
    }

    /// The blocked client behind a module's handle, if that has not ended.
    pub fn of(handle: *mut BlockedClient) -> Option<Arc<Self>> {
        handles().get(&(handle.addr() as u64 >> 4)).cloned()
    }

    /// What thread-safe contexts of this client have answered so far.
    pub fn answer(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().expect("no one panics with this lock")
    }

    /// Who is told when the client goes.
    pub fn set_disconnect(&self, callback: DisconnectFunc) {
        *self.disconnect.lock().expect("no one panics with this lock") = callback;
    }

    fn take_disconnect(&self) -> DisconnectFunc {
        self.disconnect.lock().expect("no one panics with this lock").take()
    }

    /// Any thread: the client is to be unblocked. Asked again, it does nothing.
    pub fn unblock(self: Arc<Self>, private_data: *mut c_void) {
        if self.state.load(Ordering::Acquire) & UNBLOCKED != 0 {
            return;
        }
        self.private_data.store(private_data, Ordering::Release);
        if self.state.fetch_or(UNBLOCKED, Ordering::AcqRel) & UNBLOCKED == 0 {
            QUEUE.push(self);
            wake_home();
        }
    }

    /// Any thread: as [`Blocked::unblock`], and no callback is called.
    pub fn abort(self: Arc<Self>) {
        self.aborted.store(true, Ordering::Release);
        self.set_disconnect(None);
        self.unblock(std::ptr::null_mut());
    }

    /// Takes the client away from the handle. False where the module was first.
    fn detach(&self) -> bool {
        self.state.compare_exchange(0, DETACHED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Has the handle lost its client?
    pub fn is_detached(&self) -> bool {
        self.state.load(Ordering::Acquire) & DETACHED != 0
    }

    /// Background work begins.
    pub fn start_measuring(&self) {
        self.background_start_ns.store(mono_ns().max(1), Ordering::Relaxed);
    }

    /// Background work ends; false where it had not begun.
    pub fn end_measuring(&self) -> bool {
        let start = self.background_start_ns.load(Ordering::Relaxed);
        if start > 0 {
            self.background_ns.fetch_add(mono_ns().saturating_sub(start), Ordering::Relaxed);
        }
        start > 0
    }
}

/// A handle that has not ended, as home sees it.
struct Waiting {
    blocked: Arc<Blocked>,
    /// The command's unit, to be answered.
    hop: Option<Box<Hop>>,
    /// When its time is over, monotonic nanoseconds; 0 = never, or no more.
    due_ns: u64,
}

/// All handles that have not ended.
#[derive(Default)]
pub struct BlockedClients {
    waiting: HashMap<u64, Waiting>,
    /// Those whose time runs: when it is over, and id.
    due: BTreeSet<(u64, u64)>,
    /// The handle of each client that waits.
    by_client: HashMap<u64, u64>,
}

impl BlockedClients {
    /// A new handle. `due_ns` is when its time is over, 0 = never. A handle without client, where blocking was refused,
    /// only waits for the module to let it go.
    pub fn block(
        &mut self,
        module: Arc<Module>,
        client: ClientTag,
        callbacks: Callbacks,
        due_ns: u64,
        refused: bool,
    ) -> Arc<Blocked> {
        let blocked = Arc::new(Blocked::new(module, client, callbacks, refused));
        let due_ns = if refused { 0 } else { due_ns };
        if due_ns > 0 {
            self.due.insert((due_ns, blocked.id));
        }
        self.waiting.insert(blocked.id, Waiting { blocked: blocked.clone(), hop: None, due_ns });
        handles().insert(blocked.id, blocked.clone());
        blocked
    }

    /// The unit of a command that has blocked its client waits with the handle.
    pub fn park(&mut self, blocked: &Blocked, hop: Box<Hop>) {
        self.by_client.insert(hop.client.id, blocked.id);
        let waiting = self.waiting.get_mut(&blocked.id).expect("a handle ends between units, not within one");
        let before = waiting.hop.replace(hop);
        assert!(before.is_none(), "a handle has one client");
    }

    /// Handles that have not ended.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Has none been made that has not ended?
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Has `module` handles that have not ended?
    pub fn any_of(&self, module: &Arc<Module>) -> bool {
        self.waiting.values().any(|w| Arc::ptr_eq(&w.blocked.module, module))
    }

    /// When the next one's time is over, monotonic nanoseconds.
    pub fn next_due(&self) -> Option<u64> {
        self.due.first().map(|d| d.0)
    }

    /// The handle stays, but its client is no longer waiting.
    fn take_hop(&mut self, id: u64) -> Option<Box<Hop>> {
        let waiting = self.waiting.get_mut(&id)?;
        self.due.remove(&(std::mem::take(&mut waiting.due_ns), id));
        let hop = waiting.hop.take()?;
        self.by_client.remove(&hop.client.id);
        Some(hop)
    }

    /// The first whose time is over, and that the module has not unblocked.
    fn take_due(&mut self, now_ns: u64) -> Option<(Arc<Blocked>, Box<Hop>)> {
        while let Some(&(at, id)) = self.due.first().filter(|d| d.0 <= now_ns) {
            let waiting = self.waiting.get_mut(&id).expect("whose time runs waits");
            if waiting.blocked.detach() {
                let blocked = waiting.blocked.clone();
                return Some((blocked, self.take_hop(id)?));
            }
            waiting.due_ns = 0;
            self.due.remove(&(at, id));
        }
        None
    }

    /// The handle that a client which is gone waits for, unless the module has unblocked it.
    fn take_client(&mut self, client: u64) -> Option<(Arc<Blocked>, Box<Hop>)> {
        let id = *self.by_client.get(&client)?;
        let blocked = self.waiting.get(&id)?.blocked.clone();
        if !blocked.detach() {
            return None;
        }
        Some((blocked, self.take_hop(id)?))
    }

    /// The handle ends.
    fn end(&mut self, id: u64) {
        handles().remove(&id);
        self.waiting.remove(&id);
    }
}

/// Is somebody to be unblocked?
pub fn any_unblocked() -> bool {
    !QUEUE.is_empty()
}

/// Serves one client that was unblocked, and one whose time is over; false when there is none. The caller is home.
pub fn serve_one() -> bool {
    let unblocked = QUEUE.pop();
    let any_unblocked = unblocked.is_some();
    unblocked.into_iter().for_each(finish);
    let late = with(|core| core.blocked.take_due(mono_ns()));
    let any_late = late.is_some();
    if let Some((blocked, hop)) = late {
        let bytes = call(&blocked, Why::BlockedTimeout, blocked.timeout, &hop);
        // What its threads have answered so far is not for this client any more.
        send(&blocked, hop, bytes);
    }
    any_unblocked || any_late
}

/// A client is gone: where it waits for a module, that is told, and the unit goes back to the shard that waits for it.
pub fn client_is_gone(client: u64) {
    let Some((blocked, mut hop)) = with(|core| core.blocked.take_client(client)) else { return };
    if let Some(callback) = blocked.take_disconnect() {
        let mut ctx = context(Why::BlockedDisconnect, &blocked);
        super::home::unit(|| {
            // SAFETY: the module gave this callback for its blocked client; the context lives through the call.
            unsafe { callback(ctx.as_ptr(), blocked.handle()) };
            drop(ctx);
        });
    }
    hop.next = hop.commands.len();
    with(|core| core.home.leases.answer(hop));
}

fn context(why: Why, blocked: &Arc<Blocked>) -> Context {
    let mut ctx = Context::new(why, Some(blocked.module.clone()));
    ctx.client = blocked.client;
    ctx.about = Some(blocked.clone());
    ctx
}

/// Calls one of the callbacks that answer; the answer.
fn call(blocked: &Arc<Blocked>, why: Why, callback: CmdFunc, hop: &Hop) -> Vec<u8> {
    let Some(callback) = callback.filter(|_| !blocked.aborted.load(Ordering::Acquire)) else { return Vec::new() };
    let mut ctx = context(why, blocked);
    ctx.answer = Some(Answer::new(blocked.client.protocol));
    let mut argv = super::home::module_strings(hop, hop.next);
    ctx.args.clone_from(&argv);
    super::home::unit(|| {
        // SAFETY: the module gave this callback for its blocked client; context and arguments live through the call.
        unsafe { callback(ctx.as_ptr(), argv.as_mut_ptr(), argv.len() as i32) };
        let answer = ctx.answer.take().expect("put in above");
        drop(ctx);
        super::home::free_strings(argv);
        answer.bytes
    })
}

/// Answers the command that has blocked its client, counts it, and runs what comes after it in its unit.
fn send(blocked: &Blocked, mut hop: Box<Hop>, mut bytes: Vec<u8>) {
    let id = hop.commands[hop.next].id;
    let background_ns = blocked.background_ns.load(Ordering::Relaxed);
    with(|core| {
        let runner = &mut core.home.runner;
        let failed = bytes.first() == Some(&b'-');
        if failed {
            runner.count_error(super::home::error_text(&bytes));
        }
        runner.count(id, failed);
        if let Some(stat) = runner.command_stats.of(id).filter(|_| background_ns > 0) {
            stat.ticks.add((background_ns as f64 / ns_per_tick()) as u64);
        }
    });
    hop.reply.append(&mut bytes);
    hop.next += 1;
    super::home::go_on(hop);
}

/// The module has unblocked the handle: the client is answered unless it was taken away, then the handle ends.
fn finish(blocked: Arc<Blocked>) {
    let hop = with(|core| if blocked.is_detached() { None } else { core.blocked.take_hop(blocked.id) });
    let mut bytes = Vec::new();
    if let Some(hop) = &hop {
        with(|core| core.home.refresh());
        bytes = call(&blocked, Why::BlockedReply, blocked.reply, hop);
    }
    let data = blocked.private_data.load(Ordering::Acquire);
    if let (Some(free), false) = (blocked.free, data.is_null()) {
        let mut ctx = context(Why::BlockedEnd, &blocked);
        super::home::unit(|| {
            // SAFETY: the module gave this callback for this data; the context lives through the call.
            unsafe { free(ctx.as_ptr(), data) };
            drop(ctx);
        });
    }
    with(|core| core.blocked.end(blocked.id));
    if let Some(hop) = hop {
        bytes.append(&mut blocked.answer().bytes);
        send(&blocked, hop, bytes);
    }
}
