//! Numbers only, no GC words: exact count histograms, nearest-rank quantiles, trends, exceedance tests, zig-zag legs, comparison
//! of two groups of runs.
//!
//! The only importer of `statrs`, which is used for distributions alone (its 0.19 exact Mann-Whitney test is wrong for
//! `n1 <= n2`, so no test statistic comes from it).

mod counts;
mod exceedance;
mod fresh;
mod order_interval;
mod ranked;
mod sparse;
#[cfg(test)]
mod tests;
mod trend;
mod two_samples;
mod zigzag;

pub use counts::Counts;
pub use exceedance::binomial_tail;
pub use fresh::Fresh;
pub use order_interval::lopsided_median_interval;
pub use ranked::{Counted, Ranked, Sample, at_least, median_of, quantile_of, rank};
pub use sparse::{MAX_DISTINCT, Summary};
pub use trend::{Trend, mann_kendall, theil_sen};
pub use two_samples::{
    EXACT_UP_TO, MannWhitney, cliffs_delta, fisher, holm, mann_whitney, median, median_interval,
    ratio, ratio_interval, smallest_p,
};
pub use zigzag::{Leg, MAX_LEGS, ZigZag};

/// The quotient of a value and `UNIT` if the value is a multiple; more than `u64::MAX / UNIT` if it is not.
///
/// Multiplying by the inverse of `UNIT` modulo 2^64 undoes a multiplication by `UNIT`: it maps the multiples to the smallest
/// numbers, and so all others to larger ones (T. Granlund, P. Montgomery 1994, section 9). It takes a third of the instructions of
/// a division and a test of its remainder.
#[inline]
const fn multiple<const UNIT: u64>(value: u64) -> u64 {
    let twos = UNIT.trailing_zeros();
    value
        .wrapping_mul(const { inverse(UNIT >> UNIT.trailing_zeros()) })
        .rotate_right(twos)
}

/// The inverse of an odd number modulo 2^64, by Newton's method: each step doubles the correct bits, three at first.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut right = 3;
    while right < u64::BITS {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        right *= 2;
    }
    inverse
}

/// Joins neighbors of the same value.
fn join_equal(values: &mut Vec<Counted>) {
    values.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
}
