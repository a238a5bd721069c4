//! Bitmap commands: strings as arrays of bits, the first bit the highest of the first byte.

mod bit;
mod count;
mod field;
mod integer;
mod op;
mod range;
#[cfg(test)]
mod tests;

use super::{StepRow, keys};
use crate::fail::Fail;
use crate::numfmt::parse_i64;
use crate::step::Step;

pub(super) const STEPS: &[StepRow] = &[
    keys("bitcount", count::bitcount),
    keys("bitfield", field::bitfield),
    keys("bitfield_ro", field::bitfield_ro),
    keys("bitop", op::bitop),
    keys("bitpos", count::bitpos),
    keys("getbit", bit::getbit),
    keys("setbit", bit::setbit),
];

/// The position of a bit, given in units of `unit` bits; it has to be within the longest string.
fn bit_offset(step: &Step<'_>, text: &[u8], unit: i64) -> Result<u64, Fail> {
    let limit = if step.origin.is_obeyed() { i64::MAX } else { step.config.proto_max_bulk_len };
    parse_i64(text)
        // Too large a product wraps around, as in stock, and may be in range again.
        .map(|n| n.wrapping_mul(unit))
        .filter(|offset| *offset >= 0 && offset >> 3 < limit)
        .map(|offset| offset as u64)
        .ok_or(Fail::text_of("ERR bit offset is not an integer or out of range"))
}
