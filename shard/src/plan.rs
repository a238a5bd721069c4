//! Where a command must run: from its row, its arguments and the slot map.

use valkore_core::command::{CommandId, KeyPos, find_keys};
use valkore_core::keyspace::KeyHasher;
use valkore_core::resp::Args;
use valkore_core::slot::key_slot;

use crate::registry::{Registry, Run};
use crate::runner::Routed;
use crate::slotmap::SlotMap;

/// Where a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// On the client's shard; it needs no data.
    Here,
    /// On this shard: its step needs that one's data only.
    Shard(usize),
    /// On the client's shard, with the data of several shards (see [`Planner::shards`]).
    Shards,
    /// It is a command of the connection.
    Session(u16),
    /// At home, whatever data it needs. [`Planner::shards`] are those of the keys that it declares.
    Home,
}

/// Plans commands; keeps memory for the keys it looks at.
#[derive(Default)]
pub struct Planner {
    keys: Vec<KeyPos>,
    /// The shards of the last command planned as [`Target::Shards`], ascending, without repeats.
    pub shards: Vec<usize>,
}

impl Planner {
    /// Where `id` with these arguments runs, and the key it is routed by.
    #[inline]
    pub fn plan(
        &mut self,
        registry: &Registry,
        map: &SlotMap,
        shards: usize,
        hasher: &KeyHasher,
        id: CommandId,
        args: Args<'_>,
    ) -> (Target, Routed) {
        match registry.run(id) {
            Run::Keyed(_) => self.by_keys(registry, map, shards, hasher, id, args),
            Run::World(_) => (self.world(shards), Routed::default()),
            Run::Cursor(_) => {
                // A cursor that is no number fails on whatever shard.
                let cursor = valkore_core::cmd::parse_cursor(args.get(1)).unwrap_or(0);
                let slot = valkore_core::cmd::cursor_slot(cursor);
                (Target::Shard(map.owner(slot)), Routed { key: 0, slot, hash: 0 })
            }
            Run::Home => {
                let (target, routed) = self.by_keys(registry, map, shards, hasher, id, args);
                match target {
                    Target::Shard(shard) => self.only(shard),
                    Target::Shards => {}
                    _ => self.shards.clear(),
                }
                (Target::Home, routed)
            }
            Run::Session(n) => (Target::Session(n), Routed::default()),
            Run::Nothing => (Target::Here, Routed::default()),
        }
    }

    fn by_keys(
        &mut self,
        registry: &Registry,
        map: &SlotMap,
        shards: usize,
        hasher: &KeyHasher,
        id: CommandId,
        args: Args<'_>,
    ) -> (Target, Routed) {
        if find_keys(registry.command(id), &args, &mut self.keys).is_err() {
            // Its keys can't be told; the command will most likely say what is wrong. Any key it asks for is there.
            return (self.world(shards), Routed::default());
        }
        let Some(first) = self.keys.first() else { return (Target::Here, Routed::default()) };
        let key = args.get(first.index as usize);
        let slot = key_slot(key);
        let hash = hasher.hash(key);
        let routed = Routed { key: first.index, slot, hash };
        let owner = map.owner(slot);
        if self.keys.len() > 1 && shards > 1 {
            self.shards.clear();
            self.shards.extend(self.keys.iter().map(|k| map.owner(key_slot(args.get(k.index as usize)))));
            self.shards.sort_unstable();
            self.shards.dedup();
            if self.shards.len() > 1 {
                return (Target::Shards, routed);
            }
        }
        (Target::Shard(owner), routed)
    }

    fn only(&mut self, shard: usize) {
        self.shards.clear();
        self.shards.push(shard);
    }

    fn world(&mut self, shards: usize) -> Target {
        if shards == 1 {
            return Target::Shard(0);
        }
        self.shards.clear();
        self.shards.extend(0..shards);
        Target::Shards
    }
}
