//! Whole numbers of any size, just enough to convert floats from and to decimal text exactly.

/// A whole number; the least significant word comes first, and the last word isn't 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Natural(Vec<u64>);

/// The largest power of ten in one word.
const CHUNK: u64 = 10_000_000_000_000_000_000;
const CHUNK_DIGITS: usize = 19;

impl From<u64> for Natural {
    fn from(word: u64) -> Natural {
        Natural(vec![word]).trimmed()
    }
}

impl Natural {
    /// The number that these decimal digits write.
    pub(super) fn from_digits(digits: impl Iterator<Item = u8>) -> Natural {
        let mut number = Natural(Vec::new());
        let (mut chunk, mut factor) = (0, 1);
        for digit in digits {
            (chunk, factor) = (chunk * 10 + u64::from(digit), factor * 10);
            if factor == CHUNK {
                number.multiply_add(CHUNK, chunk);
                (chunk, factor) = (0, 1);
            }
        }
        number.multiply_add(factor, chunk);
        number
    }

    /// This number times ten to the `power`.
    pub(super) fn times_ten_to(mut self, power: usize) -> Natural {
        for _ in 0..power / CHUNK_DIGITS {
            self.multiply_add(CHUNK, 0);
        }
        self.multiply_add(10u64.pow((power % CHUNK_DIGITS) as u32), 0);
        self
    }

    /// This number times two to the `power`.
    pub(super) fn shifted(self, power: usize) -> Natural {
        let mut words = vec![0; power / 64];
        let mut carry = 0;
        for word in self.0 {
            let wide = u128::from(word) << (power % 64);
            words.push(wide as u64 | carry);
            carry = (wide >> 64) as u64;
        }
        words.push(carry);
        Natural(words).trimmed()
    }

    /// How many binary digits it has.
    pub(super) fn bits(&self) -> usize {
        self.0.last().map_or(0, |top| self.0.len() * 64 - top.leading_zeros() as usize)
    }

    /// The top 128 bits at most, the power of two to multiply them by, and whether something non-zero is below.
    pub(super) fn top(&self) -> (u128, usize, bool) {
        let word = |index: usize| u128::from(self.0.get(index).copied().unwrap_or(0));
        let dropped = self.bits().saturating_sub(128);
        let (words, bits) = (dropped / 64, dropped % 64);
        let mut top = (word(words) | word(words + 1) << 64) >> bits;
        if bits != 0 {
            top |= word(words + 2) << (128 - bits);
        }
        let below = self.0[..words].iter().any(|w| *w != 0) || word(words) & ((1 << bits) - 1) != 0;
        (top, dropped, below)
    }

    /// The first `bits` binary digits of `self / divisor`, which must be at least 1 and less than 2; and whether
    /// there is a rest.
    pub(super) fn ratio(mut self, divisor: &Natural, bits: u32) -> (u128, bool) {
        let mut quotient = 0;
        for _ in 0..bits {
            quotient <<= 1;
            if self.at_least(divisor) {
                self.subtract(divisor);
                quotient |= 1;
            }
            self = self.shifted(1);
        }
        (quotient, !self.0.is_empty())
    }

    /// Whether this number isn't less than the other.
    pub(super) fn at_least(&self, other: &Natural) -> bool {
        let by_size = self.0.len().cmp(&other.0.len());
        by_size.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev())).is_ge()
    }

    /// The decimal digits.
    pub(super) fn to_decimal(&self) -> String {
        let mut chunks = Vec::new();
        let mut rest = self.clone();
        while !rest.0.is_empty() {
            chunks.push(rest.divide(CHUNK));
        }
        let mut text = chunks.pop().unwrap_or(0).to_string();
        for chunk in chunks.iter().rev() {
            text += &format!("{chunk:019}");
        }
        text
    }

    fn multiply_add(&mut self, factor: u64, add: u64) {
        let mut carry = add;
        for word in &mut self.0 {
            (*word, carry) = word.carrying_mul(factor, carry);
        }
        self.0.push(carry);
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn subtract(&mut self, other: &Natural) {
        let mut borrow = false;
        for (index, word) in self.0.iter_mut().enumerate() {
            let taken = other.0.get(index).copied().unwrap_or(0);
            let (less, first) = word.overflowing_sub(taken);
            let (less, second) = less.overflowing_sub(u64::from(borrow));
            (*word, borrow) = (less, first | second);
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    /// Divides by a word and gives the rest.
    fn divide(&mut self, divisor: u64) -> u64 {
        let mut rest = 0u128;
        for word in self.0.iter_mut().rev() {
            let wide = rest << 64 | u128::from(*word);
            *word = (wide / u128::from(divisor)) as u64;
            rest = wide % u128::from(divisor);
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        rest as u64
    }

    fn trimmed(mut self) -> Natural {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}
