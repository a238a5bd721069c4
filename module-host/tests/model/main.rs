//! Model checking of the module lock: shuttle runs home and threads of modules under many schedules. The lock and the
//! mailbox are the product's own files, compiled here once more with shuttle's primitives under the names of `sync`; how
//! home sleeps and how a thread gives the lock away is the product's `host/home.rs` and `host/lock.rs` in small.
//!
//! `VALKORE_MODEL_SCHEDULES=100000` makes a long run: so many schedules per model. shuttle knows interleavings only, no
//! weak memory. Nothing here has a timeout: whoever the product would find after a moment only, a lost wake-up, is a
//! deadlock here.

#[path = "../../../shard/src/mailbox.rs"]
#[allow(dead_code, unreachable_pub, reason = "the product's file, of which the models use a part")]
mod mailbox;
#[path = "../../src/host/module_lock.rs"]
#[allow(dead_code, unreachable_pub, reason = "the product's file, of which the models use a part")]
mod module_lock;

mod bell;
#[path = "../../../shard/tests/model/checker.rs"]
mod checker;
mod home;
mod lock;
mod sync;
mod threads;
mod world;
