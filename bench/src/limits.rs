//! Limits on the ratio of CPU per command, and which of them a result misses.

use std::str::FromStr;

use crate::error::Error;
use crate::rounds::{CellRuns, Contender};
use crate::stats::Interval;

/// `p16=1.1`, `get.p16=1.1`, `strict.p16=1.4`: all words must fit a cell and contender for the limit to apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// A pipeline (`p16`), a command (`get`) or a contender's name.
    words: Vec<String>,
    /// The ratio that must not be exceeded.
    ratio: f64,
}

impl Limit {
    fn applies(&self, cell: &CellRuns, contender: &Contender) -> bool {
        let pipeline = format!("p{}", cell.cell.pipeline);
        let fits = |word: &String| *word == pipeline || word == cell.cell.command.name() || *word == contender.name;
        self.words.iter().all(fits)
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (words, ratio) = text.split_once('=').unwrap_or((text, ""));
        let words: Vec<String> = words.split('.').map(str::to_owned).collect();
        match ratio.parse::<f64>() {
            Ok(ratio) if ratio > 0.0 && words.iter().all(|word| !word.is_empty()) => Ok(Self { words, ratio }),
            _ => Err(format!("'{text}' is no limit; expected such as p16=1.1, get.p1=1.0 or strict.p16=1.4")),
        }
    }
}

/// What a limit came to in one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The cell and the contender.
    pub name: String,
    /// The limit.
    pub limit: f64,
    /// The measured ratio.
    pub ratio: Interval,
}

impl Verdict {
    /// Missed only if the whole interval is above the limit: noise alone must not fail a run.
    #[must_use]
    pub fn missed(&self) -> bool {
        self.ratio.low > self.limit
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Interval { median, low, high, .. } = self.ratio;
        let word = if self.missed() { "MISSED" } else { "kept" };
        write!(f, "{}: limit {} {word}: {median:.3} [{low:.3}, {high:.3}]", self.name, self.limit)
    }
}

/// One verdict for each limit and each cell that it applies to.
///
/// # Errors
/// If a limit applies to nothing: a misspelt limit must not look like one that was kept.
pub fn judge(limits: &[Limit], cells: &[CellRuns], contenders: &[Contender]) -> Result<Vec<Verdict>, Error> {
    let mut verdicts = Vec::new();
    for limit in limits {
        let known = verdicts.len();
        for cell in cells {
            let named = contenders.iter().enumerate().skip(1).filter(|(_, contender)| limit.applies(cell, contender));
            verdicts.extend(named.filter_map(|(at, contender)| {
                Some(Verdict {
                    name: format!("{} {}", contender.name, cell.cell),
                    limit: limit.ratio,
                    ratio: cell.cpu_ratio(at)?,
                })
            }));
        }
        if verdicts.len() == known {
            return Err(Error::Usage(format!(
                "the limit {}={} applies to no cell",
                limit.words.join("."),
                limit.ratio
            )));
        }
    }
    Ok(verdicts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Command;
    use crate::figures::{Figures, Latency};
    use crate::rounds::Cell;

    fn contender(name: &str) -> Contender {
        Contender {
            name: name.to_owned(),
            about: String::new(),
            address: ([127, 0, 0, 1], 1).into(),
            pid: None,
            cpus: crate::affinity::Cpus::default(),
        }
    }

    fn cell(command: Command, pipeline: usize, ratios: &[f64]) -> CellRuns {
        let latency_us = Latency { p50: 1.0, p99: 1.0, p999: 1.0, max: 1.0 };
        let figures = |cost: &f64| Figures {
            commands: 1,
            nils: 0,
            seconds: 1.0,
            server_us: Some(*cost),
            client_us: 1.0,
            latency_us,
            others_busy: 0.0,
        };
        let theirs = vec![figures(&1.0); ratios.len()];
        CellRuns { cell: Cell { command, pipeline }, runs: vec![theirs, ratios.iter().map(figures).collect()] }
    }

    fn missed(limit: &str, cells: &[CellRuns]) -> Vec<bool> {
        let verdicts = judge(&[limit.parse().unwrap()], cells, &[contender("theirs"), contender("ours")]).unwrap();
        verdicts.iter().map(Verdict::missed).collect()
    }

    #[test]
    fn only_the_lower_end_counts() {
        let noisy = [0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7];
        let cells = [cell(Command::Get, 16, &noisy)];
        assert_eq!(missed("p16=1.0", &cells), [false]);
        assert_eq!(missed("p16=0.99", &cells), [true]);
    }

    #[test]
    fn words_choose_cells() {
        let cells = [cell(Command::Get, 1, &[2.0]), cell(Command::Set, 1, &[2.0]), cell(Command::Get, 16, &[2.0])];
        assert_eq!(missed("p1=1", &cells).len(), 2);
        assert_eq!(missed("get=1", &cells).len(), 2);
        assert_eq!(missed("get.p1=1", &cells).len(), 1);
        assert_eq!(missed("ours=1", &cells).len(), 3);
        assert_eq!(missed("ours.set=3", &cells), [false]);
    }

    #[test]
    fn a_limit_on_nothing_is_an_error() {
        let cells = [cell(Command::Get, 1, &[2.0])];
        let contenders = [contender("theirs"), contender("ours")];
        for limit in ["p16=1", "set=1", "theirs=1", "gte.p1=1"] {
            assert!(judge(&[limit.parse().unwrap()], &cells, &contenders).is_err(), "{limit}");
        }
    }

    #[test]
    fn limits_are_read() {
        for text in ["", "p1", "p1=", "p1=x", "=1", "p1=0", "p1=-1", "get.=1"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }
}
