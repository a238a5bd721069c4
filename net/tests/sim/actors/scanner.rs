//! A client that scans: it finds all keys that are there throughout, whoever owns their slots when it comes by.

use std::collections::BTreeSet;

use super::{Actor, Words, words};
use crate::resp::Reply;
use crate::run::expect;

/// Keys that it sets before it scans.
const KEYS: usize = 12;

pub(crate) fn key(n: usize) -> String {
    format!("scanned:{}", n % KEYS)
}

pub(crate) struct Scanner {
    /// Scans to go.
    left: u32,
    set: usize,
    /// Keys whose setting is not answered.
    unset: usize,
    cursor: String,
    asked: bool,
    found: BTreeSet<String>,
}

impl Scanner {
    pub(crate) fn new(scans: u32) -> Self {
        let found = BTreeSet::new();
        Self { left: scans, set: 0, unset: KEYS, cursor: "0".into(), asked: false, found }
    }

    fn end_of_scan(&mut self) -> Result<(), String> {
        self.left -= 1;
        let found = std::mem::take(&mut self.found);
        let missing: Vec<String> = (0..KEYS).map(key).filter(|k| !found.contains(k)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("a scan passed over {missing:?}")) }
    }
}

impl Actor for Scanner {
    fn say(&mut self, rng: &mut fastrand::Rng) -> Vec<Words> {
        if self.set < KEYS {
            let from = std::mem::replace(&mut self.set, KEYS);
            return (from..KEYS).map(|n| words(&format!("SET {} x", key(n)))).collect();
        }
        if self.unset > 0 || self.asked || self.left == 0 {
            return Vec::new();
        }
        self.asked = true;
        vec![words(&format!("SCAN {} MATCH scanned:* COUNT {}", self.cursor, rng.u32(1..20)))]
    }

    fn hear(&mut self, reply: Reply) -> Result<(), String> {
        if self.unset > 0 {
            self.unset -= 1;
            return expect(&reply, &Reply::ok());
        }
        self.asked = false;
        let Reply::Array(Some(parts)) = reply else { return Err(format!("no scan: {reply:?}")) };
        let [Reply::Bulk(Some(cursor)), Reply::Array(Some(keys))] = &parts[..] else {
            return Err(format!("no scan: {parts:?}"));
        };
        for k in keys {
            let Reply::Bulk(Some(k)) = k else { return Err(format!("no key: {k:?}")) };
            self.found.insert(k.clone());
        }
        self.cursor.clone_from(cursor);
        if self.cursor == "0" { self.end_of_scan() } else { Ok(()) }
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }

    fn listens(&self) -> bool {
        self.left == 0 || self.asked || (self.set == KEYS && self.unset > 0)
    }
}
