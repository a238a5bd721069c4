//! Which key comes next: uniform, Zipf, or one after the other (to fill a server).

use std::str::FromStr;

use crate::random::Random;

/// The most keys a run can have: the generators multiply two key numbers in 64 bits.
pub const KEYS_MAX: u64 = u32::MAX as u64;

/// How the keys of a run are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution {
    /// Every key is equally likely.
    Uniform,
    /// The key of rank r is drawn in proportion to `1 / r^theta`, 0 < theta < 1.
    Zipf(f64),
}

impl FromStr for Distribution {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "uniform" {
            return Ok(Self::Uniform);
        }
        let theta = text.strip_prefix("zipf:").and_then(|theta| theta.parse::<f64>().ok());
        match theta {
            Some(theta) if theta > 0.0 && theta < 1.0 => Ok(Self::Zipf(theta)),
            _ => Err("expected 'uniform' or 'zipf:THETA' with 0 < THETA < 1".to_owned()),
        }
    }
}

impl std::fmt::Display for Distribution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uniform => f.write_str("uniform"),
            Self::Zipf(theta) => write!(f, "zipf:{theta}"),
        }
    }
}

/// Draws key numbers.
#[derive(Debug, Clone)]
pub enum Keys {
    /// Equally likely below `count`.
    Uniform {
        /// The source of chance.
        random: Random,
        /// How many keys there are.
        count: u64,
    },
    /// By rank, the ranks scattered over the key numbers.
    Zipf {
        /// The source of chance.
        random: Random,
        /// The distribution over `count` keys.
        zipf: Zipf,
    },
    /// The next number each time.
    Sequence {
        /// What the next call returns.
        next: u64,
    },
}

impl Keys {
    /// A source over the numbers below `count`.
    #[must_use]
    pub fn new(distribution: Distribution, count: u64, seed: u64) -> Self {
        let random = Random::new(seed);
        match distribution {
            Distribution::Uniform => Self::Uniform { random, count },
            Distribution::Zipf(theta) => Self::Zipf { random, zipf: Zipf::new(count, theta) },
        }
    }

    /// The same distribution from another seed, without the cost of setting it up again.
    #[must_use]
    pub fn reseeded(&self, seed: u64) -> Self {
        let mut keys = self.clone();
        match &mut keys {
            Self::Uniform { random, .. } | Self::Zipf { random, .. } => *random = Random::new(seed),
            Self::Sequence { .. } => {}
        }
        keys
    }

    /// The number of the next key.
    #[inline]
    pub fn draw(&mut self) -> u64 {
        match self {
            Self::Uniform { random, count } => random.below(*count),
            Self::Zipf { random, zipf } => zipf.key(random.unit()),
            Self::Sequence { next } => {
                *next += 1;
                *next - 1
            }
        }
    }
}

/// Zipf by the inverse of Gray et al., "Quickly generating billion-record synthetic databases" (1994): the
/// first two ranks are exact, the rest one power function each.
#[derive(Debug, Clone)]
pub struct Zipf {
    count: u64,
    /// Scatters ranks over key numbers; has no common factor with `count`.
    stride: u64,
    theta: f64,
    zeta: f64,
    alpha: f64,
    eta: f64,
}

impl Zipf {
    /// The distribution over `count` ranks. Adds up `count` terms once.
    #[must_use]
    pub fn new(count: u64, theta: f64) -> Self {
        assert!((1..=KEYS_MAX).contains(&count), "key count out of range: {count}");
        let zeta_of = |terms: u64| (1..=terms).map(|rank| (rank as f64).powf(-theta)).sum::<f64>();
        let (zeta, zeta_2) = (zeta_of(count), zeta_of(2));
        let eta = (1.0 - (2.0 / count as f64).powf(1.0 - theta)) / (1.0 - zeta_2 / zeta);
        Self { count, stride: stride_for(count), theta, zeta, alpha: 1.0 / (1.0 - theta), eta }
    }

    /// The rank (0 is the most likely one) at the point `unit` of `[0, 1)`.
    #[inline]
    #[must_use]
    pub fn rank(&self, unit: f64) -> u64 {
        let scaled = unit * self.zeta;
        if scaled < 1.0 || self.count == 1 {
            return 0;
        }
        if scaled < 1.0 + 0.5_f64.powf(self.theta) || self.count == 2 {
            return 1;
        }
        let rank = self.count as f64 * (self.eta * (unit - 1.0) + 1.0).powf(self.alpha);
        (rank as u64).min(self.count - 1)
    }

    /// The key number of that rank: neighbours in rank are far apart as keys.
    #[inline]
    #[must_use]
    pub fn key(&self, unit: f64) -> u64 {
        self.rank(unit) * self.stride % self.count
    }
}

/// A number near the golden section of `count` without a common factor, so multiplying by it permutes.
fn stride_for(count: u64) -> u64 {
    let start = ((count as f64 * 0.618) as u64).max(1);
    (start..).find(|&stride| common_factor(stride, count) == 1).unwrap_or(1)
}

fn common_factor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_factor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_is_flat() {
        let mut keys = Keys::new(Distribution::Uniform, 10, 7);
        let mut seen = [0_u32; 10];
        (0..100_000).for_each(|_| seen[keys.draw() as usize] += 1);
        assert!(seen.iter().all(|&n| (9_500..10_500).contains(&n)), "{seen:?}");
    }

    #[test]
    fn zipf_follows_its_law() {
        let (count, theta, draws) = (1000, 0.99, 1_000_000);
        let zipf = Zipf::new(count, theta);
        let mut random = Random::new(3);
        let mut seen = vec![0_u32; count as usize];
        (0..draws).for_each(|_| seen[zipf.rank(random.unit()) as usize] += 1);
        let expected = |rank: usize| f64::from(draws) / ((rank + 1) as f64).powf(theta) / zipf.zeta;
        // Gray's inverse is exact for the first two ranks and close for the sum of the rest.
        for (ranks, name) in [(0..1, "the first"), (1..2, "the second"), (0..count as usize / 2, "the first half")] {
            let drawn: f64 = seen[ranks.clone()].iter().copied().map(f64::from).sum();
            let law: f64 = ranks.map(expected).sum();
            assert!((drawn / law - 1.0).abs() < 0.03, "{name}: {drawn} instead of {law}");
        }
    }

    #[test]
    fn zipf_scatters_ranks_over_all_keys() {
        for count in [1, 2, 3, 10, 1000, 1024] {
            let zipf = Zipf::new(count, 0.5);
            let mut keys: Vec<u64> = (0..count).map(|rank| rank * zipf.stride % count).collect();
            keys.sort_unstable();
            assert_eq!(keys, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn zipf_stays_in_range_at_the_ends() {
        for count in [1, 2, 3, 1000] {
            let zipf = Zipf::new(count, 0.99);
            for unit in [0.0, 0.5, 1.0 - f64::EPSILON] {
                assert!(zipf.key(unit) < count);
            }
        }
    }

    #[test]
    fn a_sequence_counts() {
        let mut keys = Keys::Sequence { next: 5 };
        assert_eq!([keys.draw(), keys.draw()], [5, 6]);
    }

    #[test]
    fn distributions_are_read_and_written() {
        for text in ["uniform", "zipf:0.99"] {
            assert_eq!(text.parse::<Distribution>().unwrap().to_string(), text);
        }
        for text in ["", "zipf", "zipf:", "zipf:1", "zipf:0", "normal"] {
            assert!(text.parse::<Distribution>().is_err(), "{text}");
        }
    }
}
