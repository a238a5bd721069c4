//! `valkore-shard`: the per-core loop and its backends, mailboxes, the slot map, dispatch, leases and
//! transactions.
//!
//! It never knows connections' bytes, TLS or C: `net` gives it parsed commands and takes answers.

pub mod backend;
pub mod clock;
pub mod command_stats;
pub mod engine;
mod expire;
pub mod home;
pub mod lease;
pub mod log;
pub mod mailbox;
pub mod msg;
pub mod node;
pub mod pause;
pub mod plan;
pub mod published;
pub mod registry;
pub mod runloop;
pub mod runner;
pub mod slotmap;
mod sync;
pub mod topology;
pub mod usage;
