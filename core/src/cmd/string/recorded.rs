//! Plays invocations whose answers were recorded from Valkey 9.1.2. The lines of such a table:
//!
//! ```text
//! # words                                     an empty server from here on
//! !key                                        the key holds something that is no string
//! ?key => raw -1 text                         the key's encoding, expiry (unix ms or -1) and value; or: none
//! %resp3, %resp2, %limit 1048576              protocol, proto-max-bulk-len
//! command => answer [changes event:key …]     changes and events are left out where there are none
//! ```

use std::sync::{Arc, Mutex};

use crate::cmd::testing::{Server, on_shards};
use crate::keyspace::{Encoding, Entry, Expire, ForeignValue, NewValue, Object, Value};
use crate::resp::Protocol;
use crate::slot::{SLOTS, key_slot};

/// Plays a table on one shard and on several.
pub(in crate::cmd) fn play(table: &str) {
    for part in table.split("\n#") {
        on_shards(|server| {
            let log = listen(server);
            for line in part.lines().skip(1) {
                play_line(server, &log, line);
            }
        });
    }
}

fn play_line(server: &mut Server, log: &Log, line: &str) {
    if let Some(key) = line.strip_prefix('!') {
        return hold_other_type(server, key);
    }
    if let Some(what) = line.strip_prefix('%') {
        return configure(server, what);
    }
    let (question, want) = line.rsplit_once(" =>").unwrap_or_else(|| panic!("no answer in {line}"));
    let got = match question.strip_prefix('?') {
        Some(key) => entry(server, key).map_or("none".into(), show),
        None => answer(server, log, question),
    };
    assert_eq!(got.trim(), want.trim(), "{question}");
}

fn answer(server: &mut Server, log: &Log, command: &str) -> String {
    let answer = server.run(command).text().trim_end_matches('|').to_string();
    let events = std::mem::take(&mut *log.lock().unwrap());
    if server.effects.dirty == 0 && events.is_empty() {
        return answer;
    }
    let told: String = events.iter().map(|event| format!(" {event}")).collect();
    format!("{answer} [{}{told}]", server.effects.dirty)
}

/// A value that is no string.
pub(in crate::cmd) struct Other;

impl ForeignValue for Other {
    fn type_name(&self) -> &str {
        "other"
    }

    fn free_effort(&self) -> usize {
        1
    }

    fn mem_usage(&self) -> usize {
        0
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

fn hold_other_type(server: &mut Server, key: &str) {
    let clock = server.clock;
    let data = server.shard(shard_of(server.shards(), key));
    let key = data.key(key.as_bytes());
    let other = NewValue::Object(Box::new(Object::Foreign(Box::new(Other))));
    let events = data.events.take();
    drop(data.set(0, &key, other, Expire::Clear, clock));
    data.events = events;
}

fn configure(server: &mut Server, what: &str) {
    match what.split_once(' ') {
        None if what == "resp3" => server.client.protocol = Protocol::Resp3,
        None if what == "resp2" => server.client.protocol = Protocol::Resp2,
        Some(("limit", bytes)) => server.config.proto_max_bulk_len = bytes.parse().unwrap(),
        _ => panic!("unknown: {what}"),
    }
}

fn shard_of(shards: usize, key: &str) -> usize {
    usize::from(key_slot(key.as_bytes())) * shards / SLOTS
}

/// What is stored at `key`, expired or not.
pub(in crate::cmd) fn entry<'a>(server: &'a mut Server, key: &str) -> Option<Entry<'a>> {
    let now_ms = server.clock.unix_ms();
    let data = server.shard(shard_of(server.shards(), key));
    let key = data.key(key.as_bytes());
    data.keyspace.get(0, &key).filter(|entry| !entry.is_expired(now_ms))
}

fn show(entry: Entry<'_>) -> String {
    let encoding = match entry.encoding() {
        Encoding::Int => "int",
        Encoding::Embedded => "embstr",
        Encoding::Raw => "raw",
        Encoding::Object => "object",
    };
    let value = match entry.value() {
        Value::Int(n) => n.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Object(object) => object.type_name().into(),
    };
    format!("{encoding} {} {value}", entry.expire_at().unwrap_or(-1))
}

type Log = Arc<Mutex<Vec<String>>>;

/// Keeps the keyspace events of all shards, in order.
fn listen(server: &mut Server) -> Log {
    let log = Log::default();
    for i in 0..server.shards() {
        let log = Arc::clone(&log);
        server.shard(i).events = Some(Box::new(move |_, event, _, key| {
            let key = String::from_utf8_lossy(key);
            log.lock().unwrap().push(format!("{event}:{key}"));
        }));
    }
    log
}
