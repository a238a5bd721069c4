//! APPEND, SETRANGE.

use super::{check_len, edit, len_limit, value_len};
use crate::cmd::int_arg;
use crate::fail::{Fail, Outcome};
use crate::keyspace::{Expire, NewValue};
use crate::resp::Args;
use crate::step::{Event, Step};

/// `APPEND key value`
pub(super) fn append(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let (key, more, limit) = (step.key(args, 1), args.get(2), len_limit(step));
    let len = match step.write(&key) {
        Some(mut entry) => {
            check_len(limit, value_len(entry.view().value())?, more.len())?;
            let mut string = entry.string_mut().ok_or(Fail::WrongType)?;
            string.extend_from_slice(more);
            string.len()
        }
        None => {
            drop(step.set(&key, NewValue::Bytes(more), Expire::Clear));
            more.len()
        }
    };
    step.modified(&key);
    step.notify(Event::String, "append", &key);
    step.reply.int(len as i64);
    Ok(())
}

/// `SETRANGE key offset value`
pub(super) fn setrange(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let offset = int_arg(args, 2)?;
    let offset = usize::try_from(offset).map_err(|_| Fail::text_of("ERR offset is out of range"))?;
    let (key, bytes, limit) = (step.key(args, 1), args.get(3), len_limit(step));
    let old_len = step.peek(&key).map_or(Ok(0), |entry| value_len(entry.value()))?;
    if bytes.is_empty() {
        step.reply.int(old_len as i64);
        return Ok(());
    }
    check_len(limit, offset, bytes.len())?;
    let end = offset + bytes.len();
    edit(step, &key, |string| {
        if string.len() < end {
            string.resize(end);
        }
        string[offset..end].copy_from_slice(bytes);
    })?;
    step.modified(&key);
    step.notify(Event::String, "setrange", &key);
    step.reply.int(old_len.max(end) as i64);
    Ok(())
}
