//! The page that INFO answers, and what its sections are written from.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};

use valkore_core::config::Config;
use valkore_core::stats::{Counter, DataStats};
use valkore_core::step::Clock;
use valkore_shard::node::{LoopStats, Node};
use valkore_shard::runner::Runner;

/// What sections are written from.
pub(super) struct Facts<'a> {
    pub(super) runner: &'a Runner,
    pub(super) node: &'a Node,
    pub(super) config: &'a Config,
    pub(super) clock: Clock,
}

impl<'a> Facts<'a> {
    pub(super) fn new(runner: &'a Runner) -> Self {
        Self { runner, node: &runner.node, config: &runner.config, clock: runner.clock }
    }

    /// The sum of a counter over all shards' loops.
    pub(super) fn sum(&self, of: impl Fn(&LoopStats) -> &Counter) -> u64 {
        self.node.sum(of)
    }

    /// The greatest of a counter over all shards' loops.
    pub(super) fn max(&self, of: impl Fn(&LoopStats) -> &Counter) -> u64 {
        self.node.shards.iter().map(|s| of(&s.turn).get()).max().unwrap_or(0)
    }

    /// The sum of a counter over all shards' data.
    pub(super) fn sum_data(&self, of: impl Fn(&DataStats) -> &Counter) -> u64 {
        self.node.sum_data(of)
    }

    /// The backend of the shards' loops.
    pub(super) fn backend(&self) -> &'static str {
        self.node.shards[0].backend.get().copied().unwrap_or("")
    }
}

/// A figure of the node as it was sampled.
pub(super) fn sampled(of: &AtomicU64) -> u64 {
    of.load(Ordering::Relaxed)
}

/// A page in the making.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// A section begins.
    pub(super) fn begin(&mut self, title: &str) {
        if !self.0.is_empty() {
            self.0 += "\r\n";
        }
        self.0 += &format!("# {title}\r\n");
    }

    /// A line.
    pub(super) fn line(&mut self, name: impl Display, value: impl Display) {
        self.0 += &format!("{name}:{value}\r\n");
    }

    /// Lines that have the same value: most often what we don't have, as stock shows it where there is none of it.
    pub(super) fn lines(&mut self, value: impl Display, names: &[&str]) {
        names.iter().for_each(|name| self.line(name, &value));
    }

    /// Two lines: bytes, and the same for people.
    pub(super) fn bytes(&mut self, name: &str, bytes: u64) {
        self.line(name, bytes);
        self.line(format_args!("{name}_human"), human(bytes));
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}

/// A number of bytes for people.
pub(super) fn human(bytes: u64) -> String {
    const UNITS: [char; 6] = ['K', 'M', 'G', 'T', 'P', 'E'];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let unit = (bytes.ilog2() / 10) as usize;
    format!("{:.2}{}", bytes as f64 / (1u64 << (10 * unit)) as f64, UNITS[unit - 1])
}

/// `part` of `whole`, in per cent.
pub(super) fn percent(part: u64, whole: u64) -> String {
    format!("{:.2}", if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_for_people() {
        let cases = [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1.00K"),
            (2179176, "2.08M"),
            (25276502016, "23.54G"),
            (1 << 40, "1.00T"),
        ];
        for (bytes, text) in cases {
            assert_eq!(human(bytes), text);
        }
        assert_eq!(human(u64::MAX), "16.00E");
    }

    #[test]
    fn a_page_has_an_empty_line_between_sections() {
        let mut page = Page::default();
        page.begin("A");
        page.line("x", 1);
        page.begin("B");
        page.lines(0, &["y", "z"]);
        assert_eq!(page.text(), "# A\r\nx:1\r\n\r\n# B\r\ny:0\r\nz:0\r\n");
    }
}
