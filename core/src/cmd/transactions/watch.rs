//! WATCH.

use std::collections::HashSet;

use crate::fail::Outcome;
use crate::resp::Args;
use crate::step::Step;

/// `WATCH key [key …]`: registers each key once and leaves it in the effects; those that the client watched before
/// are for the caller to tell apart. A key that has expired goes first, so that its going is no change.
pub(super) fn watch(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (db, clock) = (step.db(), step.clock);
    let mut seen = HashSet::with_capacity(args.len());
    for i in 1..args.len() {
        if !seen.insert(args.get(i)) {
            continue;
        }
        let key = step.key(args, i);
        let data = step.data(key.slot);
        data.expire_if_needed(db, &key, clock);
        let version = data.watches.watch(db, key.bytes);
        step.effects.watched.push((step.client.db, key.bytes.into(), version));
    }
    step.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{expiring, listen, string};
    use crate::cmd::testing::{Server, on_shards};
    use crate::data::Watch;

    /// Whether each watched key was changed since.
    fn changed(s: &mut Server, watched: &[Watch]) -> Vec<bool> {
        let now = |s: &mut Server, w: &Watch| s.shards().iter().find_map(|d| d.watches.version(w.0.into(), &w.1));
        watched.iter().map(|w| now(s, w).expect("not registered") != w.2).collect()
    }

    #[test]
    fn a_key_named_twice_is_registered_once() {
        on_shards(|s| {
            s.run("WATCH a b a").replies("+OK");
            let watched = s.effects.watched.clone();
            assert_eq!(watched.iter().map(|w| (w.0, &*w.1)).collect::<Vec<_>>(), [(0, &b"a"[..]), (0, b"b")]);
            for (db, key, _) in watched {
                let owner = s.shards().iter_mut().find(|d| d.watches.version(db.into(), &key).is_some()).unwrap();
                owner.watches.unwatch(db.into(), &key);
                assert_eq!(owner.watches.version(db.into(), &key), None);
            }
        });
    }

    #[test]
    fn changes_are_seen_by_database() {
        on_shards(|s| {
            s.client.db = 2;
            s.run("WATCH a b").replies("+OK");
            let watched = s.effects.watched.clone();
            assert_eq!(watched[0].0, 2);
            s.client.db = 0;
            string(s, "a", "1");
            s.run("DEL a").replies(":1");
            assert_eq!(changed(s, &watched), [false, false]);
            s.client.db = 2;
            string(s, "a", "1");
            s.run("DEL a b").replies(":1");
            assert_eq!(changed(s, &watched), [true, false]);
        });
    }

    #[test]
    fn flush_and_swap_change_keys_that_are_there() {
        on_shards(|s| {
            string(s, "a", "1");
            s.run("WATCH a none").replies("+OK");
            let watched = s.effects.watched.clone();
            s.run("SWAPDB 3 4").replies("+OK");
            s.run("SWAPDB 0 0").replies("+OK");
            assert_eq!(changed(s, &watched), [false, false]);
            s.run("SWAPDB 0 1").replies("+OK");
            assert_eq!(changed(s, &watched), [true, false]);
            s.run("WATCH a none").replies("+OK");
            let watched = s.effects.watched.clone();
            s.run("FLUSHALL").replies("+OK");
            assert_eq!(changed(s, &watched), [false, false]);
            s.client.db = 1;
            expiring(s, "none", "x", 1);
            s.pass_ms(2);
            // A key that has expired takes the place of none: no change. One that hasn't is.
            s.client.db = 0;
            s.run("SWAPDB 0 1").replies("+OK");
            assert_eq!(changed(s, &watched), [false, false]);
            s.client.db = 1;
            string(s, "none", "x");
            s.client.db = 0;
            s.run("SWAPDB 1 0").replies("+OK");
            assert_eq!(changed(s, &watched), [false, true]);
        });
    }

    #[test]
    fn an_expired_key_goes_first() {
        on_shards(|s| {
            expiring(s, "a", "1", 1);
            s.pass_ms(2);
            let events = listen(s);
            s.run("WATCH a").replies("+OK");
            let watched = s.effects.watched.clone();
            assert_eq!(events.take(), "0:expired a");
            s.run("EXISTS a").replies(":0");
            assert_eq!(changed(s, &watched), [false]);
        });
    }
}
