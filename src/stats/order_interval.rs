//! The interval of a median as benchstat gives it.

use statrs::distribution::{ContinuousCDF, Normal};

/// Up to here the binomial distribution itself is summed, as benchstat does.
const EXACT_UP_TO: usize = 30;

/// The pair of order statistics that holds the median of the population with at least this confidence, as few of them as
/// possible; `None` if not even the smallest and largest value do (below 6 values for 95 %).
///
/// How many of n values lie below the median is binomial, so the interval grows from the likeliest count to both sides,
/// the likelier side first and the left one of two that are equal. One step more or less on one side makes it lopsided: for 8
/// values it is the first to the seventh. `median_interval` is the symmetric one, and never narrower.
pub fn lopsided_median_interval(values: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let (low, high) = orders(values.len(), confidence)?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some((
        *sorted.get(low.checked_sub(1)?)?,
        *sorted.get(high.checked_sub(1)?)?,
    ))
}

/// The two order statistics, counted from 1; outside of the sample if there is no such interval.
fn orders(n: usize, confidence: f64) -> Option<(usize, usize)> {
    if n == 0 {
        return None;
    }
    if n > EXACT_UP_TO {
        return approximate(n, confidence);
    }
    let chances = chances(n);
    let chance =
        |count: Option<usize>| count.and_then(|at| chances.get(at)).copied().unwrap_or(0.0);
    let mut left = n / 2;
    let mut right = left + 1;
    let mut sure = chance(Some(left));
    while sure < confidence {
        let (before, after) = (chance(left.checked_sub(1)), chance(Some(right)));
        if before >= after {
            // Nothing is left on either side: the confidence cannot be reached.
            left = left.checked_sub(1)?;
            sure += before;
        } else {
            right += 1;
            sure += after;
        }
    }
    Some((left, right))
}

/// The chance of each count of heads in n tosses; exact in a double for so few.
fn chances(n: usize) -> Vec<f64> {
    let mut row = vec![1.0];
    for _ in 0..n {
        let mut next = vec![0.0; row.len() + 1];
        for (at, chance) in row.iter().enumerate() {
            next[at] += chance / 2.0;
            next[at + 1] += chance / 2.0;
        }
        row = next;
    }
    row
}

/// By the normal distribution with the correction for whole counts; one step narrower on the right if that is enough.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts of values, bounded by n"
)]
fn approximate(n: usize, confidence: f64) -> Option<(usize, usize)> {
    let (middle, spread) = (n as f64 / 2.0, (n as f64).sqrt() / 2.0);
    let normal = Normal::new(middle, spread).ok()?;
    let from = normal.inverse_cdf((1.0 - confidence) / 2.0);
    let to = 2.0 * middle - from;
    let left = ((from - 0.5).floor() + 1.0).max(0.0);
    let mut right = (to - 0.5).ceil() + 1.0;
    let sure = |right: f64| normal.cdf(right - 0.5) - normal.cdf(left - 0.5);
    if sure(right - 1.0) >= confidence {
        right -= 1.0;
    }
    Some((left as usize, right as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order statistics of golang/perf for 95 %.
    #[test]
    fn the_interval_is_as_narrow_as_it_can_be() {
        for (n, expected) in [
            (6, Some((1, 6))),
            (7, Some((1, 7))),
            (8, Some((1, 7))),
            (10, Some((2, 9))),
            (12, Some((3, 10))),
            (20, Some((6, 15))),
        ] {
            assert_eq!(orders(n, 0.95), expected, "{n}");
        }
        let values: Vec<f64> = (1..=8_u8).map(f64::from).collect();
        assert_eq!(lopsided_median_interval(&values, 0.95), Some((1.0, 7.0)));
        assert_eq!(lopsided_median_interval(&values[..5], 0.95), None);
        assert_eq!(lopsided_median_interval(&[], 0.95), None);
    }

    #[test]
    fn many_values_have_a_narrow_one() {
        assert_eq!(orders(100, 0.95), Some((40, 60)));
    }
}
