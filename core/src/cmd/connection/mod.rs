//! Connection commands that need no connection.

mod ping;

use super::{StepRow, keys};

pub(super) const STEPS: &[StepRow] = &[keys("echo", ping::echo), keys("ping", ping::ping)];
