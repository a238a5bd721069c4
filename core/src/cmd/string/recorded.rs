//! Plays invocations whose answers were recorded from Valkey 9.1.2. The lines of such a table:
//!
//! ```text
//! # words                                     an empty server from here on
//! !key                                        the key holds something that is no string
//! ?key => raw -1 text                         the key's encoding, expiry (unix ms or -1) and value; or: none
//! %resp3, %resp2, %limit 1048576              protocol, proto-max-bulk-len
//! command => answer [changes event key, …]    changes and events are left out where there are none
//! ```

use crate::cmd::generic::testing::{Events, foreign, listen};
use crate::cmd::testing::{Server, on_shards};
use crate::resp::Protocol;

/// Plays a table on one shard and on several.
pub(in crate::cmd) fn play(table: &str) {
    for part in table.split("\n# ") {
        on_shards(|server| {
            let events = listen(server);
            part.lines().skip(1).for_each(|line| play_line(server, &events, line));
        });
    }
}

fn play_line(server: &mut Server, events: &Events, line: &str) {
    if let Some(key) = line.strip_prefix('!') {
        return foreign(server, key);
    }
    if let Some(what) = line.strip_prefix('%') {
        return configure(server, what);
    }
    let (question, want) = line.rsplit_once(" =>").unwrap_or_else(|| panic!("no answer in {line}"));
    let got = match question.strip_prefix('?') {
        Some(key) => show(server, key),
        None => run(server, question) + &told(events.take(), server.effects.dirty),
    };
    events.take();
    assert_eq!(got.trim(), want.trim(), "{question}");
}

fn configure(server: &mut Server, what: &str) {
    match what.split_once(' ') {
        None if what == "resp3" => server.client.protocol = Protocol::Resp3,
        None if what == "resp2" => server.client.protocol = Protocol::Resp2,
        Some(("limit", bytes)) => server.config.proto_max_bulk_len = bytes.parse().expect(what),
        _ => panic!("what is {what}?"),
    }
}

fn run(server: &mut Server, command: &str) -> String {
    server.run(command).text().trim_end_matches('|').into()
}

/// Changes and events, all of database 0.
fn told(events: String, changes: u64) -> String {
    if events.is_empty() && changes == 0 {
        return String::new();
    }
    format!(" [{changes} {}]", events.replace("0:", ""))
}

fn show(server: &mut Server, key: &str) -> String {
    let mut ask = |command: &str| run(server, &format!("{command} {key}"));
    let encoding = ask("OBJECT ENCODING");
    let Some((_, encoding)) = encoding.split_once('|') else { return "none".into() };
    let (expiry, value) = (ask("PEXPIRETIME"), ask("GET"));
    format!("{encoding} {} {}", &expiry[1..], value.split_once('|').map_or("", |(_, value)| value))
}
