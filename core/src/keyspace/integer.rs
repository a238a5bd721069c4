//! Strings that are the canonical form of a 64-bit integer, and back.

/// Most bytes of an `i64` in decimal: `-9223372036854775808`.
pub const INTEGER_LEN_MAX: usize = 20;

/// The integer whose canonical decimal form `bytes` is (the rules of Valkey's `string2ll`): no spaces, no
/// plus, no leading zeros, no `-0`, within `i64`.
#[inline]
pub fn parse_canonical_integer(bytes: &[u8]) -> Option<i64> {
    if bytes.is_empty() || bytes.len() > INTEGER_LEN_MAX {
        return None;
    }
    if bytes == b"0" {
        return Some(0);
    }
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    if !matches!(digits.first(), Some(b'1'..=b'9')) {
        return None;
    }
    // The value is built below zero, where i64 has one number more.
    let mut value: i64 = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// Writes the canonical decimal form of `value` into `buffer` and returns the part that it fills.
#[inline]
pub fn format_integer(value: i64, buffer: &mut [u8; INTEGER_LEN_MAX]) -> &[u8] {
    let mut rest = value.unsigned_abs();
    let mut start = INTEGER_LEN_MAX;
    loop {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    &buffer[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_canonical_forms_parse() {
        let good: [(&[u8], i64); 6] = [
            (b"0", 0),
            (b"7", 7),
            (b"-1", -1),
            (b"10", 10),
            (b"9223372036854775807", i64::MAX),
            (b"-9223372036854775808", i64::MIN),
        ];
        for (text, value) in good {
            assert_eq!(parse_canonical_integer(text), Some(value));
        }
        let bad: [&[u8]; 13] = [
            b"",
            b"-",
            b"+1",
            b"-0",
            b"00",
            b"01",
            b"-01",
            b" 1",
            b"1 ",
            b"1a",
            b"9223372036854775808",
            b"-9223372036854775809",
            b"99999999999999999999",
        ];
        for text in bad {
            assert_eq!(parse_canonical_integer(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn format_then_parse_is_identity(value: i64) {
            let mut buffer = [0; INTEGER_LEN_MAX];
            let text = format_integer(value, &mut buffer);
            let want = value.to_string();
            prop_assert_eq!(text, want.as_bytes());
            prop_assert_eq!(parse_canonical_integer(text), Some(value));
        }
    }
}
