//! Values in order: small samples, and quantiles over many of them together.

use super::counts::{MAX_DISTINCT, Precision};

/// A small `Counts` that is always sorted: for the values of one pane, where looking a value up costs less than sorting
/// all of them once a pane.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    values: Vec<(u64, u64)>,
    precision: Precision,
}

impl Sample {
    /// Counts all of `fresh`, and empties it.
    pub fn take(&mut self, fresh: &mut Vec<u64>) {
        // In order most of them only come behind the last.
        fresh.sort_unstable();
        for value in fresh.drain(..) {
            self.add(value, 1);
        }
    }

    /// False where values were rounded.
    pub fn is_exact(&self) -> bool {
        self.precision == Precision::Exact
    }

    #[inline]
    fn add(&mut self, value: u64, count: u64) {
        let value = self.precision.round(value);
        let at = match self.values.last_mut() {
            Some(last) if last.0 == value => {
                last.1 = last.1.saturating_add(count);
                return;
            }
            Some(last) if last.0 > value => {
                match self.values.binary_search_by_key(&value, |pair| pair.0) {
                    Ok(at) => {
                        self.values[at].1 = self.values[at].1.saturating_add(count);
                        return;
                    }
                    Err(at) => at,
                }
            }
            _ => self.values.len(),
        };
        self.values.insert(at, (value, count));
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
        self.values.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
    }

    /// Forgets all values and keeps the memory.
    pub fn clear(&mut self) {
        self.values.clear();
        self.precision = Precision::Exact;
    }

    /// Each value with its count, ascending.
    pub fn values(&self) -> &[(u64, u64)] {
        &self.values
    }
}

/// Values that come and go in ascending runs, kept in order: those of a window that slides. A run that comes or goes
/// costs one walk over the distinct values.
#[derive(Debug, Clone, Default)]
pub struct Sliding {
    values: Vec<Counted>,
    count: u64,
    /// Room for the values in their next order.
    spare: Vec<Counted>,
}

impl Sliding {
    /// Forgets all values and keeps the memory.
    pub fn clear(&mut self) {
        self.values.clear();
        self.count = 0;
    }

    /// Adds a run: values, ascending, with their counts.
    pub fn add(&mut self, run: &[Counted]) {
        if run.is_empty() {
            return;
        }
        self.count = run.iter().fold(self.count, sum);
        self.spare.clear();
        self.spare.reserve(self.values.len() + run.len());
        let mut old = &self.values[..];
        for &(value, mut count) in run {
            while let [slot, rest @ ..] = old
                && slot.0 < value
            {
                old = rest;
                if slot.1 > 0 {
                    self.spare.push(*slot);
                }
            }
            if let [slot, rest @ ..] = old
                && slot.0 == value
            {
                old = rest;
                count = count.saturating_add(slot.1);
            }
            self.spare.push((value, count));
        }
        self.spare.extend(old.iter().filter(|slot| slot.1 > 0));
        std::mem::swap(&mut self.values, &mut self.spare);
    }

    /// Takes away a run that was added. Its places go with the next run that comes.
    pub fn remove(&mut self, run: &[Counted]) {
        let mut slots = self.values.iter_mut();
        for &(value, count) in run {
            self.count = self.count.saturating_sub(count);
            if let Some(slot) = slots.find(|slot| slot.0 >= value)
                && slot.0 == value
            {
                slot.1 = slot.1.saturating_sub(count);
            }
        }
    }

    /// All of them, ranked.
    pub fn ranked(&self) -> Ranked<'_> {
        Ranked {
            values: &self.values,
            count: self.count,
        }
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
        let largest = self.values.iter().rev().find(|pair| pair.1 > 0);
        largest.map_or(0, |pair| pair.0)
    }

    /// The nearest-rank quantile: the value at rank `ceil(n * per_mille / 1000)`; 0 if there is none.
    ///
    /// Always a value that was counted. Interpolating definitions were rejected: they give values that a log with two
    /// significant digits cannot hold, and in small windows the choice of rank costs more than any sketch would.
    pub fn quantile(&self, per_mille: u32) -> u64 {
        let rank = rank(self.count, per_mille).max(1);
        let reached = if rank <= self.count / 2 {
            let mut below = 0_u64;
            self.values.iter().find(|pair| {
                below = below.saturating_add(pair.1);
                below >= rank && pair.1 > 0
            })
        } else {
            let mut above = self.count;
            self.values.iter().rev().find(|pair| {
                above = above.saturating_sub(pair.1);
                above < rank && pair.1 > 0
            })
        };
        reached.map_or(0, |pair| pair.0)
    }

    /// How many values are at or above `least`.
    pub fn at_least(&self, least: f64) -> u64 {
        self.values
            .iter()
            .rev()
            .take_while(|pair| pair.0 as f64 >= least)
            .fold(0, sum)
    }
}

/// `ceil(count * per_mille / 1000)`.
fn rank(count: u64, per_mille: u32) -> u64 {
    match count.checked_mul(u64::from(per_mille)) {
        Some(product) => product.div_ceil(1000),
        None => {
            let rank = (u128::from(count) * u128::from(per_mille)).div_ceil(1000);
            u64::try_from(rank).unwrap_or(u64::MAX)
        }
    }
}
