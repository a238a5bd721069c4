//! TTL, PTTL, EXPIRETIME, PEXPIRETIME.

use super::read_untouched;
use crate::fail::Outcome;
use crate::resp::Args;
use crate::step::Step;

/// `TTL key`
pub(super) fn ttl(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let now = step.clock.unix_ms();
    answer(step, args, |at| seconds((at.saturating_sub(now)).max(0)))
}

/// `PTTL key`
pub(super) fn pttl(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let now = step.clock.unix_ms();
    answer(step, args, |at| at.saturating_sub(now).max(0))
}

/// `EXPIRETIME key`
pub(super) fn expiretime(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    answer(step, args, |at| seconds(at.max(0)))
}

/// `PEXPIRETIME key`
pub(super) fn pexpiretime(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    answer(step, args, |at| at.max(0))
}

/// Answers `shown` of the key's expiry; -1 where it has none, -2 without the key.
fn answer(step: &mut Step<'_>, args: Args<'_>, shown: impl FnOnce(i64) -> i64) -> Outcome {
    let key = step.key(args, 1);
    let expiry = read_untouched(step, &key).map(|entry| entry.expire_at());
    step.reply.int(match expiry {
        None => -2,
        Some(None) => -1,
        Some(Some(at)) => shown(at),
    });
    Ok(())
}

/// Milliseconds as seconds, rounded to the nearest.
fn seconds(ms: i64) -> i64 {
    ms / 1000 + i64::from(ms % 1000 >= 500)
}

#[cfg(test)]
mod tests {
    use crate::cmd::generic::testing::{expiring, listen, string};
    use crate::cmd::testing::on_shards;

    #[test]
    fn seconds_are_rounded() {
        on_shards(|s| {
            expiring(s, "a", "1", 100_499);
            s.run("TTL a").replies(":100");
            s.run("PTTL a").replies(":100499");
            s.run("EXPIRETIME a").replies(":1700000100");
            s.run("PEXPIRETIME a").replies(":1700000100499");
            s.run("PEXPIREAT a 1700000100500").replies(":1");
            s.run("TTL a").replies(":101");
            s.run("EXPIRETIME a").replies(":1700000101");
            s.run("PEXPIREAT a 9223372036854775807").replies(":1");
            s.run("EXPIRETIME a").replies(":9223372036854776");
        });
    }

    #[test]
    fn without_expiry_and_without_key() {
        on_shards(|s| {
            let events = listen(s);
            string(s, "a", "1");
            for name in ["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"] {
                s.run(&format!("{name} a")).replies(":-1");
                s.run(&format!("{name} z")).replies(":-2");
                assert_eq!(events.take(), "0:keymiss z");
            }
        });
    }
}
