//! Transactions: what touches data.

mod watch;

use super::{StepRow, keys};

pub(super) const STEPS: &[StepRow] = &[keys("watch", watch::watch)];
