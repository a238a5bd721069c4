//! One shard: its data, its mailbox, and what it coordinates. The front end (`net`) brings clients' commands
//! and takes answers; [`crate::runloop`] turns it.

use std::collections::VecDeque;
use std::sync::Arc;

use valkore_core::data::{ShardData, Watch};
use valkore_core::keyspace::{Arena, Hint, Keyspace, prefetch_line};
use valkore_core::slot::key_slot;
use valkore_core::step::{Clock, Held};

use crate::expire;
use crate::lease::{Ask, Convoy, ConvoyAction, Desk, DeskAction};
use crate::mailbox::{Mailbox, Post};
use crate::msg::{Control, Hop, Question, Work};
use crate::node::Node;
use crate::runner::{ConvoySet, Runner, SessionHost};

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
    desk: Desk<Box<ShardData>>,
    parked: VecDeque<Parked>,
    convoy: Convoy<Box<ShardData>>,
    /// Units that wait for the next convoy.
    units: Vec<Box<Hop>>,
    /// Units of the convoy that is being collected.
    riding: Vec<Box<Hop>>,
    post: Post<Work, Control>,
    inbox: Arc<Mailbox<Work, Control>>,
    arrived: Vec<Box<Hop>>,
    hints: Vec<Hint>,
    control_mail: Vec<(usize, Control)>,
    work_mail: Vec<Work>,
    /// What has come for the front end.
    pub delivery: Delivery,
    pool: Vec<Box<Hop>>,
    /// Stamps its replies with this, where they must wait until it is durable.
    pub expire_due: Clock,
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
        let keyspace = Keyspace::new(runner.config.databases as usize, node.hasher.seed(), arena);
        let owned = runner.map.slots_of(id);
        let data = ShardData::new(id as u16, owned, keyspace, node.shards[id].data.clone());
        Self {
            id,
            shards: node.shards.len(),
            runner,
            desk: Desk::new(Box::new(data)),
            parked: VecDeque::new(),
            convoy: Convoy::default(),
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
            expire_due: Clock::default(),
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
        let data = self.desk.data()?;
        Some((data, &mut self.runner))
    }

    /// The hash of a key, the same on all shards.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.runner.node.hasher.hash(key)
    }

    /// Sends a client's commands on their way: to the owner of the first one's slot.
    pub fn submit(&mut self, hop: Box<Hop>) {
        self.walk(hop);
    }

    /// Queues a unit that needs the data of `hop.shards` (none: it runs at once).
    pub fn submit_unit(&mut self, mut hop: Box<Hop>, host: &mut dyn SessionHost) {
        let here = match hop.shards[..] {
            [] => true,
            [one] => one == self.id && self.parked.is_empty() && self.desk.data().is_some(),
            _ => false,
        };
        if !here {
            self.units.push(hop);
            return;
        }
        let mut held = match hop.shards[..] {
            [] => Held::None,
            _ => Held::One(self.desk.data().expect("just seen")),
        };
        self.runner.run_unit(&mut held, &mut hop, Some(host));
        self.delivery.done.push(hop);
    }

    /// Ends the watches of a client.
    pub fn unwatch(&mut self, watches: Vec<Watch>) {
        let mut by_shard: Vec<Vec<Watch>> = vec![Vec::new(); self.shards];
        for w in watches {
            by_shard[self.runner.map.owner(key_slot(&w.1))].push(w);
        }
        for (shard, watches) in by_shard.into_iter().enumerate().filter(|(_, w)| !w.is_empty()) {
            if shard == self.id {
                self.unwatch_here(watches);
            } else {
                self.post.work(shard, Work::Unwatch(watches));
            }
        }
    }

    fn unwatch_here(&mut self, watches: Vec<Watch>) {
        match self.data() {
            Some((data, _)) => {
                watches.iter().for_each(|(db, key, _)| data.watches.unwatch(*db as usize, key));
            }
            None => self.parked.push_back(Parked::Unwatch(watches)),
        }
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
                Work::Hop(hop) if hop.next == hop.commands.len() => self.delivery.done.push(hop),
                Work::Hop(hop) => self.arrived.push(hop),
                Work::Unwatch(watches) => self.unwatch_here(watches),
                Work::Adopt(fd, listener) => self.delivery.adopted.push((fd, listener)),
                Work::Ask(question) => self.delivery.questions.push(question),
            }
        }
        (self.control_mail, self.work_mail) = (control, work);
        true
    }

    fn on_control(&mut self, from: usize, message: Control, host: &mut dyn SessionHost) {
        match message {
            Control::Ask(ask) => {
                let action = self.desk.request(from, ask);
                self.on_desk(action, host);
            }
            Control::Grant(data) => {
                let action = self.convoy.granted(from, data);
                self.on_convoy(action, host);
            }
            Control::Revoke => {
                self.runner.stats.revocations.add(1);
                for (shard, data) in self.convoy.revoked(from) {
                    self.give_back(shard, data, host);
                }
            }
            Control::Return(data) => {
                let mut data = data;
                data.keyspace.arena_mut().set_local(true);
                self.desk.returned(from, data);
                self.resume(host);
            }
        }
    }

    fn on_desk(&mut self, action: Option<DeskAction<Box<ShardData>>>, host: &mut dyn SessionHost) {
        match action {
            None => {}
            Some(DeskAction::Grant(to, data)) if to == self.id => {
                let action = self.convoy.granted(self.id, data);
                self.on_convoy(action, host);
            }
            Some(DeskAction::Grant(to, mut data)) => {
                data.keyspace.arena_mut().set_local(false);
                self.runner.stats.leases.add(1);
                self.post.control(to, Control::Grant(data));
            }
            Some(DeskAction::Revoke(holder)) if holder == self.id => {
                for (shard, data) in self.convoy.revoked(self.id) {
                    self.give_back(shard, data, host);
                }
            }
            Some(DeskAction::Revoke(holder)) => self.post.control(holder, Control::Revoke),
        }
    }

    /// The data is here: runs what waited for it, then lets the next holder have it.
    fn resume(&mut self, host: &mut dyn SessionHost) {
        if !self.desk.grows_next() {
            self.run_parked();
        }
        let action = self.desk.next();
        self.on_desk(action, host);
    }

    fn run_parked(&mut self) {
        for parked in std::mem::take(&mut self.parked) {
            match parked {
                Parked::Hop(hop) => self.walk(hop),
                Parked::Unwatch(watches) => self.unwatch_here(watches),
            }
        }
    }

    fn give_back(&mut self, shard: usize, mut data: Box<ShardData>, host: &mut dyn SessionHost) {
        if shard == self.id {
            data.keyspace.arena_mut().set_local(true);
            self.desk.returned(self.id, data);
            self.resume(host);
        } else {
            self.post.control(shard, Control::Return(data));
        }
    }

    /// Starts to collect for the units that wait, when no convoy is under way.
    pub fn start_convoy(&mut self, host: &mut dyn SessionHost) {
        if self.units.is_empty() || !self.convoy.is_idle() {
            return;
        }
        self.riding = std::mem::take(&mut self.units);
        let mut want: Vec<usize> = self.riding.iter().flat_map(|h| h.shards.iter().copied()).collect();
        want.sort_unstable();
        want.dedup();
        let action = self.convoy.begin(want);
        self.on_convoy(action, host);
    }

    fn on_convoy(&mut self, action: ConvoyAction<Box<ShardData>>, host: &mut dyn SessionHost) {
        match action {
            ConvoyAction::Ask(shard) => self.ask(shard, host),
            ConvoyAction::ReturnAndAsk(shard, data, next) => {
                self.give_back(shard, data, host);
                self.ask(next, host);
            }
            ConvoyAction::Run => self.run_convoy(host),
        }
    }

    fn ask(&mut self, shard: usize, host: &mut dyn SessionHost) {
        if shard == self.id {
            let action = self.desk.request(self.id, Ask::Start);
            self.on_desk(action, host);
        } else {
            self.post.control(shard, Control::Ask(Ask::Start));
        }
    }

    /// All leases are here: every unit runs, then all goes back.
    fn run_convoy(&mut self, host: &mut dyn SessionHost) {
        let mut riding = std::mem::take(&mut self.riding);
        let map = self.runner.map.arc().clone();
        for hop in &mut riding {
            let mut set = ConvoySet { held: self.convoy.held(), map: &map };
            self.runner.run_unit(&mut Held::Set(&mut set), hop, Some(&mut *host));
            self.runner.stats.units.add(1);
            if hop.shards.len() == self.shards && self.shards > 1 {
                self.runner.stats.worlds.add(1);
            }
        }
        for (shard, data) in self.convoy.take_all() {
            self.give_back(shard, data, host);
        }
        self.delivery.done.append(&mut riding);
    }

    /// Runs the hops that came with the mail, after fetching what they will touch.
    pub fn run_arrived(&mut self) {
        let mut arrived = std::mem::take(&mut self.arrived);
        arrived.iter().for_each(|hop| fetch(hop));
        if let Some(data) = self.desk.data() {
            hints(data, &arrived, &mut self.hints);
            data.keyspace.prefetch(&self.hints);
        }
        for hop in arrived.drain(..) {
            self.walk(hop);
        }
        self.arrived = arrived;
    }

    /// Runs those of the hop's next commands that are for this shard, and sends it on.
    fn walk(&mut self, mut hop: Box<Hop>) {
        while hop.next < hop.commands.len() {
            let c = hop.commands[hop.next];
            if c.key != 0 || hop.exec.is_some() {
                let owner = self.runner.map.owner(c.slot);
                if owner != self.id {
                    self.runner.stats.hops.add(1);
                    self.post.work(owner, Work::Hop(hop));
                    return;
                }
            }
            let Self { desk, parked, runner, .. } = self;
            let data = if parked.is_empty() { desk.data() } else { None };
            let Some(data) = data else {
                self.parked.push_back(Parked::Hop(hop));
                return;
            };
            let mut held = Held::One(data);
            if hop.exec.is_some() {
                runner.run_unit(&mut held, &mut hop, None);
            } else {
                runner.run_next(&mut held, &mut hop);
            }
        }
        if hop.origin == self.id {
            self.delivery.done.push(hop);
        } else {
            self.runner.stats.hops.add(1);
            let origin = hop.origin;
            self.post.work(origin, Work::Hop(hop));
        }
    }

    /// Sends what was posted, and says whether there is a reason not to sleep.
    pub fn flush_post(&mut self) -> bool {
        self.post.flush() || !self.delivery.is_empty() || !self.arrived.is_empty()
    }

    /// Is someone waiting for an answer from another shard?
    pub fn expects_mail(&self) -> bool {
        !self.convoy.is_idle()
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
        if let Some(data) = self.desk.data() {
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

/// Commands per hop that are worth fetching ahead.
const PREFETCH_PER_HOP: usize = 16;

/// Asks for what a hop's next commands are read from, and where their answers go.
fn fetch(hop: &Hop) {
    let command = &hop.commands[hop.next];
    prefetch_line(command);
    prefetch_line(&hop.commands[(hop.next + 1).min(hop.commands.len() - 1)]);
    if let Some(end) = hop.reply.last() {
        prefetch_line(end);
    }
}

/// What the hops' next commands will touch.
fn hints(data: &ShardData, hops: &[Box<Hop>], hints: &mut Vec<Hint>) {
    hints.clear();
    for hop in hops {
        let next = hop.commands[hop.next..].iter().take(PREFETCH_PER_HOP);
        let mine = next.take_while(|c| c.key != 0 && data.owned.contains(c.slot));
        hints.extend(mine.map(|c| Hint { db: hop.client.db, slot: c.slot, hash: c.hash }));
    }
}
