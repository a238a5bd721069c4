//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::affinity::Cpus;
use crate::commands::Command;
use crate::error::Error;
use crate::keys::{Distribution, KEYS_MAX};
use crate::limits::Limit;
use crate::rounds::{Cell, Plan};
use crate::workload::{Arrivals, Length, Pace, Workload};

/// The most commands per round trip.
const PIPELINE_MAX: u64 = 4096;
/// The most connections.
const CONNECTIONS_MAX: u64 = 20_000;
/// The largest value, in bytes.
const VALUE_BYTES_MAX: u64 = 1 << 20;

/// Measures servers that speak Valkey's protocol, in paired, interleaved rounds.
///
/// An option that is given twice counts as given last. Exit status: 0 if all went well, 1 if a limit was missed, 2 if there is no result.
#[derive(Debug, Parser)]
#[command(name = "valkore-bench", version, args_override_self = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Start two servers and compare them: CPU per operation, throughput, latency.
    Compare(CompareArgs),
    /// Start our server with one shard and with several (strict and relaxed), and compare those.
    Shards(ShardsArgs),
    /// Load one server that is already running.
    Load(LoadArgs),
}

/// `valkore-bench compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The opponent's executable (a stock valkey-server).
    #[arg(long, value_name = "PATH")]
    pub against: PathBuf,
    /// A library to preload into the opponent, or `none`. Default: jemalloc, where Debian and Ubuntu have it.
    #[arg(long, value_name = "PATH|none")]
    pub against_preload: Option<String>,
    /// More arguments for the opponent, separated by spaces.
    #[arg(long, value_name = "ARGS", default_value = "", allow_hyphen_values = true)]
    pub against_args: String,
    /// More arguments for our server, separated by spaces.
    #[arg(long, value_name = "ARGS", default_value = "--shards 1", allow_hyphen_values = true)]
    pub server_args: String,
    /// A library to preload into our server (to compare a stock server with itself).
    #[arg(long, value_name = "PATH")]
    pub server_preload: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields' own texts")]
    pub ours: ServerOptions,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields' own texts")]
    pub rounds: RoundOptions,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields' own texts")]
    pub load: LoadOptions,
}

/// `valkore-bench shards`.
#[derive(Debug, Args)]
pub struct ShardsArgs {
    /// How many shards to compare with one.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(2..))]
    pub shards: u16,
    /// Where the servers with several shards run. Default: the first CPUs, as many as shards.
    #[arg(long, value_name = "CPUS")]
    pub shards_cpu: Option<Cpus>,
    /// More arguments for all servers, separated by spaces.
    #[arg(long, value_name = "ARGS", default_value = "", allow_hyphen_values = true)]
    pub server_args: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields' own texts")]
    pub ours: ServerOptions,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields' own texts")]
    pub rounds: RoundOptions,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields' own texts")]
    pub load: LoadOptions,
}

/// `valkore-bench load`.
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// Where the server listens.
    #[arg(long, default_value = "127.0.0.1:6379")]
    pub addr: SocketAddr,
    /// The server's process on this machine, to count its CPU time.
    #[arg(long)]
    pub pid: Option<u32>,
    /// Set all keys first.
    #[arg(long)]
    pub fill: bool,
    /// How often to run each cell.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: u16,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields' own texts")]
    pub output: OutputOptions,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields' own texts")]
    pub load: LoadOptions,
}

/// Our server.
#[derive(Debug, Args)]
pub struct ServerOptions {
    /// Our executable. Default: valkore-server beside this program.
    #[arg(long, value_name = "PATH")]
    pub server: Option<PathBuf>,
    /// Where the servers run: a list such as 0 or 0-3, or none for "not pinned".
    #[arg(long, value_name = "CPUS", default_value = "0")]
    pub server_cpu: Cpus,
}

/// Rounds and limits.
#[derive(Debug, Args)]
pub struct RoundOptions {
    /// How many rounds; at least 9 for an interval worth its name.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: u16,
    /// In how many slices each cell is measured; the servers take turns slice by slice.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub slices: u16,
    /// Limits on the ratio of CPU per operation: p16=1.1 or get.p1=1.0 or strict.p16=1.4. Missed (status 1)
    /// when the interval's lower end is above it.
    #[arg(long, value_name = "CELL=RATIO", value_delimiter = ',')]
    pub limit: Vec<Limit>,
    /// A short run, to see that it works: few keys, 3 rounds, no limits.
    #[arg(long)]
    pub smoke: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows its fields' own texts")]
    pub output: OutputOptions,
}

/// Reports beyond the one on standard output.
#[derive(Debug, Args)]
pub struct OutputOptions {
    /// Write all figures as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a report for the documentation.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

/// The load.
#[derive(Debug, Clone, Args)]
pub struct LoadOptions {
    /// Commands per round trip, one cell for each.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64", value_parser = clap::value_parser!(u64).range(1..=PIPELINE_MAX))]
    pub pipeline: Vec<u64>,
    /// Commands, one cell for each.
    #[arg(long, value_delimiter = ',', default_value = "get,set")]
    pub commands: Vec<Command>,
    /// Connections.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=CONNECTIONS_MAX))]
    pub connections: u64,
    /// Client threads.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=256))]
    pub threads: u64,
    /// Where the client runs, one CPU per thread, or none. Default: 1; for `shards` the CPU after
    /// the shards', if there is one; for `load` none.
    #[arg(long, value_name = "CPUS")]
    pub client_cpu: Option<Cpus>,
    /// Bytes of each value.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(..=VALUE_BYTES_MAX))]
    pub value_size: u64,
    /// Number of keys.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=KEYS_MAX))]
    pub keys: u64,
    /// uniform, or zipf:THETA such as zipf:0.99.
    #[arg(long, default_value = "uniform")]
    pub key_dist: Distribution,
    /// Seconds that each cell is measured.
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
    /// Commands that each cell is measured, instead of a time.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub ops: Option<u64>,
    /// Seconds of the same load before each slice, not counted.
    #[arg(long, default_value_t = 0.05)]
    pub warmup: f64,
    /// Open loop: so many commands per second in all, latency from the intended time. Default: closed loop.
    #[arg(long)]
    pub rate: Option<f64>,
    /// How an open loop's batches are spaced.
    #[arg(long, default_value = "poisson")]
    pub arrivals: Arrivals,
    /// The same seed gives the same keys.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl LoadOptions {
    /// The plan for these options, in one slice per round.
    ///
    /// # Errors
    /// If a time or a rate is no positive number.
    pub fn plan(&self, rounds: u16, default_client: Cpus) -> Result<Plan, Error> {
        let positive = |name: &str, number: f64| match number {
            number if number.is_finite() && number > 0.0 => Ok(number),
            number => Err(Error::Usage(format!("--{name} must be above 0, not {number}"))),
        };
        let pace = match self.rate {
            Some(rate) => Pace::Open { rate: positive("rate", rate)?, arrivals: self.arrivals },
            None => Pace::Closed,
        };
        let seconds = positive("seconds", self.seconds)?;
        Ok(Plan {
            workload: self.workload(pace, default_client),
            cells: self.cells(),
            rounds: rounds.into(),
            length: self.ops.map_or(Length::Seconds(seconds), Length::Commands),
            slices: 1,
            warmup_seconds: self.warmup.clamp(0.0, 3600.0),
            seed: self.seed,
        })
    }

    fn workload(&self, pace: Pace, default_client: Cpus) -> Workload {
        Workload {
            command: Command::Get,
            pipeline: 1,
            connections: self.connections as usize,
            threads: self.threads as usize,
            client_cpus: self.client_cpu.clone().unwrap_or(default_client),
            value_size: self.value_size as usize,
            keys: self.keys,
            distribution: self.key_dist,
            pace,
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let of = |&command: &Command| {
            self.pipeline.iter().map(move |&pipeline| Cell { command, pipeline: pipeline as usize })
        };
        self.commands.iter().flat_map(of).collect()
    }
}

impl RoundOptions {
    /// The plan, shortened if this is a smoke run.
    ///
    /// # Errors
    /// As [`LoadOptions::plan`].
    pub fn plan(&self, load: &LoadOptions, default_client: Cpus) -> Result<Plan, Error> {
        if !self.smoke {
            return Ok(Plan { slices: self.slices.into(), ..load.plan(self.rounds, default_client)? });
        }
        let short = LoadOptions { keys: load.keys.min(10_000), seconds: 0.1, ops: None, warmup: 0.02, ..load.clone() };
        Ok(Plan { slices: 2, ..short.plan(3, default_client)? })
    }

    /// The limits that count: none in a smoke run.
    #[must_use]
    pub fn limits(&self) -> &[Limit] {
        if self.smoke { &[] } else { &self.limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn arguments_that_begin_with_hyphens_are_taken() {
        let line = [
            "valkore-bench",
            "compare",
            "--against",
            "x",
            "--server-args",
            "--shards 1",
            "--limit",
            "p1=1.0,get.p16=1.1",
        ];
        let Action::Compare(args) = Cli::try_parse_from(line).unwrap().action else { panic!("not compare") };
        assert_eq!(args.server_args, "--shards 1");
        assert_eq!(args.rounds.limit.len(), 2);
        assert_eq!(args.rounds.plan(&args.load, Cpus::default()).unwrap().cells.len(), 6);
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["--rate=0", "--seconds=-1", "--rate=NaN"] {
            let line = ["valkore-bench", "load", bad];
            let Action::Load(args) = Cli::try_parse_from(line).unwrap().action else { panic!("not load") };
            assert!(args.load.plan(1, Cpus::default()).is_err(), "{bad}");
        }
        for bad in ["--pipeline=0", "--connections=0", "--keys=0", "--key-dist=x", "--client-cpu=x"] {
            assert!(Cli::try_parse_from(["valkore-bench", "load", bad]).is_err(), "{bad}");
        }
    }
}
