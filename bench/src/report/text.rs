//! The report on standard output.

use super::{Report, Started, load_line, table};
use crate::rounds::{CellRuns, Contender, Plan};

/// What is known before the first round.
#[must_use]
pub fn header(title: &str, started: &Started, plan: &Plan, contenders: &[Contender]) -> String {
    let load = started.load_average.map(|load| format!(", load average {load}")).unwrap_or_default();
    let mut text = format!("{title}: {}, {}{load}\n{}\n", started.when, started.machine, load_line(plan));
    for contender in contenders {
        text += &format!("{}: {}\n", contender.name, contender.about);
    }
    text + table::LAST_HEAD
}

/// One cell of one round.
#[must_use]
pub fn round(round: usize, cell: &CellRuns, contenders: &[Contender]) -> String {
    table::last(round, cell, contenders)
}

/// Medians, intervals, warnings, verdicts.
#[must_use]
pub fn summary(report: &Report<'_>) -> String {
    let mut text = format!("\nMedians of {} rounds\n", report.plan.rounds);
    text += &table::medians(report.cells, report.contenders).text();
    if let Some(explanation) = interval_line(report) {
        text += &format!("{explanation}\n");
    }
    for warning in &report.warnings {
        text += &format!("warning: {warning}\n");
    }
    for verdict in &report.verdicts {
        text += &format!("{verdict}\n");
    }
    text
}

/// What the ratio and its interval mean; `None` if nothing was compared.
pub(super) fn interval_line(report: &Report<'_>) -> Option<String> {
    let ratio = report.cells.first()?.cpu_ratio(1.min(report.contenders.len() - 1))?;
    let (first, last) = (ratio.rank, report.plan.rounds + 1 - ratio.rank);
    Some(format!(
        "CPU ratio: CPU per operation over that of '{}' in the same round; median, and the interval from the {} to the \
         {} smallest, which holds the true median with {:.1} %",
        report.contenders[0].name,
        ordinal(first),
        ordinal(last),
        ratio.coverage * 100.0
    ))
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals() {
        let written: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 112].into_iter().map(ordinal).collect();
        assert_eq!(written.join(" "), "1st 2nd 3rd 4th 11th 12th 13th 21st 112th");
    }
}
