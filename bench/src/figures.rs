//! What one run of one cell against one contender gave.

use std::time::Duration;

use crate::client::Tally;

/// The figures of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Commands that were answered.
    pub commands: u64,
    /// How many answers were nil.
    pub nils: u64,
    /// From the first batch to the last reply.
    pub seconds: f64,
    /// Server CPU time per command, in microseconds; `None` if the process is out of reach.
    pub server_us: Option<f64>,
    /// Client CPU time per command, in microseconds.
    pub client_us: f64,
    /// Latencies in microseconds: p50, p99, p99.9 and the largest.
    pub latency_us: Latency,
    /// CPU time that the other contenders used meanwhile, as a part of the run's time.
    pub others_busy: f64,
}

/// Some points of a latency distribution, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "percentiles are what they say")]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

/// Reads one figure; several reports want the same one of many runs.
pub type Pick = fn(&Figures) -> Option<f64>;

impl Figures {
    /// What `tally` says, with the CPU time of the loaded server and of the other ones.
    #[must_use]
    pub fn new(tally: &Tally, server_cpu: Option<Duration>, others_cpu: Duration) -> Self {
        let per_command = |cpu: Duration| cpu.as_secs_f64() * 1e6 / tally.commands.max(1) as f64;
        let at = |quantile| tally.latency_ns.value_at_quantile(quantile) as f64 / 1e3;
        let seconds = tally.elapsed.as_secs_f64();
        Self {
            commands: tally.commands,
            nils: tally.nils,
            seconds,
            server_us: server_cpu.map(per_command),
            client_us: per_command(tally.cpu),
            latency_us: Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) },
            others_busy: others_cpu.as_secs_f64() / seconds.max(1e-9),
        }
    }

    /// Commands per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.commands as f64 / self.seconds.max(1e-9)
    }

    /// The server's CPU time as a part of the run's time (1.0 is one core).
    #[must_use]
    pub fn server_busy(&self) -> Option<f64> {
        Some(self.server_us? * self.rate() / 1e6)
    }

    /// The client's CPU time as a part of the run's time.
    #[must_use]
    pub fn client_busy(&self) -> f64 {
        self.client_us * self.rate() / 1e6
    }

    /// Replies that were nil, as a part of all.
    #[must_use]
    pub fn nil_part(&self) -> f64 {
        self.nils as f64 / self.commands.max(1) as f64
    }
}
