//! Batches of commands, built once; only the digits of the keys are patched before each send.

use crate::commands::Command;
use crate::keys::Keys;

/// What every key starts with; the key's number follows. The same shape as valkey-benchmark's.
pub const KEY_PREFIX: &str = "key:";
/// How many decimal digits a key's number has.
pub const KEY_DIGITS: usize = 12;

/// Up to `commands_max` copies of one command in one buffer.
#[derive(Debug, Clone)]
pub struct Batch {
    bytes: Vec<u8>,
    /// Length of one command.
    frame: usize,
    /// Where the key's digits are within one command.
    digits_at: usize,
}

impl Batch {
    /// A batch of `commands_max` commands with values of `value_size` bytes.
    #[must_use]
    pub fn new(command: Command, value_size: usize, commands_max: usize) -> Self {
        let key = format!("{KEY_PREFIX}{:0KEY_DIGITS$}", 0);
        let value = value_of(value_size);
        let frame = encode(&command.words(key.as_bytes(), &value));
        let digits_at = position(&frame, key.as_bytes()) + KEY_PREFIX.len();
        Self { frame: frame.len(), digits_at, bytes: frame.repeat(commands_max) }
    }

    /// Patches a key into each of the first `commands`, and returns their bytes.
    #[inline]
    pub fn fill(&mut self, commands: usize, keys: &mut Keys) -> &[u8] {
        let used = &mut self.bytes[..commands * self.frame];
        for frame in used.chunks_exact_mut(self.frame) {
            write_digits(&mut frame[self.digits_at..self.digits_at + KEY_DIGITS], keys.draw());
        }
        used
    }
}

/// A value of that size: printable, not all the same byte.
fn value_of(size: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(size).collect()
}

/// A command as RESP: an array of bulk strings.
#[must_use]
pub fn encode(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

fn position(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("the command contains its key")
}

/// Writes `number` into all of `digits`, two digits per step, with leading zeros.
#[inline]
fn write_digits(digits: &mut [u8], mut number: u64) {
    for pair in digits.rchunks_exact_mut(2) {
        let two = (number % 100) as usize;
        number /= 100;
        pair.copy_from_slice(&PAIRS[two]);
    }
    debug_assert_eq!(number, 0, "the number has more digits than the key");
}

/// `00`, `01`, … `99`.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_get_is_patched() {
        let mut batch = Batch::new(Command::Get, 64, 2);
        let bytes = batch.fill(2, &mut Keys::Sequence { next: 4_294_967_294 });
        let frame = |digits: &str| format!("*2\r\n$3\r\nGET\r\n$16\r\nkey:{digits}\r\n");
        assert_eq!(text(bytes), frame("004294967294") + &frame("004294967295"));
    }

    #[test]
    fn a_set_carries_its_value() {
        let mut batch = Batch::new(Command::Set, 3, 1);
        let bytes = batch.fill(1, &mut Keys::Sequence { next: 120_034_056_078 });
        assert_eq!(text(bytes), "*3\r\n$3\r\nSET\r\n$16\r\nkey:120034056078\r\n$3\r\nabc\r\n");
    }

    #[test]
    fn a_batch_can_be_sent_in_part_and_again() {
        let mut batch = Batch::new(Command::Get, 0, 3);
        let frame = batch.fill(1, &mut Keys::Sequence { next: 99 }).to_vec();
        assert!(text(&frame).contains("key:000000000099"));
        let again = batch.fill(3, &mut Keys::Sequence { next: 7 });
        assert_eq!(again.len(), 3 * frame.len());
        assert!(text(again).contains("key:000000000009"));
    }

    #[test]
    fn a_value_that_looks_like_a_key_changes_nothing() {
        let mut batch = Batch::new(Command::Set, 1000, 1);
        let bytes = batch.fill(1, &mut Keys::Sequence { next: 1 }).to_vec();
        assert!(text(&bytes).starts_with("*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000001\r\n$1000\r\n"));
    }
}
