//! The open loop: a schedule says when each batch is due, whatever the server does.
//!
//! A batch's latency counts from when it was due. If the server (or this client) is late, every batch that
//! was due meanwhile shows it: nothing is omitted because somebody waited.

use std::collections::VecDeque;
use std::time::Duration;

use super::STALL_SECONDS_MAX;
use super::tally::{Clock, Tally};
use super::worker::Worker;
use crate::error::Error;
use crate::keys::Keys;
use crate::random::Random;
use crate::workload::{Arrivals, Length};

/// Commands that one connection may have in flight; batches that are due beyond that wait (and age).
const IN_FLIGHT_MAX: usize = 8192;
/// Below this time to the next batch, the client polls instead of sleeping.
const SPIN_NS: u64 = 100_000;

/// How batches are spaced.
pub(super) struct Gaps {
    /// When the first one is due.
    pub(super) start_ns: f64,
    /// The mean gap.
    pub(super) gap_ns: f64,
    pub(super) arrivals: Arrivals,
    pub(super) random: Random,
}

/// When batches are due.
pub(super) struct Schedule {
    gaps: Gaps,
    due_ns: f64,
    until_ns: f64,
    commands: u64,
    pipeline: usize,
}

impl Schedule {
    /// Batches of `pipeline` commands.
    pub(super) fn new(length: Length, gaps: Gaps, pipeline: usize) -> Self {
        let (until_ns, commands) = match length {
            Length::Seconds(seconds) => (seconds * 1e9, u64::MAX),
            Length::Commands(commands) => (f64::INFINITY, commands),
        };
        Self { due_ns: gaps.start_ns, gaps, until_ns, commands, pipeline }
    }

    /// When the next batch is due; `None` at the end.
    fn next_ns(&self) -> Option<u64> {
        (self.due_ns < self.until_ns && self.commands > 0).then_some(self.due_ns as u64)
    }

    /// Takes the next batch: how many commands it has.
    fn take(&mut self) -> usize {
        let commands = self.commands.min(self.pipeline as u64);
        self.commands -= commands;
        self.due_ns += match self.gaps.arrivals {
            Arrivals::Even => self.gaps.gap_ns,
            Arrivals::Poisson => self.gaps.random.exponential(self.gaps.gap_ns),
        };
        commands as usize
    }
}

/// Runs the schedule to its end, then waits for what is in flight.
pub(super) fn run(worker: &mut Worker, keys: &mut Keys, schedule: Schedule) -> Result<Tally, Error> {
    let due = vec![VecDeque::new(); worker.connections.len()];
    let mut run = Open { worker, keys, schedule, due, turn: 0, tally: Tally::new(), heard_at_ns: 0 };
    let clock = Clock::start();
    while run.schedule.next_ns().is_some() || run.worker.in_flight > 0 {
        let timeout = run.send_due(clock.ns())?;
        for event in 0..run.worker.wait(timeout)? {
            run.answer(run.worker.ready(event), clock)?;
        }
        run.check_stall(clock.ns())?;
    }
    run.tally.elapsed = Duration::from_nanos(clock.ns());
    Ok(run.tally)
}

struct Open<'a> {
    worker: &'a mut Worker,
    keys: &'a mut Keys,
    schedule: Schedule,
    /// Per connection: when each unanswered batch was due, and how many of its commands are unanswered.
    due: Vec<VecDeque<(u64, usize)>>,
    /// Whose turn it is to send.
    turn: usize,
    tally: Tally,
    heard_at_ns: u64,
}

impl Open<'_> {
    /// Sends every batch that is due and has room; returns how long the loop may sleep.
    fn send_due(&mut self, now_ns: u64) -> Result<Duration, Error> {
        while let Some(due_ns) = self.schedule.next_ns() {
            if due_ns > now_ns {
                let left_ns = due_ns - now_ns;
                let sleep_ns = if left_ns < SPIN_NS { 0 } else { left_ns - SPIN_NS / 2 };
                return Ok(Duration::from_nanos(sleep_ns.min(1_000_000_000)));
            }
            let Some(connection) = self.with_room() else { break };
            if self.worker.in_flight == 0 {
                self.heard_at_ns = now_ns;
            }
            let commands = self.schedule.take();
            self.due[connection].push_back((due_ns, commands));
            self.worker.send(connection, commands, self.keys)?;
        }
        Ok(Duration::from_secs(1))
    }

    /// The next connection in turn that may send; `None` if all are full.
    fn with_room(&mut self) -> Option<usize> {
        let count = self.due.len();
        let has_room = |at: &usize| self.worker.connections[*at].in_flight < IN_FLIGHT_MAX;
        let found = (0..count).map(|step| (self.turn + step) % count).find(has_room)?;
        self.turn = (found + 1) % count;
        Some(found)
    }

    fn answer(&mut self, connection: usize, clock: Clock) -> Result<(), Error> {
        let mut counted = self.worker.receive(connection)?;
        let now_ns = clock.ns();
        if counted.replies > 0 {
            self.heard_at_ns = now_ns;
        }
        while counted.replies > 0 {
            let (due_ns, unanswered) = self.due[connection].front_mut().expect("every reply has its batch");
            let replies = counted.replies.min(*unanswered);
            self.tally.record(replies, counted.nils, now_ns - *due_ns);
            counted.nils = 0;
            counted.replies -= replies;
            *unanswered -= replies;
            if *unanswered == 0 {
                self.due[connection].pop_front();
            }
        }
        Ok(())
    }

    fn check_stall(&self, now_ns: u64) -> Result<(), Error> {
        let silent =
            self.worker.in_flight > 0 && now_ns.saturating_sub(self.heard_at_ns) > STALL_SECONDS_MAX * 1_000_000_000;
        if silent {
            return Err(Error::Stalled { in_flight: self.worker.in_flight, seconds: STALL_SECONDS_MAX });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(start_ns: f64, gap_ns: f64, arrivals: Arrivals) -> Gaps {
        Gaps { start_ns, gap_ns, arrivals, random: Random::new(1) }
    }

    #[test]
    fn an_even_schedule_keeps_its_gap_and_ends() {
        let mut schedule = Schedule::new(Length::Seconds(0.000_001), gaps(50.0, 300.0, Arrivals::Even), 4);
        let mut due = Vec::new();
        while let Some(next_ns) = schedule.next_ns() {
            due.push((next_ns, schedule.take()));
        }
        assert_eq!(due, [(50, 4), (350, 4), (650, 4), (950, 4)]);
    }

    #[test]
    fn a_schedule_of_commands_ends_with_a_part_of_a_batch() {
        let mut schedule = Schedule::new(Length::Commands(10), gaps(0.0, 1.0, Arrivals::Poisson), 4);
        assert_eq!([schedule.take(), schedule.take(), schedule.take()], [4, 4, 2]);
        assert_eq!(schedule.next_ns(), None);
    }
}
