//! The names of the product's `sync` of both crates, on top of shuttle.

use std::collections::VecDeque;

pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};

/// Waits until the condvar is notified, however long that takes.
pub(crate) fn wait_a_moment<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap()
}

/// A number other than 0 for the calling thread.
pub(crate) fn this_thread() -> u64 {
    usize::from(shuttle::current::me()) as u64 + 1
}

/// The bounded queue as the checker sees it: each operation is atomic, threads may switch between any two.
pub(crate) struct ArrayQueue<T> {
    items: Mutex<VecDeque<T>>,
    capacity: usize,
}

impl<T> ArrayQueue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { items: Mutex::new(VecDeque::new()), capacity }
    }

    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut items = self.items.lock().unwrap();
        if items.len() == self.capacity {
            return Err(item);
        }
        items.push_back(item);
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.items.lock().unwrap().pop_front()
    }

    pub(crate) fn len(&self) -> usize {
        self.items.lock().unwrap().len()
    }
}
