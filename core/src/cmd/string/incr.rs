//! INCR, DECR, INCRBY, DECRBY, INCRBYFLOAT.

use super::string_bytes;
use crate::cmd::int_arg;
use crate::fail::{Fail, Outcome};
use crate::keyspace::{Expire, INTEGER_LEN_MAX, NewValue, Value};
use crate::numfmt::{LongDouble, fmt_long_double_human, parse_i64};
use crate::resp::Args;
use crate::step::{Event, Step};

/// `INCR key`
pub(super) fn incr(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    add(step, args, 1)
}

/// `DECR key`
pub(super) fn decr(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    add(step, args, -1)
}

/// `INCRBY key increment`
pub(super) fn incrby(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    add(step, args, int_arg(args, 2)?)
}

/// `DECRBY key decrement`
pub(super) fn decrby(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let delta = int_arg(args, 2)?.checked_neg().ok_or(Fail::text_of("ERR decrement would overflow"))?;
    add(step, args, delta)
}

fn add(step: &mut Step<'_>, args: Args<'_>, delta: i64) -> Outcome {
    let key = step.key(args, 1);
    let sum = match step.write(&key) {
        Some(mut entry) => {
            let sum = integer(entry.view().value())?.checked_add(delta).ok_or(Fail::Overflow)?;
            drop(entry.set_value(NewValue::Int(sum)));
            sum
        }
        None => {
            drop(step.set(&key, NewValue::Int(delta), Expire::Clear));
            delta
        }
    };
    step.modified(&key);
    step.notify(Event::String, "incrby", &key);
    step.reply.int(sum);
    Ok(())
}

fn integer(value: Value<'_>) -> Result<i64, Fail> {
    match value {
        Value::Int(n) => Ok(n),
        Value::Bytes(bytes) => parse_i64(bytes).ok_or(Fail::NotInteger),
        Value::Object(_) => Err(Fail::WrongType),
    }
}

/// `INCRBYFLOAT key increment`
pub(super) fn incrbyfloat(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let key = step.key(args, 1);
    let text = match step.write(&key) {
        Some(mut entry) => {
            let old = float(string_bytes(entry.view().value(), &mut [0; INTEGER_LEN_MAX])?)?;
            let text = sum_text(old, float(args.get(2))?)?;
            drop(entry.set_value(NewValue::Verbatim(text.as_bytes())));
            text
        }
        None => {
            let text = sum_text(LongDouble::from(0.0), float(args.get(2))?)?;
            drop(step.set(&key, NewValue::Verbatim(text.as_bytes()), Expire::Clear));
            text
        }
    };
    step.modified(&key);
    step.notify(Event::String, "incrbyfloat", &key);
    step.reply.bulk(text.as_bytes());
    Ok(())
}

fn float(text: &[u8]) -> Result<LongDouble, Fail> {
    LongDouble::parse(text).ok_or(Fail::NotFloat)
}

fn sum_text(a: LongDouble, b: LongDouble) -> Result<String, Fail> {
    let sum = a + b;
    if sum.is_finite() { Ok(fmt_long_double_human(sum)) } else { Err(Fail::NanOrInfinity) }
}
