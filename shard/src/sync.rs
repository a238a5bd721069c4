//! The primitives that threads share, switched as a whole: std and crossbeam in the product,
//! shuttle's under the model checker (`--cfg valkore_shuttle`), so that the checker runs the product's own code.

#[cfg(not(valkore_shuttle))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

#[cfg(valkore_shuttle)]
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

#[cfg(not(valkore_shuttle))]
pub(crate) use crossbeam_queue::ArrayQueue;

#[cfg(valkore_shuttle)]
pub(crate) use model::ArrayQueue;

#[cfg(valkore_shuttle)]
mod model {
    use std::collections::VecDeque;

    use shuttle::sync::Mutex;

    /// The bounded queue as the checker sees it: each operation is atomic, any two may be reordered by a switch.
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
}
