//! The x87 extended float (C's `long double` on x86-64) in software: parsing, adding and printing, all exactly
//! rounded, so that `INCRBYFLOAT` gives the same bytes as stock on any machine.

use std::ops::Add;

use super::decimal::Natural;

/// An 80-bit float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongDouble {
    negative: bool,
    size: Size,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Size {
    /// `mantissa * 2^exponent`; the mantissa's top bit is set unless the exponent is the least one.
    Finite {
        mantissa: u64,
        exponent: i32,
    },
    Infinite,
    NotANumber,
}

/// The exponents of a 64-bit whole mantissa.
const EXPONENT_MIN: i32 = -16445;
const EXPONENT_MAX: i32 = 16320;
/// In the 15-bit field, `EXPONENT_MIN` is written as 1.
const BIAS: i32 = 1 - EXPONENT_MIN;

/// Stock's limit for the text of a float.
const TEXT_BYTES_MAX: usize = 5 * 1024 - 1;

/// Digits after the point in the human form.
const HUMAN_DIGITS: usize = 17;

/// Decimal exponents beyond this overflow or vanish, whatever the digits are.
const DECIMAL_EXPONENT_MAX: i64 = 20_000;

impl LongDouble {
    /// Parses as C's `strtold` does (decimal, hexadecimal, `inf`, `infinity`), but refuses blanks, `nan`, and what is
    /// too large or so small that it becomes 0.
    pub fn parse(text: &[u8]) -> Option<LongDouble> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
            return Some(LongDouble { negative, size: Size::Infinite });
        }
        let (written, magnitude) = match text {
            [b'0', b'x' | b'X', rest @ ..] => parse_hexadecimal(rest)?,
            _ => parse_decimal(text)?,
        };
        let lost = match magnitude {
            Size::Finite { mantissa, .. } => mantissa == 0 && written == Written::NonZero,
            _ => true,
        };
        (!lost).then_some(LongDouble { negative, size: magnitude })
    }

    /// Whether it is neither infinite nor not a number.
    pub fn is_finite(self) -> bool {
        matches!(self.size, Size::Finite { .. })
    }

    /// The 64-bit mantissa and the sign with the 15-bit exponent, as the x87 stores them.
    pub fn to_bits(self) -> (u64, u16) {
        let (mantissa, field) = match self.size {
            Size::Finite { mantissa, .. } if mantissa >> 63 == 0 => (mantissa, 0),
            Size::Finite { mantissa, exponent } => (mantissa, (exponent + BIAS) as u16),
            Size::Infinite => (1 << 63, 0x7fff),
            Size::NotANumber => (0b11 << 62, 0x7fff),
        };
        (mantissa, field | u16::from(self.negative) << 15)
    }

    /// The float with this 64-bit mantissa, sign and 15-bit exponent.
    pub fn from_bits(mantissa: u64, sign_and_exponent: u16) -> LongDouble {
        let field = i32::from(sign_and_exponent & 0x7fff);
        let size = match field {
            0x7fff if mantissa << 1 == 0 => Size::Infinite,
            0x7fff => Size::NotANumber,
            _ => Size::Finite { mantissa, exponent: field.max(1) - BIAS },
        };
        LongDouble { negative: sign_and_exponent >> 15 == 1, size }
    }
}

impl From<f64> for LongDouble {
    fn from(value: f64) -> LongDouble {
        const HIDDEN_BIT: u64 = 1 << 52;
        let bits = value.to_bits();
        let (fraction, field) = (bits & (HIDDEN_BIT - 1), (bits >> 52 & 0x7ff) as i32);
        let size = match field {
            0x7ff if fraction == 0 => Size::Infinite,
            0x7ff => Size::NotANumber,
            0 => packed(fraction.into(), -1074, false),
            _ => packed((fraction | HIDDEN_BIT).into(), field - 1075, false),
        };
        LongDouble { negative: value.is_sign_negative(), size }
    }
}

impl Add for LongDouble {
    type Output = LongDouble;

    fn add(self, other: LongDouble) -> LongDouble {
        match (self.size, other.size) {
            (Size::NotANumber, _) | (_, Size::NotANumber) => LongDouble { negative: false, size: Size::NotANumber },
            (Size::Infinite, Size::Infinite) if self.negative != other.negative => {
                LongDouble { negative: true, size: Size::NotANumber }
            }
            (Size::Infinite, _) => self,
            (_, Size::Infinite) => other,
            (Size::Finite { mantissa: a, exponent: ea }, Size::Finite { mantissa: b, exponent: eb }) => {
                let (a, b) = ((self.negative, a, ea), (other.negative, b, eb));
                // Mantissas are normalized, so the larger exponent is the larger number.
                if (ea, a.1) >= (eb, b.1) { add_finite(a, b) } else { add_finite(b, a) }
            }
        }
    }
}

/// Adds two finite numbers, the larger one first.
fn add_finite(large: (bool, u64, i32), small: (bool, u64, i32)) -> LongDouble {
    // Room below the mantissa; what is shifted out of it only matters as "more than nothing".
    const ROOM: u32 = 62;
    let distance = large.2.abs_diff(small.2);
    let (upper, lower) = (u128::from(large.1) << ROOM, u128::from(small.1) << ROOM);
    let shifted = lower.checked_shr(distance).unwrap_or(0);
    let rest = shifted.checked_shl(distance).unwrap_or(0) != lower;
    let (sum, negative) = match large.0 == small.0 {
        true => (upper + shifted, large.0),
        false => (upper - shifted - u128::from(rest), large.0),
    };
    let negative = negative && (sum != 0 || rest || small.0);
    LongDouble { negative, size: packed(sum, large.2 - ROOM as i32, rest) }
}

/// Rounds `number * 2^exponent` to nearest, ties to even. With `rest` the number is a little more than that; then
/// it must have at least 65 bits.
fn packed(number: u128, exponent: i32, rest: bool) -> Size {
    if number == 0 {
        return Size::Finite { mantissa: 0, exponent: EXPONENT_MIN };
    }
    let bits = 128 - number.leading_zeros() as i32;
    let shift = (bits - 64).max(EXPONENT_MIN - exponent);
    if shift <= 0 {
        return finite((number as u64) << -shift, exponent + shift);
    }
    if shift > 128 {
        return Size::Finite { mantissa: 0, exponent: EXPONENT_MIN };
    }
    let kept = number.checked_shr(shift as u32).unwrap_or(0) as u64;
    let half = 1 << (shift - 1);
    let below = number & (half | (half - 1));
    let up = below > half || below == half && (rest || kept & 1 == 1);
    match kept.checked_add(up.into()) {
        Some(mantissa) => finite(mantissa, exponent + shift),
        None => finite(1 << 63, exponent + shift + 1),
    }
}

fn finite(mantissa: u64, exponent: i32) -> Size {
    if exponent > EXPONENT_MAX { Size::Infinite } else { Size::Finite { mantissa, exponent } }
}

/// Whether the digits that were written are all zeros.
#[derive(PartialEq)]
enum Written {
    Zero,
    NonZero,
}

/// Digits around a point, and what follows them.
struct Digits<'a> {
    whole: &'a [u8],
    fraction: &'a [u8],
    rest: &'a [u8],
}

fn split_digits(text: &[u8], is_digit: impl Fn(&u8) -> bool) -> Option<Digits<'_>> {
    let (whole, rest) = text.split_at(text.iter().take_while(|c| is_digit(c)).count());
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => rest.split_at(rest.iter().take_while(|c| is_digit(c)).count()),
        _ => (&[][..], rest),
    };
    (whole.len() + fraction.len() > 0).then_some(Digits { whole, fraction, rest })
}

/// The exponent after its letter, limited to a range where more makes no difference; `None` if it is malformed.
fn parse_exponent(text: &[u8], letter: u8) -> Option<i64> {
    let (first, text) = match text {
        [] => return Some(0),
        [first, rest @ ..] => (first, rest),
    };
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if !first.eq_ignore_ascii_case(&letter) || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits.iter().fold(0i64, |n, c| (n * 10 + i64::from(c - b'0')).min(1 << 30));
    Some(if negative { -size } else { size })
}

fn parse_decimal(text: &[u8]) -> Option<(Written, Size)> {
    let Digits { whole, fraction, rest } = split_digits(text, u8::is_ascii_digit)?;
    let exponent = parse_exponent(rest, b'e')? - fraction.len() as i64;
    let digits = || whole.iter().chain(fraction).map(|c| c - b'0');
    let leading = digits().take_while(|d| *d == 0).count();
    let count = whole.len() + fraction.len() - leading;
    if count == 0 {
        return Some((Written::Zero, packed(0, 0, false)));
    }
    let trailing = digits().rev().take_while(|d| *d == 0).count();
    let digits = digits().skip(leading).take(count - trailing);
    let magnitude = from_decimal(digits, count - trailing, exponent + trailing as i64);
    Some((Written::NonZero, magnitude))
}

/// `digits * 10^exponent`, rounded once.
fn from_decimal(digits: impl Iterator<Item = u8>, count: usize, exponent: i64) -> Size {
    let magnitude = exponent + count as i64;
    if magnitude.abs() > DECIMAL_EXPONENT_MAX {
        return if magnitude < 0 { packed(0, 0, false) } else { Size::Infinite };
    }
    if count <= 19 && (-27..=19).contains(&exponent) {
        return from_short_decimal(digits.fold(0, |n, d| n * 10 + u64::from(d)), exponent as i32);
    }
    let number = Natural::from_digits(digits);
    if exponent >= 0 {
        let (top, power, rest) = number.times_ten_to(exponent as usize).top();
        return packed(top, power as i32, rest);
    }
    const QUOTIENT_BITS: u32 = 70;
    let divisor = Natural::from(1).times_ten_to(-exponent as usize);
    // Scale so that the quotient is at least 1 and less than 2.
    let mut power = number.bits() as i32 - divisor.bits() as i32;
    let scale = |power: i32| {
        let up = |n: &Natural, by: i32| n.clone().shifted(by.max(0) as usize);
        (up(&number, -power), up(&divisor, power))
    };
    let (mut upper, mut lower) = scale(power);
    if !upper.at_least(&lower) {
        power -= 1;
        (upper, lower) = scale(power);
    }
    let (quotient, rest) = upper.ratio(&lower, QUOTIENT_BITS);
    packed(quotient, power - (QUOTIENT_BITS as i32 - 1), rest)
}

/// The same for a number and a power of five that fit 64 bits.
fn from_short_decimal(number: u64, exponent: i32) -> Size {
    let five = 5u64.pow(exponent.unsigned_abs());
    if exponent >= 0 {
        return packed(u128::from(number) * u128::from(five), exponent, false);
    }
    let shift = number.leading_zeros();
    let upper = u128::from(number << shift) << 64;
    let (quotient, rest) = (upper / u128::from(five), upper % u128::from(five));
    packed(quotient, exponent - 64 - shift as i32, rest != 0)
}

fn parse_hexadecimal(text: &[u8]) -> Option<(Written, Size)> {
    let Digits { whole, fraction, rest } = split_digits(text, u8::is_ascii_hexdigit)?;
    let mut exponent = parse_exponent(rest, b'p')? - 4 * fraction.len() as i64;
    let (mut number, mut below) = (0u128, false);
    for digit in whole.iter().chain(fraction).filter_map(|c| char::from(*c).to_digit(16)) {
        if number >> 124 == 0 {
            number = number << 4 | u128::from(digit);
        } else {
            exponent += 4;
            below |= digit != 0;
        }
    }
    let written = if number == 0 { Written::Zero } else { Written::NonZero };
    const LIMIT: i64 = 1 << 20;
    Some((written, packed(number, exponent.clamp(-LIMIT, LIMIT) as i32, below)))
}

/// A float as `INCRBYFLOAT` answers it: 17 digits after the point, then without trailing zeros; never with an
/// exponent.
pub fn fmt_long_double_human(value: LongDouble) -> String {
    let digits = match value.size {
        Size::NotANumber => return "nan".into(),
        Size::Infinite => "inf".into(),
        Size::Finite { mantissa, exponent } => magnitude_text(mantissa, exponent),
    };
    if value.negative && digits != "0" { format!("-{digits}") } else { digits }
}

fn magnitude_text(mantissa: u64, exponent: i32) -> String {
    const SCALE: u128 = 10u128.pow(HUMAN_DIGITS as u32);
    if exponent >= 0 {
        return Natural::from(mantissa).shifted(exponent as usize).to_decimal();
    }
    // Fits: the mantissa has 64 bits, the scale 57.
    let scaled = u128::from(mantissa) * SCALE;
    let rounded = match exponent.unsigned_abs() {
        shift @ 1..=127 => {
            let (kept, half) = (scaled >> shift, 1 << (shift - 1));
            let below = scaled & (half | (half - 1));
            kept + u128::from(below > half || below == half && kept & 1 == 1)
        }
        _ => 0,
    };
    let text = format!("{}.{:017}", rounded / SCALE, rounded % SCALE);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn sum(a: &str, b: &str) -> String {
        fmt_long_double_human(LongDouble::parse(a.as_bytes()).unwrap() + LongDouble::parse(b.as_bytes()).unwrap())
    }

    #[test]
    fn adds_like_stock() {
        assert_eq!(sum("0.1", "0.2"), "0.3");
        assert_eq!(sum("3.0e3", "200"), "3200");
        assert_eq!(sum("10.5", "0.1"), "10.6");
        assert_eq!(sum("5.0e3", "2.0e2"), "5200");
        assert_eq!(sum("1", "-1"), "0");
        assert_eq!(sum("-0", "-0"), "0");
        assert_eq!(sum("0", "0x10"), "16");
        assert_eq!(sum("0", "0x.8p1"), "1");
        assert_eq!(sum("0", "1e-400"), "0");
        assert_eq!(sum("1e19", "1"), "10000000000000000001");
        assert_eq!(sum("18446744073709551615", "1"), "18446744073709551616");
        assert_eq!(sum("0", "3.14159265358979323846264338"), "3.14159265358979324");
        let large = "99999999999999999996685879655845645660560099847415567207797047994921734868838061872100126921888539\
                     3204467472250540132231521347497";
        assert!(sum("0", "1e308").starts_with(&large[..60]));
        assert_eq!(sum("0", "inf"), "inf");
        assert_eq!(sum("-inf", "inf"), "nan");
    }

    #[test]
    fn refuses_what_stock_refuses() {
        for text in ["", " 1", "1 ", "nan", "1e", "1e+", "0x", "0x1p", ".", "-", "+-1", "1e5000", "1e-5000", "1\0"] {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text}");
        }
        for text in ["1e4932", "1e-4950", "0e99999", "+INFINITY", "5.", ".5"] {
            assert!(LongDouble::parse(text.as_bytes()).is_some(), "{text}");
        }
    }

    #[test]
    fn short_and_long_ways_agree() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let (number, exponent) = ((seed >> (seed % 60)).max(1), ((seed >> 20) % 47) as i32 - 27);
            let digits = number.to_string();
            let digits = digits.bytes().map(|c| c - b'0');
            // Leading zeros are counted, and so lead past the short way.
            let long = from_decimal([0; 20].into_iter().chain(digits.clone()), digits.len() + 20, exponent.into());
            assert_eq!(long, from_short_decimal(number, exponent), "{number}e{exponent}");
        }
    }

    #[test]
    fn bits_are_those_of_the_x87() {
        for value in [0.0, -0.0, 1.0, -2.5, 1e-310, f64::MAX, f64::INFINITY] {
            let float = LongDouble::from(value);
            let (mantissa, exponent) = float.to_bits();
            assert_eq!(LongDouble::from_bits(mantissa, exponent), float);
        }
        assert_eq!(LongDouble::from(1.0).to_bits(), (1 << 63, 0x3fff));
        assert_eq!(LongDouble::from(-2.5).to_bits(), (0xa000_0000_0000_0000, 0xc000));
    }
}
