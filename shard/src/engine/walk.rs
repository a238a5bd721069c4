//! Hops: a client's commands run where their slots are, one after the other.

use valkore_core::data::ShardData;
use valkore_core::keyspace::{Hint, prefetch_line};
use valkore_core::slot::key_slot;
use valkore_core::step::Held;

use super::foreign::hop_wants_home;
use super::{Parked, Shard, Unit};
use crate::msg::{Hop, Work};
use crate::plan::{Planner, Target};
use crate::runner::{ANYWHERE, SessionHost};

impl Shard {
    /// In the middle of a batch: sends what was posted, and runs what has come.
    pub fn serve_mail(&mut self, host: &mut dyn SessionHost) {
        self.post.flush();
        if self.inbox.has_mail() {
            self.take_mail(self.runner.clock, host);
            self.run_arrived();
            self.post.flush();
        }
    }

    /// Runs the hops that came with the mail, after fetching what they will touch.
    pub fn run_arrived(&mut self) {
        let mut arrived = std::mem::take(&mut self.arrived);
        arrived.iter().for_each(|hop| fetch(hop));
        if let Some(data) = self.leases.data() {
            hints(data, &arrived, &mut self.hints);
            data.keyspace.prefetch(&self.hints);
        }
        for (i, hop) in arrived.drain(..).enumerate() {
            self.walk(hop);
            if i % FLUSH_EVERY == FLUSH_EVERY - 1 {
                self.post.flush();
            }
        }
        self.arrived = arrived;
    }

    /// Runs those of the hop's next commands that are for this shard, and sends it on.
    pub(super) fn walk(&mut self, mut hop: Box<Hop>) {
        while !hop.is_finished() {
            if hop.map_version != self.runner.map.version {
                self.replan(&mut hop);
            }
            let slot = hop.commands.get(hop.next).map_or(ANYWHERE, |c| c.slot);
            let at = match hop.shards[..] {
                [] if slot == ANYWHERE => {
                    self.runner.run_next(&mut Held::None, &mut hop);
                    continue;
                }
                [] => self.runner.map.owner(slot),
                [one] => one,
                _ => return self.units.push(Unit::Hop(hop)),
            };
            if at != self.id {
                self.runner.stats.hops.add(1);
                return self.post.work(at, Work::Hop(hop));
            }
            let Self { leases, parked, runner, .. } = self;
            let data = if parked.is_empty() { leases.data() } else { None };
            let Some(data) = data else {
                return self.parked.push_back(Parked::Hop(hop));
            };
            if data.foreign && hop_wants_home(data, &runner.registry, &hop) {
                return self.submit_home(hop);
            }
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

    /// Finds out by the map of now which shards the next command needs together (all commands of a transaction):
    /// slots have moved since it was planned. None are named for a command that is routed by its slot.
    #[cold]
    pub(super) fn replan(&mut self, hop: &mut Hop) {
        let runner = &self.runner;
        let mut planner = Planner::default();
        let mut shards = Vec::new();
        let which = if hop.exec.is_some() { 0..hop.commands.len() } else { hop.next..hop.next + 1 };
        for i in which {
            let (id, args) = (hop.commands[i].id, hop.args(i));
            match planner.plan(&runner.registry, &runner.map, self.shards, &runner.node.hasher, id, args).0 {
                Target::Shards => shards.extend_from_slice(&planner.shards),
                Target::Shard(shard) if hop.exec.is_some() => shards.push(shard),
                Target::Shard(_) | Target::Here | Target::Session(_) | Target::Home => {}
            }
        }
        if let Some(watches) = &hop.exec {
            shards.extend(watches.iter().map(|w| runner.map.owner(key_slot(&w.1))));
            hop.map_version = runner.map.version;
        }
        shards.sort_unstable();
        shards.dedup();
        hop.shards = shards;
    }
}

/// Hops run between two flushes of what they leave behind.
const FLUSH_EVERY: usize = 4;

/// Commands per hop that are worth fetching ahead.
const PREFETCH_PER_HOP: usize = 16;

/// Asks for what a hop's next commands are read from, and where their answers go.
fn fetch(hop: &Hop) {
    let Some(command) = hop.commands.get(hop.next) else { return };
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
