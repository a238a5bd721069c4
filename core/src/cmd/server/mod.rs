//! Server commands that need data, or nothing.

mod databases;
mod debug;
mod debug_populate;
pub(super) mod help;
mod lolwut;
mod time;

use super::{StepRow, keys, world};

pub(super) const STEPS: &[StepRow] = &[
    world("dbsize", databases::dbsize),
    world("debug", debug::debug),
    world("flushall", databases::flushall),
    world("flushdb", databases::flushdb),
    keys("lolwut", lolwut::lolwut),
    world("swapdb", databases::swapdb),
    keys("time", time::time),
];
