//! The tables that both readable reports show.

use crate::rounds::{CellRuns, Contender};
use crate::stats::Interval;

/// A head and rows, all of the same width.
pub(super) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new<S: ToString>(head: impl IntoIterator<Item = S>) -> Self {
        Self { head: head.into_iter().map(|cell| cell.to_string()).collect(), rows: Vec::new() }
    }

    /// Aligned columns: words to the left, figures to the right.
    pub(super) fn text(&self) -> String {
        let lines = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| lines().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, &width))| match at {
                0 | 1 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        lines().map(line).collect()
    }

    pub(super) fn markdown(&self) -> String {
        let line = |row: &[String]| format!("| {} |\n", row.join(" | "));
        let rule = line(&vec!["---".to_owned(); self.head.len()]);
        line(&self.head) + &rule + &self.rows.iter().map(|row| line(row)).collect::<String>()
    }
}

/// The medians of every cell and contender.
pub(super) fn medians(cells: &[CellRuns], contenders: &[Contender]) -> Table {
    let mut table = Table::new([
        "cell",
        "server",
        "ops/s",
        "CPU us/op",
        "CPU ratio",
        "interval",
        "p50 us",
        "p99 us",
        "p99.9 us",
        "ops/s ratio",
        "server busy",
        "client busy",
        "client us/op",
    ]);
    for cell in cells {
        table.rows.extend((0..contenders.len()).map(|at| median_row(cell, contenders, at)));
    }
    table
}

fn median_row(cell: &CellRuns, contenders: &[Contender], at: usize) -> Vec<String> {
    let ratio = cell.cpu_ratio(at);
    let pace_ratio = if at == 0 { None } else { crate::stats::median(&cell.ratios(at, |run| Some(run.rate()))) };
    vec![
        cell.cell.to_string(),
        contenders[at].name.clone(),
        fixed(cell.median(at, |run| Some(run.rate())), 0),
        fixed(cell.median(at, |run| run.server_us), 3),
        fixed(ratio.map(|ratio| ratio.median), 3),
        ratio.map_or_else(dash, |Interval { low, high, .. }| format!("[{low:.3}, {high:.3}]")),
        fixed(cell.median(at, |run| Some(run.latency_us.p50)), 1),
        fixed(cell.median(at, |run| Some(run.latency_us.p99)), 1),
        fixed(cell.median(at, |run| Some(run.latency_us.p999)), 1),
        fixed(pace_ratio, 3),
        percent(cell.median(at, |run| run.server_busy())),
        percent(cell.median(at, |run| Some(run.client_busy()))),
        fixed(cell.median(at, |run| Some(run.client_us)), 3),
    ]
}

/// The ratio of CPU per operation of each round.
pub(super) fn ratios(cells: &[CellRuns], contenders: &[Contender], rounds: usize) -> Table {
    let numbers = (1..=rounds).map(|round| round.to_string());
    let mut table = Table::new(["cell", "server"].map(str::to_owned).into_iter().chain(numbers));
    for cell in cells {
        for (at, contender) in contenders.iter().enumerate().skip(1) {
            let ratios = cell.ratios(at, |run| run.server_us).into_iter().map(|ratio| format!("{ratio:.3}"));
            let mut row: Vec<String> =
                [cell.cell.to_string(), contender.name.clone()].into_iter().chain(ratios).collect();
            row.resize_with(rounds + 2, dash);
            table.rows.push(row);
        }
    }
    table
}

/// The last run of every contender in one cell, for the progress report.
pub(super) fn last(round: usize, cell: &CellRuns, contenders: &[Contender]) -> String {
    let mut lines = String::new();
    for (at, contender) in contenders.iter().enumerate() {
        let Some(run) = cell.runs[at].last() else { continue };
        let ratio = if at == 0 { None } else { cell.ratios(at, |run| run.server_us).last().copied() };
        lines += &format!(
            "{:>5}  {:<8}  {:<8}  {:>9}  {:>9}  {:>8}  {:>9.1}  {:>9.1}  {:>9.1}\n",
            round + 1,
            cell.cell.to_string(),
            contender.name,
            fixed(Some(run.rate()), 0),
            fixed(run.server_us, 3),
            fixed(ratio, 3),
            run.latency_us.p50,
            run.latency_us.p99,
            run.latency_us.p999,
        );
    }
    lines
}

/// The head of [`last`]'s lines.
pub(super) const LAST_HEAD: &str =
    "round  cell      server        ops/s  CPU us/op     ratio     p50 us     p99 us   p99.9 us\n";

fn fixed(number: Option<f64>, digits: usize) -> String {
    number.map_or_else(dash, |number| format!("{number:.digits$}"))
}

fn percent(part: Option<f64>) -> String {
    part.map_or_else(dash, |part| format!("{:.0} %", part * 100.0))
}

fn dash() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(["cell", "server", "ops"]);
        table.rows.push(["get p1", "ours", "12345"].map(str::to_owned).to_vec());
        table
    }

    #[test]
    fn text_is_aligned() {
        assert_eq!(sample().text(), "cell    server    ops\nget p1  ours    12345\n");
    }

    #[test]
    fn markdown_has_a_rule() {
        assert_eq!(sample().markdown(), "| cell | server | ops |\n| --- | --- | --- |\n| get p1 | ours | 12345 |\n");
    }
}
