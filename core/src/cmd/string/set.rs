//! SET, SETNX, SETEX, PSETEX, GETSET.

use super::options::{Command, Condition, Options, Time};
use super::{equals, reply_with, store};
use crate::fail::{Fail, Outcome};
use crate::keyspace::{Expire, KeyRef};
use crate::resp::Args;
use crate::step::Step;

/// `SET key value [NX | XX | IFEQ value] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]`
pub(super) fn set(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    if args.len() > 3 {
        return set_with_options(step, args);
    }
    let key = step.key(args, 1);
    store(step, &key, args.get(2), Expire::Clear);
    step.reply.ok();
    Ok(())
}

fn set_with_options(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let options = Options::parse(args, 3, Command::Set)?;
    let expire = options.expire(step.clock)?;
    let key = step.key(args, 1);
    if options.get {
        reply_with(step, &key)?;
    }
    let done = holds(step, &key, options.condition)?;
    if done {
        store_or_expire(step, &key, args.get(2), expire);
    }
    match (options.get, done) {
        (true, _) => {}
        (false, true) => step.reply.ok(),
        (false, false) => step.reply.null(),
    }
    Ok(())
}

/// Is the condition met?
fn holds(step: &mut Step<'_>, key: &KeyRef<'_>, condition: Condition<'_>) -> Result<bool, Fail> {
    Ok(match condition {
        Condition::None => true,
        Condition::Missing => step.peek(key).is_none(),
        Condition::Present => step.peek(key).is_some(),
        Condition::Equals(bytes) => match step.peek(key) {
            Some(entry) => equals(entry.value(), bytes)?,
            None => false,
        },
    })
}

/// Stores the string; one whose time is over already only removes what is there.
fn store_or_expire(step: &mut Step<'_>, key: &KeyRef<'_>, value: &[u8], expire: Expire) {
    match expire {
        Expire::At(at) if is_over(step, at) => {
            if step.peek(key).is_some() {
                expire_now(step, key);
            }
        }
        _ => store(step, key, value, expire),
    }
}

/// Is this unix time in milliseconds over, and not to be stored as it stands?
pub(super) fn is_over(step: &Step<'_>, at_ms: i64) -> bool {
    at_ms <= step.clock.unix_ms() && !step.origin.is_obeyed()
}

/// Removes a key that was given a time that is over.
pub(super) fn expire_now(step: &mut Step<'_>, key: &KeyRef<'_>) {
    let db = step.db();
    step.data(key.slot).expire_now(db, key);
    step.effects.dirty += 1;
}

/// `SETNX key value`
pub(super) fn setnx(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let key = step.key(args, 1);
    let missing = step.peek(&key).is_none();
    if missing {
        store(step, &key, args.get(2), Expire::Clear);
    }
    step.reply.int(missing.into());
    Ok(())
}

/// `SETEX key seconds value`
pub(super) fn setex(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    set_for(step, args, Time::EX, "setex")
}

/// `PSETEX key milliseconds value`
pub(super) fn psetex(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    set_for(step, args, Time::PX, "psetex")
}

fn set_for(step: &mut Step<'_>, args: Args<'_>, time: Time, name: &'static str) -> Outcome {
    let at = time.at(args.get(2), step.clock, name)?;
    let key = step.key(args, 1);
    store(step, &key, args.get(3), Expire::At(at));
    step.reply.ok();
    Ok(())
}

/// `GETSET key value`
pub(super) fn getset(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let key = step.key(args, 1);
    reply_with(step, &key)?;
    store(step, &key, args.get(2), Expire::Clear);
    Ok(())
}
