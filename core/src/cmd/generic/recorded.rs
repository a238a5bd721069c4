//! Answers that a stock Valkey 9.1.2 gave, with its keyspace events and its count of changes, replayed.
//!
//! In `recorded/*.txt` a line is `command => answer # events +changes`, or begins with `!` and prepares something.

use super::testing::{Events, append, expiring, listen, string};
use crate::cmd::testing::{Server, on_shards};
use crate::resp::Protocol;

fn replay(recording: &str) {
    on_shards(|s| {
        let events = listen(s);
        for line in recording.lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix('!') {
                Some(words) => prepare(s, words),
                None => check(s, &events, line),
            }
        }
    });
}

fn prepare(s: &mut Server, words: &str) {
    match words.split(' ').collect::<Vec<_>>()[..] {
        ["resp2"] => s.client.protocol = Protocol::Resp2,
        ["resp3"] => s.client.protocol = Protocol::Resp3,
        ["db", db] => s.client.db = db.parse().unwrap(),
        ["sleep", ms] => s.pass_ms(ms.parse().unwrap()),
        ["set", key, value] => string(s, key, value),
        ["set", key, value, ms] => expiring(s, key, value, ms.parse().unwrap()),
        ["append", key, value] => append(s, key, value),
        _ => panic!("what is !{words}?"),
    }
}

fn check(s: &mut Server, events: &Events, line: &str) {
    let (command, rest) = line.split_once(" => ").expect(line);
    let (answer, told) = rest.rsplit_once(" # ").expect(line);
    let got = s.run(command);
    assert_eq!(got.text().trim_end_matches('|'), answer.trim_end_matches('|'), "{command}");
    assert_eq!(format!("{} +{}", events.take(), s.effects.dirty), told, "{command}");
}

#[test]
fn expiry() {
    replay(include_str!("recorded/expiry.txt"));
}

#[test]
fn moves() {
    replay(include_str!("recorded/moves.txt"));
}

#[test]
fn views() {
    replay(include_str!("recorded/views.txt"));
}

#[test]
fn server() {
    replay(include_str!("recorded/server.txt"));
}
