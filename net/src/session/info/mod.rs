//! INFO. A page of sections; each is a function that writes its lines, from counters that any shard may read.

mod commands;
mod data;
mod memory;
mod page;
mod server;
mod shards;
mod stats;

use valkore_core::fail::Outcome;
use valkore_core::resp::Args;

use super::{Cx, Row};
use page::{Facts, Page};

pub(super) const ROWS: &[Row] = &[("info", info)];

/// When a section is shown that was not asked for by its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    /// Never.
    Never,
    /// With `all` and `everything`.
    All,
    /// With `default` too, and when nothing is asked for.
    Default,
}

/// A section.
struct Section {
    names: &'static [&'static str],
    title: &'static str,
    shown: Shown,
    write: fn(&mut Page, &Facts<'_>),
}

const fn section(
    names: &'static [&'static str],
    title: &'static str,
    shown: Shown,
    write: fn(&mut Page, &Facts<'_>),
) -> Section {
    Section { names, title, shown, write }
}

/// All sections, in the order in which they are shown.
const SECTIONS: &[Section] = &[
    section(&["server"], "Server", Shown::Default, server::server),
    section(&["tls"], "TLS", Shown::All, server::tls),
    section(&["clients"], "Clients", Shown::Default, stats::clients),
    section(&["memory"], "Memory", Shown::Default, memory::memory),
    section(&["persistence"], "Persistence", Shown::Default, data::persistence),
    section(&["stats"], "Stats", Shown::Default, stats::stats),
    section(&["replication"], "Replication", Shown::Default, data::replication),
    section(&["cpu"], "CPU", Shown::Default, server::cpu),
    section(&["modules", "module_list"], "Modules", Shown::Default, |_, _| {}),
    section(&["commandstats"], "Commandstats", Shown::All, commands::commands),
    section(&["errorstats"], "Errorstats", Shown::Default, commands::errors),
    section(&["latencystats"], "Latencystats", Shown::All, |_, _| {}),
    section(&["cluster"], "Cluster", Shown::Default, data::cluster),
    section(&["cluster_info"], "Cluster Info", Shown::All, |_, _| {}),
    section(&["scriptingengines"], "Scripting Engines", Shown::All, data::scripting_engines),
    section(&["keyspace"], "Keyspace", Shown::Default, data::keyspace),
    section(&["debug"], "Debug", Shown::Never, stats::debug),
    section(&["shards"], "Shards", Shown::All, shards::shards),
];

impl Section {
    /// Is it asked for? Nothing said means `default`.
    fn is_wanted(&self, words: &[String]) -> bool {
        let least = if words.is_empty() { Shown::Default } else { Shown::Never };
        let asked = words.iter().map(|word| match word.as_str() {
            "default" => self.shown == Shown::Default,
            "all" | "everything" => self.shown >= Shown::All,
            name => self.names.contains(&name),
        });
        asked.fold(least == Shown::Default && self.shown == Shown::Default, |any, one| any || one)
    }
}

fn info(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let words: Vec<String> = args.iter_from(1).map(|word| String::from_utf8_lossy(word).to_ascii_lowercase()).collect();
    let facts = Facts::new(cx.runner);
    let mut page = Page::default();
    for section in SECTIONS.iter().filter(|s| s.is_wanted(&words)) {
        page.begin(section.title);
        (section.write)(&mut page, &facts);
    }
    let text = page.text();
    cx.reply().verbatim("txt", text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, titles: &[&str]) {
        let words: Vec<String> = words.split_whitespace().map(Into::into).collect();
        let shown: Vec<_> = SECTIONS.iter().filter(|s| s.is_wanted(&words)).map(|s| s.title).collect();
        assert_eq!(shown, titles, "{words:?}");
    }

    #[test]
    fn sections_as_stock_shows_them() {
        let default = [
            "Server",
            "Clients",
            "Memory",
            "Persistence",
            "Stats",
            "Replication",
            "CPU",
            "Modules",
            "Errorstats",
            "Cluster",
            "Keyspace",
        ];
        check("", &default);
        check("default", &default);
        check("keyspace server nothing", &["Server", "Keyspace"]);
        check("module_list", &["Modules"]);
        check("debug", &["Debug"]);
        check("nothing", &[]);
        let all: Vec<_> = SECTIONS.iter().map(|s| s.title).filter(|t| *t != "Debug").collect();
        check("all", &all);
        check("everything", &all);
    }
}
