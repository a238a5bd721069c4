//! Values that one thread replaces now and then and all read often: configuration, command table, slot map.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A versioned, shared, replaceable value.
pub struct Published<T> {
    version: AtomicU64,
    value: Mutex<Arc<T>>,
}

impl<T> Published<T> {
    /// Version 1 of the value.
    pub fn new(value: T) -> Self {
        Self { version: AtomicU64::new(1), value: Mutex::new(Arc::new(value)) }
    }

    /// The value of now.
    pub fn load(&self) -> Arc<T> {
        self.value.lock().expect("no one panics with this lock").clone()
    }

    /// Replaces the value by what `change` makes of it, unless it fails. Changes are one after the other.
    pub fn update<E>(&self, change: impl FnOnce(&T) -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut value = self.value.lock().expect("no one panics with this lock");
        let new = Arc::new(change(&value)?);
        *value = new.clone();
        self.version.fetch_add(1, Ordering::Release);
        Ok(new)
    }
}

/// A reader's copy of a [`Published`] value: one atomic load tells whether it is still the newest.
pub struct Cached<T> {
    version: u64,
    value: Arc<T>,
}

impl<T> Cached<T> {
    /// A copy of the value of now.
    pub fn new(of: &Published<T>) -> Self {
        let version = of.version.load(Ordering::Acquire);
        Self { version, value: of.load() }
    }

    /// Takes the newest value; true when it was another.
    #[inline]
    pub fn refresh(&mut self, of: &Published<T>) -> bool {
        let version = of.version.load(Ordering::Acquire);
        if version == self.version {
            return false;
        }
        *self = Self { version, value: of.load() };
        true
    }

    /// A shared handle on the value.
    pub fn arc(&self) -> &Arc<T> {
        &self.value
    }
}

impl<T> std::ops::Deref for Cached<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
