//! Keys that lie on a wanted shard.

use valkore_core::slot::key_slot;
use valkore_shard::slotmap::SlotMap;

/// The shard of a key, of so many.
pub(crate) fn shard_of(key: &str, shards: usize) -> usize {
    SlotMap::even(shards).owner(key_slot(key.as_bytes()))
}

/// A key `<prefix>:<n>` on this shard.
pub(crate) fn key_on(shard: usize, shards: usize, prefix: &str) -> String {
    let map = SlotMap::even(shards);
    (0..)
        .map(|n| format!("{prefix}:{n}"))
        .find(|key| map.owner(key_slot(key.as_bytes())) == shard)
        .expect("keys without end")
}

/// Four keys `<prefix>:<n>`: one on each of four shards, or all on the only one.
pub(crate) fn keys_on_all(shards: usize, prefix: &str) -> [String; 4] {
    std::array::from_fn(|i| key_on(i % shards, shards, &format!("{prefix}{i}")))
}
