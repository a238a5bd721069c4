//! The process's module lock with what it guards: the [`Core`]. What begins and ends with a locked section.

use std::sync::OnceLock;

use valkore_shard::home::Home;

use super::module_lock::ModuleLock;
use super::sync::this_thread;
use super::{Core, blocked, values};

static LOCK: ModuleLock<Box<Core>> = ModuleLock::new();
static HOME_THREAD: OnceLock<u64> = OnceLock::new();
static WAKE_HOME: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// The process's module lock. Home's loop moves it; modules' threads use [`lock`], [`try_lock`] and [`unlock`].
pub(super) fn module_lock() -> &'static ModuleLock<Box<Core>> {
    &LOCK
}

/// How home is told that there is something for it to do.
pub(super) fn set_wake_home(wake: Box<dyn Fn() + Send + Sync>) {
    let _ = WAKE_HOME.set(wake);
}

/// Tells home to look. It hears it also if it falls asleep only later.
pub fn wake_home() {
    if let Some(wake) = WAKE_HOME.get() {
        wake();
    }
}

/// Does the calling thread hold the module lock?
pub fn is_mine() -> bool {
    LOCK.is_mine()
}

/// Runs `f` with the core. Aborts where the calling thread doesn't hold the module lock.
///
/// `f` must not call into a module: the module may ask for the core again.
pub fn with<R>(f: impl FnOnce(&mut Core) -> R) -> R {
    try_with(f).expect("an API function that needs the module lock was called without it")
}

/// As [`with`]; `None` where the calling thread doesn't hold the module lock.
pub fn try_with<R>(f: impl FnOnce(&mut Core) -> R) -> Option<R> {
    // SAFETY: `f` doesn't call back into a module (its duty), and nothing else in this crate that is handed a core calls
    // this function or moves the lock.
    unsafe { LOCK.with(|core| f(core)) }
}

/// Home begins, on the calling thread, with the lock.
pub(super) fn begin_home(home: Home) {
    let _ = HOME_THREAD.set(this_thread());
    LOCK.begin(Box::new(Core::new(home)));
}

fn is_home() -> bool {
    HOME_THREAD.get() == Some(&this_thread())
}

/// A module's thread takes the lock, or a callback on home takes it back; waits for its turn. A thread that has it
/// already can never get it.
pub fn lock() {
    assert!(!is_mine(), "a thread that holds the module lock locks it again");
    if is_home() {
        LOCK.wake(|| false);
        with(|core| core.home.leases.woke());
    } else {
        LOCK.acquire();
    }
    with(|core| {
        // A convoy that was made to give back goes first; it needs nothing that this thread has.
        core.home.leases.await_unfenced();
        begin_section(core);
    });
}

/// Takes the lock if nobody has it and nobody waits for it, without waiting for anyone.
pub fn try_lock() -> bool {
    if is_mine() || is_home() || !LOCK.try_acquire() {
        return false;
    }
    let may_start = with(|core| {
        core.home.leases.take_mail();
        core.home.leases.allows_any()
    });
    if !may_start {
        give_away();
        return false;
    }
    with(begin_section);
    true
}

/// The thread's locked section ends: data goes back, home or the next in line gets the lock. So does a callback on home
/// let threads in, until it locks again.
pub fn unlock() {
    with(|core| {
        assert_eq!(core.depth, 1, "a locked section ends within a callback");
        core.depth = 0;
        core.home.release();
    });
    if is_home() {
        with(|core| core.home.leases.arm());
        return LOCK.sleep();
    }
    give_away();
}

/// A locked section is a unit: what it has touched is its own until it ends.
fn begin_section(core: &mut Core) {
    assert_eq!(core.depth, 0, "the module lock is given away between units only");
    core.depth = 1;
    core.home.refresh();
    if core.home.runner.config.module_world_lock {
        core.home.leases.lease_all();
    }
}

fn give_away() {
    // While this thread had the mailbox, mail rang for it, not for home. A message that comes from now on rings again.
    let needs_home = with(|core| core.home.leases.arm() | core.needs_home_now())
        || blocked::any_unblocked()
        || values::any_dropped();
    LOCK.release();
    if needs_home {
        wake_home();
    }
}
