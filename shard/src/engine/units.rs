//! Units over several shards: a convoy collects the data for all that wait, they run, the data goes back.

use valkore_core::data::ShardData;
use valkore_core::step::Held;

use super::foreign::unit_wants_home;
use super::{Parked, Shard, move_slot};
use crate::lease::{Message, Todo};
use crate::msg::{Control, Hop};
use crate::runner::{ConvoySet, SessionHost};

/// What a convoy collects data for.
pub(super) enum Unit {
    /// A transaction, or a hop whose next command needs the data of `hop.shards`.
    Hop(Box<Hop>),
    /// A slot goes to another shard.
    Move { slot: u16, to: usize },
}

impl Shard {
    /// Queues a unit that needs the data of `hop.shards` (none: it runs at once).
    pub fn submit_unit(&mut self, mut hop: Box<Hop>, host: &mut dyn SessionHost) {
        hop.map_version = self.runner.map.version;
        let here = match hop.shards[..] {
            [] => true,
            [one] => one == self.id && self.parked.is_empty() && self.leases.data().is_some(),
            _ => false,
        };
        if !here {
            self.units.push(Unit::Hop(hop));
            return;
        }
        let mut held = match hop.shards[..] {
            [] => Held::None,
            _ => Held::One(self.leases.data().expect("just seen")),
        };
        self.runner.run_unit(&mut held, &mut hop, Some(host));
        self.delivery.done.push(hop);
    }

    /// Starts to collect for the units that wait, when no convoy is under way.
    pub fn start_convoy(&mut self, host: &mut dyn SessionHost) {
        if !self.starts_convoy() {
            return;
        }
        self.riding = std::mem::take(&mut self.units);
        let mut want: Vec<usize> = Vec::new();
        for unit in &self.riding {
            match unit {
                Unit::Hop(hop) => want.extend_from_slice(&hop.shards),
                Unit::Move { slot, to } => want.extend([self.runner.map.owner(*slot), *to]),
            }
        }
        want.sort_unstable();
        want.dedup();
        self.leases.begin(want);
        self.do_leases(host);
    }

    /// Do units wait that could set out now?
    pub(super) fn starts_convoy(&self) -> bool {
        !self.units.is_empty() && self.leases.is_idle()
    }

    pub(super) fn on_control(&mut self, from: usize, mut message: Control, host: &mut dyn SessionHost) {
        match &mut message {
            Message::Return(data) => data.keyspace.arena_mut().set_local(true),
            Message::Revoke => self.runner.stats.revocations.add(1),
            _ => {}
        }
        self.leases.handle(from, message);
        self.do_leases(host);
    }

    fn do_leases(&mut self, host: &mut dyn SessionHost) {
        while let Some(todo) = self.leases.next_todo() {
            match todo {
                Todo::Send(to, mut message) => {
                    if let Message::Grant(data) = &mut message {
                        data.keyspace.arena_mut().set_local(false);
                        self.runner.stats.leases.add(1);
                    }
                    self.post.control(to, message);
                }
                Todo::Run => self.run_convoy(host),
                Todo::Here => self.run_parked(),
            }
        }
    }

    fn run_parked(&mut self) {
        for parked in std::mem::take(&mut self.parked) {
            match parked {
                Parked::Hop(hop) => self.walk(hop),
                Parked::Unwatch(watches) => self.unwatch_here(watches),
            }
        }
    }

    /// All leases are here: every unit runs, then all goes back.
    fn run_convoy(&mut self, host: &mut dyn SessionHost) {
        let mut walking = Vec::new();
        for unit in std::mem::take(&mut self.riding) {
            match unit {
                Unit::Move { slot, to } => self.run_move(slot, to),
                Unit::Hop(mut hop) => {
                    if hop.map_version != self.runner.map.version {
                        self.replan(&mut hop);
                    }
                    if hop.exec.is_some() && !holds(self.leases.held(), &hop.shards) {
                        self.units.push(Unit::Hop(hop));
                        continue;
                    }
                    if unit_wants_home(self.leases.held(), &self.runner.registry, &hop) {
                        self.submit_home(hop);
                        continue;
                    }
                    self.run_hop(&mut hop, host);
                    walking.push(hop);
                }
            }
        }
        self.leases.ran();
        walking.into_iter().for_each(|hop| self.walk(hop));
    }

    /// Runs a unit's transaction or next command over the convoy's data; not a command whose slots have moved so that
    /// this isn't the data for it.
    fn run_hop(&mut self, hop: &mut Hop, host: &mut dyn SessionHost) {
        let held = self.leases.held();
        if hop.shards.is_empty() || !holds(held, &hop.shards) {
            return;
        }
        self.runner.stats.units.add(1);
        if hop.shards.len() == self.shards && self.shards > 1 {
            self.runner.stats.worlds.add(1);
        }
        let map = self.runner.map.arc().clone();
        let mut set = ConvoySet { held, map: &map };
        if hop.exec.is_some() {
            self.runner.run_unit(&mut Held::Set(&mut set), hop, Some(host));
        } else {
            self.runner.run_next(&mut Held::Set(&mut set), hop);
        }
        hop.shards.clear();
    }

    fn run_move(&mut self, slot: u16, to: usize) {
        let from = self.runner.map.owner(slot);
        if from == to {
            return;
        }
        let held = self.leases.held();
        if holds(held, &[from, to]) {
            move_slot::run(held, slot, from, to, &mut self.runner);
        } else {
            self.units.push(Unit::Move { slot, to });
        }
    }
}

/// Is the data of `shards` among what is held?
fn holds(held: &[(usize, Box<ShardData>)], shards: &[usize]) -> bool {
    shards.iter().all(|s| held.binary_search_by_key(s, |h| h.0).is_ok())
}
