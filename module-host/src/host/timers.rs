//! Timers: fired by home in order of expiry, one at a time.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::Arc;

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

/// All timers, by due time (monotonic nanoseconds) and id.
#[derive(Default)]
pub struct Timers {
    due: BTreeMap<(u64, u64), Timer>,
    last_id: u64,
}

impl Timers {
    /// A timer that is due at `at_ns`; its id.
    pub fn add(&mut self, at_ns: u64, timer: Timer) -> u64 {
        self.last_id += 1;
        self.due.insert((at_ns, self.last_id), timer);
        self.last_id
    }

    /// When the timer `id` is due, and the timer.
    pub fn find(&self, id: u64) -> Option<(u64, &Timer)> {
        self.due.iter().find(|(at, _)| at.1 == id).map(|(at, t)| (at.0, t))
    }

    /// Takes a timer out.
    pub fn remove(&mut self, id: u64) -> Option<Timer> {
        let at = *self.due.keys().find(|at| at.1 == id)?;
        self.due.remove(&at)
    }

    /// When the next one is due, monotonic nanoseconds.
    pub fn next_due(&self) -> Option<u64> {
        self.due.keys().next().map(|at| at.0)
    }

    /// Has `module` timers?
    pub fn any_of(&self, module: &Arc<Module>) -> bool {
        self.due.values().any(|t| Arc::ptr_eq(&t.module, module))
    }

    /// A timer of `module`.
    pub fn id_of(&self, module: &Arc<Module>) -> Option<u64> {
        self.due.iter().find(|(_, t)| Arc::ptr_eq(&t.module, module)).map(|(at, _)| at.1)
    }

    fn take_due(&mut self, now_ns: u64) -> Option<Timer> {
        let first = self.due.first_entry()?;
        (first.key().0 <= now_ns).then(|| first.remove())
    }
}

/// Fires one timer that is due; false when there is none. The caller holds the module lock.
pub fn fire_one() -> bool {
    let now = valkore_shard::clock::mono_ns();
    let Some(timer) = with(|core| core.timers.take_due(now)) else { return false };
    let mut ctx = Context::new(Why::Server, Some(timer.module.clone()));
    ctx.client.db = timer.db;
    super::home::unit(|| {
        if let Some(callback) = timer.callback {
            // SAFETY: the module registered this callback for this data; the context lives through the call.
            unsafe { callback(ctx.as_ptr(), timer.data) };
        }
        drop(ctx);
    });
    true
}
