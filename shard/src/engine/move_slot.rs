//! Slots move between shards at run time: a unit over the two shards' data. The newer map is published before the
//! leases go back, so whoever has either data next knows of it; a hop that was sent by an older map is handed on by
//! the old owner.

use valkore_core::data::ShardData;

use super::{Shard, Unit};
use crate::runner::Runner;

impl Shard {
    /// Queues the move of `slot`, with its keys and watches, to shard `to`. The map tells when it is done.
    pub fn move_slot(&mut self, slot: u16, to: usize) {
        assert!(to < self.shards);
        self.units.push(Unit::Move { slot, to });
    }
}

/// Moves `slot` between two of the data held, and publishes it.
pub(super) fn run(held: &mut [(usize, Box<ShardData>)], slot: u16, from: usize, to: usize, runner: &mut Runner) {
    let moved = data_of(held, from).take_slot(slot);
    data_of(held, to).put_slot(moved);
    let node = runner.node.clone();
    let published = node.slots.update(|map| Ok::<_, std::convert::Infallible>(map.moved(slot, to)));
    let Ok(_) = published;
    runner.map.refresh(&node.slots);
}

fn data_of(held: &mut [(usize, Box<ShardData>)], shard: usize) -> &mut ShardData {
    let at = held.binary_search_by_key(&shard, |h| h.0).expect("a move holds both shards' data");
    &mut held[at].1
}
