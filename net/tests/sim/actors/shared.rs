//! Clients that share keys: what they see of each other is whole, and in order.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use super::{Actor, Words, words};
use crate::resp::Reply;
use crate::run::expect;

/// Keys that are only ever set all at once, all to one value.
pub(crate) const GROUP: [&str; 5] = ["g1", "g2", "g3", "g4", "g5"];

/// Sets the group, by MSET or by a transaction.
pub(crate) struct GroupWriter {
    id: u32,
    left: u32,
    expected: VecDeque<Reply>,
}

impl GroupWriter {
    pub(crate) fn new(id: u32, writes: u32) -> Self {
        Self { id, left: writes, expected: VecDeque::new() }
    }
}

impl Actor for GroupWriter {
    fn say(&mut self, rng: &mut fastrand::Rng) -> Vec<Words> {
        if self.left == 0 {
            return Vec::new();
        }
        self.left -= 1;
        let value = format!("{}-{}", self.id, self.left);
        if rng.bool() {
            let pairs: Vec<String> = GROUP.iter().map(|k| format!("{k} {value}")).collect();
            self.expected.push_back(Reply::ok());
            return vec![words(&format!("MSET {}", pairs.join(" ")))];
        }
        let mut said = vec![words("MULTI")];
        said.extend(GROUP.iter().map(|k| words(&format!("SET {k} {value}"))));
        said.push(words("EXEC"));
        self.expected.push_back(Reply::ok());
        self.expected.extend(GROUP.iter().map(|_| Reply::queued()));
        self.expected.push_back(Reply::Array(Some(vec![Reply::ok(); GROUP.len()])));
        said
    }

    fn hear(&mut self, reply: Reply) -> Result<(), String> {
        expect(&reply, &self.expected.pop_front().expect("as many as it said"))
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }

    fn listens(&self) -> bool {
        self.left == 0
    }
}

/// Reads the group at once.
pub(crate) struct GroupReader {
    left: u32,
}

impl GroupReader {
    pub(crate) fn new(reads: u32) -> Self {
        Self { left: reads }
    }
}

impl Actor for GroupReader {
    fn say(&mut self, rng: &mut fastrand::Rng) -> Vec<Words> {
        let n = rng.u32(1..4).min(self.left);
        self.left -= n;
        (0..n).map(|_| words(&format!("MGET {}", GROUP.join(" ")))).collect()
    }

    fn hear(&mut self, reply: Reply) -> Result<(), String> {
        match &reply {
            Reply::Array(Some(values)) if values.iter().all(|v| *v == values[0]) => Ok(()),
            _ => Err(format!("half a write is seen: {reply:?}")),
        }
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }

    fn listens(&self) -> bool {
        self.left == 0
    }
}

/// Sets `x` and then `y` to ever greater numbers.
pub(crate) struct PairWriter {
    left: u32,
    n: u32,
}

impl PairWriter {
    pub(crate) fn new(writes: u32) -> Self {
        Self { left: writes, n: 0 }
    }
}

impl Actor for PairWriter {
    fn say(&mut self, rng: &mut fastrand::Rng) -> Vec<Words> {
        let mut said = Vec::new();
        for _ in 0..rng.u32(1..6).min(self.left) {
            self.left -= 1;
            self.n += 1;
            said.push(words(&format!("SET x {}", self.n)));
            said.push(words(&format!("SET y {}", self.n)));
        }
        said
    }

    fn hear(&mut self, reply: Reply) -> Result<(), String> {
        expect(&reply, &Reply::ok())
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }

    fn listens(&self) -> bool {
        self.left == 0
    }
}

/// Reads `y` and then `x`: who sees the second write sees the first.
pub(crate) struct PairReader {
    left: u32,
    reads_x: bool,
    y: i64,
    x: i64,
}

impl PairReader {
    pub(crate) fn new(reads: u32) -> Self {
        Self { left: reads, reads_x: false, y: 0, x: 0 }
    }
}

impl Actor for PairReader {
    fn say(&mut self, rng: &mut fastrand::Rng) -> Vec<Words> {
        let n = rng.u32(1..6).min(self.left);
        self.left -= n;
        (0..n).flat_map(|_| [words("GET y"), words("GET x")]).collect()
    }

    fn hear(&mut self, reply: Reply) -> Result<(), String> {
        let n = if reply == Reply::nil() { 0 } else { reply.number().ok_or(format!("no number: {reply:?}"))? };
        let before = if self.reads_x { self.x } else { self.y };
        if n < before {
            return Err(format!("{n} is read after {before}"));
        }
        if self.reads_x {
            self.x = n;
            if self.x < self.y {
                return Err(format!("y = {} is seen, and then x = {}, which was written before", self.y, self.x));
            }
        } else {
            self.y = n;
        }
        self.reads_x = !self.reads_x;
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }

    fn listens(&self) -> bool {
        self.left == 0
    }
}

/// Counts up with WATCH, as clients do without INCR, until it has done so often enough.
pub(crate) struct Counter {
    left: u32,
    /// What all counters wrote.
    counted: Rc<RefCell<BTreeSet<i64>>>,
    said: bool,
    /// Answers since it began a round.
    heard: u32,
    value: i64,
}

impl Counter {
    pub(crate) fn new(times: u32, counted: Rc<RefCell<BTreeSet<i64>>>) -> Self {
        Self { left: times, counted, said: false, heard: 0, value: 0 }
    }
}

impl Actor for Counter {
    fn say(&mut self, _: &mut fastrand::Rng) -> Vec<Words> {
        if self.said || self.left == 0 {
            return Vec::new();
        }
        self.said = true;
        if self.heard == 0 {
            vec![words("WATCH counter"), words("GET counter")]
        } else {
            vec![words("MULTI"), words("PING"), words(&format!("SET counter {}", self.value + 1)), words("EXEC")]
        }
    }

    fn hear(&mut self, reply: Reply) -> Result<(), String> {
        self.heard += 1;
        match self.heard {
            2 => {
                self.value = reply.number().unwrap_or(0);
                self.said = false;
                Ok(())
            }
            4 | 5 => expect(&reply, &Reply::queued()),
            6 => {
                (self.heard, self.said) = (0, false);
                if reply == Reply::Array(None) {
                    return Ok(());
                }
                let pong = Reply::Simple("PONG".into());
                expect(&reply, &Reply::Array(Some(vec![pong, Reply::ok()])))?;
                self.left -= 1;
                let n = self.value + 1;
                if self.counted.borrow_mut().insert(n) { Ok(()) } else { Err(format!("{n} is written twice")) }
            }
            _ => expect(&reply, &Reply::ok()),
        }
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }

    fn listens(&self) -> bool {
        self.said || self.left == 0
    }
}
