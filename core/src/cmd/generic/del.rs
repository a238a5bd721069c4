//! DEL and UNLINK: one step, since values are freed in place.

use crate::fail::Outcome;
use crate::resp::Args;
use crate::step::{Event, Step};

/// `DEL key [key …]`, `UNLINK key [key …]`
pub(super) fn del(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (db, clock) = (step.db(), step.clock);
    let mut gone = 0;
    for i in 1..args.len() {
        let key = step.key(args, i);
        if step.data(key.slot).expire_if_needed(db, &key, clock) || !step.remove(&key) {
            continue;
        }
        step.modified(&key);
        step.notify(Event::Generic, "del", &key);
        gone += 1;
    }
    step.reply.int(gone);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{expiring, listen, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn counts_each_key_once() {
        on_shards(|s| {
            let events = listen(s);
            string(s, "a", "1");
            string(s, "b", "2");
            s.run("DEL a b c a").replies(":2");
            assert_eq!((events.take().as_str(), s.effects.dirty), ("0:del a, 0:del b", 2));
            assert_eq!(s.len(0), 0);
            string(s, "a", "1");
            s.run("UNLINK a").replies(":1");
            s.run("UNLINK a").replies(":0");
            assert_eq!(s.effects.dirty, 0);
        });
    }

    #[test]
    fn an_expired_key_was_not_there() {
        on_shards(|s| {
            let events = listen(s);
            expiring(s, "a", "1", 10);
            s.pass_ms(10);
            s.run("EXISTS a").replies(":1");
            s.pass_ms(1);
            s.run("DEL a").replies(":0");
            assert_eq!((events.take().as_str(), s.effects.dirty), ("0:expired a", 0));
        });
    }
}
