//! INFO: Shards, a section of ours: what each shard has and does.

use std::sync::atomic::Ordering;

use valkore_core::slot::SLOTS;

use super::page::{Facts, Page};

pub(super) fn shards(page: &mut Page, f: &Facts<'_>) {
    let mut slots = vec![0u32; f.node.shards.len()];
    (0..SLOTS as u16).for_each(|slot| slots[f.runner.map.owner(slot)] += 1);
    for (n, shard) in f.node.shards.iter().enumerate() {
        let turn = &shard.turn;
        let keys: u64 = shard.data.keys.iter().map(|c| c.get()).sum();
        let connections = turn.connections.load(Ordering::Relaxed);
        let mut text = format!("keys={keys},connections={connections}");
        for (name, counter) in [
            ("commands", &turn.commands),
            ("hops", &turn.hops),
            ("leases", &turn.leases),
            ("revocations", &turn.revocations),
            ("units", &turn.units),
            ("worlds", &turn.worlds),
            ("turns", &turn.turns),
            ("sleeps", &turn.sleeps),
            ("mail_max", &turn.mail_max),
        ] {
            text += &format!(",{name}={}", counter.get());
        }
        let backend = shard.backend.get().copied().unwrap_or_default();
        page.line(format_args!("shard{n}"), format_args!("{text},slots={},backend={backend}", slots[n]));
    }
}
