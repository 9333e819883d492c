//! Value -> count: an exact, mergeable summary of values that fall on a coarse grid.

/// Most distinct values that are kept exactly; beyond it values are rounded down to three, then two significant digits.
pub const MAX_DISTINCT: usize = 4_096;

/// How often each value was seen.
///
/// A log prints durations with two significant digits, so a run of any length holds some hundred distinct values and
/// counting them is an exact quantile summary in bounded memory; quantile sketches were tried and are larger and less
/// exact here. Nothing is allocated until the first value. `count`, `sum`, `min` and `max` stay exact even where
/// [`Counts::is_exact`] is false.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Open addressing, a power of two long, at most three quarters full; a count of 0 marks a free slot.
    slots: Vec<(u64, u64)>,
    distinct: usize,
    precision: Precision,
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Precision {
    #[default]
    Exact,
    ThreeDigits,
    /// At most 90 values a decade, 20 decades: always fits.
    TwoDigits,
}

impl Precision {
    fn round(self, value: u64) -> u64 {
        let keep = match self {
            Self::Exact => return value,
            Self::ThreeDigits => 3,
            Self::TwoDigits => 2,
        };
        let digits = value.checked_ilog10().unwrap_or(0) + 1;
        let unit = 10_u64.pow(digits.saturating_sub(keep));
        value / unit * unit
    }

    const fn coarser(self) -> Self {
        match self {
            Self::Exact => Self::ThreeDigits,
            Self::ThreeDigits | Self::TwoDigits => Self::TwoDigits,
        }
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
        self.min = if self.count == 0 {
            value
        } else {
            self.min.min(value)
        };
        self.max = self.max.max(value);
        self.count += 1;
        self.sum = self.sum.saturating_add(value);
        self.add(value, 1);
    }

    /// Adds all that `other` counted.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.min = if self.count == 0 {
            other.min
        } else {
            self.min.min(other.min)
        };
        self.max = self.max.max(other.max);
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
        while self.precision != other.precision && other.precision != Precision::Exact {
            if self.precision == Precision::TwoDigits {
                break;
            }
            self.coarsen();
        }
        for &(value, count) in other.slots.iter().filter(|slot| slot.1 > 0) {
            self.add(value, count);
        }
    }

    /// Forgets all values and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.fill((0, 0));
        self.distinct = 0;
        self.precision = Precision::Exact;
        (self.count, self.sum, self.min, self.max) = (0, 0, 0, 0);
    }

    /// Values counted.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// All values added up; exact, saturating.
    pub const fn sum(&self) -> u64 {
        self.sum
    }

    /// The smallest value; 0 if there is none.
    pub const fn min(&self) -> u64 {
        self.min
    }

    /// The largest value; 0 if there is none.
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// False where more than [`MAX_DISTINCT`] distinct values made it round them down (error at most 10 %).
    pub fn is_exact(&self) -> bool {
        self.precision == Precision::Exact
    }

    /// Appends each value with its count, in no order.
    pub fn append_to(&self, values: &mut Vec<(u64, u64)>) {
        values.extend(self.slots.iter().filter(|slot| slot.1 > 0));
    }

    /// Each value with its count, ascending.
    pub fn sorted(&self) -> Vec<(u64, u64)> {
        let mut values = Vec::with_capacity(self.distinct);
        self.append_to(&mut values);
        values.sort_unstable();
        values
    }

    #[inline]
    fn add(&mut self, value: u64, count: u64) {
        let value = self.precision.round(value);
        let at = self.find(value);
        match self.slots.get_mut(at) {
            Some(slot) if slot.1 > 0 => slot.1 = slot.1.saturating_add(count),
            _ => self.insert(value, count),
        }
    }

    /// A value that is new.
    #[cold]
    fn insert(&mut self, value: u64, count: u64) {
        if (self.distinct + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let at = self.find(value);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = (value, count);
            self.distinct += 1;
            if self.distinct > MAX_DISTINCT {
                self.coarsen();
            }
        }
    }

    /// The slot of a value, or the free one where it belongs. There always is a free one.
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

    #[cold]
    fn grow(&mut self) {
        let length = (self.slots.len() * 2).max(16);
        self.rebuild(length);
    }

    #[cold]
    fn coarsen(&mut self) {
        self.precision = self.precision.coarser();
        self.rebuild(self.slots.len());
    }

    fn rebuild(&mut self, length: usize) {
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); length]);
        self.distinct = 0;
        for (value, count) in old.into_iter().filter(|slot| slot.1 > 0) {
            self.add(value, count);
        }
    }
}

/// Values with their counts in ascending order (a value may stand more than once), ready for quantiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ranked<'a> {
    values: &'a [(u64, u64)],
    count: u64,
}

impl<'a> Ranked<'a> {
    /// Takes (value, count) pairs in ascending order of value.
    pub fn new(values: &'a [(u64, u64)]) -> Self {
        let count = values
            .iter()
            .fold(0, |sum: u64, pair| sum.saturating_add(pair.1));
        Self { values, count }
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
    /// significant digits cannot hold, and in small windows the choice of rank costs more than any sketch would.
    pub fn quantile(&self, per_mille: u32) -> u64 {
        let rank = (u128::from(self.count) * u128::from(per_mille)).div_ceil(1000);
        // From the top, because the tail is short and it is the tail that is asked for most.
        let mut above = u128::from(self.count);
        for &(value, count) in self.values.iter().rev() {
            above = above.saturating_sub(u128::from(count));
            if above < rank {
                return value;
            }
        }
        self.values.first().map_or(0, |pair| pair.0)
    }

    /// How many values are at or above `least`.
    pub fn at_least(&self, least: f64) -> u64 {
        self.values
            .iter()
            .rev()
            .take_while(|pair| pair.0 as f64 >= least)
            .fold(0, |sum: u64, pair| sum.saturating_add(pair.1))
    }
}
