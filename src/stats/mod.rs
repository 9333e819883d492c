//! Numbers only, no GC words: exact count histogram, nearest-rank quantiles, trend, exceedance test, zig-zag legs, two groups of runs.
//! The only importer of `statrs`, which is used for distributions alone (its 0.19 exact Mann-Whitney test is wrong for
//! `n1 <= n2`, so no test statistic comes from it).

mod counts;
mod exceedance;
mod fresh;
mod moving;
mod order_interval;
mod ranked;
mod sparse;
#[cfg(test)]
mod tests;
mod trend;
mod two_samples;
mod zigzag;

pub use counts::{Counts, Totals};
pub use exceedance::binomial_tail;
pub use fresh::Fresh;
pub use moving::{Bag, MovingMedian};
pub use order_interval::lopsided_median_interval;
pub use ranked::{Counted, Ranked, Sample, at_least, quantile_of, rank};
pub use sparse::MAX_DISTINCT;
pub use trend::{Trend, mann_kendall, theil_sen};
pub use two_samples::{
    EXACT_UP_TO, MannWhitney, cliffs_delta, fisher, holm, mann_whitney, median, median_interval,
    ratio, ratio_interval, smallest_p,
};
pub use zigzag::{Leg, MAX_LEGS, ZigZag};

/// How many times `UNIT` a value is, where it is a multiple; more than `u64::MAX / UNIT` where it is none.
///
/// A multiplication by what `UNIT` gives 1 with, modulo 2^64, undoes one by `UNIT`; it maps the multiples to the smallest numbers,
/// and so all others to larger ones (T. Granlund, P. Montgomery 1994, section 9). It takes a third of the instructions of a division
/// and a look at its remainder.
#[inline]
const fn multiple<const UNIT: u64>(value: u64) -> u64 {
    let twos = UNIT.trailing_zeros();
    value
        .wrapping_mul(const { inverse(UNIT >> UNIT.trailing_zeros()) })
        .rotate_right(twos)
}

/// What an odd number gives 1 with, modulo 2^64: each step of Newton's doubles the bits that are right, three at first.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut right = 3;
    while right < u64::BITS {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        right *= 2;
    }
    inverse
}

/// Puts neighbours of the same value together.
fn join_equal(values: &mut Vec<Counted>) {
    values.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
}
