//! OBJECT ENCODING, FREQ, IDLETIME, REFCOUNT, HELP.

use super::encoding_name;
use crate::cmd::server::help::help_answer;
use crate::config::Config;
use crate::config::MaxmemoryPolicy::{AllkeysLfu, VolatileLfu};
use crate::fail::{Fail, Outcome};
use crate::keyspace::Entry;
use crate::resp::Args;
use crate::step::{Clock, Step};

/// `OBJECT ENCODING key`
pub(super) fn encoding(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    match lookup(step, args).map(|entry| encoding_name(&entry)) {
        Some(name) => step.reply.bulk(name.as_bytes()),
        None => step.reply.null(),
    }
    Ok(())
}

/// `OBJECT REFCOUNT key`: values are never shared.
pub(super) fn refcount(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let count = lookup(step, args).map(|_| 1);
    answer(step, count)
}

/// `OBJECT IDLETIME key`
pub(super) fn idletime(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (lfu, now) = (counts_frequency(step.config), step.clock);
    let idle = lookup(step, args).map(|entry| idle_seconds(entry.lru(), now));
    if lfu && idle.is_some() {
        return Err(Fail::text_of(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching \
             between policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    answer(step, idle)
}

/// `OBJECT FREQ key`
pub(super) fn freq(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (lfu, now, decay) = (counts_frequency(step.config), step.clock, step.config.lfu_decay_time);
    let count = lookup(step, args).map(|entry| decayed_count(entry.lru(), now, decay));
    if !lfu && count.is_some() {
        return Err(Fail::text_of(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when \
             switching between policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    answer(step, count)
}

/// `OBJECT HELP`
pub(super) fn help(step: &mut Step<'_>, _: Args<'_>) -> Outcome {
    help_answer(step, "OBJECT", HELP)
}

const HELP: &[&str] = &[
    "ENCODING <key>",
    "    Return the kind of internal representation used in order to store the value",
    "    associated with a <key>.",
    "FREQ <key>",
    "    Return the access frequency index of the <key>. The returned integer is",
    "    proportional to the logarithm of the recent access frequency of the key.",
    "IDLETIME <key>",
    "    Return the idle time of the <key>, that is the approximated number of",
    "    seconds elapsed since the last access to the key.",
    "REFCOUNT <key>",
    "    Return the number of references of the value associated with the specified",
    "    <key>.",
];

/// The entry of the key at argument 2, left untouched; counts hit or miss, but tells no miss.
fn lookup<'s>(step: &'s mut Step<'_>, args: Args<'_>) -> Option<Entry<'s>> {
    let (key, db, clock) = (step.key(args, 2), step.db(), step.clock);
    let data = step.data(key.slot);
    data.expire_if_needed(db, &key, clock);
    let found = data.keyspace.get(db, &key);
    let counter = if found.is_some() { &data.stats.hits } else { &data.stats.misses };
    counter.add(1);
    found
}

fn answer(step: &mut Step<'_>, number: Option<i64>) -> Outcome {
    match number {
        Some(n) => step.reply.int(n),
        None => step.reply.null(),
    }
    Ok(())
}

/// Does the policy in force make the LRU field count accesses?
fn counts_frequency(config: &Config) -> bool {
    matches!(config.maxmemory_policy, AllkeysLfu | VolatileLfu)
}

/// Seconds since the last access, by an LRU field that wraps around at 24 bits.
pub(in crate::cmd) fn idle_seconds(lru: u32, now: Clock) -> i64 {
    i64::from(now.lru().wrapping_sub(lru) & 0x00ff_ffff)
}

/// The logarithmic access count of an LRU field as LFU policies use it (minutes of the last access above 8 bits of
/// count), less one for each `decay` minutes since. A field last written under another policy holds anything.
fn decayed_count(lru: u32, now: Clock, decay: i64) -> i64 {
    let minutes = (now.unix_us / 60_000_000) & 0xffff;
    let last = i64::from(lru >> 8);
    let elapsed = if minutes >= last { minutes - last } else { 0xffff - last + minutes };
    let periods = if decay > 0 { elapsed / decay } else { 0 };
    (i64::from(lru & 0xff) - periods).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::generic::testing::{expiring, foreign, listen, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn nothing_but_the_key_is_looked_at() {
        on_shards(|s| {
            let events = listen(s);
            string(s, "a", "1");
            foreign(s, "f");
            s.pass_ms(3000);
            s.run("OBJECT ENCODING a").replies("$3|int");
            s.run("OBJECT ENCODING f").replies("$3|raw");
            s.run("OBJECT REFCOUNT a").replies(":1");
            s.run("OBJECT IDLETIME a").replies(":3");
            for sub in ["ENCODING", "REFCOUNT", "IDLETIME", "FREQ"] {
                s.run(&format!("OBJECT {sub} z")).replies("$-1");
            }
            expiring(s, "e", "x", 1);
            s.pass_ms(2);
            s.resp3();
            s.run("OBJECT ENCODING e").replies("_");
            assert_eq!(events.take(), "0:expired e");
            let (hits, misses) =
                s.shards().iter().fold((0, 0), |(h, m), d| (h + d.stats.hits.get(), m + d.stats.misses.get()));
            assert_eq!((hits, misses), (4, 5));
        });
    }

    #[test]
    fn idle_time_and_frequency_depend_on_the_policy() {
        on_shards(|s| {
            string(s, "a", "1");
            s.run("OBJECT FREQ a").fails(
                "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when \
                 switching between policies at runtime LRU and LFU data will take some time to adjust.",
            );
            s.config.maxmemory_policy = AllkeysLfu;
            s.run("OBJECT IDLETIME a").fails(
                "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching \
                 between policies at runtime LRU and LFU data will take some time to adjust.",
            );
            s.run("OBJECT IDLETIME z").replies("$-1");
        });
    }

    #[test]
    fn counts_decay() {
        let now = Clock { unix_us: 60_000_000 * (0xffff + 11), mono_ns: 0 };
        assert_eq!(decayed_count(10 << 8 | 5, now, 1), 5);
        assert_eq!(decayed_count(8 << 8 | 5, now, 1), 3);
        assert_eq!(decayed_count(8 << 8 | 5, now, 0), 5);
        assert_eq!(decayed_count(8 << 8 | 5, now, 2), 4);
        assert_eq!(decayed_count(11 << 8 | 255, now, 0), 255);
        assert_eq!(decayed_count(11 << 8 | 255, now, 1), 0);
    }
}
