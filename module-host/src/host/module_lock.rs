//! The module lock (what modules know as the GIL): whoever holds it owns one value, which holds all that it guards.
//!
//! Home holds it while it runs units. Between two units it gives it to the module threads that wait, in the order they
//! asked, one per turn of home. While home sleeps the value lies open: a thread takes it without asking, and hands it
//! to the next thread that waits, until home wakes and stands in line. The value is one box that moves through the
//! [`Gate`], a mutex-guarded place where it is put down and picked up, never used through the mutex. Only the holder's
//! thread reaches it, checked against the holder's thread id. Nobody keeps the gate's mutex for longer than a few
//! instructions, so `try_acquire` never waits for anyone.

use std::cell::UnsafeCell;
use std::collections::VecDeque;

use super::sync::{AtomicU64, Condvar, Mutex, MutexGuard, Ordering, this_thread, wait_a_moment};

/// Who may pick up the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Home.
    Home,
    /// The thread with this ticket.
    Ticket(u64),
    /// Whoever comes first: home sleeps.
    Anyone,
}

/// Where the value is on its way, and who waits for it.
struct Gate<T> {
    /// The value, while nobody holds it.
    parked: Option<T>,
    turn: Turn,
    /// Tickets of module threads that wait, in order of arrival.
    queue: VecDeque<u64>,
    next_ticket: u64,
    /// Home sleeps, and doesn't stand in line.
    asleep: bool,
}

/// Condvars that waiting threads share by ticket, so that a hand-over wakes few who aren't meant.
const SEATS: usize = 8;

/// The lock.
pub struct ModuleLock<T> {
    gate: Mutex<Gate<T>>,
    home: Condvar,
    seats: [Condvar; SEATS],
    /// The thread that holds the value; 0 = none.
    holder: AtomicU64,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: `value` is touched only by the thread whose id is in `holder`; it is written before that id is stored (Release)
// and after it is cleared, and it goes from thread to thread through the mutex, which `T: Send` allows.
unsafe impl<T: Send> Sync for ModuleLock<T> {}

impl<T> ModuleLock<T> {
    /// A lock that nobody holds, and whose value is still to be brought by home.
    pub const fn new() -> Self {
        let gate = Gate { parked: None, turn: Turn::Home, queue: VecDeque::new(), next_ticket: 1, asleep: false };
        Self {
            gate: Mutex::new(gate),
            home: Condvar::new(),
            seats: [const { Condvar::new() }; SEATS],
            holder: AtomicU64::new(0),
            value: UnsafeCell::new(None),
        }
    }

    fn gate(&self) -> MutexGuard<'_, Gate<T>> {
        self.gate.lock().expect("no one panics with this lock")
    }

    /// The calling thread becomes the holder of `value`.
    fn install(&self, value: T) {
        assert_eq!(self.holder.load(Ordering::Acquire), 0, "the module lock has two holders");
        // SAFETY: there is no holder, so no other thread touches the cell.
        unsafe { *self.value.get() = Some(value) };
        self.holder.store(this_thread(), Ordering::Release);
    }

    /// The calling thread, which is the holder, puts the value down.
    fn uninstall(&self) -> T {
        assert!(self.is_mine(), "the module lock is not this thread's");
        // SAFETY: this thread is the holder, and keeps no reference to the value: with() has returned.
        let value = unsafe { (*self.value.get()).take() }.expect("the holder has the value");
        self.holder.store(0, Ordering::Release);
        value
    }

    /// Does the calling thread hold the lock?
    pub fn is_mine(&self) -> bool {
        self.holder.load(Ordering::Acquire) == this_thread()
    }

    /// Runs `f` with the value; `None` where the calling thread isn't the holder.
    ///
    /// # Safety
    /// `f` doesn't call this function again, nor give the lock away.
    pub unsafe fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        if !self.is_mine() {
            return None;
        }
        // SAFETY: this thread is the holder, so no other thread touches the cell; by the caller this is the only
        // reference.
        let value = unsafe { (*self.value.get()).as_mut() }.expect("the holder has the value");
        Some(f(value))
    }

    /// Home's first act: it brings the value, and holds it.
    pub fn begin(&self, value: T) {
        self.install(value);
    }

    /// Home, between two units: the thread that has waited longest gets the lock. Returns when home has it again: true
    /// if there was such a thread. With `give_up` saying so, home ends without it: `None`.
    pub fn yield_to_one(&self, give_up: impl Fn() -> bool) -> Option<bool> {
        let mut gate = self.gate();
        let Some(first) = gate.queue.pop_front() else { return Some(false) };
        gate.parked = Some(self.uninstall());
        self.pass_to(&mut gate, first);
        self.stand_in_line(gate, give_up).then_some(true)
    }

    /// Home is about to sleep, or lets threads in for a while: the lock goes to the thread that has waited longest, or
    /// lies open, until [`ModuleLock::wake`].
    pub fn sleep(&self) {
        let value = self.uninstall();
        let mut gate = self.gate();
        gate.parked = Some(value);
        gate.asleep = true;
        match gate.queue.pop_front() {
            Some(next) => self.pass_to(&mut gate, next),
            None => gate.turn = Turn::Anyone,
        }
    }

    /// Home has slept, and takes the value back, once a thread that has it is done. False when it gave up.
    pub fn wake(&self, give_up: impl Fn() -> bool) -> bool {
        let mut gate = self.gate();
        gate.asleep = false;
        if gate.turn == Turn::Anyone && gate.parked.is_some() {
            gate.turn = Turn::Home;
        }
        self.stand_in_line(gate, give_up)
    }

    fn stand_in_line(&self, mut gate: MutexGuard<'_, Gate<T>>, give_up: impl Fn() -> bool) -> bool {
        while gate.turn != Turn::Home || gate.parked.is_none() {
            if give_up() {
                return false;
            }
            gate = wait_a_moment(&self.home, gate);
        }
        let value = gate.parked.take().expect("just seen");
        drop(gate);
        self.install(value);
        true
    }

    /// A module's thread takes the lock if it lies open and nobody waits for it.
    pub fn try_acquire(&self) -> bool {
        let mut gate = self.gate();
        if gate.turn != Turn::Anyone || !gate.queue.is_empty() {
            return false;
        }
        let Some(value) = gate.parked.take() else { return false };
        drop(gate);
        self.install(value);
        true
    }

    /// A module's thread takes the lock when its turn comes.
    pub fn acquire(&self) {
        let mut gate = self.gate();
        if gate.turn == Turn::Anyone && gate.queue.is_empty() && gate.parked.is_some() {
            let value = gate.parked.take().expect("just seen");
            drop(gate);
            return self.install(value);
        }
        let ticket = gate.next_ticket;
        gate.next_ticket += 1;
        gate.queue.push_back(ticket);
        let value = loop {
            if gate.turn == Turn::Ticket(ticket)
                && let Some(value) = gate.parked.take()
            {
                break value;
            }
            gate = self.seats[ticket as usize % SEATS].wait(gate).expect("no one panics with this lock");
        };
        drop(gate);
        self.install(value);
    }

    /// A module's thread gives the lock away: to home if that is awake, else to the next thread, else to whoever comes.
    pub fn release(&self) {
        let value = self.uninstall();
        let mut gate = self.gate();
        gate.parked = Some(value);
        if !gate.asleep {
            gate.turn = Turn::Home;
            self.home.notify_all();
        } else if let Some(next) = gate.queue.pop_front() {
            self.pass_to(&mut gate, next);
        } else {
            gate.turn = Turn::Anyone;
        }
    }

    fn pass_to(&self, gate: &mut Gate<T>, ticket: u64) {
        gate.turn = Turn::Ticket(ticket);
        self.seats[ticket as usize % SEATS].notify_all();
    }

    /// Threads that wait for the lock.
    pub fn waiting(&self) -> usize {
        self.gate().queue.len()
    }
}

impl<T> Default for ModuleLock<T> {
    fn default() -> Self {
        Self::new()
    }
}
