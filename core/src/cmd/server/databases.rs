//! DBSIZE, FLUSHDB, FLUSHALL, SWAPDB: over all shards' data.

use crate::cmd::generic::{db_index, int32_arg};
use crate::data::ShardData;
use crate::fail::{Fail, Outcome};
use crate::keyspace::{KeyRef, Keyspace};
use crate::resp::Args;
use crate::slot::key_slot;
use crate::step::Step;

/// `DBSIZE`
pub(super) fn dbsize(step: &mut Step<'_>, _: Args<'_>) -> Outcome {
    let (db, mut keys) = (step.db(), 0);
    step.each_data(|data| keys += data.keyspace.len(db));
    step.reply.int(keys as i64);
    Ok(())
}

/// `FLUSHDB [ASYNC | SYNC]`
pub(super) fn flushdb(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let db = step.db();
    flush(step, args, Some(db))
}

/// `FLUSHALL [ASYNC | SYNC]`
pub(super) fn flushall(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    flush(step, args, None)
}

/// `SWAPDB index1 index2`
pub(super) fn swapdb(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    if step.config.cluster_enabled {
        return Err(Fail::text_of("ERR SWAPDB is not allowed in cluster mode"));
    }
    let a = int32_arg(args, 1).map_err(|_| Fail::text_of("ERR invalid first DB index"))?;
    let b = int32_arg(args, 2).map_err(|_| Fail::text_of("ERR invalid second DB index"))?;
    let (a, b) = (db_index(step.config, a)?, db_index(step.config, b)?);
    if a != b {
        let now = step.clock.unix_ms();
        step.each_data(|data| swap(data, a, b, now));
    }
    step.effects.dirty += 1;
    step.reply.ok();
    Ok(())
}

/// ASYNC and SYNC don't differ yet: what is flushed is freed in place.
fn flush(step: &mut Step<'_>, args: Args<'_>, db: Option<usize>) -> Outcome {
    match args.len() {
        1 => {}
        2 if args.is(1, "sync") || args.is(1, "async") => {}
        _ => return Err(Fail::Syntax),
    }
    let mut gone = 0;
    step.each_data(|data| gone += data.flush(db));
    step.effects.dirty += gone;
    step.reply.ok();
    Ok(())
}

fn swap(data: &mut ShardData, a: usize, b: usize, now: i64) {
    let keyspace = &data.keyspace;
    data.watches.touch_if(a, |key| differs(keyspace, a, b, key, now));
    data.watches.touch_if(b, |key| differs(keyspace, b, a, key, now));
    data.keyspace.swap_db(a, b);
    data.expire_cursor.swap(a, b);
    let ttl = &data.stats.avg_ttl;
    let (of_a, of_b) = (ttl[a].get(), ttl[b].get());
    ttl[a].set(of_b);
    ttl[b].set(of_a);
    data.publish_len(a);
    data.publish_len(b);
}

/// Does `key` of `old` change when `new` takes its place? A key that comes and has expired is no change.
fn differs(keyspace: &Keyspace, old: usize, new: usize, key: &[u8], now: i64) -> bool {
    let key = KeyRef { bytes: key, slot: key_slot(key), hash: keyspace.hash(key) };
    keyspace.get(old, &key).is_some() || keyspace.get(new, &key).is_some_and(|entry| !entry.is_expired(now))
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{expiring, get, listen, string};
    use crate::cmd::testing::{Server, on_shards};

    fn fill(s: &mut Server) {
        for (db, keys) in [(0, 5), (3, 2)] {
            s.client.db = db;
            (0..keys).for_each(|i| string(s, &format!("k{i}"), "x"));
        }
        s.client.db = 0;
    }

    #[test]
    fn sizes_count_expired_keys_that_are_there() {
        on_shards(|s| {
            fill(s);
            expiring(s, "e", "x", 1);
            s.pass_ms(2);
            s.run("DBSIZE").replies(":6");
            s.client.db = 1;
            s.run("DBSIZE").replies(":0");
        });
    }

    #[test]
    fn flushes() {
        on_shards(|s| {
            let events = listen(s);
            fill(s);
            s.run("FLUSHDB").replies("+OK");
            assert_eq!((s.effects.dirty, s.len(0), s.len(3)), (5, 0, 2));
            fill(s);
            s.run("FLUSHALL").replies("+OK");
            assert_eq!((s.effects.dirty, s.len(0), s.len(3)), (7, 0, 0));
            for option in ["sync", "ASYNC"] {
                s.run(&format!("FLUSHDB {option}")).replies("+OK");
                s.run(&format!("FLUSHALL {option}")).replies("+OK");
                assert_eq!(s.effects.dirty, 0);
            }
            s.run("FLUSHDB now").fails("ERR syntax error");
            s.run("FLUSHALL sync async").fails("ERR syntax error");
            assert_eq!(events.take(), "");
        });
    }

    #[test]
    fn swaps() {
        on_shards(|s| {
            fill(s);
            expiring(s, "e", "x", 1000);
            s.run("SWAPDB 0 3").replies("+OK");
            assert_eq!((s.effects.dirty, s.len(0), s.len(3)), (1, 2, 6));
            assert_eq!(get(s, "e"), None);
            s.client.db = 3;
            s.run("TTL e").replies(":1");
            s.run("DBSIZE").replies(":6");
            let expires: u64 = s.shards().iter().map(|data| data.stats.expires[3].get()).sum();
            assert_eq!(expires, 1);
            s.config.cluster_enabled = true;
            s.run("SWAPDB 0 1").fails("ERR SWAPDB is not allowed in cluster mode");
        });
    }
}
