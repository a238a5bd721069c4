//! server commands.

use super::StepRow;

pub(super) const STEPS: &[StepRow] = &[];
