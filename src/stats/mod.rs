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
