//! Value -> count for values that lie anywhere: a hash table that rounds if there are too many.

use super::{Counted, join_equal};

/// Most distinct values off the grid that are kept exactly; beyond it they are rounded down to three, then two significant
/// digits.
pub const MAX_DISTINCT: usize = 4_096;

/// Slots of the smallest table: in a log of many processes most may be short.
const FEWEST: usize = 8;

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
    /// Values below 2^32, which in ns is 4.3 s: open addressing, a power of two long, at most three quarters full; a count
    /// of 0 marks a free slot. Eight bytes per slot, half of what a map of the standard library takes: there may be hundreds of
    /// these tables.
    slots: Vec<(u32, u32)>,
    used: usize,
    /// Larger values, ascending, and what slots that are full cannot count.
    large: Vec<Counted>,
    precision: Precision,
    /// The exact summary, once values are rounded.
    rounded: Option<Box<Summary>>,
}

impl Sparse {
    /// Counts one value.
    #[inline]
    pub(super) fn record(&mut self, value: u64) {
        // The usual case first: a value that was seen before.
        if self.rounded.is_none()
            && let Ok(small) = u32::try_from(value)
        {
            let mask = self.slots.len().wrapping_sub(1);
            let mut at = place(small) & mask;
            while let Some(slot) = self.slots.get_mut(at).filter(|slot| slot.1 > 0) {
                if slot.0 == small && slot.1 < u32::MAX {
                    slot.1 += 1;
                    return;
                }
                at = (at + 1) & mask;
            }
        }
        self.add(value, 1);
    }

    /// Count, sum, smallest and largest of all values; always exact.
    pub(super) fn summary(&self) -> Summary {
        self.rounded.as_deref().copied().unwrap_or_else(|| {
            let mut summary = Summary::default();
            self.pairs()
                .for_each(|(value, count)| summary.add(value, count));
            summary
        })
    }

    /// Number of different values; those that are rounded to the same value count as one.
    pub(super) const fn distinct(&self) -> usize {
        self.used + self.large.len()
    }

    /// Each value with its count, in no order.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Counted> {
        let small = self.slots.iter().filter(|slot| slot.1 > 0);
        small
            .map(|slot| (u64::from(slot.0), u64::from(slot.1)))
            .chain(self.large.iter().copied())
    }

    /// False if more than [`MAX_DISTINCT`] distinct values made it round them down (error at most 10 %).
    pub(super) fn is_exact(&self) -> bool {
        self.precision == Precision::Exact
    }

    /// Each value with its count, ascending.
    fn sorted(&self) -> Vec<Counted> {
        let mut values = Vec::with_capacity(self.distinct());
        values.extend(self.pairs());
        values.sort_unstable();
        join_equal(&mut values);
        values
    }

    /// A value as it is counted.
    pub(super) fn rounded(&self, value: u64) -> u64 {
        self.precision.round(value)
    }

    #[cold]
    fn add(&mut self, value: u64, count: u64) {
        if let Some(rounded) = &mut self.rounded {
            rounded.add(value, count);
        }
        self.insert(value, count);
    }

    fn insert(&mut self, value: u64, count: u64) {
        let value = self.precision.round(value);
        if !self.insert_small(value, count) {
            match self.large.binary_search_by_key(&value, |pair| pair.0) {
                Ok(at) => self.large[at].1 = self.large[at].1.saturating_add(count),
                Err(at) => self.large.insert(at, (value, count)),
            }
        }
        if self.distinct() > MAX_DISTINCT {
            self.coarsen();
        }
    }

    /// False if the value or its count is too large for a slot.
    fn insert_small(&mut self, value: u64, count: u64) -> bool {
        let (Ok(value), Ok(count)) = (u32::try_from(value), u32::try_from(count)) else {
            return false;
        };
        if (self.used + 1) * 4 > self.slots.len() * 3 {
            let slots = vec![(0, 0); (self.slots.len() * 2).max(FEWEST)];
            for (value, count) in std::mem::replace(&mut self.slots, slots) {
                if count > 0
                    && let Some(slot) = self.slot(value)
                {
                    *slot = (value, count);
                }
            }
        }
        let Some(slot) = self.slot(value) else {
            return false;
        };
        let fresh = slot.1 == 0;
        let sum = slot.1.checked_add(count);
        *slot = (value, sum.unwrap_or(slot.1));
        self.used += usize::from(fresh);
        sum.is_some()
    }

    /// The slot of a value, or the free one for it; `None` only in an empty table.
    fn slot(&mut self, value: u32) -> Option<&mut (u32, u32)> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = place(value) & mask;
        while self
            .slots
            .get(at)
            .is_some_and(|slot| slot.1 > 0 && slot.0 != value)
        {
            at = (at + 1) & mask;
        }
        self.slots.get_mut(at)
    }

    fn coarsen(&mut self) {
        let values = self.sorted();
        *self = Self {
            rounded: Some(Box::new(self.summary())),
            precision: self.precision.coarser(),
            ..Self::default()
        };
        for (value, count) in values {
            self.insert(value, count);
        }
    }
}

/// The first slot to try for a value, modulo the number of slots.
#[inline]
fn place(value: u32) -> usize {
    // Fibonacci hashing: the high bits of the product are the well-mixed ones.
    let product = u64::from(value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(product >> 32).unwrap_or(0)
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
