//! GETBIT, SETBIT.

use super::bit_offset;
use crate::cmd::string::edit;
use crate::cmd::{int_arg, string_bytes};
use crate::fail::{Fail, Outcome};
use crate::keyspace::{INTEGER_LEN_MAX, StringMut};
use crate::resp::Args;
use crate::step::{Event, Step};

/// `GETBIT key offset`
pub(super) fn getbit(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let offset = bit_offset(step, args.get(2), 1)?;
    let key = step.key(args, 1);
    let mut buf = [0; INTEGER_LEN_MAX];
    let bytes = step.read(&key).map_or(Ok(&[][..]), |entry| string_bytes(entry.value(), &mut buf))?;
    let byte = bytes.get((offset >> 3) as usize).copied().unwrap_or(0);
    step.reply.int((byte & mask(offset) != 0).into());
    Ok(())
}

/// `SETBIT key offset bit`
pub(super) fn setbit(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let offset = bit_offset(step, args.get(2), 1)?;
    let on = match int_arg(args, 3) {
        Ok(on @ (0 | 1)) => on == 1,
        _ => return Err(Fail::text_of("ERR bit is not an integer or out of range")),
    };
    let key = step.key(args, 1);
    let (was, changed) = edit(step, &key, |string| set(string, offset, on))?;
    if changed {
        step.modified(&key);
        step.notify(Event::String, "setbit", &key);
    }
    step.reply.int(was.into());
    Ok(())
}

/// Sets a bit; what it was, and whether the string is another now.
fn set(string: &mut StringMut<'_>, offset: u64, on: bool) -> (bool, bool) {
    let at = (offset >> 3) as usize;
    let grown = grow(string, at + 1);
    let byte = &mut string[at];
    let was = *byte & mask(offset) != 0;
    *byte = if on { *byte | mask(offset) } else { *byte & !mask(offset) };
    (was, grown || was != on)
}

/// Makes the string at least `len` bytes long; was it shorter?
pub(super) fn grow(string: &mut StringMut<'_>, len: usize) -> bool {
    let shorter = string.len() < len;
    if shorter {
        string.resize(len);
    }
    shorter
}

/// The bit at `offset` in its byte.
fn mask(offset: u64) -> u8 {
    0x80 >> (offset & 7)
}
