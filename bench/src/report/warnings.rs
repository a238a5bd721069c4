//! What a reader should know before trusting the figures.

use crate::figures::Pick;
use crate::rounds::{CellRuns, Contender, Plan};
use crate::workload::Pace;

/// CPU that an unloaded server may use, as a part of the run's time.
const OTHERS_BUSY_MAX: f64 = 0.01;
/// An open loop that gets less than this part of its rate was not open.
const RATE_PART_MIN: f64 = 0.98;

/// All warnings; to be asked while the servers still run.
#[must_use]
pub fn of(cells: &[CellRuns], contenders: &[Contender], plan: &Plan) -> Vec<String> {
    let mut warnings = Vec::new();
    for contender in contenders {
        for thread in contender.pid.map_or_else(Vec::new, |pid| contender.cpus.escapees(pid)) {
            warnings.push(format!("{}: thread {thread} is not pinned to CPU {}", contender.name, contender.cpus));
        }
    }
    for (at, contender) in contenders.iter().enumerate() {
        for cell in cells {
            warnings.extend(of_cell(cell, at, plan).map(|text| format!("{} {}: {text}", contender.name, cell.cell)));
        }
    }
    warnings
}

fn of_cell(cell: &CellRuns, at: usize, plan: &Plan) -> impl Iterator<Item = String> {
    let most = |pick: Pick| cell.runs[at].iter().filter_map(pick).fold(0.0, f64::max);
    let nils = most(|run| Some(run.nil_part()));
    let others = most(|run| Some(run.others_busy));
    let rate = cell.median(at, |run| Some(run.rate())).unwrap_or(0.0);
    let missed = match plan.workload.pace {
        Pace::Open { rate: wanted, .. } if rate < wanted * RATE_PART_MIN => Some(wanted),
        _ => None,
    };
    [
        (nils > 0.0).then(|| format!("up to {:.1} % of the replies were nil", nils * 100.0)),
        (others > OTHERS_BUSY_MAX)
            .then(|| format!("the servers that were not loaded used up to {:.1} % of a CPU", others * 100.0)),
        missed.map(|wanted| format!("{rate:.0} commands/s instead of {wanted}: latency includes the backlog")),
    ]
    .into_iter()
    .flatten()
}
