//! SCAN: over the shards, one after the other.
//!
//! A cursor holds a slot in its low 14 bits and a position within that slot's table above them. A call runs on the
//! shard that owns the slot, and passes only slots from there up to the first that belongs to another shard; the
//! cursor then leads to that one's owner. Slots are passed in ascending order and each once, so a key that is there
//! throughout is answered at least once, whoever owns its slot when the scan comes by.

use super::{quoted, type_name};
use crate::cmd::int_arg;
use crate::data::ShardData;
use crate::fail::{Fail, Outcome};
use crate::glob;
use crate::keyspace::Entry;
use crate::numfmt::parse_u64;
use crate::resp::{Args, Reply};
use crate::slot::SLOTS;
use crate::step::Step;

/// A cursor as a client sends it: C's `strtoull`, up to the first NUL.
pub fn parse_cursor(arg: &[u8]) -> Option<u64> {
    let end = arg.iter().position(|&b| b == 0).unwrap_or(arg.len());
    parse_u64(&arg[..end])
}

/// The slot in which a scan goes on.
pub fn cursor_slot(cursor: u64) -> u16 {
    (cursor % SLOTS as u64) as u16
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
pub(super) fn scan(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let cursor = parse_cursor(args.get(1)).ok_or(Fail::InvalidCursor)?;
    let filter = Filter::parse(args)?;
    let (db, clock, protocol) = (step.db(), step.clock, step.client.protocol);
    let data = step.data(cursor_slot(cursor));

    let (mut names, mut count, mut expired) = (Vec::new(), 0, Vec::new());
    let mut out = Reply::new(&mut names, protocol);
    let next = scan_own(data, db, cursor, filter.count, &mut |entry| {
        if !filter.passes(&entry) {
        } else if entry.is_expired(clock.unix_ms()) {
            expired.push(entry.key().to_vec());
        } else {
            out.bulk(entry.key());
            count += 1;
        }
    });
    for name in expired {
        let key = data.key(&name);
        data.expire_if_needed(db, &key, clock);
    }
    step.reply.array(2);
    step.reply.bulk(next.to_string().as_bytes());
    step.reply.array(count);
    step.reply.raw(&names);
    Ok(())
}

/// Scans the slots from the cursor's on, up to the first that `data` doesn't own; the cursor to go on with.
fn scan_own(data: &ShardData, db: usize, cursor: u64, count: usize, visit: &mut dyn FnMut(Entry<'_>)) -> u64 {
    let foreign = (cursor_slot(cursor)..SLOTS as u16).find(|&slot| !data.owned.contains(slot));
    let mut own = |slot: u16| foreign.is_none_or(|end| slot < end).then_some(slot);
    match (data.keyspace.scan(db, cursor, count, &mut own, visit), foreign) {
        (0, Some(end)) => u64::from(end),
        (next, _) => next,
    }
}

/// Names of types that `TYPE` may ask for. Types of modules can't be asked for yet: nobody here knows them all.
const TYPES: [&str; 6] = ["string", "list", "set", "zset", "hash", "stream"];

/// Which keys are answered, and about how many are looked at.
struct Filter<'a> {
    count: usize,
    pattern: Option<&'a [u8]>,
    kind: Option<&'static str>,
}

impl<'a> Filter<'a> {
    fn parse(args: Args<'a>) -> Result<Self, Fail> {
        let mut filter = Self { count: 10, pattern: None, kind: None };
        let mut i = 2;
        while i < args.len() {
            let has_value = i + 1 < args.len();
            if args.is(i, "count") && has_value {
                filter.count = usize::try_from(int_arg(args, i + 1)?).unwrap_or(0);
                if filter.count == 0 {
                    return Err(Fail::Syntax);
                }
            } else if args.is(i, "match") && has_value {
                filter.pattern = Some(args.get(i + 1)).filter(|&pattern| pattern != b"*");
            } else if args.is(i, "type") && has_value {
                filter.kind = Some(kind(args.get(i + 1))?);
            } else {
                return Err(misplaced(args, i));
            }
            i += 2;
        }
        Ok(filter)
    }

    fn passes(&self, entry: &Entry<'_>) -> bool {
        self.kind.is_none_or(|kind| kind == type_name(&entry.value()))
            && self.pattern.is_none_or(|pattern| glob::matches(pattern, entry.key()))
    }
}

/// What is wrong with option `i`: some are known, but to other commands.
fn misplaced(args: Args<'_>, i: usize) -> Fail {
    if args.is(i, "novalues") {
        Fail::text_of("ERR NOVALUES option can only be used in HSCAN")
    } else if args.is(i, "noscores") {
        Fail::text_of("ERR NOSCORES option can only be used in ZSCAN")
    } else {
        Fail::Syntax
    }
}

fn kind(arg: &[u8]) -> Result<&'static str, Fail> {
    let name = quoted(arg);
    let known = TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(&name));
    known.ok_or_else(|| Fail::text_of(format!("ERR unknown type name '{name}'")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cmd::generic::testing::{expiring, foreign, listen, scanned, string};
    use crate::cmd::testing::{Server, on_shards};
    use crate::slot::key_slot;
    use crate::step::{Effects, Held, Origin};

    /// One call, with nothing but the data of the cursor's owner.
    fn scan_at_owner(s: &mut Server, cursor: u64, options: &str) -> (u64, Vec<String>) {
        let words = format!("SCAN {cursor} {options}");
        let args: crate::resp::OwnedArgs = words.split_whitespace().collect();
        let (clock, client, config) = (s.clock, s.client, s.config.clone());
        let owner = s.shards().iter_mut().find(|d| d.owned.contains(cursor_slot(cursor))).unwrap();
        let (mut out, mut rng) = (Vec::new(), fastrand::Rng::with_seed(1));
        let reply = Reply::new(&mut out, client.protocol);
        let mut step = Step::new(Held::One(owner), reply, client, clock, &mut rng, Origin::Client, &config);
        scan(&mut step, args.args()).unwrap();
        assert_eq!(step.effects, Effects::default());
        scanned(&String::from_utf8_lossy(&out).replace("\r\n", "|"))
    }

    /// A whole scan; what `between` does between the calls.
    fn scan_all(s: &mut Server, options: &str, mut between: impl FnMut(&mut Server)) -> Vec<String> {
        let (mut cursor, mut seen) = (0, Vec::new());
        loop {
            let (next, names) = scan_at_owner(s, cursor, options);
            seen.extend(names);
            if next == 0 {
                return seen;
            }
            assert!(cursor_slot(next) >= cursor_slot(cursor), "a scan goes back");
            cursor = next;
            between(s);
        }
    }

    #[test]
    fn each_key_once_while_nothing_changes() {
        on_shards(|s| {
            (0..3000).for_each(|i| string(s, &format!("k{i}"), "x"));
            (0..300).for_each(|i| string(s, &format!("{{tag}}{i}"), "x"));
            for options in ["", "COUNT 1", "COUNT 100", "COUNT 100000"] {
                let mut seen = scan_all(s, options, |_| {});
                assert_eq!(seen.len(), 3300, "{options}");
                seen.sort();
                seen.dedup();
                assert_eq!(seen.len(), 3300, "{options}");
            }
        });
    }

    #[test]
    fn keys_that_stay_are_seen_under_inserts_and_deletes() {
        for seed in 0..20 {
            let mut s = Server::new(3);
            let mut rng = fastrand::Rng::with_seed(seed);
            let name = |i: u32| if i.is_multiple_of(2) { format!("{{t}}k{i}") } else { format!("k{i}") };
            let stays: BTreeSet<String> = (0..400).map(name).collect();
            stays.iter().for_each(|key| string(&mut s, key, "x"));
            (1000..2000).filter(|_| rng.bool()).for_each(|i| string(&mut s, &name(i), "x"));
            let seen = scan_all(&mut s, "COUNT 5", |s| {
                // Grows and shrinks the tables by turns.
                let grows = rng.bool();
                for _ in 0..rng.usize(..60) {
                    let key = name(rng.u32(1000..2000));
                    if grows { string(s, &key, "x") } else { drop(s.run(&format!("DEL {key}"))) }
                }
            });
            let seen: BTreeSet<String> = seen.into_iter().collect();
            assert!(stays.is_subset(&seen), "seed {seed}");
        }
    }

    #[test]
    fn a_call_ends_at_the_first_slot_of_another_shard() {
        let mut s = Server::new(3);
        string(&mut s, "k", "x");
        let slot = key_slot(b"k");
        let first_of = |s: &mut Server, i: usize| u64::from(s.shard(i).owned.iter().next().unwrap());
        let (second, third) = (first_of(&mut s, 1), first_of(&mut s, 2));
        assert!((second..third).contains(&u64::from(slot)));
        assert_eq!(scan_at_owner(&mut s, 0, "COUNT 1000"), (second, vec![]));
        assert_eq!(scan_at_owner(&mut s, second, "COUNT 1000"), (third, vec!["k".to_owned()]));
        assert_eq!(scan_at_owner(&mut s, u64::from(slot) + 1, "COUNT 1000"), (third, vec![]));
        assert_eq!(scan_at_owner(&mut s, third, "COUNT 1000"), (0, vec![]));
        // A slot in the middle moves to another shard, which has keys below and above.
        s.shard(1).owned.remove(slot);
        let contents = s.shard(1).keyspace.take_slot(slot);
        s.shard(0).keyspace.put_slot(contents);
        s.shard(0).owned.insert(slot);
        let mut calls = 0;
        assert_eq!(scan_all(&mut s, "COUNT 1000", |_| calls += 1), ["k"]);
        assert_eq!(calls, 4);
    }

    #[test]
    fn filters() {
        on_shards(|s| {
            (0..50).for_each(|i| string(s, &format!("k{i}"), "x"));
            foreign(s, "f");
            string(s, "", "x");
            let sorted = |s: &mut Server, options: &str| {
                let mut seen = scan_all(s, options, |_| {});
                seen.sort();
                seen
            };
            assert_eq!(sorted(s, "MATCH k1?").len(), 10);
            assert_eq!(sorted(s, "match k1? match k2").len(), 1);
            assert_eq!(sorted(s, "MATCH *").len(), 52);
            assert_eq!(sorted(s, "MATCH **").len(), 51);
            assert_eq!(sorted(s, "TYPE string COUNT 100").len(), 51);
            assert_eq!(sorted(s, "TYPE STRING MATCH k4*").len(), 11);
            assert_eq!(sorted(s, "TYPE list").len(), 0);
            s.run("SCAN 0 TYPE test-type").fails("ERR unknown type name 'test-type'");
        });
    }

    #[test]
    fn expired_keys_that_match_are_removed() {
        on_shards(|s| {
            expiring(s, "a", "x", 1);
            expiring(s, "b", "x", 1);
            string(s, "c", "x");
            s.pass_ms(2);
            let events = listen(s);
            assert_eq!(scan_all(s, "MATCH [ac] COUNT 100", |_| {}), ["c"]);
            assert_eq!((events.take().as_str(), s.len(0)), ("0:expired a", 2));
        });
    }

    #[test]
    fn any_number_is_a_cursor() {
        let max = u64::MAX;
        for (text, want) in [
            (&b"0"[..], Some(0)),
            (b"18446744073709551615", Some(max)),
            (b"18446744073709551616", None),
            (b"+1", Some(1)),
            (b" 1", Some(1)),
            (b"\t\n\x0b\x0c\r 1", Some(1)),
            (b"01", Some(1)),
            (b"1 ", None),
            (b"", None),
            (b"+", None),
            (b"-1", None),
            (b" -1", Some(max)),
            (b"-0", Some(0)),
            (b"-18446744073709551615", Some(1)),
            (b"1\0foo", Some(1)),
            (b"\x001", None),
            (b"0x10", None),
            (b"++1", None),
        ] {
            assert_eq!(parse_cursor(text), want, "{}", text.escape_ascii());
        }
        on_shards(|s| {
            string(s, "a", "x");
            let mut rng = fastrand::Rng::with_seed(1);
            for _ in 0..1000 {
                scan_at_owner(s, rng.u64(..), "COUNT 1000");
            }
        });
    }
}
