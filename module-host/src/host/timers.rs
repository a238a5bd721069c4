//! Timers: fired by home in order of expiry, one at a time.

use std::collections::{BTreeMap, HashMap};
use std::ffi::c_void;
use std::sync::Arc;

use valkore_shard::clock::mono_ns;

use super::context::{Context, Why};
use super::lock::with;
use super::module::Module;
use crate::abi::types::TimerProc;

/// A timer that waits.
pub struct Timer {
    /// Whose it is.
    pub module: Arc<Module>,
    /// The database that was selected when it was made.
    pub db: u16,
    /// What is called.
    pub callback: TimerProc,
    /// What it is called with.
    pub data: *mut c_void,
}

// SAFETY: the data pointer is the module's, which gets it back on whatever thread holds the module lock.
unsafe impl Send for Timer {}

/// All timers.
#[derive(Default)]
pub struct Timers {
    /// By due time (monotonic nanoseconds) and id.
    due: BTreeMap<(u64, u64), Timer>,
    /// When each is due, by id.
    by_id: HashMap<u64, u64>,
    last_id: u64,
}

impl Timers {
    /// A timer that is due at `at_ns`; its id, which is used only once.
    pub fn add(&mut self, at_ns: u64, timer: Timer) -> u64 {
        self.last_id += 1;
        self.due.insert((at_ns, self.last_id), timer);
        self.by_id.insert(self.last_id, at_ns);
        self.last_id
    }

    /// When the timer `id` is due, and the timer.
    pub fn find(&self, id: u64) -> Option<(u64, &Timer)> {
        let at = *self.by_id.get(&id)?;
        Some((at, self.due.get(&(at, id))?))
    }

    /// Takes a timer out.
    pub fn remove(&mut self, id: u64) -> Option<Timer> {
        let at = self.by_id.remove(&id)?;
        self.due.remove(&(at, id))
    }

    /// When the next one is due, monotonic nanoseconds.
    pub fn next_due(&self) -> Option<u64> {
        self.due.keys().next().map(|at| at.0)
    }

    /// Has `module` timers?
    pub fn any_of(&self, module: &Arc<Module>) -> bool {
        self.id_of(module).is_some()
    }

    /// A timer of `module`.
    pub fn id_of(&self, module: &Arc<Module>) -> Option<u64> {
        self.due.iter().find(|(_, t)| Arc::ptr_eq(&t.module, module)).map(|(at, _)| at.1)
    }

    fn take_due(&mut self, now_ns: u64) -> Option<Timer> {
        let first = self.due.first_entry()?;
        let (at_ns, id) = *first.key();
        if at_ns > now_ns {
            return None;
        }
        self.by_id.remove(&id);
        Some(first.remove())
    }
}

/// Fires one timer that is due; false when there is none. The caller is home.
pub fn fire_one() -> bool {
    let Some(timer) = with(|core| core.timers.take_due(mono_ns())) else { return false };
    let mut ctx = Context::new(Why::Server, Some(timer.module.clone()));
    ctx.client.db = timer.db;
    if let Some(callback) = timer.callback {
        super::home::unit(|| {
            // SAFETY: the module registered this callback for this data; the context lives through the call.
            unsafe { callback(ctx.as_ptr(), timer.data) };
            drop(ctx);
        });
    }
    true
}
