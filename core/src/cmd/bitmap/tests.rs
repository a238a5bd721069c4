//! Tests of the bitmap commands as a whole; what stock answers stands in `recorded.txt`.

use proptest::prelude::*;

use crate::cmd::string::recorded::play;
use crate::cmd::testing::Server;

#[test]
fn answers_as_stock() {
    play(include_str!("recorded.txt"));
}

/// A string as its bits.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().flat_map(|byte| (0..8).map(move |i| byte & (0x80 >> i) != 0)).collect())
    }

    fn get(&self, at: usize) -> bool {
        self.0.get(at).copied().unwrap_or(false)
    }

    fn grow(&mut self, bits: usize) {
        self.0.resize(self.0.len().max(bits.next_multiple_of(8)), false);
    }

    /// The bits of a range as BITCOUNT and BITPOS take it, with their places.
    fn range(&self, start: i64, end: i64, unit: usize) -> Vec<(usize, bool)> {
        let len = (self.0.len() / unit) as i64;
        let absolute = |i: i64| if i < 0 { (len + i).max(0) } else { i };
        let (start, end) = (absolute(start), absolute(end).min(len - 1));
        (start..=end).flat_map(|i| (0..unit).map(move |bit| i as usize * unit + bit)).map(|i| (i, self.0[i])).collect()
    }

    fn field(&self, signed: bool, bits: usize, offset: usize) -> i128 {
        let value = (0..bits).fold(0, |value, i| value << 1 | i128::from(self.get(offset + i)));
        if signed && self.get(offset) { value - (1 << bits) } else { value }
    }

    fn put(&mut self, bits: usize, offset: usize, value: i128) {
        for i in 0..bits {
            self.0[offset + i] = value >> (bits - 1 - i) & 1 == 1;
        }
    }
}

#[derive(Clone, Debug)]
enum Action {
    Get,
    Set(i64),
    Incrby(i64),
}

#[derive(Clone, Debug)]
struct Field {
    signed: bool,
    bits: usize,
    offset: usize,
    action: Action,
    overflow: &'static str,
}

impl Field {
    fn words(&self) -> String {
        let kind = format!("{}{}", if self.signed { 'i' } else { 'u' }, self.bits);
        let (name, value) = match self.action {
            Action::Get => ("GET", String::new()),
            Action::Set(value) => ("SET", format!(" {value}")),
            Action::Incrby(by) => ("INCRBY", format!(" {by}")),
        };
        format!(" OVERFLOW {} {name} {kind} {}{value}", self.overflow, self.offset)
    }

    /// What the model answers.
    fn run(&self, model: &mut Bits) -> String {
        let old = model.field(self.signed, self.bits, self.offset);
        let half = 1 << (self.bits - 1);
        let (min, max) = if self.signed { (-half, half - 1) } else { (0, 2 * half - 1) };
        let wanted = match self.action {
            Action::Get => return format!(":{old}|"),
            Action::Set(value) if self.signed => value.into(),
            Action::Set(value) => (value as u64).into(),
            Action::Incrby(by) => old + i128::from(by),
        };
        let new = match self.overflow {
            _ if (min..=max).contains(&wanted) => wanted,
            "SAT" => wanted.clamp(min, max),
            "WRAP" => (wanted - min).rem_euclid(2 * half) + min,
            _ => return "$-1|".into(),
        };
        model.put(self.bits, self.offset, new);
        if let Action::Set(_) = self.action { format!(":{old}|") } else { format!(":{new}|") }
    }
}

fn field() -> impl Strategy<Value = Field> {
    // Values whose distance from the maximum overflows are stock's own affair: see recorded.txt.
    let value = prop_oneof![-300..300i64, -(1i64 << 62)..i64::MAX];
    let action = (0..3, value).prop_map(|(kind, value)| match kind {
        0 => Action::Get,
        1 => Action::Set(value),
        _ => Action::Incrby(value),
    });
    let overflow = prop_oneof![Just("WRAP"), Just("SAT"), Just("FAIL")];
    (any::<bool>(), 1..64usize, 0..200usize, action, overflow)
        .prop_map(|(signed, bits, offset, action, overflow)| Field { signed, bits, offset, action, overflow })
}

/// Strings with long stretches of equal bits, and others.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => Just(0), 4 => Just(0xff), 1 => any::<u8>()];
    prop_oneof![
        prop::collection::vec(byte, 0..40),
        (any::<bool>(), 0..40usize, any::<u8>()).prop_map(|(ones, len, last)| {
            let mut bytes = vec![if ones { 0xff } else { 0 }; len];
            bytes.push(last);
            bytes
        }),
    ]
}

fn with(bytes: &[u8]) -> Server {
    let mut s = Server::new(1);
    s.run_words(&[b"SET", &b"k"[..], bytes]);
    s
}

proptest! {
    #[test]
    fn counts_are_those_of_the_naive_model(bytes in bytes(), from in -350..350i64, to in -350..350i64) {
        let (mut s, model) = (with(&bytes), Bits::of(&bytes));
        for (unit, word) in [(8, "BYTE"), (1, "BIT")] {
            let backwards = from < 0 && to < from;
            let range = if backwards { Vec::new() } else { model.range(from, to, unit) };
            let count = range.iter().filter(|(_, bit)| *bit).count();
            s.run(&format!("BITCOUNT k {from} {to} {word}")).replies(&format!(":{count}"));
        }
    }

    #[test]
    fn positions_are_those_of_the_naive_model(bytes in bytes(), from in -350..350i64, to in -350..350i64) {
        let (mut s, model) = (with(&bytes), Bits::of(&bytes));
        for bit in [false, true] {
            let first = |range: &[(usize, bool)]| range.iter().find(|(_, b)| *b == bit).map_or(-1, |(i, _)| *i as i64);
            for (unit, word) in [(8, "BYTE"), (1, "BIT")] {
                let want = first(&model.range(from, to, unit));
                s.run(&format!("BITPOS k {} {from} {to} {word}", u8::from(bit))).replies(&format!(":{want}"));
            }
            let range = model.range(from, -1, 8);
            let want = match first(&range) {
                -1 if !bit && !range.is_empty() => model.0.len() as i64,
                found => found,
            };
            s.run(&format!("BITPOS k {} {from}", u8::from(bit))).replies(&format!(":{want}"));
        }
    }

    #[test]
    fn fields_are_those_of_the_naive_model(
        bytes in bytes(),
        commands in prop::collection::vec(prop::collection::vec(field(), 1..4), 1..6),
    ) {
        let (mut s, mut model) = (with(&bytes), Bits::of(&bytes));
        for fields in commands {
            let writes = fields.iter().filter(|field| !matches!(field.action, Action::Get));
            if let Some(end) = writes.map(|field| field.offset + field.bits).max() {
                model.grow(end);
            }
            let words: String = fields.iter().map(Field::words).collect();
            let want: String = fields.iter().map(|field| field.run(&mut model)).collect();
            s.run(&format!("BITFIELD k{words}")).replies(&format!("*{}|{want}", fields.len()));
            s.run("STRLEN k").replies(&format!(":{}", model.0.len() / 8));
        }
        let ones = model.0.iter().filter(|bit| **bit).count();
        s.run("BITCOUNT k").replies(&format!(":{ones}"));
    }

    #[test]
    fn single_bits_are_those_of_the_naive_model(
        bytes in bytes(),
        sets in prop::collection::vec((0..400usize, any::<bool>()), 1..10),
    ) {
        let (mut s, mut model) = (with(&bytes), Bits::of(&bytes));
        for (at, on) in sets {
            let was = model.get(at);
            s.run(&format!("SETBIT k {at} {}", u8::from(on))).replies(&format!(":{}", u8::from(was)));
            model.grow(at + 1);
            model.0[at] = on;
            s.run(&format!("GETBIT k {at}")).replies(&format!(":{}", u8::from(on)));
        }
        s.run("STRLEN k").replies(&format!(":{}", model.0.len() / 8));
    }

    #[test]
    fn operations_are_those_of_the_naive_model(strings in prop::collection::vec(bytes(), 1..5)) {
        let mut s = Server::new(3);
        for (i, bytes) in strings.iter().enumerate() {
            s.run_words(&[b"SET", i.to_string().as_bytes(), bytes]);
        }
        let keys: String = (0..strings.len()).map(|i| format!(" {i}")).collect();
        let len = strings.iter().map(Vec::len).max().unwrap();
        for (name, operation) in [("AND", (|a, b| a & b) as fn(u8, u8) -> u8), ("OR", |a, b| a | b), ("XOR", |a, b| a ^ b)] {
            s.run(&format!("BITOP {name} d{keys}")).replies(&format!(":{len}"));
            let byte = |bytes: &Vec<u8>, i: usize| bytes.get(i).copied().unwrap_or(0);
            let want: Vec<u8> =
                (0..len).map(|i| strings.iter().map(|bytes| byte(bytes, i)).reduce(operation).unwrap()).collect();
            s.run_words(&[b"SET", &b"want"[..], &want]);
            s.run("BITOP XOR difference d want");
            s.run("BITCOUNT difference").replies(":0");
        }
        s.run("BITOP NOT d 0");
        s.run("BITOP XOR d d 0").replies(&format!(":{}", strings[0].len()));
        s.run("BITCOUNT d").replies(&format!(":{}", strings[0].len() * 8));
    }
}
