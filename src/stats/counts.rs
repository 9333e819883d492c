//! Value -> count: an exact summary of values that mostly fall on a coarse grid.

use super::sparse::{Sparse, Summary};
use super::{Counted, join_equal, multiple};

/// Multiples of the unit that have a counter of their own.
const DENSE: usize = 1_024;
/// Counters are allocated this many at a time: there may be hundreds of these summaries.
const STEPS: usize = 64;

/// Different values that are kept in the hash table before counters are allocated: most processes of a log may be short.
const LOOSE: usize = 4;

/// How often each value was seen.
///
/// A log prints durations with two significant digits, so a run of any length holds some hundred distinct values, and counting
/// them is an exact quantile summary in bounded memory; quantile sketches were tried and are larger and less exact here. Most
/// values are small multiples of `UNIT`: those are counted in an array. Nothing is allocated until the first value.
/// [`Counts::summary`] stays exact even if [`Counts::is_exact`] is false.
#[derive(Debug, Clone, Default)]
pub struct Counts<const UNIT: u64> {
    /// Of 0, `UNIT`, 2 `UNIT` and so on.
    dense: Vec<u32>,
    /// Of all other values, of the first ones, and what a counter of the array cannot hold.
    sparse: Sparse,
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

    /// The counter of a value that lies on the grid.
    fn place(value: u64) -> Option<usize> {
        let step = usize::try_from(value / UNIT).ok()?;
        (step < DENSE && value.is_multiple_of(UNIT)).then_some(step)
    }

    /// Count, sum, smallest and largest of all values; always exact.
    pub fn summary(&self) -> Summary {
        let mut summary = self.sparse.summary();
        self.dense()
            .for_each(|(value, count)| summary.add(value, count));
        summary
    }

    /// Each value of the grid with its count, ascending.
    fn dense(&self) -> impl Iterator<Item = Counted> {
        let pairs = self.dense.iter().zip(0_u64..);
        pairs
            .filter(|(count, _)| **count > 0)
            .map(|(count, step)| (step * UNIT, u64::from(*count)))
    }

    /// False if more than [`MAX_DISTINCT`](super::MAX_DISTINCT) distinct values off the grid made it round those down
    /// (error at most 10 %).
    pub fn is_exact(&self) -> bool {
        self.sparse.is_exact()
    }

    /// Each value with its count, ascending.
    pub fn sorted(&self) -> Vec<Counted> {
        let mut values: Vec<Counted> = self.dense().chain(self.sparse.pairs()).collect();
        values.sort_unstable();
        join_equal(&mut values);
        values
    }

    /// The same without some of the values counted.
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
