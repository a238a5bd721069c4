//! The host: what runs modules. One per process, since a module's globals are one per process.
//!
//! - [`lock`]: the process's module lock. Whoever holds it owns the [`Core`] (home's leases and all that modules share),
//!   and only that thread gets at it, checked by thread id. [`module_lock`]: how it goes from thread to thread.
//! - [`home`]: the thread that plays the main thread: it runs module commands, timers and blocked clients' callbacks.
//! - [`module`]: a loaded module, and loading it. [`context`]: what a callback is handed. [`string`]: module strings.
//!
//! Aliasing: an API function takes the core with [`lock::with`], uses it, and lets it go before it calls back into a
//! module, which may take it again.

pub mod blocked;
pub mod call;
pub mod call_reply;
pub mod command_info;
pub mod context;
pub mod home;
pub mod key;
pub mod lock;
pub mod module;
pub mod module_lock;
pub mod modules_command;
pub mod positions;
pub mod raw;
pub mod reply;
pub mod string;
mod sync;
pub mod timers;
pub mod values;

use std::sync::Arc;

use valkore_shard::home::Home;

use blocked::BlockedClients;
use module::Module;
use timers::Timers;

/// All that the module lock guards.
pub struct Core {
    /// Data, commands, time.
    pub home: Home,
    /// The loaded modules, in the order they were loaded.
    pub modules: Vec<Arc<Module>>,
    /// Timers.
    pub timers: Timers,
    /// Clients that wait for a module.
    pub blocked: BlockedClients,
    /// Functions that modules export to each other, by name.
    pub shared_api: std::collections::HashMap<String, (usize, String)>,
    /// Depth of units: 0 = none is under way, and no data is held.
    pub depth: u32,
    /// The client id that commands run under which modules call; 0 = none was called yet.
    pub(crate) caller: u64,
    /// A transaction runs.
    pub in_exec: bool,
    /// Until when home sleeps, if it does, monotonic nanoseconds.
    pub home_sleeps_until: u64,
}

impl Core {
    /// A core without modules.
    pub fn new(home: Home) -> Self {
        Self {
            home,
            modules: Vec::new(),
            timers: Timers::default(),
            blocked: BlockedClients::default(),
            shared_api: Default::default(),
            depth: 0,
            caller: 0,
            in_exec: false,
            home_sleeps_until: 0,
        }
    }

    /// When the next timer or blocked client is due, monotonic nanoseconds.
    pub fn next_due(&self) -> Option<u64> {
        [self.timers.next_due(), self.blocked.next_due()].into_iter().flatten().min()
    }

    /// Is there something for home to do before it wakes by itself?
    pub fn needs_home_now(&self) -> bool {
        self.home.leases.waiting_units() > 0 || self.next_due().is_some_and(|at| at < self.home_sleeps_until)
    }

    /// The module called `name`.
    pub fn module(&self, name: &str) -> Option<&Arc<Module>> {
        self.modules.iter().find(|m| m.name() == name)
    }
}
