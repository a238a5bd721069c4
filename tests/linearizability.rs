//! Histories of concurrent clients, with the time of each call and return, are checked for an order of the calls
//! that respects those times (and each client's own order) and gives the answers that were seen.
//!
//! The checker is Wing and Gong's search with Lowe's memory of configurations that were seen to fail, on each group of
//! keys that are used together by itself.

mod support;

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::time::Instant;

use support::{Client, Options, Server, Value, encode, key_on};

/// A key's number in its history, and its value: 0 for none.
type Key = u8;
type Val = u32;

/// A call and what it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Op {
    /// The keys had these values, all at once.
    Read(Vec<(Key, Val)>),
    /// The keys got these values, all at once.
    Write(Vec<(Key, Val)>),
    /// The key went from one value to another.
    Swap(Key, Val, Val),
    /// The key had another value than this, and stayed as it was.
    NoSwap(Key, Val),
    /// The number at a key rose by one to this.
    Rise(Key, Val),
    /// The keys had these values, and got those, all at once.
    Exchange(Vec<(Key, Val, Val)>),
}

impl Op {
    fn keys(&self) -> Vec<Key> {
        match self {
            Self::Read(kv) | Self::Write(kv) => kv.iter().map(|p| p.0).collect(),
            Self::Swap(k, ..) | Self::NoSwap(k, _) | Self::Rise(k, _) => vec![*k],
            Self::Exchange(kvv) => kvv.iter().map(|p| p.0).collect(),
        }
    }

    /// The state after it, where its answer is right for `state`.
    fn apply(&self, state: &BTreeMap<Key, Val>) -> Option<BTreeMap<Key, Val>> {
        let at = |k: &Key| state.get(k).copied().unwrap_or(0);
        let mut next = state.clone();
        let fits = match self {
            Self::Read(kv) => kv.iter().all(|(k, v)| at(k) == *v),
            Self::Write(kv) => {
                next.extend(kv.iter().copied());
                true
            }
            Self::Swap(k, old, new) => {
                next.insert(*k, *new);
                at(k) == *old
            }
            Self::NoSwap(k, old) => at(k) != *old,
            Self::Rise(k, to) => {
                next.insert(*k, *to);
                at(k) + 1 == *to
            }
            Self::Exchange(kvv) => {
                next.extend(kvv.iter().map(|(k, _, new)| (*k, *new)));
                kvv.iter().all(|(k, old, _)| at(k) == *old)
            }
        };
        fits.then_some(next)
    }
}

/// A call in a history; times are nanoseconds of one clock.
#[derive(Clone, Debug)]
struct Call {
    client: usize,
    invoked: u64,
    returned: u64,
    op: Op,
}

/// The groups of calls whose keys are connected by some call.
fn partition(history: &[Call]) -> Vec<Vec<Call>> {
    let mut group: Vec<usize> = (0..256).collect();
    fn root(group: &[usize], mut k: usize) -> usize {
        while group[k] != k {
            k = group[k];
        }
        k
    }
    for call in history {
        let keys = call.op.keys();
        for k in &keys {
            let (a, b) = (root(&group, keys[0] as usize), root(&group, *k as usize));
            group[a] = b;
        }
    }
    let mut parts: BTreeMap<usize, Vec<Call>> = BTreeMap::new();
    for call in history {
        parts.entry(root(&group, call.op.keys()[0] as usize)).or_default().push(call.clone());
    }
    parts.into_values().collect()
}

/// Is there an order? If not, the calls of the group that has none.
fn check(history: &[Call]) -> Result<(), Vec<Call>> {
    for mut part in partition(history) {
        assert!(part.len() <= 128, "short histories only: {}", part.len());
        part.sort_by_key(|c| c.invoked);
        if !has_order(&part) {
            return Err(part);
        }
    }
    Ok(())
}

fn has_order(calls: &[Call]) -> bool {
    let all = if calls.len() == 128 { u128::MAX } else { (1 << calls.len()) - 1 };
    let mut seen: HashSet<(u128, BTreeMap<Key, Val>)> = HashSet::new();
    let mut open = vec![(0u128, BTreeMap::new())];
    while let Some((done, state)) = open.pop() {
        if done == all {
            return true;
        }
        let left = || (0..calls.len()).filter(|i| done & (1 << i) == 0);
        // What was invoked after another call of those left had returned can't come next.
        let first_return = left().map(|i| calls[i].returned).min().expect("calls are left");
        for i in left().take_while(|&i| calls[i].invoked <= first_return) {
            let is_first_of_client = left().take_while(|&j| j < i).all(|j| calls[j].client != calls[i].client);
            if !is_first_of_client {
                continue;
            }
            if let Some(next) = calls[i].op.apply(&state) {
                let at = (done | 1 << i, next);
                if seen.insert(at.clone()) {
                    open.push(at);
                }
            }
        }
    }
    false
}

// What the checker must accept and refuse.

fn call(client: usize, invoked: u64, returned: u64, op: Op) -> Call {
    Call { client, invoked, returned, op }
}

fn read(k: Key, v: Val) -> Op {
    Op::Read(vec![(k, v)])
}

fn write(k: Key, v: Val) -> Op {
    Op::Write(vec![(k, v)])
}

#[test]
fn the_checker_accepts_what_has_an_order() {
    // A write that overlaps two reads may take effect between them.
    let h = [call(0, 0, 100, write(0, 1)), call(1, 10, 20, read(0, 0)), call(1, 30, 40, read(0, 1))];
    assert!(check(&h).is_ok());
    // Keys that are never used together don't constrain each other.
    let h =
        [call(0, 0, 5, write(0, 1)), call(0, 6, 9, read(0, 1)), call(1, 0, 5, write(1, 2)), call(1, 6, 9, read(1, 2))];
    assert_eq!(partition(&h).len(), 2);
    assert!(check(&h).is_ok());
    let h = [call(0, 0, 9, Op::Swap(0, 0, 1)), call(1, 0, 9, Op::NoSwap(0, 0)), call(2, 3, 4, Op::NoSwap(0, 7))];
    assert!(check(&h).is_ok());
}

#[test]
fn the_checker_refuses_planted_faults() {
    let refuse = |what: &str, history: &[Call]| assert!(check(history).is_err(), "{what} was accepted");
    refuse("a stale read", &[call(0, 0, 1, write(0, 1)), call(1, 2, 3, read(0, 0))]);
    refuse("a read of the future", &[call(1, 0, 1, read(0, 1)), call(0, 2, 3, write(0, 1))]);
    refuse("a value of nowhere", &[call(0, 0, 1, write(0, 1)), call(1, 0, 3, read(0, 2))]);
    let back = [call(0, 0, 100, write(0, 1)), call(1, 10, 20, read(0, 1)), call(2, 30, 40, read(0, 0))];
    refuse("a value that goes away again", &back);
    refuse("two who win one swap", &[call(0, 0, 9, Op::Swap(0, 0, 1)), call(1, 0, 9, Op::Swap(0, 0, 2))]);
    refuse("a swap that fails without a reason", &[call(0, 0, 1, write(0, 1)), call(1, 2, 3, Op::NoSwap(0, 1))]);
    refuse("a lost increment", &[call(0, 0, 9, Op::Rise(0, 1)), call(1, 0, 9, Op::Rise(0, 1))]);
    let torn = [call(0, 0, 9, Op::Write(vec![(0, 1), (1, 1)])), call(1, 0, 9, Op::Read(vec![(0, 1), (1, 0)]))];
    refuse("a torn read", &torn);
    // Two clients that each miss the other's write.
    let skew = [
        call(0, 0, 1, write(0, 1)),
        call(0, 2, 3, Op::Read(vec![(0, 1), (1, 0)])),
        call(1, 0, 1, write(1, 1)),
        call(1, 2, 3, Op::Read(vec![(0, 0), (1, 1)])),
    ];
    refuse("two who miss each other's write", &skew);
    // A pipeline: both are under way at once, yet the first must take effect first.
    let order = [
        call(0, 0, 9, Op::Write(vec![(0, 1), (1, 0)])),
        call(0, 1, 9, write(1, 1)),
        call(1, 2, 3, Op::Read(vec![(0, 0), (1, 1)])),
    ];
    refuse("a pipeline out of order", &order);
}

#[test]
fn the_checker_finds_a_change_of_one_answer_in_a_long_history() {
    // One client after the other, so that the order is known; then one answer is spoilt.
    let mut rng = fastrand::Rng::with_seed(5);
    let mut state = BTreeMap::new();
    let mut history: Vec<Call> = Vec::new();
    for n in 0..60u64 {
        let (k, v) = (rng.u8(0..3), n as Val + 1);
        let op = if rng.bool() { write(k, v) } else { read(k, state.get(&k).copied().unwrap_or(0)) };
        state = op.apply(&state).expect("a right answer");
        // Neighbours overlap.
        history.push(call(n as usize % 4, n * 10, n * 10 + 15, op));
    }
    assert!(check(&history).is_ok());
    let reads: Vec<usize> = (0..60).filter(|&i| matches!(history[i].op, Op::Read(_))).collect();
    for i in reads {
        let mut spoilt = history.clone();
        let Op::Read(kv) = &mut spoilt[i].op else { unreachable!() };
        kv[0].1 += 1000;
        assert!(check(&spoilt).is_err(), "answer {i}");
    }
}

// Clients that record.

/// What a client does wrong on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Answers reads from what it read before, for a while.
    Cache,
    /// Says that a write is done, and sends it with the next call.
    LateWrite,
    /// Writes several keys one by one.
    TornWrite,
    /// Swaps by reading and writing, with nothing between that would notice others.
    BlindSwap,
}

struct Recorder<'a> {
    id: usize,
    c: Client,
    keys: &'a [String],
    clock: Instant,
    calls: Vec<Call>,
    fault: Fault,
    cached: BTreeMap<Key, Val>,
    late: Vec<u8>,
    late_answers: usize,
}

impl Recorder<'_> {
    fn now(&self) -> u64 {
        self.clock.elapsed().as_nanos() as u64
    }

    fn key(&self, k: Key) -> &str {
        &self.keys[k as usize]
    }

    fn record(&mut self, invoked: u64, op: Op) {
        let returned = self.now();
        self.calls.push(Call { client: self.id, invoked, returned, op });
    }

    /// Sends what a late writer has kept back.
    fn catch_up(&mut self) {
        if !self.late.is_empty() {
            let bytes = std::mem::take(&mut self.late);
            self.c.send_raw(&bytes);
            (0..std::mem::take(&mut self.late_answers)).for_each(|_| drop(self.c.read()));
        }
    }

    fn value(v: &Value) -> Val {
        v.number() as Val
    }

    fn read(&mut self, keys: &[Key]) {
        let at = self.now();
        if self.fault == Fault::Cache
            && let [k] = keys
            && let Some(v) = self.cached.remove(k)
        {
            return self.record(at, read(*k, v));
        }
        self.catch_up();
        let values = match keys {
            [k] => vec![Self::value(&self.c.cmd(&["GET", &self.keys[*k as usize]]))],
            _ => {
                let mut args = vec!["MGET"];
                args.extend(keys.iter().map(|k| &*self.keys[*k as usize]));
                self.c.cmd(&args).items().iter().map(Self::value).collect()
            }
        };
        let kv: Vec<(Key, Val)> = keys.iter().copied().zip(values).collect();
        if let [(k, v)] = kv[..] {
            self.cached.insert(k, v);
        }
        self.record(at, Op::Read(kv));
    }

    fn write(&mut self, keys: &[Key], v: Val) {
        let at = self.now();
        let text = v.to_string();
        let pairs: Vec<&str> = keys.iter().flat_map(|k| [self.key(*k), &text]).collect();
        let mut args = vec![if keys.len() == 1 { "SET" } else { "MSET" }];
        args.extend(pairs);
        match self.fault {
            Fault::LateWrite if self.late.is_empty() => {
                self.late = encode(&args);
                self.late_answers = 1;
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
            Fault::TornWrite => {
                for k in keys {
                    self.c.cmd(&["SET", &self.keys[*k as usize], &text]);
                }
            }
            _ => {
                let bytes = encode(&args);
                self.catch_up();
                self.c.send_raw(&bytes);
                assert_eq!(self.c.read().to_string(), "+OK");
            }
        }
        self.record(at, Op::Write(keys.iter().map(|k| (*k, v)).collect()));
    }

    fn rise(&mut self, k: Key) {
        self.catch_up();
        let at = self.now();
        let to = Self::value(&self.c.cmd(&["INCR", &self.keys[k as usize]]));
        self.record(at, Op::Rise(k, to));
    }

    /// `SET k new IFEQ old`
    fn swap_if_equal(&mut self, k: Key, old: Val, new: Val) {
        self.catch_up();
        let at = self.now();
        let key = self.key(k).to_string();
        let got = self.c.cmd(&["SET", &key, &new.to_string(), "IFEQ", &old.to_string()]);
        let op = if got == Value::Null { Op::NoSwap(k, old) } else { Op::Swap(k, old, new) };
        self.record(at, op);
    }

    /// WATCH, GET, MULTI, SET, EXEC.
    fn swap_by_watch(&mut self, k: Key, new: Val) {
        self.catch_up();
        let at = self.now();
        let key = self.key(k).to_string();
        let blind = self.fault == Fault::BlindSwap;
        if !blind {
            self.c.check(&format!("WATCH {key}"), "+OK");
        }
        let old = Self::value(&self.c.cmd(&["GET", &key]));
        let got = self.c.pipeline(&["MULTI".to_string(), format!("SET {key} {new}"), "EXEC".into()]);
        // Where others came between, what was read is all that is known of it.
        let op = if got[2] == Value::Null { read(k, old) } else { Op::Swap(k, old, new) };
        self.record(at, op);
    }

    /// MULTI, GET and SET of each key, EXEC.
    fn exchange(&mut self, keys: &[Key], new: Val) {
        self.catch_up();
        let at = self.now();
        let mut lines = vec!["MULTI".to_string()];
        for k in keys {
            lines.push(format!("GET {}", self.key(*k)));
            lines.push(format!("SET {} {new}", self.key(*k)));
        }
        lines.push("EXEC".into());
        let got = self.c.pipeline(&lines).pop().expect("an answer to EXEC").items();
        let olds = got.iter().step_by(2).map(Self::value);
        let op = Op::Exchange(keys.iter().zip(olds).map(|(k, old)| (*k, old, new)).collect());
        self.record(at, op);
    }

    /// Several reads and writes in one pipeline: under way at once, in effect one after the other.
    fn pipelined(&mut self, rng: &mut fastrand::Rng, keys: usize, next: &mut impl FnMut() -> Val) {
        self.catch_up();
        let ops: Vec<(Key, Val)> =
            (0..rng.usize(2..5)).map(|_| (rng.u8(0..keys as u8), if rng.bool() { next() } else { 0 })).collect();
        let bytes: Vec<u8> = ops
            .iter()
            .flat_map(|(k, v)| match v {
                0 => encode(&["GET", self.key(*k)]),
                v => encode(&["SET", self.key(*k), &v.to_string()]),
            })
            .collect();
        let at = self.now();
        self.c.send_raw(&bytes);
        for (i, (k, v)) in ops.into_iter().enumerate() {
            let got = self.c.read();
            let op = if v == 0 { read(k, Self::value(&got)) } else { write(k, v) };
            // A nanosecond apart, so that they sort as they were sent.
            self.record(at + i as u64, op);
        }
    }
}

/// One short history: `clients` at once on `keys` keys of all shards.
fn record(s: &Server, clients: &mut Vec<Client>, round: usize, fault: Fault) -> Vec<Call> {
    let key_count = 2 + round % 3;
    let keys: Vec<String> = (0..key_count).map(|i| key_on(i % s.shards, s.shards, &format!("h{round}k{i}"))).collect();
    let all = Mutex::new(Vec::new());
    let back = Mutex::new(Vec::new());
    let clock = Instant::now();
    let barrier = std::sync::Barrier::new(clients.len());
    std::thread::scope(|scope| {
        for (id, c) in clients.drain(..).enumerate() {
            let (keys, all, back, barrier) = (&keys, &all, &back, &barrier);
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed((round * 10 + id) as u64);
                let mut r = Recorder {
                    id,
                    c,
                    keys,
                    clock,
                    calls: Vec::new(),
                    fault,
                    cached: BTreeMap::new(),
                    late: Vec::new(),
                    late_answers: 0,
                };
                barrier.wait();
                run_client(&mut r, &mut rng);
                r.catch_up();
                all.lock().expect("no one panics with this lock").append(&mut r.calls);
                back.lock().expect("no one panics with this lock").push(r.c);
            });
        }
    });
    *clients = back.into_inner().expect("no one panics with this lock");
    all.into_inner().expect("no one panics with this lock")
}

fn run_client(r: &mut Recorder<'_>, rng: &mut fastrand::Rng) {
    let n = r.keys.len() as u8;
    let id = r.id as Val;
    let mut count = 0;
    // Values that nobody else writes, and that increments don't reach.
    let mut next = || {
        count += 1;
        (id + 1) * 1_000_000 + count * 1000
    };
    for _ in 0..8 {
        let k = rng.u8(0..n);
        let two = [k, (k + 1) % n];
        match rng.u8(0..16) {
            0..=2 => r.read(&[k]),
            3 | 4 => r.read(&two),
            5 | 6 => r.write(&[k], next()),
            7 | 8 => r.write(&two, next()),
            9 => r.rise(k),
            10 => {
                // What someone may well have read before.
                let old = r.cached.get(&k).copied().filter(|v| *v != 0).unwrap_or(1);
                r.swap_if_equal(k, old, next());
            }
            11 | 12 => r.swap_by_watch(k, next()),
            13 => r.exchange(&two, next()),
            14 => r.exchange(&(0..n).collect::<Vec<_>>(), next()),
            _ => r.pipelined(rng, n as usize, &mut next),
        }
    }
}

/// Records and checks histories for so long; the first that has no order.
fn hunt(s: &Server, ms: u64, fault: Fault) -> (usize, Option<Vec<Call>>) {
    let mut clients = s.clients(4);
    // Every history begins without values.
    s.client().check("FLUSHALL", "+OK");
    let since = Instant::now();
    let mut rounds = 0;
    while since.elapsed().as_millis() < u128::from(ms) {
        let history = record(s, &mut clients, rounds, fault);
        rounds += 1;
        if let Err(part) = check(&history) {
            return (rounds, Some(part));
        }
    }
    (rounds, None)
}

#[test]
fn the_server_is_linearizable() {
    for backend in ["epoll", "uring"] {
        for shards in support::SHARDS {
            let s = Options::new(shards).args(&["--io-backend", backend]).start();
            let (rounds, found) = hunt(&s, 4000, Fault::None);
            if let Some(part) = found {
                part.iter().for_each(|c| eprintln!("{c:?}"));
                panic!("{backend}, {shards} shards: history {rounds} has no order");
            }
            assert!(rounds > 20, "{backend}, {shards} shards: too few histories to mean anything: {rounds}");
            eprintln!("{backend}, {shards} shards: {rounds} histories");
        }
    }
}

/// Faults of the clients, which must be found as faults of the server would.
#[test]
fn faulty_clients_are_found() {
    let s = Server::start(4);
    let faults = [
        (Fault::Cache, "cached reads"),
        (Fault::LateWrite, "late writes"),
        (Fault::TornWrite, "torn writes"),
        (Fault::BlindSwap, "blind swaps"),
    ];
    for (fault, name) in faults {
        let (rounds, found) = hunt(&s, 30_000, fault);
        assert!(found.is_some(), "{name} go unnoticed in {rounds} histories");
        eprintln!("{name}: found in history {rounds}");
    }
}
