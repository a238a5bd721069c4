//! What a run found, for people (text, Markdown) and for programs (JSON).

pub mod json;
pub mod markdown;
mod table;
pub mod text;
pub mod warnings;

use crate::limits::Verdict;
use crate::machine;
use crate::rounds::{CellRuns, Contender, Plan};
use crate::workload::Length;

/// Everything that a report says.
#[derive(Debug)]
pub struct Report<'a> {
    /// The subcommand.
    pub title: &'a str,
    /// When and where.
    pub started: Started,
    /// What was run.
    pub plan: &'a Plan,
    /// Against what; the first is the reference.
    pub contenders: &'a [Contender],
    /// The figures.
    pub cells: &'a [CellRuns],
    /// What the limits came to.
    pub verdicts: Vec<Verdict>,
    /// What a reader should know before trusting the figures.
    pub warnings: Vec<String>,
}

/// The circumstances of a run.
#[derive(Debug, Clone)]
pub struct Started {
    /// Date and time.
    pub when: String,
    /// The machine.
    pub machine: String,
    /// The load average over the minute before the run.
    pub load_average: Option<f64>,
    /// How to repeat the run.
    pub command_line: String,
}

impl Started {
    /// Here and now.
    #[must_use]
    pub fn now() -> Self {
        Self {
            when: machine::now(),
            machine: machine::describe(),
            load_average: machine::load_average(),
            command_line: std::env::args().map(quoted).collect::<Vec<_>>().join(" "),
        }
    }
}

/// An argument as a shell wants it.
fn quoted(arg: String) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,%+@".contains(&byte);
    if !arg.is_empty() && arg.bytes().all(plain) { arg } else { format!("'{}'", arg.replace('\'', r"'\''")) }
}

/// One line on the load.
fn load_line(plan: &Plan) -> String {
    let load = &plan.workload;
    let length = match plan.length {
        Length::Seconds(seconds) => format!("{seconds} s"),
        Length::Commands(commands) => format!("{commands} commands"),
    };
    format!(
        "{} rounds of {length} per cell and server in {} slice(s) after {} s of warm-up each; {}, {} connections, \
         {} client thread(s) on CPU {}, {}-byte values, {} keys, {}, seed {}",
        plan.rounds,
        plan.slices,
        plan.warmup_seconds,
        load.pace,
        load.connections,
        load.threads,
        load.client_cpus,
        load.value_size,
        load.keys,
        load.distribution,
        plan.seed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_for_a_shell() {
        assert_eq!(quoted("--limit=p1=1.0,p16=1.1".to_owned()), "--limit=p1=1.0,p16=1.1");
        assert_eq!(quoted("--shards 1".to_owned()), "'--shards 1'");
        assert_eq!(quoted(String::new()), "''");
        assert_eq!(quoted("it's".to_owned()), r"'it'\''s'");
    }
}
