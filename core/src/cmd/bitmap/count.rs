//! BITCOUNT, BITPOS.

use std::ops::Range;

use super::range;
use crate::cmd::string::clamp;
use crate::cmd::{int_arg, string_bytes};
use crate::fail::{Fail, Outcome};
use crate::keyspace::{INTEGER_LEN_MAX, KeyRef};
use crate::resp::Args;
use crate::step::Step;

/// `BITCOUNT key [start [end [BYTE | BIT]]]`
pub(super) fn bitcount(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let part = Part::parse(args, 2)?;
    let backwards = part.end < part.start && part.start < 0;
    let key = step.key(args, 1);
    let count = with_bytes(step, &key, |bytes| {
        let bits = part.bits(bytes.len()).filter(|_| !backwards);
        bits.map_or(0, |bits| range::count(bytes, bits))
    })?;
    step.reply.int(count.unwrap_or(0) as i64);
    Ok(())
}

/// `BITPOS key bit [start [end [BYTE | BIT]]]`
pub(super) fn bitpos(step: &mut Step<'_>, args: Args<'_>) -> Outcome {
    let bit = match int_arg(args, 2)? {
        bit @ (0 | 1) => bit == 1,
        _ => return Err(Fail::text_of("ERR The bit argument must be 1 or 0.")),
    };
    let part = Part::parse(args, 3)?;
    let key = step.key(args, 1);
    let position = with_bytes(step, &key, |bytes| {
        let bits = part.bits(bytes.len())?;
        // Without an end, clear bits follow the string.
        let after = (!bit && !part.has_end).then_some(bits.end);
        range::find(bytes, bits, bit).or(after)
    })?;
    // A missing key is all clear bits.
    let position = position.unwrap_or((!bit).then_some(0));
    step.reply.int(position.map_or(-1, |position| position as i64));
    Ok(())
}

/// Shows the string at `key`; `None` if there is none.
fn with_bytes<R>(step: &mut Step<'_>, key: &KeyRef<'_>, f: impl FnOnce(&[u8]) -> R) -> Result<Option<R>, Fail> {
    let Some(entry) = step.read(key) else { return Ok(None) };
    string_bytes(entry.value(), &mut [0; INTEGER_LEN_MAX]).map(|bytes| Some(f(bytes)))
}

/// The part of a string that was asked for.
struct Part {
    start: i64,
    end: i64,
    has_end: bool,
    /// Start and end count bits, not bytes.
    in_bits: bool,
}

impl Part {
    /// Reads `[start [end [BYTE | BIT]]]` from argument `from` to the end.
    fn parse(args: Args<'_>, from: usize) -> Result<Self, Fail> {
        let given = args.len() - from;
        if given > 3 {
            return Err(Fail::Syntax);
        }
        let start = if given > 0 { int_arg(args, from)? } else { 0 };
        let in_bits = given == 3 && args.is(from + 2, "BIT");
        if given == 3 && !in_bits && !args.is(from + 2, "BYTE") {
            return Err(Fail::Syntax);
        }
        let has_end = given > 1;
        let end = if has_end { int_arg(args, from + 1)? } else { -1 };
        Ok(Self { start, end, has_end, in_bits })
    }

    /// The bits of a string of `len` bytes that are in it.
    fn bits(&self, len: usize) -> Option<Range<usize>> {
        if self.in_bits {
            return clamp(self.start, self.end, len * 8);
        }
        clamp(self.start, self.end, len).map(|bytes| bytes.start * 8..bytes.end * 8)
    }
}
