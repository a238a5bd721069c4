//! Doubles. Printing is Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with
//! Integers", 2010) as Valkey runs it: digits that read back as the same double, nearly always the fewest. A
//! shortest-digits algorithm would differ in the rare rest (1e23 prints as 99999999999999990000000).

/// Parses a double: an optional sign, decimal digits with an optional point and exponent, or `inf` or `infinity` in
/// any case. Refused are blanks, hexadecimal, `nan`, and what is too large or so small that it becomes 0.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    let value: f64 = str::from_utf8(text).ok()?.parse().ok()?;
    let mantissa = text.split(|c| matches!(c, b'e' | b'E')).next().unwrap_or_default();
    let has_digits = |digits: std::ops::RangeInclusive<u8>| mantissa.iter().any(|c| digits.contains(c));
    let lost = match value {
        v if v.is_nan() => true,
        v if v.is_infinite() => has_digits(b'0'..=b'9'),
        v => v == 0.0 && has_digits(b'1'..=b'9'),
    };
    (!lost).then_some(value)
}

/// A double as RESP carries it.
pub fn fmt_double(value: f64) -> String {
    let mut out = Vec::with_capacity(DOUBLE_BYTES_MAX);
    append_double(&mut out, value);
    String::from_utf8(out).expect("all of it is ASCII")
}

/// Appends a double as RESP carries it.
pub fn append_double(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        out.extend_from_slice(b"nan");
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    if value.is_infinite() {
        out.extend_from_slice(b"inf");
        return;
    }
    if let Some(integer) = as_integer(value) {
        append_digits(out, integer.unsigned_abs());
        return;
    }
    let mut digits = [0; DIGITS_MAX];
    let (count, exponent) = grisu2(value.abs(), &mut digits);
    lay_out(out, &digits[..count], exponent, value.is_sign_negative());
}

/// The integer that is equal to the value, if it has half of an `i64`'s range at most.
fn as_integer(value: f64) -> Option<i64> {
    const LIMIT: f64 = (i64::MAX / 2) as f64;
    let integer = value as i64;
    ((-LIMIT..=LIMIT).contains(&value) && integer as f64 == value).then_some(integer)
}

fn append_digits(out: &mut Vec<u8>, mut number: u64) {
    let mut text = [0; 20];
    let mut at = text.len();
    loop {
        at -= 1;
        text[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return out.extend_from_slice(&text[at..]);
        }
    }
}

const DIGITS_MAX: usize = 18;

/// No double's text is longer: a sign, 17 digits, a point, `e-308`.
const DOUBLE_BYTES_MAX: usize = 24;

/// Writes `digits` times ten to the `exponent`: plainly if that is short, else scientifically.
fn lay_out(out: &mut Vec<u8>, digits: &[u8], exponent: i32, negative: bool) {
    let count = digits.len() as i32;
    let scientific = exponent + count - 1;
    if exponent >= 0 && scientific.abs() < count + 7 {
        out.extend_from_slice(digits);
        out.extend(std::iter::repeat_n(b'0', exponent as usize));
    } else if exponent < 0 && (exponent > -7 || scientific.abs() < 4) {
        let point = count + exponent;
        if point <= 0 {
            out.extend_from_slice(b"0.");
            out.extend(std::iter::repeat_n(b'0', -point as usize));
            out.extend_from_slice(digits);
        } else {
            let (whole, fraction) = digits.split_at(point as usize);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    } else {
        let shown = digits.len().min(DIGITS_MAX - usize::from(negative));
        out.push(digits[0]);
        if shown > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..shown]);
        }
        out.extend_from_slice(if scientific < 0 { b"e-" } else { b"e+" });
        append_digits(out, scientific.unsigned_abs().into());
    }
}

/// A number `fraction * 2^exponent`.
#[derive(Clone, Copy)]
struct Scaled {
    fraction: u64,
    exponent: i32,
}

impl Scaled {
    /// With the top bit set.
    fn normalized(self) -> Scaled {
        let shift = self.fraction.leading_zeros();
        Scaled { fraction: self.fraction << shift, exponent: self.exponent - shift as i32 }
    }

    /// The product, rounded to 64 bits by its upper half and the top bit below.
    fn times(self, other: Scaled) -> Scaled {
        let (a, b) = (u128::from(self.fraction), u128::from(other.fraction));
        let low = |n: u128| n & 0xffff_ffff;
        // The lowest quarter is cut before rounding, as in the paper.
        let middle = low((a >> 32) * low(b)) + low(low(a) * (b >> 32)) + ((low(a) * low(b)) >> 32) + (1 << 31);
        let upper =
            (a >> 32) * (b >> 32) + (((a >> 32) * low(b)) >> 32) + ((low(a) * (b >> 32)) >> 32) + (middle >> 32);
        Scaled { fraction: upper as u64, exponent: self.exponent + other.exponent + 64 }
    }
}

/// The digits of a positive finite value; their number, and the power of ten of the last one.
fn grisu2(value: f64, digits: &mut [u8; DIGITS_MAX]) -> (usize, i32) {
    const HIDDEN_BIT: u64 = 1 << 52;
    const BIAS: i32 = 1023 + 52;
    let bits = value.to_bits();
    let (fraction, biased) = (bits & (HIDDEN_BIT - 1), (bits >> 52) as i32);
    let exact = match biased {
        0 => Scaled { fraction, exponent: 1 - BIAS },
        _ => Scaled { fraction: fraction + HIDDEN_BIT, exponent: biased - BIAS },
    };
    // Half way to the neighbours; the lower one is closer below a power of two.
    let upper = Scaled { fraction: (exact.fraction << 1) + 1, exponent: exact.exponent - 1 }.normalized();
    let closer = if exact.fraction == HIDDEN_BIT { 2 } else { 1 };
    let lower = Scaled { fraction: (exact.fraction << closer) - 1, exponent: exact.exponent - closer };
    let lower = Scaled { fraction: lower.fraction << (lower.exponent - upper.exponent), exponent: upper.exponent };
    let (power, power_of_ten) = cached_power(upper.exponent);
    let exact = exact.normalized().times(power);
    let (mut upper, mut lower) = (upper.times(power), lower.times(power));
    // The products may be off by one in the last place; the interval is narrowed to be safe.
    lower.fraction += 1;
    upper.fraction -= 1;
    let (count, dropped) = generate(exact, upper, lower, digits);
    (count, dropped - power_of_ten)
}

/// Digits of `upper` until they lie between `lower` and `upper`, then moved towards `exact`.
fn generate(exact: Scaled, upper: Scaled, lower: Scaled, digits: &mut [u8; DIGITS_MAX]) -> (usize, i32) {
    let shift = -upper.exponent;
    let mask = (1u64 << shift) - 1;
    let mut delta = upper.fraction - lower.fraction;
    let mut distance = upper.fraction - exact.fraction;
    let (mut whole, mut part) = (upper.fraction >> shift, upper.fraction & mask);
    let mut count = 0;
    let mut push = |digit: u64| {
        if digit != 0 || count != 0 {
            digits[count] = b'0' + digit as u8;
            count += 1;
        }
        count
    };
    for power in (0..10).rev() {
        let unit = 10u64.pow(power);
        let count = push(whole / unit);
        whole %= unit;
        let rest = (whole << shift) + part;
        if rest <= delta {
            round(&mut digits[count - 1], delta, rest, unit << shift, distance);
            return (count, power as i32);
        }
    }
    let mut power = 0;
    loop {
        part *= 10;
        delta *= 10;
        // The reference scales by its table of powers, which wraps at 10^19 as multiplication does here.
        distance = distance.wrapping_mul(10);
        power -= 1;
        let count = push(part >> shift);
        part &= mask;
        if part < delta {
            round(&mut digits[count - 1], delta, part, mask + 1, distance);
            return (count, power);
        }
    }
}

/// Lowers the last digit while that brings the number closer to the exact one.
fn round(last: &mut u8, delta: u64, mut rest: u64, unit: u64, distance: u64) {
    while rest < distance
        && delta - rest >= unit
        && (rest + unit < distance || distance - rest > rest + unit - distance)
    {
        *last -= 1;
        rest += unit;
    }
}

/// The least power of ten in [`POWERS`], and the distance between two.
const POWER_MIN: i32 = -348;
const POWER_STEP: i32 = 8;

/// A power of ten that brings a number with this exponent to an exponent between -60 and -32, and which one it is.
fn cached_power(exponent: i32) -> (Scaled, i32) {
    const LOG10_OF_2: f64 = 0.301_029_995_663_981_14;
    let about = (f64::from(-(exponent + POWERS.len() as i32)) * LOG10_OF_2) as i32;
    let mut index = (about - POWER_MIN) / POWER_STEP;
    loop {
        let power = POWER_MIN + index * POWER_STEP;
        // floor(log2(10^power)) - 63
        let scaled = Scaled { fraction: POWERS[index as usize], exponent: ((power * 217_706) >> 16) - 63 };
        match exponent + scaled.exponent + 64 {
            ..-60 => index += 1,
            -60..=-32 => return (scaled, power),
            _ => index -= 1,
        }
    }
}

/// 64 bits of every eighth power of ten from 10^-348, rounded to nearest.
#[rustfmt::skip]
static POWERS: [u64; 87] = [
    0xfa8fd5a0081c0288, 0xbaaee17fa23ebf76, 0x8b16fb203055ac76, 0xcf42894a5dce35ea,
    0x9a6bb0aa55653b2d, 0xe61acf033d1a45df, 0xab70fe17c79ac6ca, 0xff77b1fcbebcdc4f,
    0xbe5691ef416bd60c, 0x8dd01fad907ffc3c, 0xd3515c2831559a83, 0x9d71ac8fada6c9b5,
    0xea9c227723ee8bcb, 0xaecc49914078536d, 0x823c12795db6ce57, 0xc21094364dfb5637,
    0x9096ea6f3848984f, 0xd77485cb25823ac7, 0xa086cfcd97bf97f4, 0xef340a98172aace5,
    0xb23867fb2a35b28e, 0x84c8d4dfd2c63f3b, 0xc5dd44271ad3cdba, 0x936b9fcebb25c996,
    0xdbac6c247d62a584, 0xa3ab66580d5fdaf6, 0xf3e2f893dec3f126, 0xb5b5ada8aaff80b8,
    0x87625f056c7c4a8b, 0xc9bcff6034c13053, 0x964e858c91ba2655, 0xdff9772470297ebd,
    0xa6dfbd9fb8e5b88f, 0xf8a95fcf88747d94, 0xb94470938fa89bcf, 0x8a08f0f8bf0f156b,
    0xcdb02555653131b6, 0x993fe2c6d07b7fac, 0xe45c10c42a2b3b06, 0xaa242499697392d3,
    0xfd87b5f28300ca0e, 0xbce5086492111aeb, 0x8cbccc096f5088cc, 0xd1b71758e219652c,
    0x9c40000000000000, 0xe8d4a51000000000, 0xad78ebc5ac620000, 0x813f3978f8940984,
    0xc097ce7bc90715b3, 0x8f7e32ce7bea5c70, 0xd5d238a4abe98068, 0x9f4f2726179a2245,
    0xed63a231d4c4fb27, 0xb0de65388cc8ada8, 0x83c7088e1aab65db, 0xc45d1df942711d9a,
    0x924d692ca61be758, 0xda01ee641a708dea, 0xa26da3999aef774a, 0xf209787bb47d6b85,
    0xb454e4a179dd1877, 0x865b86925b9bc5c2, 0xc83553c5c8965d3d, 0x952ab45cfa97a0b3,
    0xde469fbd99a05fe3, 0xa59bc234db398c25, 0xf6c69a72a3989f5c, 0xb7dcbf5354e9bece,
    0x88fcf317f22241e2, 0xcc20ce9bd35c78a5, 0x98165af37b2153df, 0xe2a0b5dc971f303a,
    0xa8d9d1535ce3b396, 0xfb9b7cd9a4a7443c, 0xbb764c4ca7a44410, 0x8bab8eefb6409c1a,
    0xd01fef10a657842c, 0x9b10a4e5e9913129, 0xe7109bfba19c0c9d, 0xac2820d9623bf429,
    0x80444b5e7aa7cf85, 0xbf21e44003acdd2d, 0x8e679c2f5e44ff8f, 0xd433179d9c8cb841,
    0x9e19db92b4e31ba9, 0xeb96bf6ebadf77d9, 0xaf87023b9bf0ee6b,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_like_stock() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (3.0, "3"),
            (0.1, "0.1"),
            (1e15, "1000000000000000"),
            (1e18, "1000000000000000000"),
            (1e19, "1e+19"),
            (5e18, "5e+18"),
            (4611686018427387904.0, "4611686018427387904"),
            (123456789012345678.0, "123456789012345680"),
            (12345678901234567890.0, "12345678901234567000"),
            (1e23, "99999999999999990000000"),
            (2.773e21, "2772999999999999700000"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-6, "1.5e-6"),
            (0.00012345, "1.2345e-4"),
            (-1e-7, "-1e-7"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        ] {
            assert_eq!(fmt_double(value), text);
        }
    }

    #[test]
    fn prints_what_reads_back() {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..200_000 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let value = f64::from_bits(seed);
            if value.is_finite() {
                let text = fmt_double(value);
                assert_eq!(parse_f64(text.as_bytes()), Some(value), "{text}");
            }
        }
    }

    #[test]
    fn parses_like_stock() {
        for text in ["+1", ".5", "5.", "1.5e3", "1e0000000000000005", "0e99999999999", "4e-324", "-INF", "infinity"] {
            assert!(parse_f64(text.as_bytes()).is_some(), "{text}");
        }
        for text in ["", "-", ".", "1e", "nan", " 1", "1 ", "0x10", "1e400", "1e-400", "2e-324", "infin", "1_0", "1\0"]
        {
            assert!(parse_f64(text.as_bytes()).is_none(), "{text}");
        }
    }
}
