//! The host: what runs modules. One per process, since a module's globals are one per process.
//!
//! - [`lock`]: the module lock. Whoever holds it owns the [`Core`] (home's leases and all that modules share), and
//!   only that thread gets at it, checked by thread id.
//! - [`home`]: the thread that plays the main thread: it runs module commands, timers and blocked clients' callbacks.
//! - [`module`]: a loaded module, and loading it. [`context`]: what a callback is handed. [`string`]: module strings.
//!
//! Aliasing: an API function takes the core with [`lock::core`], uses it, and lets it go before it calls back into a
//! module, which may take it again.

pub mod blocked;
pub mod context;
pub mod home;
pub mod lock;
pub mod module;
pub mod modules_command;
pub mod reply;
pub mod string;
pub mod timers;

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
    /// Depth of callbacks into modules.
    pub depth: u32,
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
        }
    }

    /// The module called `name`.
    pub fn module(&self, name: &str) -> Option<&Arc<Module>> {
        self.modules.iter().find(|m| m.name() == name)
    }
}
