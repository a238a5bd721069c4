//! RANDOMKEY.

use crate::fail::Outcome;
use crate::resp::Args;
use crate::step::Step;

/// `RANDOMKEY`: expired keys that it meets are removed.
pub(super) fn randomkey(step: &mut Step<'_>, _: Args<'_>) -> Outcome {
    let (db, clock) = (step.db(), step.clock);
    while let Some(name) = pick(step, db) {
        let key = step.key_of(&name);
        if !step.data(key.slot).expire_if_needed(db, &key, clock) {
            step.reply.bulk(&name);
            return Ok(());
        }
    }
    step.reply.null();
    Ok(())
}

/// A key at random, of all that there are in any shard.
fn pick(step: &mut Step<'_>, db: usize) -> Option<Vec<u8>> {
    let mut total = 0;
    step.each_data(|data| total += data.keyspace.len(db) as u64);
    if total == 0 {
        return None;
    }
    let (mut rank, mut rng) = (step.rng.u64(..total), step.rng.fork());
    let (mut found, mut passed) = (None, false);
    step.each_data(|data| {
        let len = data.keyspace.len(db) as u64;
        if !passed && rank < len {
            passed = true;
            found = data.keyspace.random_key(db, &mut |below| rng.u64(..below)).map(|entry| entry.key().to_vec());
        }
        rank = rank.wrapping_sub(len);
    });
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::cmd::generic::testing::{expiring, listen, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn every_key_has_a_chance() {
        on_shards(|s| {
            (0..10).for_each(|i| string(s, &format!("k{i}"), "x"));
            let seen: BTreeSet<_> = (0..500).map(|_| s.run("RANDOMKEY").text().to_owned()).collect();
            assert_eq!(seen.len(), 10);
        });
    }

    #[test]
    fn expired_keys_are_removed() {
        on_shards(|s| {
            s.run("RANDOMKEY").replies("$-1");
            (0..5).for_each(|i| expiring(s, &format!("k{i}"), "x", 1));
            string(s, "stays", "x");
            s.pass_ms(2);
            (0..100).for_each(|_| s.run("RANDOMKEY").replies("$5|stays"));
            assert_eq!(s.len(0), 1);
            let events = listen(s);
            expiring(s, "last", "x", 1);
            s.run("DEL stays").replies(":1");
            s.pass_ms(2);
            s.resp3();
            s.run("RANDOMKEY").replies("_");
            assert_eq!((events.take().as_str(), s.effects.dirty), ("0:del stays, 0:expired last", 0));
        });
    }
}
