//! String commands.

mod append;
mod get;
mod incr;
mod lcs;
mod multi;
mod options;
#[cfg(test)]
pub(super) mod recorded;
mod set;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::{StepRow, keys, string_bytes};
use crate::fail::{Fail, Outcome};
use crate::keyspace::{Expire, INTEGER_LEN_MAX, KeyRef, NewValue, StringMut, Value};
use crate::resp::Reply;
use crate::step::{Event, Step};

pub(super) const STEPS: &[StepRow] = &[
    keys("append", append::append),
    keys("decr", incr::decr),
    keys("decrby", incr::decrby),
    keys("delifeq", get::delifeq),
    keys("get", get::get),
    keys("getdel", get::getdel),
    keys("getex", get::getex),
    keys("getrange", get::getrange),
    keys("getset", set::getset),
    keys("incr", incr::incr),
    keys("incrby", incr::incrby),
    keys("incrbyfloat", incr::incrbyfloat),
    keys("lcs", lcs::lcs),
    keys("mget", multi::mget),
    keys("mset", multi::mset),
    keys("msetex", multi::msetex),
    keys("msetnx", multi::msetnx),
    keys("psetex", set::psetex),
    keys("set", set::set),
    keys("setex", set::setex),
    keys("setnx", set::setnx),
    keys("setrange", append::setrange),
    keys("strlen", get::strlen),
    keys("substr", get::getrange),
];

/// Answers a string value.
#[inline]
fn bulk(reply: &mut Reply<'_>, value: Value<'_>) -> Outcome {
    match value {
        Value::Bytes(bytes) => reply.bulk(bytes),
        Value::Int(n) => reply.bulk_int(n),
        Value::Object(_) => return Err(Fail::WrongType),
    }
    Ok(())
}

/// Answers the string at `key`, or null; was it there?
#[inline]
fn reply_with(step: &mut Step<'_>, key: &KeyRef<'_>) -> Result<bool, Fail> {
    let (entry, reply) = step.read_to_reply(key);
    match entry {
        Some(entry) => bulk(reply, entry.value())?,
        None => reply.null(),
    }
    Ok(entry.is_some())
}

/// Stores a string with its expiry, and tells so: what all of SET's family does once it is decided.
#[inline]
fn store(step: &mut Step<'_>, key: &KeyRef<'_>, value: &[u8], expire: Expire) {
    drop(step.set(key, NewValue::Bytes(value), expire));
    step.modified(key);
    step.notify(Event::String, "set", key);
    if let Expire::At(_) = expire {
        step.notify(Event::Generic, "expire", key);
    }
}

/// Is the string `value` these bytes?
fn equals(value: Value<'_>, bytes: &[u8]) -> Result<bool, Fail> {
    string_bytes(value, &mut [0; INTEGER_LEN_MAX]).map(|held| held == bytes)
}

/// Bytes of a string value.
fn value_len(value: Value<'_>) -> Result<usize, Fail> {
    string_bytes(value, &mut [0; INTEGER_LEN_MAX]).map(<[u8]>::len)
}

/// The part of `len` units from `start` to `end`, both included and counted from the end when negative; `None`
/// if nothing is in it.
pub(super) fn clamp(start: i64, end: i64, len: usize) -> Option<Range<usize>> {
    let from_start = |i: i64| if i < 0 { len.saturating_sub(i.unsigned_abs() as usize) } else { i as usize };
    let (start, end) = (from_start(start), from_start(end).saturating_add(1).min(len));
    (start < end).then_some(start..end)
}

/// The longest string that the step may make.
pub(super) fn len_limit(step: &Step<'_>) -> usize {
    if step.origin.is_obeyed() { isize::MAX as usize } else { step.config.proto_max_bulk_len as usize }
}

/// Checks the length of a string that is about to grow to `len` and `more` bytes.
fn check_len(limit: usize, len: usize, more: usize) -> Outcome {
    match len.checked_add(more) {
        Some(total) if total <= limit => Ok(()),
        _ => Err(Fail::StringTooLong),
    }
}

/// Changes the string at `key` in place, an empty one if there is none; it is stored as raw bytes from then on.
pub(super) fn edit<R>(
    step: &mut Step<'_>,
    key: &KeyRef<'_>,
    change: impl FnOnce(&mut StringMut<'_>) -> R,
) -> Result<R, Fail> {
    if let Some(mut entry) = step.write(key) {
        let mut string = entry.string_mut().ok_or(Fail::WrongType)?;
        return Ok(change(&mut string));
    }
    drop(step.set(key, NewValue::Verbatim(b""), Expire::Clear));
    let mut entry = step.write(key).expect("a key that was just made");
    Ok(change(&mut entry.string_mut().expect("a string that was just made")))
}
