//! The doorbell: an eventfd as the checker sees it. Several may listen; it rings until one stops it.

use std::sync::Arc;

use shuttle::sync::{Condvar, Mutex};

use crate::mailbox::Bell;

#[derive(Clone, Default)]
pub(crate) struct Doorbell(Arc<(Mutex<bool>, Condvar)>);

impl Doorbell {
    /// Sleeps until it rings, and leaves it ringing.
    pub(crate) fn listen(&self) {
        let (rung, condvar) = &*self.0;
        let mut rung = rung.lock().unwrap();
        while !*rung {
            rung = condvar.wait(rung).unwrap();
        }
    }

    /// Stops it.
    pub(crate) fn hush(&self) {
        *self.0.0.lock().unwrap() = false;
    }
}

impl Bell for Doorbell {
    fn ring(&self) {
        let (rung, condvar) = &*self.0;
        *rung.lock().unwrap() = true;
        condvar.notify_all();
    }
}
