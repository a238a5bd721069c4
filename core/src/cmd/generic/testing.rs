//! For tests: keys made without any command, and what listeners to keyspace events hear.

use std::any::Any;
use std::sync::{Arc, Mutex};

use crate::cmd::testing::Server;
use crate::data::ShardData;
use crate::keyspace::{Expire, ForeignValue, NewValue, Object, Value};
use crate::slot::key_slot;

fn owner<'s>(s: &'s mut Server, key: &str) -> &'s mut ShardData {
    let slot = key_slot(key.as_bytes());
    s.shards().iter_mut().find(|data| data.owned.contains(slot)).expect("a slot without owner")
}

/// Sets a value; nobody hears of it.
fn set(s: &mut Server, key: &str, value: NewValue<'_>, expire: Expire) {
    let (db, clock) = (s.client.db.into(), s.clock);
    let data = owner(s, key);
    let hook = data.events.take();
    let key = data.key(key.as_bytes());
    drop(data.set(db, &key, value, expire, clock));
    data.events = hook;
}

/// Sets a string in the selected database.
pub(in crate::cmd) fn string(s: &mut Server, key: &str, value: &str) {
    set(s, key, NewValue::Bytes(value.as_bytes()), Expire::Clear);
}

/// Sets a string that expires in so many milliseconds.
pub(in crate::cmd) fn expiring(s: &mut Server, key: &str, value: &str, ms: i64) {
    let at = s.clock.unix_ms() + ms;
    set(s, key, NewValue::Bytes(value.as_bytes()), Expire::At(at));
}

/// Changes a string in place.
pub(in crate::cmd) fn append(s: &mut Server, key: &str, more: &str) {
    let db = s.client.db.into();
    let data = owner(s, key);
    let key = data.key(key.as_bytes());
    let mut entry = data.keyspace.get_mut(db, &key).expect("no such key");
    entry.string_mut().expect("no string").extend_from_slice(more.as_bytes());
}

struct Nothing;

impl ForeignValue for Nothing {
    fn type_name(&self) -> &str {
        "test-type"
    }
    fn free_effort(&self) -> usize {
        1
    }
    fn mem_usage(&self) -> usize {
        0
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Sets a module's value, of type `test-type`.
pub(in crate::cmd) fn foreign(s: &mut Server, key: &str) {
    set(s, key, NewValue::Object(Box::new(Object::Foreign(Box::new(Nothing)))), Expire::Clear);
}

/// A string's value.
pub(in crate::cmd) fn get(s: &mut Server, key: &str) -> Option<String> {
    let db = s.client.db.into();
    let data = owner(s, key);
    let key = data.key(key.as_bytes());
    data.keyspace.get(db, &key).map(|entry| match entry.value() {
        Value::Int(n) => n.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Object(_) => panic!("no string"),
    })
}

/// `expired_keys`, over all shards.
pub(in crate::cmd) fn expired_stat(s: &mut Server) -> u64 {
    s.shards().iter().map(|data| data.stats.expired.get()).sum()
}

/// Keyspace events, in the order in which they came.
#[derive(Clone, Default)]
pub(in crate::cmd) struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    /// What came since the last call: `0:del a, 3:expired b`, each with its database.
    pub(in crate::cmd) fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(", ")
    }
}

/// Listens to the events of all shards.
pub(in crate::cmd) fn listen(s: &mut Server) -> Events {
    let events = Events::default();
    for data in s.shards() {
        let log = events.clone();
        data.events = Some(Box::new(move |_, event, db, key| {
            log.0.lock().unwrap().push(format!("{db}:{event} {}", String::from_utf8_lossy(key)));
        }));
    }
    events
}

/// The bulk strings of an answer that is one array, sorted.
pub(in crate::cmd) fn names(answer: &str) -> Vec<String> {
    let mut names = bulks(answer.split_once('|').expect("an array").1);
    names.sort();
    names
}

/// Cursor and keys of an answer to SCAN.
pub(in crate::cmd) fn scanned(answer: &str) -> (u64, Vec<String>) {
    let mut parts = answer.splitn(5, '|');
    let (pair, _, cursor, _) = (parts.next(), parts.next(), parts.next(), parts.next());
    assert_eq!(pair, Some("*2"));
    (cursor.expect("a cursor").parse().expect("a number"), bulks(parts.next().unwrap_or_default()))
}

fn bulks(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.trim_end_matches('\n').split('|').collect();
    parts.chunks_exact(2).map(|pair| pair[1].to_owned()).collect()
}
