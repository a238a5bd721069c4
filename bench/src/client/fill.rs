//! Fills a server: every key once, in long batches.

use std::net::SocketAddr;

use super::{Client, Tally};
use crate::commands::Command;
use crate::error::Error;
use crate::keys::Keys;
use crate::workload::{Length, Pace, Workload};

/// Commands per round trip while filling.
const FILL_PIPELINE: usize = 64;

/// Sets all keys of `workload` to values of its size.
///
/// # Errors
/// As [`Client::run`].
pub fn fill(server: SocketAddr, workload: &Workload) -> Result<Tally, Error> {
    let workload = Workload { command: Command::Set, pipeline: FILL_PIPELINE, pace: Pace::Closed, ..workload.clone() };
    let mut client = Client::connect(server, &workload)?;
    let threads = client.workers.len() as u64;
    let sources = (0..threads).map(|thread| Keys::Sequence { next: workload.keys * thread / threads });
    client.run_with(Length::Commands(workload.keys), sources.collect(), 0)
}
