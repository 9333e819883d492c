//! Value -> count for values that lie anywhere: a hash table that rounds if there are too many.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::Counted;

/// Most distinct values off the grid that are kept exactly; beyond it they are rounded down to three, then two significant
/// digits.
pub const MAX_DISTINCT: usize = 4_096;

/// Figures of a number of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Values counted.
    pub count: u64,
    /// Their sum, saturating.
    pub sum: u64,
    /// The smallest; 0 if there is none.
    pub min: u64,
    /// The largest; 0 if there is none.
    pub max: u64,
}

impl Summary {
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
}

/// How often each value was seen. Nothing is allocated until the first value. [`Sparse::summary`] stays exact even if
/// [`Sparse::is_exact`] is false.
#[derive(Debug, Clone, Default)]
pub(super) struct Sparse {
    counts: HashMap<u64, u64, FixedState>,
    precision: Precision,
    /// The exact summary, once values are rounded.
    exact: Option<Box<Summary>>,
}

impl Sparse {
    /// Counts one value.
    #[inline]
    pub(super) fn record(&mut self, value: u64) {
        if let Some(exact) = &mut self.exact {
            exact.add(value, 1);
        }
        self.insert(value, 1);
        if self.counts.len() > MAX_DISTINCT {
            self.coarsen();
        }
    }

    fn insert(&mut self, value: u64, count: u64) {
        let sum = self.counts.entry(self.precision.round(value)).or_default();
        *sum = sum.saturating_add(count);
    }

    /// Count, sum, smallest and largest of all values; always exact.
    pub(super) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        match &self.exact {
            Some(exact) => summary = **exact,
            None => self
                .pairs()
                .for_each(|(value, count)| summary.add(value, count)),
        }
        summary
    }

    /// Number of different values; those that are rounded to the same value count as one.
    pub(super) fn distinct(&self) -> usize {
        self.counts.len()
    }

    /// Each value with its count, in no order.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Counted> {
        self.counts.iter().map(|(value, count)| (*value, *count))
    }

    /// False if more than [`MAX_DISTINCT`] distinct values made it round them down (error at most 10 %).
    pub(super) fn is_exact(&self) -> bool {
        self.precision == Precision::Exact
    }

    /// A value as it is counted.
    pub(super) fn rounded(&self, value: u64) -> u64 {
        self.precision.round(value)
    }

    #[cold]
    fn coarsen(&mut self) {
        self.exact = Some(Box::new(self.summary()));
        self.precision = self.precision.coarser();
        for (value, count) in std::mem::take(&mut self.counts) {
            self.insert(value, count);
        }
    }
}

/// Which values are counted as different: all, or those that differ in their first significant digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Precision {
    #[default]
    Exact,
    ThreeDigits,
    /// At most 90 values a decade, 20 decades: always fits.
    TwoDigits,
}

impl Precision {
    #[inline]
    pub(super) fn round(self, value: u64) -> u64 {
        let keep = match self {
            Self::Exact => return value,
            Self::ThreeDigits => 3,
            Self::TwoDigits => 2,
        };
        let digits = value.checked_ilog10().unwrap_or(0) + 1;
        let unit = 10_u64.pow(digits.saturating_sub(keep));
        value / unit * unit
    }

    pub(super) const fn coarser(self) -> Self {
        match self {
            Self::Exact => Self::ThreeDigits,
            Self::ThreeDigits | Self::TwoDigits => Self::TwoDigits,
        }
    }
}
