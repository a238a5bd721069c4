//! The report for the documentation.

use super::text::interval_line;
use super::{Report, load_line, table};

/// The whole page.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let started = &report.started;
    let mut page = format!("# valkore-bench {}, {}\n\n", report.title, started.when);
    let load = started.load_average.map(|load| format!("; load average before: {load}")).unwrap_or_default();
    page += &format!("- Machine: {}{load}\n- Load: {}\n", started.machine, load_line(report.plan));
    for contender in report.contenders {
        page += &format!("- {}: {}\n", contender.name, contender.about);
    }
    page += "- CPU: user and system time of the whole server process (its CPU clock), spinning counted\n";
    page += &format!("\nTo repeat:\n\n```sh\n{}\n```\n\n", started.command_line);
    page += &format!("## Medians of {} rounds\n\n", report.plan.rounds);
    page += &table::medians(report.cells, report.contenders).markdown();
    if let Some(explanation) = interval_line(report) {
        page += &format!("\n{explanation}.\n\n## CPU ratio per round\n\n");
        page += &table::ratios(report.cells, report.contenders, report.plan.rounds).markdown();
    }
    page += &list("Limits", report.verdicts.iter().map(ToString::to_string));
    page + &list("Warnings", report.warnings.iter().cloned())
}

fn list(title: &str, items: impl Iterator<Item = String>) -> String {
    let lines: String = items.map(|item| format!("- {item}\n")).collect();
    if lines.is_empty() { lines } else { format!("\n## {title}\n\n{lines}") }
}
