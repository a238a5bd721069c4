//! The module lock (what modules know as the GIL): who holds it owns the [`Core`].
//!
//! Home's thread holds it while it runs units, and gives it to module threads between units in the order they asked. The
//! core is one box; it is handed over through [`Gate`], a mutex-guarded place that is taken from and put back, never
//! used through the mutex. Only the holder's thread reaches it, checked against the holder's thread id.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, OnceLock};

use super::Core;

/// A number per thread, from 1 on; it is asked of the kernel, not kept in a thread-local.
fn this_thread() -> u64 {
    rustix::thread::gettid().as_raw_nonzero().get() as u64
}

/// Where the core is.
struct Gate {
    /// The core, while it is on its way or nobody holds it.
    parked: Option<Box<Core>>,
    /// Tickets of module threads that wait, in order of arrival.
    queue: VecDeque<u64>,
    /// The ticket that may take the core now; 0 = home.
    turn: u64,
    next_ticket: u64,
    /// Home sleeps, and the core is parked for whoever comes.
    idle: bool,
}

/// The turn of a thread that found home idle.
const WALK_IN: u64 = u64::MAX;

/// The lock.
pub struct ModuleLock {
    gate: Mutex<Gate>,
    changed: Condvar,
    /// The thread that holds the core; 0 = none.
    holder: AtomicU64,
    core: UnsafeCell<Option<Box<Core>>>,
    /// Rings home's bell.
    wake_home: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

// SAFETY: `core` is touched only by the thread whose id is in `holder`; it is written before that id is stored (Release) and
// after it is cleared, and the box is handed from thread to thread through the mutex.
unsafe impl Sync for ModuleLock {}

/// The process's module lock.
pub static LOCK: ModuleLock = ModuleLock::new();

impl ModuleLock {
    const fn new() -> Self {
        Self {
            gate: Mutex::new(Gate { parked: None, queue: VecDeque::new(), turn: 0, next_ticket: 1, idle: false }),
            changed: Condvar::new(),
            holder: AtomicU64::new(0),
            core: UnsafeCell::new(None),
            wake_home: OnceLock::new(),
        }
    }

    /// How home is told that somebody wants the lock, or has work for it.
    pub fn set_wake_home(&self, wake: Box<dyn Fn() + Send + Sync>) {
        let _ = self.wake_home.set(wake);
    }

    /// Tells home to look.
    pub fn wake_home(&self) {
        if let Some(wake) = self.wake_home.get() {
            wake();
        }
    }

    /// The calling thread becomes the holder of `core`.
    fn install(&self, core: Box<Core>) {
        assert_eq!(self.holder.load(Ordering::Acquire), 0, "the module lock has two holders");
        // SAFETY: there is no holder, so no other thread touches the cell.
        unsafe { *self.core.get() = Some(core) };
        self.holder.store(this_thread(), Ordering::Release);
    }

    /// The calling thread, which is the holder, gives the core away.
    fn uninstall(&self) -> Box<Core> {
        assert!(self.is_mine(), "the module lock is not this thread's");
        // SAFETY: this thread is the holder, and keeps no reference to the core.
        let core = unsafe { (*self.core.get()).take() }.expect("the holder has the core");
        self.holder.store(0, Ordering::Release);
        core
    }

    /// Does the calling thread hold the lock?
    pub fn is_mine(&self) -> bool {
        self.holder.load(Ordering::Acquire) == this_thread()
    }

    /// Home's first act: the core is made, and home holds it.
    pub fn begin(&self, core: Box<Core>) {
        self.install(core);
    }

    /// Home is done with modules: the core comes out.
    pub fn end(&self) -> Box<Core> {
        self.uninstall()
    }

    /// Home, between two units: gives the lock to those who wait for it, one after the other, until none does.
    /// True when somebody had it.
    pub fn yield_to_threads(&self) -> bool {
        let mut gate = self.gate.lock().expect("no one panics with this lock");
        let Some(first) = gate.queue.pop_front() else { return false };
        gate.turn = first;
        gate.parked = Some(self.uninstall());
        self.changed.notify_all();
        // Whoever unlocks passes the turn on; it is home's again when nobody waits.
        while gate.turn != 0 || gate.parked.is_none() {
            gate = self.changed.wait(gate).expect("no one panics with this lock");
        }
        let core = gate.parked.take().expect("just seen");
        drop(gate);
        self.install(core);
        true
    }

    /// Does a thread wait for the lock?
    pub fn is_wanted(&self) -> bool {
        !self.gate.lock().expect("no one panics with this lock").queue.is_empty()
    }

    /// A module's thread takes the lock; waits for its turn.
    pub fn lock(&self) {
        assert!(!self.is_mine(), "a thread that holds the module lock locks it again");
        if self.try_lock() {
            return;
        }
        let mut gate = self.gate.lock().expect("no one panics with this lock");
        let ticket = gate.next_ticket;
        gate.next_ticket += 1;
        gate.queue.push_back(ticket);
        drop(gate);
        self.wake_home();
        let mut gate = self.gate.lock().expect("no one panics with this lock");
        while gate.turn != ticket || gate.parked.is_none() {
            gate = self.changed.wait(gate).expect("no one panics with this lock");
        }
        let core = gate.parked.take().expect("just seen");
        drop(gate);
        self.install(core);
        with(|core| core.home.refresh());
    }

    /// The thread's locked section ends: data goes back, the next in line gets the lock, or home.
    pub fn unlock(&self) {
        with(|core| core.home.release());
        let core = self.uninstall();
        let mut gate = self.gate.lock().expect("no one panics with this lock");
        // One thread per turn of home: units of clients are not starved by threads that lock in a loop.
        gate.turn = 0;
        gate.parked = Some(core);
        let idle = gate.idle;
        drop(gate);
        self.changed.notify_all();
        if idle {
            // Mail that came meanwhile has rung no bell that home heard.
            self.wake_home();
        }
    }

    /// Takes the lock if nobody has it and nobody waits for it, without waiting.
    pub fn try_lock(&self) -> bool {
        let mut gate = self.gate.lock().expect("no one panics with this lock");
        if !gate.idle || !gate.queue.is_empty() {
            return false;
        }
        let Some(core) = gate.parked.take() else { return false };
        gate.turn = WALK_IN;
        drop(gate);
        self.install(core);
        with(|core| core.home.refresh());
        true
    }

    /// Home has nothing to do: it leaves the core where threads find it, runs `sleep`, and takes it back.
    pub fn while_idle(&self, sleep: impl FnOnce()) {
        let core = self.uninstall();
        {
            let mut gate = self.gate.lock().expect("no one panics with this lock");
            gate.idle = true;
            gate.parked = Some(core);
        }
        sleep();
        let mut gate = self.gate.lock().expect("no one panics with this lock");
        gate.idle = false;
        while gate.turn != 0 || gate.parked.is_none() {
            gate = self.changed.wait(gate).expect("no one panics with this lock");
        }
        let core = gate.parked.take().expect("just seen");
        drop(gate);
        self.install(core);
    }
}

/// Runs `f` with the core. Aborts where the calling thread doesn't hold the module lock.
///
/// `f` must not call into a module: the module may ask for the core again.
pub fn with<R>(f: impl FnOnce(&mut Core) -> R) -> R {
    assert!(LOCK.is_mine(), "an API function that needs the module lock was called without it");
    // SAFETY: this thread is the holder, so no other thread touches the cell; `f` doesn't call back into a module (its
    // duty), so this is the only reference.
    let core = unsafe { (*LOCK.core.get()).as_mut() }.expect("the holder has the core");
    f(core)
}
