//! What one run sends, how fast and for how long.

use std::fmt;

use crate::affinity::Cpus;
use crate::commands::Command;
use crate::keys::Distribution;

/// The load of one cell.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The one command that is sent.
    pub command: Command,
    /// Commands per round trip.
    pub pipeline: usize,
    /// Open connections.
    pub connections: usize,
    /// Client threads; connections are dealt out to them.
    pub threads: usize,
    /// Where the client's threads run.
    pub client_cpus: Cpus,
    /// Bytes of every value.
    pub value_size: usize,
    /// How many keys there are.
    pub keys: u64,
    /// How they are drawn.
    pub distribution: Distribution,
    /// Closed or open loop.
    pub pace: Pace,
}

/// Who decides when the next batch is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// The server: each connection sends its next batch when it has the replies to the last one.
    Closed,
    /// A schedule: so many commands per second in all, whatever the server does.
    Open {
        /// Commands per second.
        rate: f64,
        /// How the batches are spaced.
        arrivals: Arrivals,
    },
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("closed loop"),
            Self::Open { rate, arrivals: Arrivals::Even } => write!(f, "open loop, {rate} commands/s, even"),
            Self::Open { rate, arrivals: Arrivals::Poisson } => write!(f, "open loop, {rate} commands/s, Poisson"),
        }
    }
}

/// How an open loop's batches are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Arrivals {
    /// Always the same gap.
    Even,
    /// Independent of each other, as many clients that don't know of each other are.
    Poisson,
}

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// No batch starts later than this.
    Seconds(f64),
    /// Exactly so many commands.
    Commands(u64),
}

impl Length {
    /// What thread `thread` of `threads` does: its part of the commands, all of the time.
    #[must_use]
    pub fn thread_share(self, thread: usize, threads: usize) -> Self {
        match self {
            Self::Seconds(_) => self,
            Self::Commands(_) => self.slice(thread, threads),
        }
    }

    /// Slice `at` of `count`; all slices add up to the whole.
    #[must_use]
    pub fn slice(self, at: usize, count: usize) -> Self {
        match self {
            Self::Seconds(seconds) => Self::Seconds(seconds / count as f64),
            Self::Commands(all) => {
                let (at, count) = (at as u64, count as u64);
                Self::Commands(all * (at + 1) / count - all * at / count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(length: Length) -> u64 {
        match length {
            Length::Commands(commands) => commands,
            Length::Seconds(_) => panic!("a time"),
        }
    }

    #[test]
    fn slices_add_up() {
        for count in 1..7 {
            assert_eq!((0..count).map(|at| commands(Length::Commands(100).slice(at, count))).sum::<u64>(), 100);
        }
        assert_eq!(Length::Seconds(2.0).slice(3, 4), Length::Seconds(0.5));
    }

    #[test]
    fn threads_share_commands_but_not_time() {
        assert_eq!(commands(Length::Commands(100).thread_share(1, 4)), 25);
        assert_eq!(Length::Seconds(2.0).thread_share(1, 4), Length::Seconds(2.0));
    }
}
