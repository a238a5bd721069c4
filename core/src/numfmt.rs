//! Numbers from and to text, byte for byte as Valkey reads and prints them: strict integers, doubles (scores,
//! coordinates), and the 80-bit floats that `INCRBYFLOAT` and `HINCRBYFLOAT` calculate with.

mod decimal;
mod double;
mod long_double;

pub use double::{append_double, fmt_double, parse_f64};
pub use long_double::{LongDouble, fmt_long_double_human};

/// Most bytes of a decimal integer: a sign and 19 digits.
const INTEGER_BYTES_MAX: usize = 20;

/// Parses an integer that is written as Valkey itself would print it: no blanks, no `+`, no leading zeros, no `-0`.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        _ if text.len() > INTEGER_BYTES_MAX => return None,
        b"0" => return Some(0),
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if !matches!(digits.first(), Some(b'1'..=b'9')) {
        return None;
    }
    let magnitude = digits_value(digits)?;
    match negative {
        true => 0i64.checked_sub_unsigned(magnitude),
        false => i64::try_from(magnitude).ok(),
    }
}

/// Parses an unsigned integer: as [`parse_i64`] first, and else as C's `strtoull`, which takes blanks, a sign and
/// leading zeros, and lets a negative number wrap around.
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    if let Some(value) = parse_i64(text) {
        return u64::try_from(value).ok();
    }
    let blanks = text.iter().take_while(|c| matches!(c, b' ' | b'\t'..=b'\r')).count();
    let (negative, digits) = match &text[blanks..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let value = digits_value(digits)?;
    Some(if negative { value.wrapping_neg() } else { value })
}

#[inline]
fn digits_value(digits: &[u8]) -> Option<u64> {
    // Up to here no sum can overflow.
    const PLAIN_DIGITS: usize = 19;
    let mut value = 0u64;
    let (plain, rest) = digits.split_at(digits.len().min(PLAIN_DIGITS));
    for c in plain {
        let digit = c.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    rest.iter().try_fold(value, |value, c| match c {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(c - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_strict() {
        for (text, value) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("-7", Some(-7)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("99999999999999999999", None),
            ("18446744073709551616", None),
            ("", None),
            ("-", None),
            ("+1", None),
            ("01", None),
            ("00", None),
            ("-0", None),
            (" 1", None),
            ("1 ", None),
            ("1a", None),
            ("0x1", None),
            ("000000000000000000001", None),
        ] {
            assert_eq!(parse_i64(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn unsigned_integers_fall_back_to_c() {
        for (text, value) in [
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("-01", Some(u64::MAX)),
            (" +5", Some(5)),
            ("007", Some(7)),
            ("", None),
            (" ", None),
            ("-", None),
            ("5 ", None),
        ] {
            assert_eq!(parse_u64(text.as_bytes()), value, "{text}");
        }
    }
}
