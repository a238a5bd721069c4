//! Paired, interleaved rounds: every cell against every contender, one right after the other.

use std::net::SocketAddr;
use std::time::Duration;

use crate::affinity::Cpus;
use crate::client::{Client, Tally};
use crate::commands::Command;
use crate::error::Error;
use crate::figures::{Figures, Pick};
use crate::random::seed_of;
use crate::server::cpu::CpuClock;
use crate::stats::{self, Interval};
use crate::workload::{Length, Workload};

/// One of the servers that are measured.
#[derive(Debug, Clone)]
pub struct Contender {
    /// How the report calls it.
    pub name: String,
    /// How it was started, or where it was found.
    pub about: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process, if that is on this machine.
    pub pid: Option<u32>,
    /// Where it was pinned to.
    pub cpus: Cpus,
}

/// One line of the result: a command at a number of commands per round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The command.
    pub command: Command,
    /// Commands per round trip.
    pub pipeline: usize,
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} p{}", self.command.name(), self.pipeline)
    }
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The load; each cell puts its own command and pipeline in.
    pub workload: Workload,
    /// The cells, in this order in each round.
    pub cells: Vec<Cell>,
    /// How many rounds.
    pub rounds: usize,
    /// How long each contender is measured in each cell of each round.
    pub length: Length,
    /// Into how many slices that is cut. The contenders take turns slice by slice, so that what else happens
    /// on the machine meets all of them alike.
    pub slices: usize,
    /// Seconds of the same load before each slice, not counted.
    pub warmup_seconds: f64,
    /// The same seed gives the same keys.
    pub seed: u64,
}

/// All runs of one cell.
#[derive(Debug, Clone)]
pub struct CellRuns {
    /// Which cell.
    pub cell: Cell,
    /// By contender, then by round.
    pub runs: Vec<Vec<Figures>>,
}

impl CellRuns {
    /// The median of one figure of one contender over the rounds.
    #[must_use]
    pub fn median(&self, contender: usize, pick: Pick) -> Option<f64> {
        stats::median(&self.runs[contender].iter().filter_map(pick).collect::<Vec<_>>())
    }

    /// One figure of a contender over the same figure of the reference, round by round.
    #[must_use]
    pub fn ratios(&self, contender: usize, pick: Pick) -> Vec<f64> {
        let pairs = self.runs[contender].iter().zip(&self.runs[0]);
        pairs.filter_map(|(ours, theirs)| Some(pick(ours)? / pick(theirs)?)).collect()
    }

    /// The ratio of server CPU per command; `None` for the reference itself or without CPU figures.
    #[must_use]
    pub fn cpu_ratio(&self, contender: usize) -> Option<Interval> {
        if contender == 0 {
            return None;
        }
        Interval::of_median(&self.ratios(contender, |figures| figures.server_us))
    }
}

/// Runs all rounds. `after_cell` sees each cell when all contenders have run it once more.
///
/// # Errors
/// The first failure of any run, or of `after_cell`.
pub fn run(
    contenders: &[Contender],
    plan: &Plan,
    mut after_cell: impl FnMut(usize, &CellRuns) -> Result<(), Error>,
) -> Result<Vec<CellRuns>, Error> {
    let mut cells: Vec<CellRuns> =
        plan.cells.iter().map(|&cell| CellRuns { cell, runs: vec![Vec::new(); contenders.len()] }).collect();
    for round in 0..plan.rounds {
        for (index, cell) in cells.iter_mut().enumerate() {
            let seed = seed_of(&[plan.seed, round as u64, index as u64]);
            let figures = run_cell(contenders, cell.cell, plan, round, seed)?;
            cell.runs.iter_mut().zip(figures).for_each(|(runs, figures)| runs.push(figures));
            after_cell(round, cell)?;
        }
    }
    Ok(cells)
}

/// What was counted for one contender in the slices of one cell so far.
struct Slices {
    client: Client,
    tally: Tally,
    server_cpu: Option<Duration>,
    others_cpu: Duration,
}

impl Slices {
    fn connect(contender: &Contender, workload: &Workload) -> Result<Self, Error> {
        let client = Client::connect(contender.address, workload)?;
        let server_cpu = contender.pid.map(|_| Duration::ZERO);
        Ok(Self { client, tally: Tally::new(), server_cpu, others_cpu: Duration::ZERO })
    }

    /// Adds a slice, with the CPU time that each contender used during it.
    fn add(&mut self, tally: &Tally, used: &[Option<Duration>], loaded: usize) {
        self.tally.add_later(tally);
        self.server_cpu = self.server_cpu.zip(used[loaded]).map(|(sum, used)| sum + used);
        self.others_cpu += used.iter().enumerate().filter(|(at, _)| *at != loaded).filter_map(|(_, used)| *used).sum();
    }
}

/// One cell of one round: connects to all contenders, then measures them in turns. Who begins alternates with
/// the slice and with the round: A B, B A, …
fn run_cell(contenders: &[Contender], cell: Cell, plan: &Plan, round: usize, seed: u64) -> Result<Vec<Figures>, Error> {
    let workload = Workload { command: cell.command, pipeline: cell.pipeline, ..plan.workload.clone() };
    let connect = |contender| Slices::connect(contender, &workload);
    let mut slices = contenders.iter().map(connect).collect::<Result<Vec<_>, _>>()?;
    for slice in 0..plan.slices {
        for turn in 0..contenders.len() {
            let loaded = (round + slice + turn) % contenders.len();
            let seed = seed_of(&[seed, slice as u64]);
            let client = &mut slices[loaded].client;
            if plan.warmup_seconds > 0.0 {
                client.run(Length::Seconds(plan.warmup_seconds), seed_of(&[seed, 1]))?;
            }
            let before = read_clocks(contenders)?;
            let tally = client.run(plan.length.slice(slice, plan.slices), seed)?;
            let after = read_clocks(contenders)?;
            let used: Vec<_> =
                after.iter().zip(&before).map(|(after, before)| Some((*after)?.saturating_sub((*before)?))).collect();
            slices[loaded].add(&tally, &used, loaded);
        }
    }
    Ok(slices.iter().map(|slices| Figures::new(&slices.tally, slices.server_cpu, slices.others_cpu)).collect())
}

fn read_clocks(contenders: &[Contender]) -> Result<Vec<Option<Duration>>, Error> {
    let read = |contender: &Contender| contender.pid.map(|pid| CpuClock::of(pid)?.read()).transpose();
    contenders.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Latency;

    fn figures(server_us: f64) -> Figures {
        let latency_us = Latency { p50: 1.0, p99: 1.0, p999: 1.0, max: 1.0 };
        Figures {
            commands: 1,
            nils: 0,
            seconds: 1.0,
            server_us: Some(server_us),
            client_us: 1.0,
            latency_us,
            others_busy: 0.0,
        }
    }

    #[test]
    fn ratios_are_paired_by_round() {
        let runs = vec![[1.0, 2.0, 4.0].map(figures).to_vec(), [2.0, 2.0, 2.0].map(figures).to_vec()];
        let cell = CellRuns { cell: Cell { command: Command::Get, pipeline: 1 }, runs };
        assert_eq!(cell.ratios(1, |figures| figures.server_us), [2.0, 1.0, 0.5]);
        assert_eq!(cell.median(0, |figures| figures.server_us), Some(2.0));
        assert_eq!(cell.cpu_ratio(1).unwrap().median, 1.0);
        assert_eq!(cell.cpu_ratio(0), None);
    }
}
