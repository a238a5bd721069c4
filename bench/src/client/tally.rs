//! What a client counted in one run.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};

/// Latencies are told apart down to this, in nanoseconds.
const LATENCY_NS_MIN: u64 = 100;
/// Latencies above this are recorded as this, in nanoseconds.
const LATENCY_NS_MAX: u64 = 100_000_000_000;
/// Decimal digits that a recorded latency keeps.
const LATENCY_DIGITS: u8 = 3;

/// Replies, times and latencies of one run.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Commands that were answered.
    pub commands: u64,
    /// How many of the answers were nil.
    pub nils: u64,
    /// From the first batch to the last reply.
    pub elapsed: Duration,
    /// CPU time of the client's threads.
    pub cpu: Duration,
    /// Nanoseconds, one entry per command.
    pub latency_ns: Histogram<u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

impl Tally {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let latency_ns = Histogram::new_with_bounds(LATENCY_NS_MIN, LATENCY_NS_MAX, LATENCY_DIGITS);
        Self {
            commands: 0,
            nils: 0,
            elapsed: Duration::ZERO,
            cpu: Duration::ZERO,
            latency_ns: latency_ns.expect("the bounds are valid"),
        }
    }

    /// Counts `replies` that took `latency_ns` each.
    #[inline]
    pub(super) fn record(&mut self, replies: usize, nils: usize, latency_ns: u64) {
        self.commands += replies as u64;
        self.nils += nils as u64;
        self.latency_ns.saturating_record_n(latency_ns, replies as u64);
    }

    /// Adds what another thread counted at the same time.
    pub(super) fn add_parallel(&mut self, other: &Self) {
        let elapsed = self.elapsed.max(other.elapsed);
        self.add_later(other);
        self.elapsed = elapsed;
    }

    /// Adds what was counted at another time.
    pub fn add_later(&mut self, other: &Self) {
        self.commands += other.commands;
        self.nils += other.nils;
        self.elapsed += other.elapsed;
        self.cpu += other.cpu;
        self.latency_ns += &other.latency_ns;
    }
}

/// The CPU time of the calling thread.
pub(super) fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Nanoseconds since the start of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    #[inline]
    pub(super) fn ns(self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }
}
