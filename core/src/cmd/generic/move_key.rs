//! MOVE.

use super::{db_arg, find};
use crate::fail::{Fail, Outcome};
use crate::keyspace::KeyRef;
use crate::resp::Args;
use crate::step::{Event, Step};

/// `MOVE key db`
pub(super) fn move_key(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (db, to_db) = (step.db(), db_arg(step.config, args, 2)?);
    if db == to_db {
        return Err(Fail::SameObject);
    }
    let key = step.key(args, 1);
    let moves = find(step, db, &key).is_some() && find(step, to_db, &key).is_none();
    if moves {
        relocate(step, &key, to_db);
    }
    step.reply.int(i64::from(moves));
    Ok(())
}

fn relocate(step: &mut Step<'_>, key: &KeyRef<'_>, to_db: usize) {
    let db = step.db();
    let data = step.data(key.slot);
    let entry = data.remove(db, key).expect("a key that was just found is gone");
    data.put(to_db, key, entry);
    step.notify_in(to_db, Event::New, "new", key);
    // The key changed in two databases, and it counts as one change.
    step.data(key.slot).signal_modified(db, key.bytes);
    step.modified_in(to_db, key);
    step.notify(Event::Generic, "move_from", key);
    step.notify_in(to_db, Event::Generic, "move_to", key);
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{expiring, listen, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn a_key_moves_with_its_expiry() {
        on_shards(|s| {
            let events = listen(s);
            expiring(s, "a", "1", 100_000);
            s.run("MOVE a 1").replies(":1");
            assert_eq!(events.take(), "1:new a, 0:move_from a, 1:move_to a");
            assert_eq!((s.effects.dirty, s.len(0), s.len(1)), (1, 0, 1));
            s.run("MOVE a 1").replies(":0");
            s.client.db = 1;
            s.run("TTL a").replies(":100");
            s.client.db = 0;
            string(s, "a", "2");
            s.run("MOVE a 1").replies(":0");
            assert_eq!(s.effects.dirty, 0);
            s.pass_ms(100_001);
            s.run("MOVE a 1").replies(":1");
            assert_eq!(events.take(), "1:expired a, 1:new a, 0:move_from a, 1:move_to a");
        });
    }

    #[test]
    fn the_database_must_be_another_one_that_there_is() {
        on_shards(|s| {
            s.run("MOVE nokey 0").fails("ERR source and destination objects are the same");
            s.run("MOVE nokey 16").fails("ERR DB index is out of range");
            s.run("MOVE nokey x").fails("ERR value is not an integer or out of range");
            s.config.cluster_enabled = true;
            s.run("MOVE nokey 1").fails("ERR DB index is out of range");
        });
    }
}
