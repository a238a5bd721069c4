//! How often a model runs.

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};

/// Preemptions that the second half of the schedules looks for.
const PCT_DEPTH: usize = 4;

/// Runs a model under `ci` schedules, or as many as `VALKORE_MODEL_SCHEDULES` says: half of them random, half with
/// few, well placed preemptions.
pub(crate) fn check(ci: usize, model: impl Fn() + Clone + Send + Sync + 'static) {
    let asked = std::env::var("VALKORE_MODEL_SCHEDULES").ok().map(|n| n.parse().expect("a number of schedules"));
    let half = asked.unwrap_or(ci).div_ceil(2);
    run(RandomScheduler::new(half), model.clone());
    run(PctScheduler::new(PCT_DEPTH, half), model);
}

fn run(scheduler: impl Scheduler + 'static, model: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = 256 * 1024;
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(model);
}
