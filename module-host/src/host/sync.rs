//! The primitives of the module lock, in one place: the model checker (`tests/model`) compiles the product's own lock
//! with shuttle's under the same names.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

/// Waits until the condvar is notified, or a moment has passed.
pub(crate) fn wait_a_moment<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    let moment = std::time::Duration::from_millis(100);
    condvar.wait_timeout(guard, moment).expect("no one panics with this lock").0
}

/// A number other than 0 for the calling thread, which no other living thread has. No system call, and a child process
/// finds itself under the number of the thread that forked it.
pub(crate) fn this_thread() -> u64 {
    // SAFETY: it takes nothing and always succeeds.
    unsafe { libc::pthread_self() }
}
