//! One shard: its data, its mailbox, and what it coordinates. The front end (`net`) brings clients' commands
//! and takes answers; [`crate::runloop`] turns it.

mod foreign;
mod move_slot;
mod units;
mod walk;
mod watches;

use std::collections::VecDeque;
use std::sync::Arc;

use valkore_core::data::{ShardData, Watch};
use valkore_core::keyspace::{Arena, Hint, Keyspace, prefetch_line};
use valkore_core::step::Clock;

use crate::expire;
use crate::lease::Leases;
use crate::mailbox::{Mailbox, Post};
use crate::msg::{Control, Hop, Question, Work};
use crate::node::Node;
use crate::runner::{Runner, SessionHost};

use units::Unit;

/// What waits until this shard's data is here again.
enum Parked {
    Hop(Box<Hop>),
    Unwatch(Vec<Watch>),
}

/// What has come for the front end.
#[derive(Default)]
pub struct Delivery {
    /// Hops of this shard's clients, all of whose commands ran.
    pub done: Vec<Box<Hop>>,
    /// Connections to take.
    pub adopted: Vec<(std::os::fd::OwnedFd, u8)>,
    /// Questions to answer and pass on, or whose answer is complete.
    pub questions: Vec<Box<Question>>,
}

/// One shard.
pub struct Shard {
    /// Its number.
    pub id: usize,
    /// How many there are.
    pub shards: usize,
    /// Runs commands.
    pub runner: Runner,
    leases: Leases<Box<ShardData>>,
    parked: VecDeque<Parked>,
    /// Units that wait for the next convoy.
    units: Vec<Unit>,
    /// Units of the convoy that is being collected.
    riding: Vec<Unit>,
    post: Post<Work, Control>,
    inbox: Arc<Mailbox<Work, Control>>,
    arrived: Vec<Box<Hop>>,
    hints: Vec<Hint>,
    control_mail: Vec<(usize, Control)>,
    work_mail: Vec<Work>,
    /// What has come for the front end.
    pub delivery: Delivery,
    pool: Vec<Box<Hop>>,
}

/// Hops kept for reuse, at most.
const POOL: usize = 256;
/// A hop whose buffers have grown beyond this, in bytes, isn't kept.
const POOLED_BYTES: usize = 64 * 1024;

impl Shard {
    /// Shard `id` of `node`, with an empty keyspace.
    pub fn new(
        node: &Arc<Node>,
        id: usize,
        post: Post<Work, Control>,
        inbox: Arc<Mailbox<Work, Control>>,
        arena: Arena,
        seed: u64,
    ) -> Self {
        let runner = Runner::new(node, id, seed);
        // Home, where there is one, has the mailbox after those of the shards.
        let home = (post.readers() > node.shards.len()).then_some(node.shards.len());
        let keyspace = Keyspace::new(runner.config.databases as usize, node.hasher.seed(), arena);
        let owned = runner.map.slots_of(id);
        let data = ShardData::new(id as u16, owned, keyspace, node.shards[id].data.clone());
        Self {
            id,
            shards: node.shards.len(),
            runner,
            leases: Leases::new(id, node.shards.len(), home, Box::new(data)),
            parked: VecDeque::new(),
            units: Vec::new(),
            riding: Vec::new(),
            post,
            inbox,
            arrived: Vec::new(),
            hints: Vec::new(),
            control_mail: Vec::new(),
            work_mail: Vec::new(),
            delivery: Delivery::default(),
            pool: Vec::new(),
        }
    }

    /// An empty hop.
    pub fn new_hop(&mut self) -> Box<Hop> {
        self.pool.pop().unwrap_or_default()
    }

    /// Keeps a hop for reuse.
    pub fn recycle(&mut self, mut hop: Box<Hop>) {
        if self.pool.len() < POOL && hop.bytes.capacity() + hop.reply.capacity() < POOLED_BYTES {
            hop.clear();
            self.pool.push(hop);
        }
    }

    /// This shard's data, where it is here and nothing waits for it.
    #[inline]
    pub fn data(&mut self) -> Option<(&mut ShardData, &mut Runner)> {
        if !self.parked.is_empty() {
            return None;
        }
        let data = self.leases.data()?;
        Some((data, &mut self.runner))
    }

    /// The hash of a key, the same on all shards.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.runner.node.hasher.hash(key)
    }

    /// Sends a client's commands on their way: to the owner of the first one's slot.
    pub fn submit(&mut self, mut hop: Box<Hop>) {
        hop.map_version = self.runner.map.version;
        self.walk(hop);
    }

    /// Is there a home?
    pub fn has_home(&self) -> bool {
        self.post.readers() > self.shards
    }

    /// Sends a unit to home.
    pub fn submit_home(&mut self, mut hop: Box<Hop>) {
        hop.map_version = self.runner.map.version;
        self.post.work(self.shards, Work::Hop(hop));
    }

    /// Tells home that this client is gone, whose unit is with it.
    pub fn tell_home_gone(&mut self, client: u64) {
        self.post.work(self.shards, Work::Gone(client));
    }

    /// Hands a new connection to another shard.
    pub fn hand_over(&mut self, to: usize, fd: std::os::fd::OwnedFd, listener: u8) {
        self.post.work(to, Work::Adopt(fd, listener));
    }

    /// Passes a question on to the next shard; after the last one its answer is with the origin.
    pub fn pass_on(&mut self, question: Box<Question>) {
        let next = (self.id + 1) % self.shards;
        if next == self.id {
            self.delivery.questions.push(question);
        } else {
            self.post.work(next, Work::Ask(question));
        }
    }

    /// Takes all messages. Hops are put aside for [`Shard::run_arrived`]. True when there were any.
    pub fn take_mail(&mut self, clock: Clock, host: &mut dyn SessionHost) -> bool {
        let inbox = self.inbox.clone();
        let mut control = std::mem::take(&mut self.control_mail);
        let mut work = std::mem::take(&mut self.work_mail);
        let any = inbox.drain(|from, c| control.push((from, c)), |_, w| work.push(w));
        self.runner.refresh(clock);
        if !any {
            (self.control_mail, self.work_mail) = (control, work);
            return false;
        }
        for (from, c) in control.drain(..) {
            self.on_control(from, c, host);
        }
        self.runner.stats.mail_max.set(self.runner.stats.mail_max.get().max(work.len() as u64));
        for w in &work {
            if let Work::Hop(hop) = w {
                prefetch_line(&**hop);
            }
        }
        for w in work.drain(..) {
            match w {
                Work::Hop(hop) if hop.is_finished() => self.delivery.done.push(hop),
                Work::Hop(hop) => self.arrived.push(hop),
                Work::Unwatch(watches) => self.unwatch_here(watches),
                Work::Gone(_) => unreachable!("only home is told"),
                Work::Adopt(fd, listener) => self.delivery.adopted.push((fd, listener)),
                Work::Ask(question) => self.delivery.questions.push(question),
            }
        }
        (self.control_mail, self.work_mail) = (control, work);
        true
    }

    /// Sends what was posted, and says whether there is a reason not to sleep.
    pub fn flush_post(&mut self) -> bool {
        self.post.flush() || !self.delivery.is_empty() || !self.arrived.is_empty() || self.starts_convoy()
    }

    /// Is someone waiting for an answer from another shard?
    pub fn expects_mail(&self) -> bool {
        !self.leases.is_idle()
    }

    /// Is this shard's data here, and does nothing wait for it or for other data?
    pub fn is_quiet(&mut self) -> bool {
        self.data().is_some() && self.leases.is_idle() && self.units.is_empty() && self.post.kept() == 0
    }

    /// The mailbox.
    pub fn inbox(&self) -> &Arc<Mailbox<Work, Control>> {
        &self.inbox
    }

    /// Active expiry, when its time has come and the data is here.
    pub fn cron(&mut self) {
        if !self.parked.is_empty() {
            return;
        }
        if let Some(data) = self.leases.data() {
            expire::cycle(data, &self.runner);
        }
    }
}

impl Delivery {
    /// Is there nothing?
    pub fn is_empty(&self) -> bool {
        self.done.is_empty() && self.adopted.is_empty() && self.questions.is_empty()
    }
}
