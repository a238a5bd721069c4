//! EXISTS, TOUCH, TYPE.

use super::{read_untouched, type_name};
use crate::fail::Outcome;
use crate::resp::Args;
use crate::step::Step;

/// `EXISTS key [key …]`
pub(super) fn exists(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let mut there = 0;
    for i in 1..args.len() {
        let key = step.key(args, i);
        there += i64::from(read_untouched(step, &key).is_some());
    }
    step.reply.int(there);
    Ok(())
}

/// `TOUCH key [key …]`: touches even for a client that doesn't (`CLIENT NO-TOUCH`).
pub(super) fn touch(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (db, clock) = (step.db(), step.clock);
    let mut there = 0;
    for i in 1..args.len() {
        let key = step.key(args, i);
        there += i64::from(step.data(key.slot).read(db, &key, clock, false).is_some());
    }
    step.reply.int(there);
    Ok(())
}

/// `TYPE key`
pub(super) fn type_(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let key = step.key(args, 1);
    let name = read_untouched(step, &key).map(|entry| type_name(&entry.value()).to_owned());
    step.reply.simple(name.as_deref().unwrap_or("none"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{expiring, foreign, listen, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn a_key_named_twice_counts_twice() {
        on_shards(|s| {
            let events = listen(s);
            string(s, "a", "1");
            string(s, "b", "1");
            s.run("EXISTS a b a c").replies(":3");
            s.run("TOUCH a a z").replies(":2");
            assert_eq!(events.take(), "0:keymiss c, 0:keymiss z");
        });
    }

    #[test]
    fn only_touch_touches() {
        on_shards(|s| {
            string(s, "a", "1");
            s.client.no_touch = true;
            s.pass_ms(2500);
            s.run("EXISTS a").replies(":1");
            s.run("TYPE a").replies("+string");
            s.run("OBJECT IDLETIME a").replies(":2");
            s.run("TOUCH a").replies(":1");
            s.run("OBJECT IDLETIME a").replies(":0");
        });
    }

    #[test]
    fn types() {
        on_shards(|s| {
            let events = listen(s);
            string(s, "a", "1");
            foreign(s, "f");
            expiring(s, "e", "x", 1);
            s.pass_ms(2);
            s.run("TYPE a").replies("+string");
            s.run("TYPE f").replies("+test-type");
            s.run("TYPE z").replies("+none");
            s.run("TYPE e").replies("+none");
            assert_eq!(events.take(), "0:keymiss z, 0:expired e, 0:keymiss e");
        });
    }
}
