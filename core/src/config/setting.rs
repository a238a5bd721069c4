//! How each type of value parses, shows and rewrites itself. Special types are in [`super::special`].

use crate::numfmt::parse_i64;

use super::directive::{Kind, NumberFormat, RewriteLine, Source};
use super::split::{append_quoted, until_nul};
use super::text::Text;

/// A type of value that a directive can have.
pub(crate) trait Setting: Clone + PartialEq {
    /// The kind, unless the directive's row has one of its own.
    const KIND: Kind;

    /// Parses the arguments into `self`; the error is the text to answer.
    fn set(&mut self, kind: &Kind, args: &[&[u8]], source: Source) -> Result<(), String>;

    /// The value as `CONFIG GET` shows it.
    fn get(&self, kind: &Kind) -> Vec<u8>;

    /// The lines that `CONFIG REWRITE` wants; none means that the directive's lines go.
    fn rewrite(&self, default: &Self, kind: &Kind, name: &str) -> Vec<RewriteLine> {
        vec![line(name, &self.get(kind), self != default)]
    }
}

/// The line `name value`.
pub(crate) fn line(name: &str, value: &[u8], force: bool) -> RewriteLine {
    RewriteLine { text: [name.as_bytes(), b" ", value].concat(), force }
}

impl Setting for bool {
    const KIND: Kind = Kind::Bool;

    fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        let word = until_nul(args[0]);
        *self = match () {
            () if word.eq_ignore_ascii_case(b"yes") => true,
            () if word.eq_ignore_ascii_case(b"no") => false,
            () => return Err("argument must be 'yes' or 'no'".into()),
        };
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        if *self { b"yes".into() } else { b"no".into() }
    }
}

impl Setting for Text {
    const KIND: Kind = Kind::Str { empty_is_unset: false, binary: false };

    fn set(&mut self, kind: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        let binary = matches!(kind, Kind::Str { binary: true, .. });
        *self = if binary { args[0] } else { until_nul(args[0]) }.into();
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        self.as_bytes().into()
    }

    fn rewrite(&self, default: &Text, kind: &Kind, name: &str) -> Vec<RewriteLine> {
        if self.is_empty() && matches!(kind, Kind::Str { empty_is_unset: true, .. }) {
            return Vec::new();
        }
        let mut quoted = Vec::new();
        append_quoted(&mut quoted, self.as_bytes());
        vec![line(name, &quoted, self != default)]
    }
}

impl Setting for i64 {
    const KIND: Kind = Kind::Number { format: NumberFormat::Plain, min: i64::MIN as i128, max: i64::MAX as i128 };

    fn set(&mut self, kind: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        *self = parse_number(kind, args[0])?;
        check_range(kind, (*self).into())
    }

    fn get(&self, kind: &Kind) -> Vec<u8> {
        number_text(kind, *self)
    }

    fn rewrite(&self, default: &i64, kind: &Kind, name: &str) -> Vec<RewriteLine> {
        vec![line(name, &number_in_file(kind, *self), self != default)]
    }
}

impl Setting for u64 {
    const KIND: Kind = Kind::Number { format: NumberFormat::Plain, min: u64::MIN as i128, max: u64::MAX as i128 };

    fn set(&mut self, kind: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        *self = parse_number(kind, args[0])?.cast_unsigned();
        check_range(kind, (*self).into())
    }

    fn get(&self, kind: &Kind) -> Vec<u8> {
        number_text(kind, self.cast_signed())
    }

    fn rewrite(&self, default: &u64, kind: &Kind, name: &str) -> Vec<RewriteLine> {
        vec![line(name, &number_in_file(kind, self.cast_signed()), self != default)]
    }
}

fn number_format(kind: &Kind) -> NumberFormat {
    match kind {
        Kind::Number { format, .. } => *format,
        _ => NumberFormat::Plain,
    }
}

/// Parses by the kind's format. An unsigned value beyond `i64` comes back with the same bits, as in stock.
fn parse_number(kind: &Kind, arg: &[u8]) -> Result<i64, String> {
    use NumberFormat::*;
    let memory = || parse_memory(arg).map(u64::cast_signed);
    let (value, error) = match number_format(kind) {
        Plain => (parse_i64(arg), "argument couldn't be parsed into an integer"),
        Octal => (parse_octal(arg), "argument couldn't be parsed as an octal number"),
        Memory => (memory(), "argument must be a memory value"),
        SignedMemory => (memory().or_else(|| parse_i64(arg)), "argument must be a memory value"),
        MemoryOrPercent => (memory().or_else(|| parse_percent(arg)), "argument must be a memory or percent value"),
    };
    value.ok_or_else(|| error.into())
}

fn check_range(kind: &Kind, value: i128) -> Result<(), String> {
    let Kind::Number { format, min, max } = *kind else { return Ok(()) };
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(match format {
        NumberFormat::Octal => format!("argument must be between {min:o} and {max:o} inclusive"),
        NumberFormat::MemoryOrPercent if value < 0 => format!("percentage argument must be less or equal to {}", -min),
        _ => format!("argument must be between {min} and {max} inclusive"),
    })
}

fn number_text(kind: &Kind, value: i64) -> Vec<u8> {
    match number_format(kind) {
        NumberFormat::Octal => format!("{value:o}"),
        NumberFormat::MemoryOrPercent if value < 0 => format!("{}%", value.unsigned_abs()),
        NumberFormat::Memory => value.cast_unsigned().to_string(),
        _ => value.to_string(),
    }
    .into_bytes()
}

fn number_in_file(kind: &Kind, value: i64) -> Vec<u8> {
    match number_format(kind) {
        NumberFormat::MemoryOrPercent if value < 0 => number_text(kind, value),
        NumberFormat::Memory | NumberFormat::SignedMemory | NumberFormat::MemoryOrPercent => {
            memory_in_file(value).into_bytes()
        }
        _ => number_text(kind, value),
    }
}

/// A number of bytes with the largest unit that divides it.
pub(crate) fn memory_in_file(bytes: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(1 << 30, "gb"), (1 << 20, "mb"), (1 << 10, "kb")];
    match UNITS.iter().find(|(unit, _)| bytes != 0 && bytes % unit == 0) {
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => bytes.to_string(),
    }
}

/// Parses a number of bytes: digits, then one of `b k kb m mb g gb` in any case. Like stock it takes no digits at
/// all for 0, and a product that is too large wraps.
pub fn parse_memory(arg: &[u8]) -> Option<u64> {
    const DIGITS_MAX: usize = 127;
    let arg = until_nul(arg);
    let (digits, unit) = arg.split_at(arg.iter().take_while(|c| c.is_ascii_digit()).count());
    let factor: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    if digits.len() > DIGITS_MAX {
        return None;
    }
    let number = digits.iter().try_fold(0u64, |n, c| n.checked_mul(10)?.checked_add(u64::from(c - b'0')))?;
    Some(number.wrapping_mul(factor))
}

fn parse_percent(arg: &[u8]) -> Option<i64> {
    let digits = arg.strip_suffix(b"%")?;
    parse_i64(digits).filter(|n| *n >= 0).map(|n| -n)
}

fn parse_octal(arg: &[u8]) -> Option<i64> {
    let number = c_number(until_nul(arg), 8);
    (number.rest.is_empty() && !number.overflow).then_some(number.value)
}

/// What C's `strtoll` makes of a text.
pub(crate) struct CNumber<'a> {
    /// The value; the nearest limit if there are too many digits, 0 if there are none.
    pub(crate) value: i64,
    /// What follows the number; everything if there is none.
    pub(crate) rest: &'a [u8],
    /// Whether there were too many digits.
    pub(crate) overflow: bool,
}

/// Parses as C's `strtoll` does: blanks, a sign, digits.
pub(crate) fn c_number(text: &[u8], base: u32) -> CNumber<'_> {
    let blanks = text.iter().take_while(|c| super::split::is_space(**c)).count();
    let (negative, start) = match text.get(blanks) {
        Some(b'-') => (true, blanks + 1),
        Some(b'+') => (false, blanks + 1),
        _ => (false, blanks),
    };
    let digits = text[start..].iter().map_while(|c| char::from(*c).to_digit(base));
    let (mut magnitude, mut count) = (0i128, 0);
    for digit in digits {
        count += 1;
        magnitude = (magnitude * i128::from(base) + i128::from(digit)).min(1 << 64);
    }
    let signed = if negative { -magnitude } else { magnitude };
    let value = signed.clamp(i64::MIN.into(), i64::MAX.into());
    CNumber {
        value: value as i64,
        rest: if count == 0 { text } else { &text[start + count..] },
        overflow: value != signed,
    }
}
