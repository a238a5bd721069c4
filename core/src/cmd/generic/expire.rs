//! EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT, PERSIST.

use super::{find, quoted};
use crate::cmd::int_arg;
use crate::fail::{Fail, Outcome};
use crate::keyspace::KeyRef;
use crate::resp::Args;
use crate::step::{Event, Origin, Step};

/// `EXPIRE key seconds [NX | XX | GT | LT]`
pub(super) fn expire(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let now = step.clock.unix_ms();
    expire_at(step, args, "expire", 1000, now)
}

/// `PEXPIRE key milliseconds [NX | XX | GT | LT]`
pub(super) fn pexpire(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let now = step.clock.unix_ms();
    expire_at(step, args, "pexpire", 1, now)
}

/// `EXPIREAT key unix-time-seconds [NX | XX | GT | LT]`
pub(super) fn expireat(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    expire_at(step, args, "expireat", 1000, 0)
}

/// `PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]`
pub(super) fn pexpireat(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    expire_at(step, args, "pexpireat", 1, 0)
}

/// `PERSIST key`
pub(super) fn persist(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (key, db) = (step.key(args, 1), step.db());
    let expires = find(step, db, &key).is_some_and(|entry| entry.expire_at().is_some());
    if expires {
        set_expire(step, &key, None);
        step.modified(&key);
        step.notify(Event::Generic, "persist", &key);
    }
    step.reply.int(i64::from(expires));
    Ok(())
}

/// The four: argument 2 counts units of `unit_ms` milliseconds from `base_ms`.
fn expire_at(step: &mut Step<'_>, args: Args<'_>, name: &'static str, unit_ms: i64, base_ms: i64) -> Outcome {
    let condition = Condition::parse(args)?;
    let at = int_arg(args, 2)?.checked_mul(unit_ms).and_then(|at| at.checked_add(base_ms));
    let at = at.ok_or(Fail::InvalidExpire(name))?;
    let (key, db) = (step.key(args, 1), step.db());
    let allowed = find(step, db, &key).is_some_and(|entry| condition.allows(entry.expire_at(), at));
    if allowed {
        apply(step, &key, at);
    }
    step.reply.int(i64::from(allowed));
    Ok(())
}

/// Lets a key that is there expire at `at`: at once, where that is now or past. What a file or the primary tells to
/// expire in the past stays, until they tell that it has.
fn apply(step: &mut Step<'_>, key: &KeyRef<'_>, at: i64) {
    let told = matches!(step.origin, Origin::Load | Origin::Primary);
    if at > step.clock.unix_ms() || told {
        set_expire(step, key, Some(at));
        step.modified(key);
        step.notify(Event::Generic, "expire", key);
    } else {
        step.remove(key);
        step.data(key.slot).stats.expired.add(1);
        step.modified(key);
        step.notify(Event::Expired, "expired", key);
    }
}

fn set_expire(step: &mut Step<'_>, key: &KeyRef<'_>, at: Option<i64>) {
    let db = step.db();
    let data = step.data(key.slot);
    if let Some(mut entry) = data.keyspace.get_mut(db, key) {
        entry.set_expire(at);
    }
    data.publish_len(db);
}

/// When a new expiry replaces the one that the key has.
#[derive(Default)]
struct Condition {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Condition {
    fn parse(args: Args<'_>) -> Result<Self, Fail> {
        let mut c = Self::default();
        for i in 3..args.len() {
            let flag = match () {
                () if args.is(i, "nx") => &mut c.nx,
                () if args.is(i, "xx") => &mut c.xx,
                () if args.is(i, "gt") => &mut c.gt,
                () if args.is(i, "lt") => &mut c.lt,
                () => return Err(Fail::text_of(format!("ERR Unsupported option {}", quoted(args.get(i))))),
            };
            *flag = true;
        }
        if c.nx && (c.xx || c.gt || c.lt) {
            return Err(Fail::text_of("ERR NX and XX, GT or LT options at the same time are not compatible"));
        }
        if c.gt && c.lt {
            return Err(Fail::text_of("ERR GT and LT options at the same time are not compatible"));
        }
        Ok(c)
    }

    /// May `at` replace `current`? No expiry counts as later than any.
    fn allows(&self, current: Option<i64>, at: i64) -> bool {
        let presence = !(self.nx && current.is_some() || self.xx && current.is_none());
        let order = match current {
            Some(current) => !(self.gt && at <= current || self.lt && at >= current),
            None => !self.gt,
        };
        presence && order
    }
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{expired_stat, listen, string};
    use crate::cmd::testing::on_shards;
    use crate::step::Origin;

    #[test]
    fn a_key_expires_after_its_last_millisecond() {
        on_shards(|s| {
            string(s, "a", "1");
            s.run("PEXPIRE a 100").replies(":1");
            s.pass_ms(100);
            s.run("PTTL a").replies(":0");
            s.pass_ms(1);
            s.run("PTTL a").replies(":-2");
            assert_eq!((s.len(0), expired_stat(s)), (0, 1));
        });
    }

    #[test]
    fn a_time_in_the_past_removes_the_key() {
        on_shards(|s| {
            let events = listen(s);
            for line in ["EXPIRE a 0", "EXPIRE a -1", "PEXPIREAT a 1", "EXPIREAT a 1000000000", "PEXPIREAT a -5"] {
                string(s, "a", "1");
                s.run(line).replies(":1");
                assert_eq!((events.take().as_str(), s.effects.dirty, s.len(0)), ("0:expired a", 1, 0));
            }
            assert_eq!(expired_stat(s), 5);
        });
    }

    #[test]
    fn what_the_primary_tells_stays_until_it_tells_more() {
        on_shards(|s| {
            string(s, "a", "1");
            s.origin = Origin::Primary;
            let events = listen(s);
            s.run("PEXPIREAT a 1").replies(":1");
            assert_eq!((events.take().as_str(), s.effects.dirty, s.len(0)), ("0:expire a", 1, 1));
        });
    }

    #[test]
    fn conditions_compare_with_the_expiry_that_is_there() {
        on_shards(|s| {
            string(s, "a", "1");
            let mut check = |line: &str, want: &str| s.run(line).replies(want);
            check("EXPIRE a 100 XX", ":0");
            check("EXPIRE a 100 GT", ":0");
            check("EXPIRE a 100 NX", ":1");
            check("EXPIRE a 100 NX", ":0");
            check("EXPIRE a 101 GT XX", ":1");
            check("EXPIRE a 101 GT", ":0");
            check("EXPIRE a 101 LT", ":0");
            check("EXPIRE a 100 lt xx xx", ":1");
            check("TTL a", ":100");
            check("PERSIST a", ":1");
            check("PERSIST a", ":0");
            check("EXPIRE a 100 LT XX", ":0");
            check("EXPIRE a 100 LT", ":1");
        });
    }

    #[test]
    fn counts_of_expiring_keys_follow() {
        on_shards(|s| {
            string(s, "a", "1");
            let published =
                |s: &mut crate::cmd::testing::Server| s.shards().iter().map(|d| d.stats.expires[0].get()).sum::<u64>();
            s.run("EXPIRE a 10").replies(":1");
            assert_eq!(published(s), 1);
            s.run("PERSIST a").replies(":1");
            assert_eq!(published(s), 0);
        });
    }
}
