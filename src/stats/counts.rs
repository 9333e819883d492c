//! Value -> count: an exact, mergeable summary of values that fall on a coarse grid.

use super::sparse::Sparse;
use super::{Counted, join_equal, multiple};

/// Steps of the grid that are counted side by side.
const DENSE: usize = 1_024;
/// They are made room for by so many: there may be hundreds of these.
const STEPS: usize = 64;

/// Different values that may lie anywhere before those of the grid get places: most processes of a log may be short.
const LOOSE: usize = 4;

/// How often each value was seen.
///
/// A log prints durations with two significant digits, so a run of any length holds some hundred distinct values and
/// counting them is an exact quantile summary in bounded memory; quantile sketches were tried and are larger and less
/// exact here. Most values are small multiples of `UNIT`: each of those has a place of its own, and what is counted
/// together lies together, near the processor. Nothing is allocated until the first value. [`Counts::totals`] stay exact
/// even where [`Counts::is_exact`] is false.
#[derive(Debug, Clone, Default)]
pub struct Counts<const UNIT: u64> {
    /// Of 0, `UNIT`, 2 `UNIT` and so on.
    dense: Vec<u32>,
    /// Of all other values, of the first ones, and what is more than a place can count.
    sparse: Sparse,
}

/// What all values come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Values counted.
    pub count: u64,
    /// All added up, saturating.
    pub sum: u64,
    /// The smallest; 0 if there is none.
    pub min: u64,
    /// The largest; 0 if there is none.
    pub max: u64,
}

impl Totals {
    pub(super) fn add(&mut self, value: u64, count: u64) {
        self.min = if self.count == 0 {
            value
        } else {
            self.min.min(value)
        };
        self.max = self.max.max(value);
        self.count = self.count.saturating_add(count);
        self.sum = self.sum.saturating_add(value.saturating_mul(count));
    }

    fn merge(&mut self, other: Self) {
        if self.count == 0 {
            *self = other;
        } else if other.count > 0 {
            self.min = self.min.min(other.min);
            self.max = self.max.max(other.max);
            self.count = self.count.saturating_add(other.count);
            self.sum = self.sum.saturating_add(other.sum);
        }
    }
}

impl<const UNIT: u64> Counts<UNIT> {
    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let step = usize::try_from(multiple::<UNIT>(value)).unwrap_or(usize::MAX);
        if let Some(count) = self.dense.get_mut(step)
            && let Some(more) = count.checked_add(1)
        {
            *count = more;
            return;
        }
        self.record_elsewhere(value);
    }

    #[cold]
    fn record_elsewhere(&mut self, value: u64) {
        match Self::place(value) {
            Some(place) if place >= self.dense.len() && self.sparse.distinct() >= LOOSE => {
                let length = (place + 1).next_multiple_of(STEPS);
                self.dense.reserve_exact(length - self.dense.len());
                self.dense.resize(length, 0);
                self.record(value);
            }
            _ => self.sparse.record(value),
        }
    }

    /// Where a value is counted if it lies on the grid.
    fn place(value: u64) -> Option<usize> {
        let step = usize::try_from(value / UNIT).ok()?;
        (step < DENSE && value.is_multiple_of(UNIT)).then_some(step)
    }

    /// Count, sum, smallest and largest of all values; always exact.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.dense()
            .for_each(|(value, count)| totals.add(value, count));
        totals.merge(self.sparse.totals());
        totals
    }

    /// Each value of the grid with its count, ascending.
    fn dense(&self) -> impl Iterator<Item = Counted> {
        let pairs = self.dense.iter().zip(0_u64..);
        pairs
            .filter(|(count, _)| **count > 0)
            .map(|(count, step)| (step * UNIT, u64::from(*count)))
    }

    /// False where more than [`MAX_DISTINCT`](super::MAX_DISTINCT) distinct values off the grid made it round those down
    /// (error at most 10 %).
    pub fn is_exact(&self) -> bool {
        self.sparse.is_exact()
    }

    /// Each value with its count, ascending.
    pub fn sorted(&self) -> Vec<Counted> {
        let mut values: Vec<Counted> = self.dense().collect();
        values.extend(self.sparse.pairs());
        values.sort_unstable();
        join_equal(&mut values);
        values
    }

    /// The same without some of what was counted.
    pub fn without(&self, some: &[Counted]) -> Vec<Counted> {
        let mut values = self.sorted();
        for &(value, count) in some {
            let value = match Self::place(value) {
                Some(_) => value,
                None => self.sparse.rounded(value),
            };
            if let Ok(at) = values.binary_search_by_key(&value, |pair| pair.0) {
                values[at].1 = values[at].1.saturating_sub(count);
            }
        }
        values.retain(|pair| pair.1 > 0);
        values
    }
}
