//! The end of clients' watches, wherever the watched slots are by now.

use valkore_core::data::Watch;
use valkore_core::slot::key_slot;

use super::{Parked, Shard};
use crate::msg::Work;

impl Shard {
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

    /// Ends watches that were this shard's when they were sent; those of slots that have moved since go on.
    pub(super) fn unwatch_here(&mut self, watches: Vec<Watch>) {
        let Some((data, runner)) = self.data() else {
            return self.parked.push_back(Parked::Unwatch(watches));
        };
        let (here, moved): (Vec<_>, Vec<_>) = watches.into_iter().partition(|w| data.owned.contains(key_slot(&w.1)));
        here.iter().for_each(|(db, key, _)| data.watches.unwatch(*db as usize, key));
        let owner = |w: &Watch| runner.map.owner(key_slot(&w.1));
        assert!(moved.iter().all(|w| owner(w) != data.shard as usize), "a shard owns what its map says");
        if !moved.is_empty() {
            self.unwatch(moved);
        }
    }
}
