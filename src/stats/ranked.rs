//! Sorted values: small samples, and quantiles of one or several of them.

use super::fresh::Fresh;
use super::join_equal;
use super::sparse::{MAX_DISTINCT, Precision};

/// Few values with their counts, always sorted, for a short span of time.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    values: Vec<Counted>,
    precision: Precision,
}

impl Sample {
    /// Adds all of `fresh`, and empties it.
    pub fn take<const UNIT: u64>(&mut self, fresh: &mut Fresh<UNIT>) {
        // They come in order, so most of them are appended.
        fresh.take(|value, count| self.add(value, count));
    }

    /// Adds all values of `other`.
    pub fn merge(&mut self, other: &Self) {
        for &(value, count) in &other.values {
            self.add(value, count);
        }
    }

    #[inline(always)]
    fn add(&mut self, value: u64, count: u64) {
        let value = self.precision.round(value);
        match self.values.last_mut() {
            Some(last) if last.0 == value => {
                last.1 = last.1.saturating_add(count);
                return;
            }
            Some(last) if last.0 > value => return self.add_between(value, count),
            _ => self.values.push((value, count)),
        }
        if self.values.len() > MAX_DISTINCT {
            self.coarsen();
        }
    }

    fn add_between(&mut self, value: u64, count: u64) {
        match self.values.binary_search_by_key(&value, |pair| pair.0) {
            Ok(at) => {
                self.values[at].1 = self.values[at].1.saturating_add(count);
                return;
            }
            Err(at) => self.values.insert(at, (value, count)),
        }
        if self.values.len() > MAX_DISTINCT {
            self.coarsen();
        }
    }

    /// Rounding down keeps the order, so neighbours that became equal are joined in place.
    #[cold]
    fn coarsen(&mut self) {
        self.precision = self.precision.coarser();
        for pair in &mut self.values {
            pair.0 = self.precision.round(pair.0);
        }
        join_equal(&mut self.values);
    }

    /// Removes all values and keeps the memory.
    pub fn clear(&mut self) {
        self.values.clear();
        self.precision = Precision::Exact;
    }

    /// Each value with its count, ascending.
    pub fn values(&self) -> &[Counted] {
        &self.values
    }
}

/// A value and how often it was counted.
pub type Counted = (u64, u64);

fn sum(sum: u64, pair: &Counted) -> u64 {
    sum.saturating_add(pair.1)
}

/// Values with their counts, ascending: quantiles by a walk from the nearer end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ranked<'a> {
    values: &'a [Counted],
    count: u64,
}

impl<'a> Ranked<'a> {
    /// Ranks values that are in order, each with its count.
    pub fn of(values: &'a [Counted]) -> Self {
        Self {
            values,
            count: values.iter().fold(0, sum),
        }
    }

    /// Values counted.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The largest value; 0 if there is none.
    pub fn max(&self) -> u64 {
        self.values.last().map_or(0, |pair| pair.0)
    }

    /// The nearest-rank quantile: the value at rank `ceil(n * per_mille / 1000)`; 0 if there is none.
    ///
    /// Always a value that was counted. Interpolating definitions were rejected: they give values that a log with two
    /// significant digits cannot hold, and in small windows the choice of the rank matters more than any such refinement.
    pub fn quantile(&self, per_mille: u32) -> u64 {
        let rank = rank(self.count, per_mille).max(1);
        let reached = if rank <= self.count / 2 {
            let mut below = 0_u64;
            self.values.iter().find(|pair| {
                below = below.saturating_add(pair.1);
                below >= rank
            })
        } else {
            let mut above = self.count;
            self.values.iter().rev().find(|pair| {
                above = above.saturating_sub(pair.1);
                above < rank
            })
        };
        reached.map_or(0, |pair| pair.0)
    }

    /// The median; `None` without values.
    pub fn median(&self) -> Option<u64> {
        (self.count > 0).then(|| self.quantile(500))
    }
}

/// How many values of a list, ascending, are at or above `least`.
pub fn at_least(values: &[Counted], least: u64) -> u64 {
    let above = values.iter().rev();
    above.take_while(|pair| pair.0 >= least).fold(0, sum)
}

/// The nearest-rank quantile of several lists together, each ascending, `count` values in all; 0 if there is none. Takes
/// values off the lists from the largest down.
pub fn quantile_of<'a>(
    lists: impl Iterator<Item = &'a [Counted]>,
    count: u64,
    per_mille: u32,
) -> u64 {
    let mut above = count.saturating_sub(rank(count, per_mille).max(1));
    let mut lists: Vec<&[Counted]> = lists.collect();
    loop {
        let last = |list: &&[Counted]| list.last().map(|pair| pair.0);
        let Some(largest) = lists.iter().filter_map(last).max() else {
            return 0;
        };
        for list in &mut lists {
            let [rest @ .., (value, equal)] = *list else {
                continue;
            };
            if *value == largest {
                if *equal > above {
                    return largest;
                }
                above -= *equal;
                *list = rest;
            }
        }
    }
}

/// The nearest-rank median of several lists together, each ascending; `None` without values. By bisection, for values in a small
/// range: it needs no memory.
pub fn median_of<'a>(lists: impl Iterator<Item = &'a [Counted]> + Clone) -> Option<u64> {
    let up_to = |most: u64| {
        let pairs = lists.clone().flatten();
        pairs.filter(|pair| pair.0 <= most).fold(0, sum)
    };
    let mut low = lists.clone().filter_map(<[_]>::first).min()?.0;
    let mut high = lists.clone().filter_map(<[_]>::last).max()?.0;
    let rank = rank(up_to(high), 500);
    while low < high {
        let middle = u64::midpoint(low, high);
        if up_to(middle) >= rank {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

/// The nearest rank of a quantile: `ceil(count * per_mille / 1000)`.
pub fn rank(count: u64, per_mille: u32) -> u64 {
    let (per_mille, thousands, rest) = (u64::from(per_mille), count / 1000, count % 1000);
    thousands.saturating_mul(per_mille) + (rest * per_mille).div_ceil(1000)
}
