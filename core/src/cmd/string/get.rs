//! GET, GETDEL, GETEX, DELIFEQ, STRLEN, GETRANGE (SUBSTR).

use super::options::{Command, Options, Ttl};
use super::set::{expire_now, is_over};
use super::{clamp, equals, reply_with, string_bytes, value_len};
use crate::cmd::int_arg;
use crate::fail::Outcome;
use crate::keyspace::{Expire, INTEGER_LEN_MAX, KeyRef};
use crate::resp::Args;
use crate::step::{Event, Step};

/// `GET key`
pub(super) fn get(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let key = step.key(args, 1);
    reply_with(step, &key).map(drop)
}

/// `GETDEL key`
pub(super) fn getdel(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let key = step.key(args, 1);
    if reply_with(step, &key)? {
        delete(step, &key);
    }
    Ok(())
}

/// `DELIFEQ key value`
pub(super) fn delifeq(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let key = step.key(args, 1);
    let equal = match step.peek(&key) {
        Some(entry) => equals(entry.value(), args.get(2))?,
        None => false,
    };
    if equal {
        delete(step, &key);
    }
    step.reply.int(equal.into());
    Ok(())
}

fn delete(step: &mut Step<'_>, key: &KeyRef<'_>) {
    step.remove(key);
    step.modified(key);
    step.notify(Event::Generic, "del", key);
}

/// `GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]`
pub(super) fn getex(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let options = Options::parse(args, 2, Command::Getex)?;
    let expire = options.expire(step.clock)?;
    let key = step.key(args, 1);
    if !reply_with(step, &key)? {
        return Ok(());
    }
    match (options.ttl, expire) {
        (_, Expire::At(at)) if is_over(step, at) => expire_now(step, &key),
        (_, Expire::At(at)) => set_expire(step, &key, Some(at), "expire"),
        (Ttl::Persist, _) if has_expire(step, &key) => set_expire(step, &key, None, "persist"),
        _ => {}
    }
    Ok(())
}

fn has_expire(step: &mut Step<'_>, key: &KeyRef<'_>) -> bool {
    step.peek(key).is_some_and(|entry| entry.expire_at().is_some())
}

fn set_expire(step: &mut Step<'_>, key: &KeyRef<'_>, at: Option<i64>, event: &'static str) {
    if let Some(mut entry) = step.write(key) {
        entry.set_expire(at);
    }
    step.modified(key);
    step.notify(Event::Generic, event, key);
}

/// `STRLEN key`
pub(super) fn strlen(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let key = step.key(args, 1);
    let len = step.read(&key).map_or(Ok(0), |entry| value_len(entry.value()))?;
    step.reply.int(len as i64);
    Ok(())
}

/// `GETRANGE key start end`, and `SUBSTR` of old
pub(super) fn getrange(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (start, end) = (int_arg(args, 2)?, int_arg(args, 3)?);
    let key = step.key(args, 1);
    let mut buf = [0; INTEGER_LEN_MAX];
    let (entry, reply) = step.read_to_reply(&key);
    let bytes = entry.map_or(Ok(&[][..]), |entry| string_bytes(entry.value(), &mut buf))?;
    let backwards = end < start && start < 0;
    let range = clamp(start, end, bytes.len()).filter(|_| !backwards);
    reply.bulk(range.map_or(&[], |range| &bytes[range]));
    Ok(())
}
