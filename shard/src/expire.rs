//! The active expiry cycle: removes keys whose time is over though nobody asks for them.

use std::time::Duration;

use valkore_core::data::ShardData;
use valkore_core::keyspace::Entry;

use crate::clock;
use crate::runner::Runner;

/// Keys looked at per round, as in Valkey.
const KEYS_PER_ROUND: usize = 20;
/// A round that finds more than this many percent expired is followed by another.
const STALE_PERCENT: usize = 10;
/// A cycle may take this share of the time between cycles, in percent.
const CPU_PERCENT: u64 = 25;

/// One cycle over all databases of a shard; ends when few keys are stale, or its time is used up.
pub(crate) fn cycle(data: &mut ShardData, runner: &Runner) {
    if !data.active_expire || runner.node.pause.now(runner.clock.unix_ms()).is_some() {
        return;
    }
    let start = clock::mono_ns();
    let budget = Duration::from_millis(1000 / runner.config.hz.max(1) as u64) * CPU_PERCENT as u32 / 100;
    let now_ms = runner.clock.unix_ms();
    for db in 0..data.keyspace.databases() {
        while data.keyspace.expires_len(db) > 0 {
            let (seen, expired) = round(data, db, now_ms);
            if seen == 0 || expired * 100 <= seen * STALE_PERCENT {
                break;
            }
            if clock::mono_ns() - start > budget.as_nanos() as u64 {
                data.stats.expire_cycles_cut.add(1);
                return;
            }
        }
    }
    runner.stats.expire_us.add((clock::mono_ns() - start) / 1000);
}

/// Looks at some keys with an expiry; how many, and how many of them were removed.
fn round(data: &mut ShardData, db: usize, now_ms: i64) -> (usize, usize) {
    let mut due: Vec<Box<[u8]>> = Vec::new();
    let cursor = data.expire_cursor[db];
    let collect = &mut |entry: Entry<'_>| due.push(entry.key().into());
    let sample = data.keyspace.sample_expired(db, cursor, now_ms, KEYS_PER_ROUND, collect);
    data.expire_cursor[db] = sample.cursor;
    for key in &due {
        let key = data.key(key);
        data.expire_now(db, &key);
    }
    let live = (sample.sampled - sample.expired) as i64;
    if live > 0 {
        // As in Valkey, a running average: 2 % of the new sample.
        let (old, new) = (data.stats.avg_ttl[db].get() as i64, sample.ttl_sum_ms / live);
        data.stats.avg_ttl[db].set(if old == 0 { new } else { old / 50 * 49 + new / 50 } as u64);
    }
    (sample.sampled, sample.expired)
}
