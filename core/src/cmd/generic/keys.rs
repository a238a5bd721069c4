//! KEYS.

use crate::fail::Outcome;
use crate::glob;
use crate::resp::{Args, Reply};
use crate::step::Step;

/// `KEYS pattern`: an expired key is left out, and left alone.
pub(super) fn keys(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (db, now, protocol) = (step.db(), step.clock.unix_ms(), step.client.protocol);
    let pattern = args.get(1);
    let all = pattern == b"*";
    let (mut names, mut count) = (Vec::new(), 0);
    let mut out = Reply::new(&mut names, protocol);
    step.each_data(|data| {
        data.keyspace.for_each(db, &mut |entry| {
            if !entry.is_expired(now) && (all || glob::matches(pattern, entry.key())) {
                out.bulk(entry.key());
                count += 1;
            }
        });
    });
    step.reply.array(count);
    step.reply.raw(&names);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{expiring, listen, names, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn keys_of_all_shards_that_match() {
        on_shards(|s| {
            for key in ["one", "two", "three", ""] {
                string(s, key, "x");
            }
            expiring(s, "four", "x", 1);
            s.pass_ms(2);
            let events = listen(s);
            assert_eq!(names(s.run("KEYS *").text()), ["", "one", "three", "two"]);
            assert_eq!(names(s.run("KEYS t*").text()), ["three", "two"]);
            assert_eq!(names(s.run("KEYS **").text()), ["one", "three", "two"]);
            s.run("KEYS [xyz]").replies("*0");
            s.run("KEYS \"\"").replies("*1|$0|");
            assert_eq!((events.take().as_str(), s.len(0)), ("", 5));
            s.client.db = 1;
            s.run("KEYS *").replies("*0");
        });
    }
}
