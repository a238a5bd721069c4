//! All figures, for programs.

use std::fmt;

use super::Report;
use crate::figures::{Figures, Pick};
use crate::rounds::{CellRuns, Contender};
use crate::stats::Interval;

/// The whole document.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let started = &report.started;
    let plan = report.plan;
    let document = map([
        ("title", text(report.title)),
        ("when", text(&started.when)),
        ("machine", text(&started.machine)),
        ("load_average", number(started.load_average)),
        ("command_line", text(&started.command_line)),
        ("rounds", number(Some(plan.rounds as f64))),
        ("load", text(&super::load_line(plan))),
        (
            "contenders",
            list(report.contenders, |contender| {
                map([("name", text(&contender.name)), ("about", text(&contender.about))])
            }),
        ),
        ("cells", list(report.cells, |cell| cell_json(cell, report.contenders))),
        (
            "limits",
            list(&report.verdicts, |verdict| {
                map([
                    ("name", text(&verdict.name)),
                    ("limit", number(Some(verdict.limit))),
                    ("ratio", interval(verdict.ratio)),
                    ("missed", Json::Bool(verdict.missed())),
                ])
            }),
        ),
        ("warnings", list(&report.warnings, |warning| text(warning))),
    ]);
    format!("{document}\n")
}

fn cell_json(cell: &CellRuns, contenders: &[Contender]) -> Json {
    let servers: Vec<usize> = (0..contenders.len()).collect();
    map([
        ("command", text(cell.cell.command.name())),
        ("pipeline", number(Some(cell.cell.pipeline as f64))),
        ("servers", list(&servers, |&at| server_json(cell, at, &contenders[at].name))),
    ])
}

fn server_json(cell: &CellRuns, at: usize, name: &str) -> Json {
    let medians = FIGURES.map(|(key, pick)| (key, number(cell.median(at, pick))));
    map([
        ("name", text(name)),
        ("cpu_ratio", cell.cpu_ratio(at).map_or(Json::Null, interval)),
        ("median", map(medians)),
        ("rounds", list(&cell.runs[at], |run| map(FIGURES.map(|(key, pick)| (key, number(pick(run))))))),
    ])
}

const FIGURES: [(&str, Pick); 11] = [
    ("commands", |run| Some(run.commands as f64)),
    ("seconds", |run| Some(run.seconds)),
    ("ops_per_second", |run| Some(run.rate())),
    ("server_cpu_us_per_op", |run| run.server_us),
    ("client_cpu_us_per_op", |run| Some(run.client_us)),
    ("p50_us", |run| Some(run.latency_us.p50)),
    ("p99_us", |run| Some(run.latency_us.p99)),
    ("p999_us", |run| Some(run.latency_us.p999)),
    ("max_us", |run| Some(run.latency_us.max)),
    ("nil_part", |run: &Figures| Some(run.nil_part())),
    ("others_busy", |run| Some(run.others_busy)),
];

fn interval(ratio: Interval) -> Json {
    map([
        ("median", number(Some(ratio.median))),
        ("low", number(Some(ratio.low))),
        ("high", number(Some(ratio.high))),
        ("coverage", number(Some(ratio.coverage))),
    ])
}

enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(&'static str, Json)>),
}

fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

/// JSON has no infinities: what is not finite is null.
fn number(number: Option<f64>) -> Json {
    number.filter(|number| number.is_finite()).map_or(Json::Null, Json::Number)
}

fn list<T>(items: &[T], json: impl Fn(&T) -> Json) -> Json {
    Json::List(items.iter().map(json).collect())
}

fn map<const N: usize>(entries: [(&'static str, Json); N]) -> Json {
    Json::Map(entries.into())
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write_text(f, text),
            Self::List(items) => write_items(f, '[', ']', items, |f, item| write!(f, "{item}")),
            Self::Map(entries) => write_items(f, '{', '}', entries, |f, (key, value)| {
                write_text(f, key)?;
                write!(f, ":{value}")
            }),
        }
    }
}

fn write_items<T>(
    f: &mut fmt::Formatter<'_>,
    open: char,
    close: char,
    items: &[T],
    write_one: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(",")?;
        }
        write_one(f, item)?;
    }
    write!(f, "{close}")
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for letter in text.chars() {
        match letter {
            '"' | '\\' => write!(f, "\\{letter}")?,
            letter if u32::from(letter) < 0x20 => write!(f, "\\u{:04x}", u32::from(letter))?,
            letter => write!(f, "{letter}")?,
        }
    }
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_written_as_json() {
        let json = map([
            ("a", text("x \"y\" \\ \n")),
            ("b", Json::List(vec![number(Some(1.5)), number(Some(f64::NAN)), Json::Bool(true), number(Some(2.0))])),
            ("c", map([])),
        ]);
        assert_eq!(json.to_string(), r#"{"a":"x \"y\" \\ \u000a","b":[1.5,null,true,2],"c":{}}"#);
    }
}
