//! Value -> count: an exact, mergeable summary of values that fall on a coarse grid.

/// Most distinct values that are kept exactly; beyond it values are rounded down to three, then two significant digits.
pub const MAX_DISTINCT: usize = 4_096;

/// How often each value was seen.
///
/// A log prints durations with two significant digits, so a run of any length holds some hundred distinct values and
/// counting them is an exact quantile summary in bounded memory; quantile sketches were tried and are larger and less
/// exact here. Nothing is allocated until the first value. [`Counts::totals`] stay exact even where [`Counts::is_exact`]
/// is false.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Open addressing, a power of two long, at most three quarters full; a count of 0 marks a free slot.
    slots: Vec<(u64, u64)>,
    distinct: usize,
    precision: Precision,
    /// What rounding would lose, once there is any.
    rounded: Option<Totals>,
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
    fn add(&mut self, value: u64, count: u64) {
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

impl Counts {
    /// An empty summary; allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        // The usual case first: a value that is known already.
        let at = self.find(value);
        match self.slots.get_mut(at) {
            Some(slot) if slot.1 > 0 && self.rounded.is_none() => slot.1 += 1,
            _ => self.add(value, 1),
        }
    }

    /// Count, sum, smallest and largest of all values; always exact.
    pub fn totals(&self) -> Totals {
        self.rounded.unwrap_or_else(|| {
            let mut totals = Totals::default();
            for &(value, count) in self.slots.iter().filter(|slot| slot.1 > 0) {
                totals.add(value, count);
            }
            totals
        })
    }

    /// False where more than [`MAX_DISTINCT`] distinct values made it round them down (error at most 10 %).
    pub fn is_exact(&self) -> bool {
        self.precision == Precision::Exact
    }

    /// Each value with its count, ascending.
    pub fn sorted(&self) -> Vec<(u64, u64)> {
        let mut values = Vec::with_capacity(self.distinct);
        values.extend(self.slots.iter().filter(|slot| slot.1 > 0));
        values.sort_unstable();
        values
    }

    /// The same without some of what was counted.
    pub fn without(&self, some: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let mut values = self.sorted();
        for &(value, count) in some {
            let value = self.precision.round(value);
            if let Ok(at) = values.binary_search_by_key(&value, |pair| pair.0) {
                values[at].1 = values[at].1.saturating_sub(count);
            }
        }
        values.retain(|pair| pair.1 > 0);
        values
    }

    #[cold]
    fn add(&mut self, value: u64, count: u64) {
        if let Some(rounded) = &mut self.rounded {
            rounded.add(value, count);
        }
        self.insert(value, count);
    }

    fn insert(&mut self, value: u64, count: u64) {
        if (self.distinct + 1) * 4 > self.slots.len() * 3 {
            self.rebuild((self.slots.len() * 2).max(16));
        }
        let value = self.precision.round(value);
        let at = self.find(value);
        let Some(slot) = self.slots.get_mut(at) else {
            return;
        };
        if slot.1 > 0 {
            slot.1 = slot.1.saturating_add(count);
            return;
        }
        *slot = (value, count);
        self.distinct += 1;
        if self.distinct > MAX_DISTINCT {
            self.coarsen();
        }
    }

    /// The slot of a value, or the free one where it belongs; there always is a free one but in an empty table.
    #[inline]
    fn find(&self, value: u64) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        // Fibonacci hashing: the high bits of the product are the well-mixed ones.
        let hash = value.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let mut at = usize::try_from(hash).unwrap_or(0) & mask;
        while let Some(&(key, count)) = self.slots.get(at) {
            if count == 0 || key == value {
                break;
            }
            at = (at + 1) & mask;
        }
        at
    }

    fn coarsen(&mut self) {
        self.rounded = Some(self.totals());
        self.precision = self.precision.coarser();
        self.rebuild(self.slots.len());
    }

    fn rebuild(&mut self, length: usize) {
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); length]);
        self.distinct = 0;
        for (value, count) in old.into_iter().filter(|slot| slot.1 > 0) {
            self.insert(value, count);
        }
    }
}

/// How values are told apart: all of them, or rounded down to some significant digits.
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
