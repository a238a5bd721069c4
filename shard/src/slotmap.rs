//! Which shard owns which slot: versioned data, so that slots can move between shards at run time.

use valkore_core::slot::{SLOTS, SlotSet};

/// The owner of every slot. A newer map has a higher version.
#[derive(Clone)]
pub struct SlotMap {
    /// Goes up with every change.
    pub version: u64,
    owner: Box<[u16; SLOTS]>,
}

impl SlotMap {
    /// Contiguous ranges, as even as they can be.
    pub fn even(shards: usize) -> Self {
        assert!((1..=SLOTS).contains(&shards));
        let mut owner = Box::new([0; SLOTS]);
        for (slot, o) in owner.iter_mut().enumerate() {
            *o = (slot * shards / SLOTS) as u16;
        }
        Self { version: 1, owner }
    }

    /// The shard that owns `slot`.
    #[inline]
    pub fn owner(&self, slot: u16) -> usize {
        self.owner[slot as usize] as usize
    }

    /// The same map but that `slot` belongs to `shard`.
    #[must_use]
    pub fn moved(&self, slot: u16, shard: usize) -> Self {
        let mut new = self.clone();
        new.version += 1;
        new.owner[slot as usize] = shard as u16;
        new
    }

    /// The slots of `shard`.
    pub fn slots_of(&self, shard: usize) -> SlotSet {
        let mut set = SlotSet::empty();
        (0..SLOTS as u16).filter(|&s| self.owner(s) == shard).for_each(|s| set.insert(s));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_contiguous_even_and_cover_all() {
        for shards in [1, 2, 3, 4, 7, 64, 1000] {
            let map = SlotMap::even(shards);
            let sizes: Vec<usize> = (0..shards).map(|s| map.slots_of(s).iter().count()).collect();
            assert_eq!(sizes.iter().sum::<usize>(), SLOTS);
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{shards}: {sizes:?}");
            assert!((1..SLOTS as u16).all(|s| map.owner(s) >= map.owner(s - 1)));
        }
    }

    #[test]
    fn a_moved_slot_makes_a_newer_map() {
        let map = SlotMap::even(4);
        let new = map.moved(5, 3);
        assert_eq!((map.owner(5), new.owner(5), new.version), (0, 3, 2));
    }
}
