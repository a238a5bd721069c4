//! The closed loop: each connection sends its next batch when it has all replies to the last one.

use std::time::Duration;

use super::STALL_SECONDS_MAX;
use super::tally::{Clock, Tally};
use super::worker::Worker;
use crate::error::Error;
use crate::keys::Keys;
use crate::workload::Length;

/// Runs until `length`, then waits for what is in flight.
pub(super) fn run(worker: &mut Worker, keys: &mut Keys, length: Length, pipeline: usize) -> Result<Tally, Error> {
    let clock = Clock::start();
    let mut run = Closed {
        sent_at_ns: vec![0; worker.connections.len()],
        goal: Goal::new(length),
        tally: Tally::new(),
        worker,
        keys,
        pipeline,
    };
    for connection in 0..run.sent_at_ns.len() {
        run.send(connection, clock.ns())?;
    }
    run.answer_all(clock)?;
    run.tally.elapsed = Duration::from_nanos(clock.ns());
    Ok(run.tally)
}

struct Closed<'a> {
    worker: &'a mut Worker,
    keys: &'a mut Keys,
    pipeline: usize,
    goal: Goal,
    /// When each connection sent its batch.
    sent_at_ns: Vec<u64>,
    tally: Tally,
}

impl Closed<'_> {
    fn answer_all(&mut self, clock: Clock) -> Result<(), Error> {
        let mut idle_seconds = 0;
        while self.worker.in_flight > 0 {
            let events = self.worker.wait(Duration::from_secs(1))?;
            idle_seconds = if events == 0 { idle_seconds + 1 } else { 0 };
            if idle_seconds == STALL_SECONDS_MAX {
                return Err(Error::Stalled { in_flight: self.worker.in_flight, seconds: STALL_SECONDS_MAX });
            }
            for event in 0..events {
                self.answer(self.worker.ready(event), clock)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn answer(&mut self, connection: usize, clock: Clock) -> Result<(), Error> {
        let counted = self.worker.receive(connection)?;
        let now_ns = clock.ns();
        self.tally.record(counted.replies, counted.nils, now_ns - self.sent_at_ns[connection]);
        if self.worker.connections[connection].in_flight == 0 {
            self.send(connection, now_ns)?;
        }
        Ok(())
    }

    #[inline]
    fn send(&mut self, connection: usize, now_ns: u64) -> Result<(), Error> {
        let commands = self.goal.take(self.pipeline, now_ns);
        if commands == 0 {
            return Ok(());
        }
        self.sent_at_ns[connection] = now_ns;
        self.worker.send(connection, commands, self.keys)
    }
}

/// How much is left to send.
struct Goal {
    commands: u64,
    until_ns: u64,
}

impl Goal {
    fn new(length: Length) -> Self {
        match length {
            Length::Seconds(seconds) => Self { commands: u64::MAX, until_ns: (seconds * 1e9) as u64 },
            Length::Commands(commands) => Self { commands, until_ns: u64::MAX },
        }
    }

    /// The size of the next batch, `pipeline` at most; 0 at the end.
    #[inline]
    fn take(&mut self, pipeline: usize, now_ns: u64) -> usize {
        if now_ns >= self.until_ns {
            return 0;
        }
        let commands = self.commands.min(pipeline as u64);
        self.commands -= commands;
        commands as usize
    }
}
