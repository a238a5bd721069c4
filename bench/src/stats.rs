//! Medians, and what can be said about them without assuming how the noise is distributed.

/// The median of a sample, and an interval that holds the median of what was sampled.
///
/// The interval's ends are order statistics: with n independent samples, the median lies between the k-th
/// smallest and the k-th largest with a probability that is exactly `1 - 2 * P(Binomial(n, 1/2) < k)`,
/// whatever the distribution. For 9 rounds that is the 2nd and the 8th: 96.1 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The probability, below 1, that the interval holds the true median.
    pub coverage: f64,
    /// Which order statistic, from each end, the interval's ends are (1 is the outermost).
    pub rank: usize,
}

/// What an interval's coverage should be at least.
pub const COVERAGE_MIN: f64 = 0.95;

impl Interval {
    /// The narrowest interval with at least [`COVERAGE_MIN`]; with fewer than 6 samples there is none, and it
    /// is the whole range, with the coverage that has. `None` if there are no samples.
    #[must_use]
    pub fn of_median(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (rank, coverage) = rank_for(sorted.len());
        Some(Self {
            median: middle(&sorted)?,
            low: *sorted.get(rank - 1)?,
            high: *sorted.get(sorted.len() - rank)?,
            coverage,
            rank,
        })
    }
}

/// The median; `None` of nothing.
#[must_use]
pub fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    middle(&sorted)
}

fn middle(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    let even = sorted.len().is_multiple_of(2);
    Some(if even { (sorted[sorted.len() / 2 - 1] + upper) / 2.0 } else { upper })
}

/// The largest rank whose interval still covers enough, with its coverage; rank 1 if none does.
fn rank_for(samples: usize) -> (usize, f64) {
    let mut outside = 0.5_f64.powi(samples as i32);
    let mut term = outside;
    let mut best = (1, 1.0 - 2.0 * outside);
    for rank in 2..=samples.div_ceil(2) {
        term *= (samples - rank + 2) as f64 / (rank - 1) as f64;
        outside += term;
        if 1.0 - 2.0 * outside < COVERAGE_MIN {
            break;
        }
        best = (rank, 1.0 - 2.0 * outside);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
    }

    #[test]
    fn nine_samples_give_the_second_and_the_eighth() {
        let samples = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
        let interval = Interval::of_median(&samples).unwrap();
        assert_eq!((interval.low, interval.median, interval.high, interval.rank), (2.0, 5.0, 8.0, 2));
        assert_eq!(interval.coverage, 1.0 - 20.0 / 512.0);
    }

    #[test]
    fn ranks_are_those_of_the_tables() {
        // Sign-test tables (two-sided, 95 %).
        for (samples, rank) in [(5, 1), (6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (15, 4), (20, 6), (25, 8), (30, 10)] {
            assert_eq!(rank_for(samples).0, rank, "{samples} samples");
        }
    }

    #[test]
    fn too_few_samples_say_how_little_they_cover() {
        let interval = Interval::of_median(&[1.0, 3.0, 2.0]).unwrap();
        assert_eq!((interval.low, interval.high, interval.coverage), (1.0, 3.0, 0.75));
        assert_eq!(Interval::of_median(&[1.0]).unwrap().coverage, 0.0);
        assert_eq!(Interval::of_median(&[]), None);
    }

    #[test]
    fn the_interval_holds_the_median_as_often_as_it_says() {
        let mut random = crate::random::Random::new(11);
        let held = (0..20_000)
            .filter(|_| {
                let samples: Vec<f64> = (0..9).map(|_| random.exponential(1.0)).collect();
                let interval = Interval::of_median(&samples).unwrap();
                (interval.low..=interval.high).contains(&std::f64::consts::LN_2)
            })
            .count();
        assert!((0.955..0.967).contains(&(held as f64 / 20_000.0)), "{held}");
    }
}
