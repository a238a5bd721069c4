//! MGET, MSET, MSETNX, MSETEX.

use super::options::{Command, Condition, Options};
use super::{bulk, store};
use crate::fail::{Fail, Outcome};
use crate::keyspace::{Expire, Value};
use crate::numfmt::parse_i64;
use crate::resp::Args;
use crate::step::Step;

/// `MGET key …`; what is no string is null
pub(super) fn mget(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    step.reply.array(args.len() - 1);
    for i in 1..args.len() {
        let key = step.key(args, i);
        let (entry, reply) = step.read_to_reply(&key);
        match entry.map(|entry| entry.value()) {
            None | Some(Value::Object(_)) => reply.null(),
            Some(value) => bulk(reply, value)?,
        }
    }
    Ok(())
}

/// `MSET key value …`
pub(super) fn mset(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    check_pairs(args, "mset")?;
    store_pairs(step, args, 1..args.len(), Expire::Clear);
    step.reply.ok();
    Ok(())
}

/// `MSETNX key value …`
pub(super) fn msetnx(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    check_pairs(args, "msetnx")?;
    let missing = all_keys(step, args, 1..args.len(), false);
    if missing {
        store_pairs(step, args, 1..args.len(), Expire::Clear);
    }
    step.reply.int(missing.into());
    Ok(())
}

/// `MSETEX numkeys key value … [NX | XX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]`
///
/// Unlike SET it stores a time that is over: the key is then removed when it is looked at.
pub(super) fn msetex(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let pairs = pairs_count(args)?;
    let end = 2 + 2 * pairs;
    if end > args.len() {
        return Err(Fail::Syntax);
    }
    let options = Options::parse(args, end, Command::Msetex)?;
    let expire = options.expire(step.clock)?;
    let done = match options.condition {
        Condition::Missing => all_keys(step, args, 2..end, false),
        Condition::Present => all_keys(step, args, 2..end, true),
        Condition::None | Condition::Equals(_) => true,
    };
    if done {
        store_pairs(step, args, 2..end, expire);
    }
    step.reply.int(done.into());
    Ok(())
}

fn pairs_count(args: Args<'_>) -> Result<usize, Fail> {
    parse_i64(args.get(1))
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| (1..=i32::MAX as usize).contains(n))
        .ok_or(Fail::text_of("ERR invalid numkeys value or out of range"))
}

fn check_pairs(args: Args<'_>, name: &'static str) -> Outcome {
    if args.len().is_multiple_of(2) { Err(Fail::Arity(name.into())) } else { Ok(()) }
}

/// Are all keys there, or all missing? `at` has keys and values by turns.
fn all_keys(step: &mut Step<'_>, args: Args<'_>, at: std::ops::Range<usize>, there: bool) -> bool {
    at.step_by(2).all(|i| {
        let key = step.key(args, i);
        step.peek(&key).is_some() == there
    })
}

/// Stores each pair, and tells of it before the next.
fn store_pairs(step: &mut Step<'_>, args: Args<'_>, at: std::ops::Range<usize>, expire: Expire) {
    for i in at.step_by(2) {
        let key = step.key(args, i);
        store(step, &key, args.get(i + 1), expire);
    }
}
