//! Values of modules' own types, as the keyspace holds them, and what the module must do about them.
//!
//! A value may be dropped on any thread, and in the middle of a step, where nobody may call into a module. So dropping
//! puts it aside: what the holder of the module lock dropped is freed as soon as its step is over ([`bury`]), what others
//! dropped by home between two units ([`bury_some`]). Freeing tells the module first that the key is gone (`unlink`).

use std::any::Any;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};

use crossbeam_queue::SegQueue;
use valkore_core::command::CommandId;
use valkore_core::fail::Fail;
use valkore_core::keyspace::ForeignValue;
use valkore_core::resp::Args;
use valkore_core::slot::key_slot;
use valkore_core::step::ClientTag;

use super::home::{self, with_data};
use super::lock::{is_mine, wake_home, with};
use super::module::ModuleType;
use super::string::Str;
use crate::abi::types::{KeyOptCtx, ModuleString};

/// A value that takes more than this to free is freed in the background, as in Valkey.
const LAZY_FREE_EFFORT: usize = 64;
/// Values freed in one of home's units, at most.
const PER_UNIT: usize = 256;

/// A database and the key in it.
type At = (usize, Box<[u8]>);

/// A value of a module's type.
pub struct ModuleValue {
    kind: Arc<ModuleType>,
    value: *mut c_void,
    /// The key that it was removed from.
    was_at: Cell<Option<At>>,
    /// Its copy, made for the COPY that is about to run.
    twin: Cell<Option<Box<ModuleValue>>>,
}

// SAFETY: what `value` points to is the module's: only its own functions follow the pointer, called by the holder of the
// module lock, or (to free it) by whoever the module is told may: one background thread. The rest is Send.
unsafe impl Send for ModuleValue {}

impl ModuleValue {
    /// The keyspace's hold on `value`, which is its from now on.
    pub fn new(kind: Arc<ModuleType>, value: *mut c_void) -> Self {
        kind.values.fetch_add(1, Ordering::Relaxed);
        Self { kind, value, was_at: Cell::new(None), twin: Cell::new(None) }
    }

    /// Its type.
    pub fn kind(&self) -> &Arc<ModuleType> {
        &self.kind
    }

    /// What the module knows it by.
    pub fn value(&self) -> *mut c_void {
        self.value
    }

    /// Exchanges what the module knows it by.
    pub fn replace(&mut self, value: *mut c_void) -> *mut c_void {
        std::mem::replace(&mut self.value, value)
    }

    /// Could COPY ask the module?
    fn copies(&self) -> bool {
        self.kind.methods.copy.is_some() || self.kind.methods.copy2.is_some()
    }
}

impl ForeignValue for ModuleValue {
    fn type_name(&self) -> &str {
        &self.kind.name
    }

    /// The module is asked when the value is freed.
    fn free_effort(&self) -> usize {
        1
    }

    /// What the keyspace itself has of it: the module can only be asked at home ([`mem_usage`]).
    fn mem_usage(&self) -> usize {
        size_of::<Self>()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn unlinked(&self, key: Option<(usize, &[u8])>) {
        let before = self.was_at.replace(key.map(|(db, key)| (db, key.into())));
        if let (None, Some(at)) = (key, before)
            && is_mine()
        {
            // It goes on under another key: to the module it was unlinked from the old one, as in Valkey.
            OURS.push(Aside::Moved(Dead::of(self, Some(at))));
        }
    }

    fn copy(&self) -> Result<Box<dyn ForeignValue>, Fail> {
        match self.twin.take() {
            Some(twin) => Ok(twin),
            None if self.copies() => Err(Fail::text_of("ERR module key failed to copy")),
            None => Err(Fail::text_of("ERR not supported for this module key")),
        }
    }
}

impl Drop for ModuleValue {
    fn drop(&mut self) {
        let dead = Dead::of(self, self.was_at.take());
        if is_mine() {
            OURS.push(Aside::Dropped(dead));
        } else {
            OTHERS.push(dead);
            wake_home();
        }
    }
}

/// A value that left the keyspace, or only its key.
struct Dead {
    kind: Arc<ModuleType>,
    value: *mut c_void,
    at: Option<At>,
}

// SAFETY: as for ModuleValue.
unsafe impl Send for Dead {}

/// What the holder of the module lock has yet to tell a module.
enum Aside {
    /// The value is under another key now. It lives: whoever frees it comes later in the same queue.
    Moved(Dead),
    /// The value is to be freed.
    Dropped(Dead),
}

/// Put aside by the holder of the module lock.
static OURS: SegQueue<Aside> = SegQueue::new();
/// Dropped by other threads.
static OTHERS: SegQueue<Dead> = SegQueue::new();
/// To the one thread that frees in the background.
static BACKGROUND: OnceLock<mpsc::Sender<Dead>> = OnceLock::new();
/// Values freed there.
static FREED_IN_BACKGROUND: AtomicU64 = AtomicU64::new(0);

impl Dead {
    fn of(value: &ModuleValue, at: Option<At>) -> Self {
        Self { kind: value.kind.clone(), value: value.value, at }
    }

    /// Tells the module that the key is gone.
    fn unlink(&self, names: &Names) {
        let m = &self.kind.methods;
        // SAFETY: the module gave these functions for its values, and this is one that it has not freed; the holder of
        // the module lock calls, with no core in use; the names live through the call.
        unsafe {
            match (m.unlink2, m.unlink) {
                (Some(unlink), _) => unlink(names.as_ptr(), self.value),
                (None, Some(unlink)) => unlink(names.0.from, self.value),
                (None, None) => {}
            }
        }
    }

    /// How much freeing takes, as the module says; 1 where it doesn't.
    fn effort(&self, names: &Names) -> usize {
        let m = &self.kind.methods;
        // SAFETY: as in unlink().
        unsafe {
            match (m.free_effort2, m.free_effort) {
                (Some(effort), _) => effort(names.as_ptr(), self.value),
                (None, Some(effort)) => effort(names.0.from, self.value),
                (None, None) => 1,
            }
        }
    }

    fn free(self) {
        if let Some(free) = self.kind.methods.free {
            // SAFETY: the module gave this function to free its values, and this one is in no keyspace any more.
            unsafe { free(self.value) };
        }
        self.kind.values.fetch_sub(1, Ordering::Relaxed);
    }

    /// Frees the value here, or in the background where that takes long.
    fn bury(self) {
        if let Some(at) = &self.at {
            let names = Names::new(at, None);
            self.unlink(&names);
            let effort = self.effort(&names);
            if effort == 0 || effort > LAZY_FREE_EFFORT {
                return self.free_in_background();
            }
        }
        self.free();
    }

    fn free_in_background(self) {
        let sender = BACKGROUND.get_or_init(|| {
            let (sender, dead) = mpsc::channel::<Dead>();
            let work = move || {
                dead.into_iter().for_each(|dead| {
                    dead.free();
                    FREED_IN_BACKGROUND.fetch_add(1, Ordering::Relaxed);
                });
            };
            let thread = std::thread::Builder::new().name("lazyfree".into()).spawn(work);
            drop(thread.expect("a thread can be started"));
            sender
        });
        sender.send(self).unwrap_or_else(|back| back.0.free());
    }
}

/// Frees what the holder of the module lock has dropped, on whose behalf this is called, once no core is in use.
pub fn bury() {
    while let Some(aside) = OURS.pop() {
        match aside {
            Aside::Dropped(dead) => dead.bury(),
            Aside::Moved(dead) => {
                if let Some(at) = &dead.at {
                    dead.unlink(&Names::new(at, None));
                }
            }
        }
    }
}

/// Home, between two units: frees some of the values that others dropped; false where there are none.
pub fn bury_some() -> bool {
    if !any_dropped() {
        return false;
    }
    home::unit(|| {
        for _ in 0..PER_UNIT {
            let Some(dead) = OTHERS.pop() else { break };
            dead.bury();
        }
        bury();
    });
    true
}

/// Are there values that were dropped and are not freed yet?
pub fn any_dropped() -> bool {
    !OTHERS.is_empty() || !OURS.is_empty()
}

/// Values that were freed in the background so far.
pub fn freed_in_background() -> u64 {
    FREED_IN_BACKGROUND.load(Ordering::Relaxed)
}

/// What a callback can ask about the keys it works on; modules hold it as `ValkeyModuleKeyOptCtx *`.
pub struct KeyOpt {
    /// The key.
    pub from: *mut ModuleString,
    /// The key that it is copied to.
    pub to: *mut ModuleString,
    /// The database of the key.
    pub from_db: i32,
    /// The database that it is copied to; -1 = none.
    pub to_db: i32,
}

impl KeyOpt {
    /// The keys behind a module's pointer.
    ///
    /// # Safety
    /// `ctx` was handed to the callback that still runs, or is null.
    pub unsafe fn of<'a>(ctx: *mut KeyOptCtx) -> Option<&'a Self> {
        // SAFETY: by the caller; callbacks are handed pointers to this struct only.
        unsafe { ctx.cast::<Self>().as_ref() }
    }
}

/// Names for a callback, which live as long as this.
struct Names(KeyOpt);

impl Names {
    fn new(from: &At, to: Option<&At>) -> Self {
        let db = |at: &At| i32::try_from(at.0).unwrap_or(-1);
        Self(KeyOpt {
            from: Str::new(&from.1),
            to: to.map_or(null_mut(), |to| Str::new(&to.1)),
            from_db: db(from),
            to_db: to.map_or(-1, db),
        })
    }

    fn as_ptr(&self) -> *mut KeyOptCtx {
        (&raw const self.0).cast_mut().cast()
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        for name in [self.0.from, self.0.to] {
            if !name.is_null() {
                // SAFETY: new() made it, and this is the owner that it was made with.
                unsafe { Str::release(name) };
            }
        }
    }
}

/// The module's value at a key, for `f`, which must not call into a module.
pub fn with_value<R>(at: &At, f: impl FnOnce(&mut ModuleValue) -> R) -> Option<R> {
    with_data(key_slot(&at.1), |data| {
        let key = data.key(&at.1);
        let mut entry = data.keyspace.get_mut(at.0, &key)?;
        let valkore_core::keyspace::Object::Foreign(value) = entry.object_mut()? else { return None };
        value.as_any_mut().downcast_mut().map(f)
    })
}

/// What [`before`] did for a command that [`after`] must undo.
#[derive(Default)]
pub struct Prepared(Option<At>);

/// Before a step of the server runs at home: where it is COPY of a module's value, the module makes the copy.
pub fn before(id: CommandId, args: Args<'_>, client: ClientTag) -> Prepared {
    let is_copy = with(|core| core.home.runner.registry.command(id).name == "copy");
    if is_copy && args.len() >= 3 { prepare_copy(args, client) } else { Prepared::default() }
}

#[cold]
fn prepare_copy(args: Args<'_>, client: ClientTag) -> Prepared {
    let from: At = (client.db.into(), args.get(1).into());
    let (mut to_db, mut replace) = (from.0, false);
    for i in 3..args.len() {
        replace |= args.is(i, "replace");
        if args.is(i, "db") && i + 1 < args.len() {
            to_db = std::str::from_utf8(args.get(i + 1)).ok().and_then(|n| n.parse().ok()).unwrap_or(to_db);
        }
    }
    let to: At = (to_db, args.get(2).into());
    let (databases, clock) = with(|core| (core.home.runner.config.databases as usize, core.home.runner.clock));
    if to_db >= databases || to == from {
        return Prepared::default();
    }
    let exists = |at: &At| {
        with_data(key_slot(&at.1), |data| {
            let key = data.key(&at.1);
            data.peek(at.0, &key, clock).is_some()
        })
    };
    if !exists(&from) || (exists(&to) && !replace) {
        return Prepared::default();
    }
    let Some(Some((kind, value))) = with_value(&from, |v| v.copies().then(|| (v.kind.clone(), v.value))) else {
        return Prepared::default();
    };
    let names = Names::new(&from, Some(&to));
    // SAFETY: the module gave these functions for its values, and this is one in the keyspace, which only the holder of
    // the module lock (this thread) could free; no core is in use; the names live through the call.
    let copy = unsafe {
        match (kind.methods.copy2, kind.methods.copy) {
            (Some(copy), _) => copy(names.as_ptr(), value),
            (None, Some(copy)) => copy(names.0.from, names.0.to, value),
            (None, None) => null_mut(),
        }
    };
    if copy.is_null() {
        return Prepared::default();
    }
    let twin = Box::new(ModuleValue::new(kind, copy));
    with_value(&from, |v| v.twin.set(Some(twin)));
    Prepared(Some(from))
}

/// After a step of the server ran at home: what it dropped is freed.
pub fn after(prepared: Prepared) {
    if let Some(from) = prepared.0 {
        // The step failed after all.
        drop(with_value(&from, |v| v.twin.take()).flatten());
    }
    bury();
}

/// Bytes that the value at a key uses, as its module says; `None` where it is no module's, or the module doesn't say.
pub fn mem_usage(db: usize, key: &[u8], samples: usize) -> Option<usize> {
    let at: At = (db, key.into());
    let (kind, value) = with_value(&at, |v| (v.kind.clone(), v.value))?;
    let names = Names::new(&at, None);
    // SAFETY: as in prepare_copy().
    unsafe {
        match (kind.methods.mem_usage2, kind.methods.mem_usage) {
            (Some(usage), _) => Some(usage(names.as_ptr(), value, samples)),
            (None, Some(usage)) => Some(usage(value)),
            (None, None) => None,
        }
    }
}
