//! A client with keys of its own: every answer is known beforehand.

use std::collections::{BTreeMap, VecDeque};

use super::{Actor, Words, words};
use crate::resp::Reply;
use crate::run::expect;

/// Keys per client.
pub(crate) const KEYS: usize = 6;

pub(crate) fn key(client: usize, n: usize) -> String {
    format!("own{client}:{n}")
}

pub(crate) struct Private {
    id: usize,
    left: usize,
    said: i64,
    model: BTreeMap<String, String>,
    expected: VecDeque<Reply>,
}

fn bulk(value: Option<&String>) -> Reply {
    Reply::Bulk(value.cloned())
}

impl Private {
    pub(crate) fn new(id: usize, commands: usize) -> Self {
        Self { id, left: commands, said: 0, model: BTreeMap::new(), expected: VecDeque::new() }
    }

    fn key(&self, rng: &mut fastrand::Rng) -> String {
        key(self.id, rng.usize(0..KEYS))
    }

    fn value(&mut self) -> String {
        self.said += 1;
        self.said.to_string()
    }

    /// A command that may stand anywhere, and its answer.
    fn simple(&mut self, rng: &mut fastrand::Rng) -> (Words, Reply) {
        let (a, b, v) = (self.key(rng), self.key(rng), self.value());
        match rng.u32(0..11) {
            0 | 1 => (words(&format!("GET {a}")), bulk(self.model.get(&a))),
            2 | 3 => {
                self.model.insert(a.clone(), v.clone());
                (words(&format!("SET {a} {v}")), Reply::ok())
            }
            4 => {
                let n = self.model.get(&a).map_or(0, |v| v.parse::<i64>().expect("values are numbers")) + 1;
                self.model.insert(a.clone(), n.to_string());
                (words(&format!("INCR {a}")), Reply::Int(n))
            }
            5 | 6 => {
                self.model.insert(a.clone(), v.clone());
                self.model.insert(b.clone(), format!("{v}0"));
                (words(&format!("MSET {a} {v} {b} {v}0")), Reply::ok())
            }
            7 => {
                let both = vec![bulk(self.model.get(&a)), bulk(self.model.get(&b))];
                (words(&format!("MGET {a} {b}")), Reply::Array(Some(both)))
            }
            8 => {
                let gone = i64::from(self.model.remove(&a).is_some()) + i64::from(self.model.remove(&b).is_some());
                (words(&format!("DEL {a} {b}")), Reply::Int(gone))
            }
            9 => (words("PING"), Reply::Simple("PONG".into())),
            _ => match self.model.remove(&a) {
                None => (words(&format!("RENAME {a} {b}")), Reply::Error("ERR no such key".into())),
                Some(value) => {
                    self.model.insert(b.clone(), value);
                    (words(&format!("RENAME {a} {b}")), Reply::ok())
                }
            },
        }
    }

    /// A transaction; where it fails, since the client has changed what it watches, the model stays as it was.
    fn transaction(&mut self, rng: &mut fastrand::Rng, said: &mut Vec<Words>) {
        let watches = rng.bool();
        let fails = watches && rng.bool();
        let watched = self.key(rng);
        if watches {
            said.push(words(&format!("WATCH {watched} {}", self.key(rng))));
            self.expected.push_back(Reply::ok());
        }
        if fails {
            let v = self.value();
            said.push(words(&format!("SET {watched} {v}")));
            self.expected.push_back(Reply::ok());
            self.model.insert(watched, v);
        }
        said.push(words("MULTI"));
        self.expected.push_back(Reply::ok());
        let before = self.model.clone();
        let mut answers = Vec::new();
        for _ in 0..rng.usize(0..5) {
            let (command, answer) = self.simple(rng);
            said.push(command);
            self.expected.push_back(Reply::queued());
            answers.push(answer);
        }
        let discards = rng.u32(0..8) == 0;
        said.push(words(if discards { "DISCARD" } else { "EXEC" }));
        if discards || fails {
            self.model = before;
        }
        self.expected.push_back(match (discards, fails) {
            (true, _) => Reply::ok(),
            (false, true) => Reply::Array(None),
            (false, false) => Reply::Array(Some(answers)),
        });
    }

    /// Looks for its keys over all shards.
    fn own_keys(&mut self, said: &mut Vec<Words>) {
        said.push(words(&format!("KEYS own{}:*", self.id)));
        let keys = self.model.keys().map(|k| Reply::Bulk(Some(k.clone()))).collect();
        self.expected.push_back(Reply::Array(Some(keys)));
    }
}

impl Actor for Private {
    fn say(&mut self, rng: &mut fastrand::Rng) -> Vec<Words> {
        let mut said = Vec::new();
        for _ in 0..rng.usize(1..8).min(self.left) {
            self.left -= 1;
            match rng.u32(0..12) {
                0 | 1 => self.transaction(rng, &mut said),
                2 => self.own_keys(&mut said),
                _ => {
                    let (command, answer) = self.simple(rng);
                    said.push(command);
                    self.expected.push_back(answer);
                }
            }
        }
        said
    }

    fn hear(&mut self, mut reply: Reply) -> Result<(), String> {
        let expected = self.expected.pop_front().expect("as many as it said");
        if let (Reply::Array(Some(got)), Reply::Array(Some(keys))) = (&mut reply, &expected)
            && keys.first().is_some_and(|k| matches!(k, Reply::Bulk(Some(k)) if k.starts_with("own")))
        {
            got.sort_unstable();
        }
        expect(&reply, &expected)
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }

    fn listens(&self) -> bool {
        self.left == 0
    }
}
