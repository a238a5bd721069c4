//! Integers of 1 to 64 bits anywhere in a string, and their overflow.

use crate::fail::Fail;
use crate::numfmt::parse_i64;

/// Most bytes that an integer touches.
const BYTES_MAX: usize = 9;

/// `i1` to `i64`, `u1` to `u63`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) signed: bool,
    pub(super) bits: u32,
}

/// What becomes of a value that doesn't fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overflow {
    /// Its low bits.
    Wrap,
    /// The nearest that fits.
    Saturate,
    /// Nothing is written.
    Refuse,
}

impl Kind {
    /// Parses `i8` and the like.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Fail> {
        let (signed, bits_max) = match text.first() {
            Some(b'i') => (true, 64),
            Some(b'u') => (false, 63),
            _ => (false, 0),
        };
        let bits = text.get(1..).and_then(parse_i64).filter(|bits| (1..=bits_max).contains(bits));
        let bits = bits.ok_or(Fail::text_of(
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
        ))?;
        Ok(Self { signed, bits: bits as u32 })
    }

    /// The integer at this bit; what lies after the string counts as zeros.
    pub(super) fn get(self, bytes: &[u8], offset: u64) -> i64 {
        self.wrap((window(bytes, offset) >> self.shift(offset)) as i128)
    }

    /// Writes the low bits of `value` at this bit, which the string has.
    pub(super) fn put(self, bytes: &mut [u8], offset: u64, value: i64) {
        let low = self.shift(offset);
        let mask = (u128::MAX >> (128 - self.bits)) << low;
        let new = (window(bytes, offset) & !mask) | ((value as u128) << low & mask);
        let rest = bytes.iter_mut().skip((offset / 8) as usize);
        rest.zip(new.to_be_bytes()).take(BYTES_MAX).for_each(|(to, from)| *to = from);
    }

    /// Bits below the integer in its window.
    fn shift(self, offset: u64) -> u32 {
        128 - (offset % 8) as u32 - self.bits
    }

    /// The value to write for `old + increment`; `None` if it is refused.
    pub(super) fn add(self, old: i64, increment: i64, overflow: Overflow) -> Option<i64> {
        self.fit(i128::from(old) + i128::from(increment), false, overflow)
    }

    /// The value to write for `value`; `None` if it is refused.
    pub(super) fn set(self, value: i64, overflow: Overflow) -> Option<i64> {
        if self.signed {
            // Stock takes a value so low that its distance from the maximum overflows for too high.
            let (_, max) = self.limits();
            let very_low = self.bits < 64 && (max as i64).checked_sub(value).is_none();
            return self.fit(value.into(), very_low, overflow);
        }
        self.fit((value as u64).into(), false, overflow)
    }

    fn fit(self, value: i128, counts_as_high: bool, overflow: Overflow) -> Option<i64> {
        let (min, max) = self.limits();
        match overflow {
            _ if (min..=max).contains(&value) => Some(value as i64),
            Overflow::Wrap => Some(self.wrap(value)),
            Overflow::Saturate if value > max || counts_as_high => Some(max as i64),
            Overflow::Saturate => Some(min as i64),
            Overflow::Refuse => None,
        }
    }

    fn limits(self) -> (i128, i128) {
        if self.signed {
            let half = 1i128 << (self.bits - 1);
            (-half, half - 1)
        } else {
            (0, (1i128 << self.bits) - 1)
        }
    }

    fn wrap(self, value: i128) -> i64 {
        let top = value << (128 - self.bits);
        if self.signed { (top >> (128 - self.bits)) as i64 } else { (top as u128 >> (128 - self.bits)) as i64 }
    }
}

/// The bytes from the one with bit `offset` on, as one number.
fn window(bytes: &[u8], offset: u64) -> u128 {
    let mut window = [0; 16];
    let rest = usize::try_from(offset / 8).ok().and_then(|at| bytes.get(at..)).unwrap_or(&[]);
    let len = rest.len().min(BYTES_MAX);
    window[..len].copy_from_slice(&rest[..len]);
    u128::from_be_bytes(window)
}
