//! What is counted per command and per error code on one shard: written by its thread, read by any.

use std::collections::BTreeMap;
use std::sync::Mutex;

use valkore_core::command::CommandId;
use valkore_core::stats::Counter;

/// Commands with counters of their own, at most: ids beyond it are not counted one by one.
pub const COMMANDS_MAX: usize = 1024;
/// Error codes told apart, at most; the others are counted together, as [`OVERFLOW`].
const ERRORS_MAX: usize = 128;
/// What stands for the error codes beyond [`ERRORS_MAX`].
const OVERFLOW: &str = "ERRORSTATS_OVERFLOW";

/// What is counted for one command.
#[derive(Debug, Default)]
pub struct CommandStat {
    /// Runs.
    pub calls: Counter,
    /// Time in ticks ([`crate::clock::ticks`]).
    pub ticks: Counter,
    /// Refused before it ran.
    pub rejected: Counter,
    /// Ran, and answered with an error.
    pub failed: Counter,
}

/// The counters of all commands and errors of one shard.
#[derive(Debug)]
pub struct CommandStats {
    rows: Box<[CommandStat]>,
    errors: Mutex<BTreeMap<Box<str>, u64>>,
}

/// What all shards counted for one command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommandTotal {
    /// Runs.
    pub calls: u64,
    /// Time in ticks.
    pub ticks: u64,
    /// Refused before it ran.
    pub rejected: u64,
    /// Ran, and answered with an error.
    pub failed: u64,
}

impl Default for CommandStats {
    fn default() -> Self {
        let rows = (0..COMMANDS_MAX).map(|_| CommandStat::default()).collect();
        Self { rows, errors: Mutex::default() }
    }
}

impl CommandStats {
    /// The counters of `id`, if it has any.
    #[inline]
    pub fn of(&self, id: CommandId) -> Option<&CommandStat> {
        self.rows.get(id.index())
    }

    /// Adds what was counted for `id` to `total`.
    pub fn add_to(&self, id: CommandId, total: &mut CommandTotal) {
        if let Some(row) = self.of(id) {
            total.calls += row.calls.get();
            total.ticks += row.ticks.get();
            total.rejected += row.rejected.get();
            total.failed += row.failed.get();
        }
    }

    /// Time of all commands, in ticks.
    pub fn ticks(&self) -> u64 {
        self.rows.iter().map(|r| r.ticks.get()).sum()
    }

    /// Counts an error answer.
    pub fn count_error(&self, code: &str) {
        let mut errors = self.errors.lock().expect("no one panics with this lock");
        if let Some(n) = errors.get_mut(code) {
            *n += 1;
        } else {
            let code = if errors.len() < ERRORS_MAX { code } else { OVERFLOW };
            *errors.entry(code.into()).or_default() += 1;
        }
    }

    /// Adds the error answers, by code, to `all`.
    pub fn add_errors_to(&self, all: &mut BTreeMap<Box<str>, u64>) {
        for (code, n) in self.errors.lock().expect("no one panics with this lock").iter() {
            *all.entry(code.clone()).or_default() += n;
        }
    }

    /// Forgets everything. Only the shard's thread may.
    pub fn reset(&self) {
        for row in &self.rows {
            [&row.calls, &row.ticks, &row.rejected, &row.failed].iter().for_each(|c| c.set(0));
        }
        self.errors.lock().expect("no one panics with this lock").clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_are_bounded() {
        let stats = CommandStats::default();
        for n in 0..200 {
            stats.count_error(&format!("E{n}"));
        }
        stats.count_error("E0");
        let mut all = BTreeMap::new();
        stats.add_errors_to(&mut all);
        assert_eq!((all.len(), all["E0"], all[OVERFLOW]), (ERRORS_MAX + 1, 2, 72));
        stats.reset();
        all.clear();
        stats.add_errors_to(&mut all);
        assert!(all.is_empty());
    }
}
