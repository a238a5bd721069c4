//! RENAME, RENAMENX.

use super::find;
use crate::fail::{Fail, Outcome};
use crate::keyspace::KeyRef;
use crate::resp::Args;
use crate::step::{Event, Step};

/// `RENAME key newkey`
pub(super) fn rename(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (from, to, db) = (step.key(args, 1), step.key(args, 2), step.db());
    find(step, db, &from).ok_or(Fail::NoSuchKey)?;
    if from.bytes != to.bytes {
        find(step, db, &to);
        relocate(step, &from, &to);
    }
    step.reply.ok();
    Ok(())
}

/// `RENAMENX key newkey`
pub(super) fn renamenx(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (from, to, db) = (step.key(args, 1), step.key(args, 2), step.db());
    find(step, db, &from).ok_or(Fail::NoSuchKey)?;
    let free = from.bytes != to.bytes && find(step, db, &to).is_none();
    if free {
        relocate(step, &from, &to);
    }
    step.reply.int(i64::from(free));
    Ok(())
}

/// Moves an entry, maybe to another shard; what was there is freed without an event of its own.
fn relocate(step: &mut Step<'_>, from: &KeyRef<'_>, to: &KeyRef<'_>) {
    let db = step.db();
    let entry = step.take(from).expect("a key that was just found is gone");
    drop(step.put(to, entry));
    step.notify(Event::New, "new", to);
    // Two keys changed, and it counts as one change.
    step.data(from.slot).signal_modified(db, from.bytes);
    step.modified(to);
    step.notify(Event::Generic, "rename_from", from);
    step.notify(Event::Generic, "rename_to", to);
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{expiring, get, listen, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn value_and_expiry_move_over_what_is_there() {
        on_shards(|s| {
            let events = listen(s);
            expiring(s, "a", "1", 100_000);
            string(s, "longer-name", "2");
            s.run("RENAME a longer-name").replies("+OK");
            assert_eq!(events.take(), "0:new longer-name, 0:rename_from a, 0:rename_to longer-name");
            assert_eq!((s.effects.dirty, s.len(0)), (1, 1));
            assert_eq!(get(s, "longer-name").as_deref(), Some("1"));
            s.run("TTL longer-name").replies(":100");
            string(s, "b", "3");
            s.run("RENAME b longer-name").replies("+OK");
            s.run("TTL longer-name").replies(":-1");
        });
    }

    #[test]
    fn both_keys_are_told_to_watchers() {
        on_shards(|s| {
            string(s, "a", "1");
            s.run("WATCH a b").replies("+OK");
            let watched = s.effects.watched.clone();
            s.run("RENAME a b").replies("+OK");
            for (db, key, version) in watched {
                let now = s.shards().iter().find_map(|d| d.watches.version(db.into(), &key)).unwrap();
                assert_ne!(now, version);
            }
        });
    }

    #[test]
    fn nx_needs_a_free_name() {
        on_shards(|s| {
            string(s, "a", "1");
            expiring(s, "b", "2", 10);
            s.run("RENAMENX a b").replies(":0");
            s.run("RENAMENX a a").replies(":0");
            assert_eq!(s.effects.dirty, 0);
            s.pass_ms(11);
            let events = listen(s);
            s.run("RENAMENX a b").replies(":1");
            assert_eq!(events.take(), "0:expired b, 0:new b, 0:rename_from a, 0:rename_to b");
            s.run("RENAMENX a b").fails("ERR no such key");
            s.run("RENAME a a").fails("ERR no such key");
            s.run("RENAME b b").replies("+OK");
            assert_eq!(s.effects.dirty, 0);
        });
    }
}
