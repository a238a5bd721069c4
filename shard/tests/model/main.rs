//! Model checking: shuttle runs mailboxes and leases under many schedules. What runs is the product's own code: its
//! files are compiled here once more, with shuttle's primitives under the names of `sync`.
//!
//! `VALKORE_MODEL_SCHEDULES=100000` makes a long run: so many schedules per model. A failing schedule is printed, and
//! `shuttle::replay` runs it again. shuttle knows interleavings only, no weak memory: all its atomics are `SeqCst`.

#[path = "../../src/lease/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the product's file, of which the models use a part")]
mod lease;
#[path = "../../src/mailbox.rs"]
#[allow(dead_code, unreachable_pub, reason = "the product's file, of which the models use a part")]
mod mailbox;

mod bell;
mod checker;
mod faults;
mod home;
mod leases;
mod mailboxes;
mod shard;
mod sync;
mod world;
