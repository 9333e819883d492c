//! Values in order: small samples, and quantiles over many of them together.

use super::counts::{MAX_DISTINCT, Precision};

/// A small [`Counts`] that is always sorted: for the values of one pane, where looking a value up costs less than sorting
/// all of them once a pane.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    values: Vec<(u64, u64)>,
    precision: Precision,
}

impl Sample {
    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.add(value, 1);
    }

    #[inline]
    fn add(&mut self, value: u64, count: u64) {
        let value = self.precision.round(value);
        match self.values.binary_search_by_key(&value, |pair| pair.0) {
            Ok(at) => self.values[at].1 = self.values[at].1.saturating_add(count),
            Err(at) => {
                self.values.insert(at, (value, count));
                if self.values.len() > MAX_DISTINCT {
                    self.coarsen();
                }
            }
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

    /// Adds all that `later` counted.
    pub fn merge(&mut self, later: &Self) {
        while self.precision < later.precision {
            self.coarsen();
        }
        for &(value, count) in &later.values {
            self.add(value, count);
        }
    }
}

/// Room to lay ascending runs of values side by side; keep one and use it again.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    values: Vec<(u64, u64)>,
    /// Where each run ends in `values`.
    ends: Vec<usize>,
    count: u64,
}

impl Runs {
    /// Forgets all runs and keeps the memory.
    pub fn clear(&mut self) {
        self.values.clear();
        self.ends.clear();
        self.count = 0;
    }

    /// Adds a run: values with their counts, ascending.
    pub fn push(&mut self, run: &[(u64, u64)]) {
        let count = |sum: u64, pair: &(u64, u64)| sum.saturating_add(pair.1);
        if !run.is_empty() {
            self.count = run.iter().fold(self.count, count);
            self.values.extend_from_slice(run);
            self.ends.push(self.values.len());
        }
    }

    /// All runs ranked together.
    pub fn ranked(&self) -> Ranked<'_> {
        Ranked {
            values: &self.values,
            ends: &self.ends,
            count: self.count,
        }
    }
}

/// The most runs that can be ranked together; more are not looked at.
const MAX_RUNS: usize = 128;

/// Values with their counts, in ascending runs that are ranked together.
///
/// A window is some panes, each sorted once when it closes. Quantiles are found by walking down from the largest values of
/// all runs, so a p99 costs a few steps however many values there are, and nothing is sorted again.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ranked<'a> {
    values: &'a [(u64, u64)],
    ends: &'a [usize],
    count: u64,
}

impl<'a> Ranked<'a> {
    fn runs(&self) -> impl Iterator<Item = &'a [(u64, u64)]> {
        let (values, ends) = (self.values, self.ends);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts
            .zip(ends)
            .filter_map(move |(start, &end)| values.get(start..end))
            .take(MAX_RUNS)
    }

    /// Values counted.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The largest value; 0 if there is none.
    pub fn max(&self) -> u64 {
        let last = |run: &[(u64, u64)]| run.last().map_or(0, |pair| pair.0);
        self.runs().map(last).max().unwrap_or(0)
    }

    /// The nearest-rank quantile: the value at rank `ceil(n * per_mille / 1000)`; 0 if there is none.
    ///
    /// Always a value that was counted. Interpolating definitions were rejected: they give values that a log with two
    /// significant digits cannot hold, and in small windows the choice of rank costs more than any sketch would.
    pub fn quantile(&self, per_mille: u32) -> u64 {
        let rank = rank(self.count, per_mille);
        let mut above = self.count;
        let mut heads: [&[(u64, u64)]; MAX_RUNS] = [&[]; MAX_RUNS];
        let mut runs = 0;
        for (head, run) in heads.iter_mut().zip(self.runs()) {
            *head = run;
            runs += 1;
        }
        let heads = &mut heads[..runs];
        let mut value = 0;
        loop {
            let mut largest: Option<(usize, (u64, u64))> = None;
            for (at, head) in heads.iter().enumerate() {
                if let Some(&top) = head.last()
                    && largest.is_none_or(|(_, best)| top.0 > best.0)
                {
                    largest = Some((at, top));
                }
            }
            let Some((at, (next, count))) = largest else {
                return value;
            };
            heads[at] = &heads[at][..heads[at].len() - 1];
            value = next;
            above = above.saturating_sub(count);
            if above < rank {
                return value;
            }
        }
    }

    /// How many values are at or above `least`.
    pub fn at_least(&self, least: f64) -> u64 {
        let above = |run: &[(u64, u64)]| {
            run.iter()
                .rev()
                .take_while(|pair| pair.0 as f64 >= least)
                .fold(0, |sum: u64, pair| sum.saturating_add(pair.1))
        };
        self.runs().map(above).fold(0, u64::saturating_add)
    }
}

/// `ceil(count * per_mille / 1000)`.
fn rank(count: u64, per_mille: u32) -> u64 {
    let rank = (u128::from(count) * u128::from(per_mille)).div_ceil(1000);
    u64::try_from(rank).unwrap_or(u64::MAX)
}
