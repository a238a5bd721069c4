//! The doorbell: an eventfd as the checker sees it.

use std::sync::Arc;

use shuttle::sync::{Condvar, Mutex};

use crate::mailbox::Bell;

#[derive(Clone, Default)]
pub(crate) struct Doorbell(Arc<(Mutex<bool>, Condvar)>);

impl Doorbell {
    /// Sleeps until it has been rung since the last time.
    pub(crate) fn wait(&self) {
        let (rung, condvar) = &*self.0;
        let mut rung = rung.lock().unwrap();
        while !*rung {
            rung = condvar.wait(rung).unwrap();
        }
        *rung = false;
    }
}

impl Bell for Doorbell {
    fn ring(&self) {
        let (rung, condvar) = &*self.0;
        *rung.lock().unwrap() = true;
        condvar.notify_one();
    }
}
