//! The world that the lease models run in: what the data is, what threads there are, what must hold at the end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use crate::bell::Doorbell;
use crate::home::Home;
use crate::lease::Message;
use crate::mailbox::{Mailbox, Post};
use crate::shard::ShardThread;

/// What is leased. Nothing in it is atomic or locked.
#[derive(Default)]
pub(crate) struct Data {
    pub(crate) shard: usize,
    /// Two counters that each change changes alike.
    pub(crate) pair: (u64, u64),
    /// Units take from one shard and give to another: over all shards it is 0 between units.
    pub(crate) balance: i64,
    /// The units that ran on it.
    pub(crate) log: Vec<UnitId>,
}

/// Thread and number.
pub(crate) type UnitId = (usize, usize);

pub(crate) type Letter = Message<Box<Data>>;
pub(crate) type Inbox = Mailbox<(), Letter>;

/// A model's size, and what is wrong in it.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) shards: usize,
    /// Convoys per shard.
    pub(crate) convoys: usize,
    /// Convoys take all shards; otherwise some.
    pub(crate) whole: bool,
    /// Convoys leave the last shard alone, and home begins with it.
    pub(crate) apart: bool,
    /// Threads that run units under the module lock; all but the first are a module's own.
    pub(crate) homes: usize,
    /// Units per home thread.
    pub(crate) home_units: usize,
    /// Home knows only the first shard of a unit before it starts.
    pub(crate) blind: bool,
    /// Planted: this shard's thread numbers the shards from the other end, and so asks in descending order.
    pub(crate) descending: Option<usize>,
    /// Planted: revocations are not heard.
    pub(crate) deaf: bool,
    /// Planted: home doesn't look at fences.
    pub(crate) fenceless: bool,
    /// Planted: there is no module lock.
    pub(crate) lockless: bool,
}

impl Plan {
    pub(crate) const NONE: Plan = Plan {
        shards: 2,
        convoys: 2,
        whole: false,
        apart: false,
        homes: 0,
        home_units: 0,
        blind: false,
        descending: None,
        deaf: false,
        fenceless: false,
        lockless: false,
    };

    fn threads(&self) -> usize {
        self.shards + self.homes
    }

    /// The shards of a convoy, in any order.
    pub(crate) fn convoy(&self) -> Vec<usize> {
        self.some_of(self.shards - usize::from(self.apart))
    }

    /// The shards of a unit of home, in the order that it touches them.
    pub(crate) fn home_unit(&self) -> Vec<usize> {
        if !self.apart {
            return self.some_of(self.shards);
        }
        let mut shards = self.some_of(self.shards - 1);
        shards.insert(0, self.shards - 1);
        shards
    }

    fn some_of(&self, all: usize) -> Vec<usize> {
        let mut shards: Vec<usize> = (0..all).collect();
        for i in 1..all {
            shards.swap(i, thread_rng().gen_range(0..=i));
        }
        shards.truncate(if self.whole { all } else { thread_rng().gen_range(1..=all) });
        shards
    }
}

/// What the threads share, and a check's own books, which shuttle doesn't schedule by.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) boxes: Arc<[Arc<Inbox>]>,
    pub(crate) bells: Vec<Doorbell>,
    pub(crate) module_lock: shuttle::sync::Mutex<()>,
    /// Threads that have run all their units.
    done: shuttle::sync::atomic::AtomicUsize,
    /// Home's unit under way.
    pub(crate) home_unit: AtomicUsize,
    /// The shards of every unit that ran.
    pub(crate) ran: Mutex<BTreeMap<UnitId, Vec<usize>>>,
    /// Data that was here when its thread ended.
    pub(crate) at_end: Mutex<Vec<Box<Data>>>,
}

impl World {
    fn new(plan: Plan) -> Self {
        let threads = plan.threads();
        let bells: Vec<Doorbell> = (0..threads).map(|_| Doorbell::default()).collect();
        let boxes = bells.iter().map(|b| Arc::new(Inbox::with_places(threads, 1, Box::new(b.clone())))).collect();
        Self {
            plan,
            boxes,
            bells,
            module_lock: shuttle::sync::Mutex::new(()),
            done: shuttle::sync::atomic::AtomicUsize::new(0),
            home_unit: AtomicUsize::new(0),
            ran: Mutex::default(),
            at_end: Mutex::default(),
        }
    }

    pub(crate) fn post(&self, me: usize) -> Post<(), Letter> {
        Post::new(me, self.boxes.clone())
    }

    /// Sleeps as the shard loop does, and takes what there is.
    pub(crate) fn take_mail(&self, me: usize, sleep: bool) -> Vec<(usize, Letter)> {
        let inbox = &self.boxes[me];
        if sleep && inbox.prepare_sleep() {
            self.bells[me].wait();
        }
        inbox.awake();
        let mut mail = Vec::new();
        inbox.drain(|from, letter| mail.push((from, letter)), |_, ()| {});
        mail
    }

    /// A thread has run all its units; the last one wakes all.
    pub(crate) fn one_is_done(&self) {
        if self.done.fetch_add(1, Ordering::SeqCst) + 1 == self.plan.threads() {
            self.boxes.iter().for_each(|b| b.wake());
        }
    }

    pub(crate) fn all_are_done(&self) -> bool {
        self.done.load(Ordering::SeqCst) == self.plan.threads()
    }

    /// A unit has run; at the end each of its shards must know of it, once.
    pub(crate) fn note(&self, unit: UnitId, mut shards: Vec<usize>) {
        shards.sort_unstable();
        assert!(self.ran.lock().unwrap().insert(unit, shards).is_none(), "unit {unit:?} ran twice");
    }

    fn check_end(&self) {
        let mut data = std::mem::take(&mut *self.at_end.lock().unwrap());
        data.sort_unstable_by_key(|d| d.shard);
        assert!(data.iter().map(|d| d.shard).eq(0..self.plan.shards), "all data is back");
        assert_eq!(data.iter().map(|d| d.balance).sum::<i64>(), 0);
        let mut logged: BTreeMap<UnitId, Vec<usize>> = BTreeMap::new();
        for d in &data {
            assert_eq!(d.pair.0, d.pair.1);
            assert_eq!(d.pair.0, d.log.len() as u64);
            d.log.iter().for_each(|unit| logged.entry(*unit).or_default().push(d.shard));
        }
        let ran = std::mem::take(&mut *self.ran.lock().unwrap());
        assert_eq!(logged, ran, "every unit ran once, with exactly its data");
        let each = |plan: &Plan| plan.shards * plan.convoys + plan.homes * plan.home_units;
        assert_eq!(ran.len(), each(&self.plan));
    }
}

/// What a unit gives to the `i`th of its shards: it takes 1 from the first and gives it to the last.
pub(crate) fn amount(i: usize, last: usize) -> i64 {
    if last == 0 { 0 } else { i64::from(i == last) - i64::from(i == 0) }
}

/// One unit's effect on one shard's data, in two halves.
pub(crate) fn touch(data: &mut Data, unit: UnitId, amount: i64) {
    assert_eq!(data.pair.0, data.pair.1, "someone else is at it");
    data.pair.0 += 1;
    thread::yield_now();
    data.balance += amount;
    data.pair.1 += 1;
    data.log.push(unit);
}

/// The model of `plan`.
pub(crate) fn model(plan: Plan) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let world = Arc::new(World::new(plan));
        let mut threads = Vec::new();
        for me in 0..plan.threads() {
            let world = world.clone();
            threads.push(thread::spawn(move || {
                if me < plan.shards { ShardThread::new(me, world).run() } else { Home::new(me, world).run() }
            }));
        }
        threads.into_iter().for_each(|t| t.join().unwrap());
        world.check_end();
    }
}
