//! Home: the thread that plays "the main thread" for modules. It runs units one at a time over data that it leases from
//! the shards on first touch, and keeps until the unit ends (two-phase locking: what a unit saw stays true).
//!
//! [`Home`] is one owned value: whoever has it holds the module lock. It moves to a module's thread with the lock, and
//! back. Only its holder waits synchronously (`ARCHITECTURE.md`, rule 4); it serves its control lane meanwhile.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use valkore_core::data::ShardData;
use valkore_core::step::{Held, HeldSet};

use crate::clock;
use crate::lease::{Ask, Fence, Message};
use crate::mailbox::{Mailbox, Post};
use crate::msg::{Control, Hop, Work};
use crate::node::Node;
use crate::runner::Runner;
use crate::slotmap::SlotMap;

/// How long the holder looks for a grant before it sleeps, in nanoseconds: a shard answers within a step.
const SPIN_NS: u64 = 10_000;

/// Home's side of all leases, and its mail.
pub struct HomeLeases {
    me: usize,
    shards: usize,
    node: Arc<Node>,
    map: Arc<SlotMap>,
    post: Post<Work, Control>,
    inbox: Arc<Mailbox<Work, Control>>,
    bell: Arc<OwnedFd>,
    held: Vec<Option<Box<ShardData>>>,
    fence: Fence,
    units: VecDeque<Unit>,
}

/// What waits for home, in order of arrival.
#[derive(Debug)]
pub enum Unit {
    /// A client's commands.
    Hop(Box<Hop>),
    /// The client of this id is gone. If its commands have not been answered, they are to be now.
    Gone(u64),
}

/// What the holder of the module lock has.
pub struct Home {
    /// Runs commands.
    pub runner: Runner,
    /// The data, as it is touched.
    pub leases: HomeLeases,
}

impl Home {
    /// Home of `node`, whose mailbox is the last of `post`'s.
    pub fn new(
        node: &Arc<Node>,
        post: Post<Work, Control>,
        inbox: Arc<Mailbox<Work, Control>>,
        bell: Arc<OwnedFd>,
        seed: u64,
    ) -> Self {
        let shards = node.shards.len();
        let runner = Runner::for_home(node, seed);
        let leases = HomeLeases {
            me: shards,
            shards,
            node: node.clone(),
            map: runner.map.arc().clone(),
            post,
            inbox,
            bell,
            held: (0..shards).map(|_| None).collect(),
            fence: Fence::default(),
            units: VecDeque::new(),
        };
        Self { runner, leases }
    }

    /// Takes the mail and what was newly published, and reads the clock: before each unit.
    pub fn refresh(&mut self) {
        self.leases.take_mail();
        self.runner.refresh(clock::now());
        self.leases.map = self.runner.map.arc().clone();
    }

    /// All data that is held or can be had, for a step, and what runs it.
    pub fn parts(&mut self) -> (Held<'_>, &mut Runner) {
        (Held::Set(&mut self.leases), &mut self.runner)
    }

    /// The unit ends: all data goes back to its shards.
    pub fn release(&mut self) {
        self.leases.release();
    }
}

impl HomeLeases {
    /// Takes what is in the mailbox.
    pub fn take_mail(&mut self) {
        let inbox = self.inbox.clone();
        let mut control = Vec::new();
        let units = &mut self.units;
        inbox.drain(
            |from, c| control.push((from, c)),
            |_, w| match w {
                Work::Hop(hop) => units.push_back(Unit::Hop(hop)),
                Work::Gone(client) => units.push_back(Unit::Gone(client)),
                Work::Unwatch(_) | Work::Adopt(..) | Work::Ask(_) => unreachable!("home is sent units only"),
            },
        );
        for (from, message) in control {
            match message {
                Message::Grant(data) => {
                    let before = self.held[from].replace(data);
                    assert!(before.is_none(), "shard {from} granted twice");
                }
                Message::Fence(shards) => self.fence.put_up(from, shards),
                Message::Unfence => self.fence.take_down(from),
                Message::Ask(_) | Message::Revoke | Message::Return(_) => {
                    unreachable!("home owns no data, and nobody revokes what it has")
                }
            }
        }
    }

    /// The next unit that may start, in order of arrival; a fence holds back those that come after it.
    pub fn next_unit(&mut self) -> Option<Unit> {
        let may_start = match self.units.front()? {
            Unit::Hop(hop) if !hop.shards.is_empty() => self.fence.allows(&hop.shards),
            _ => self.allows_any(),
        };
        if may_start { self.units.pop_front() } else { None }
    }

    /// Units that wait.
    pub fn waiting_units(&self) -> usize {
        self.units.len()
    }

    /// May a unit start of which nothing is known?
    pub fn allows_any(&self) -> bool {
        self.fence.holders().next().is_none()
    }

    /// Waits until a unit may start of which nothing is known. Nothing is held.
    pub fn await_unfenced(&mut self) {
        debug_assert!(self.held().next().is_none(), "who holds data and waits for a convoy waits forever");
        self.take_mail();
        while !self.allows_any() {
            self.wait();
            self.take_mail();
        }
    }

    /// Waits until there is mail, or the bell rings.
    fn wait(&mut self) {
        self.post.flush();
        if self.inbox.prepare_sleep() {
            listen(&self.bell, None);
        }
        self.woke();
    }

    /// From now on mail rings the bell. True when there is mail already, or answers wait for room in a shard's mailbox.
    pub fn arm(&mut self) -> bool {
        self.post.flush() || !self.inbox.prepare_sleep()
    }

    /// Who has slept on the bell takes the mail from now on. Whoever rang has put something where it is looked for next.
    pub fn woke(&mut self) {
        self.inbox.awake();
        hush(&self.bell);
    }

    /// The bell that is rung for home, and for whoever holds the module lock.
    pub fn bell(&self) -> Arc<OwnedFd> {
        self.bell.clone()
    }

    /// What rings it.
    pub fn inbox(&self) -> Arc<Mailbox<Work, Control>> {
        self.inbox.clone()
    }

    /// Sends a unit's answer to the shard that its client is connected to.
    pub fn answer(&mut self, hop: Box<Hop>) {
        let origin = hop.origin;
        self.post.work(origin, Work::Hop(hop));
        self.post.flush();
    }

    /// Leases one shard's data, in any order (the holder of the module lock may grow).
    pub fn lease(&mut self, shard: usize) {
        if self.held[shard].is_none() {
            self.post.control(shard, Message::Ask(Ask::Grow));
            self.await_grant(shard);
        }
    }

    /// Leases all shards' data. Before a unit's first effect (nothing is held) in ascending order, without making
    /// others give back.
    pub fn lease_all(&mut self) {
        let ask = if self.held.iter().all(Option::is_none) { Ask::Start } else { Ask::Grow };
        for shard in 0..self.shards {
            if self.held[shard].is_none() {
                self.post.control(shard, Message::Ask(ask));
                self.await_grant(shard);
            }
        }
    }

    fn await_grant(&mut self, shard: usize) {
        self.post.flush();
        let spin_end = clock::mono_ns() + SPIN_NS;
        loop {
            self.take_mail();
            if self.held[shard].is_some() {
                return;
            }
            if clock::mono_ns() < spin_end {
                std::hint::spin_loop();
            } else {
                self.wait();
            }
        }
    }

    /// Gives everything back.
    pub fn release(&mut self) {
        for shard in 0..self.shards {
            if let Some(data) = self.held[shard].take() {
                self.post.control(shard, Message::Return(data));
            }
        }
        self.post.flush();
    }

    /// Shards whose data is held.
    pub fn held(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.shards).filter(|&s| self.held[s].is_some())
    }

    /// Home's number among the mailboxes.
    pub fn me(&self) -> usize {
        self.me
    }
}

/// Waits until the bell rings, and leaves it ringing: the holder of the module lock and home, which sleeps, may listen at
/// the same time, and only the holder stops it ([`HomeLeases::woke`]).
pub fn listen(bell: &OwnedFd, timeout: Option<Duration>) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let timeout = timeout.and_then(|t| Timespec::try_from(t).ok());
    let _ = poll(&mut [PollFd::new(bell, PollFlags::IN)], timeout.as_ref());
}

/// Stops the bell.
fn hush(bell: &OwnedFd) {
    let _ = rustix::io::read(bell, &mut [0u8; 8]);
}

impl HeldSet for HomeLeases {
    fn of_slot(&mut self, slot: u16) -> &mut ShardData {
        loop {
            let owner = self.map.owner(slot);
            self.lease(owner);
            if self.held[owner].as_ref().is_some_and(|d| d.owned.contains(slot)) {
                return self.held[owner].as_mut().expect("just seen");
            }
            // The slot has moved since the map was read.
            self.map = self.node.slots.load();
        }
    }

    fn each(&mut self, f: &mut dyn FnMut(&mut ShardData)) {
        self.lease_all();
        self.held.iter_mut().flatten().for_each(|data| f(data));
    }
}
