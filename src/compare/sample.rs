//! One measure over the runs of both sides, and the statistics of it.

use super::{ALPHA, CYCLES};
use crate::report::Process;
use crate::report::comparison::{Sample, Side};
use crate::report::measures::{Bounds, Measure, PAUSE_P99, PerWork, Value};
use crate::stats;

/// Everything the verdict of a row rests on.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) measure: &'static Measure,
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    pub(super) per_work: Option<f64>,
    pub(super) base: Sample,
    pub(super) new: Sample,
    /// May be infinite.
    pub(super) ratio: Option<f64>,
    /// Of the test over the runs, or what the log's resolution leaves; ends may be infinite.
    pub(super) interval: Option<(f64, f64)>,
    pub(super) p: f64,
    pub(super) cliffs_delta: f64,
    /// Every run has a value.
    pub(super) complete: bool,
    /// A run has none because too many of its cycles are missing.
    pub(super) withheld: bool,
    /// The log shows this measure well enough on every run.
    pub(super) resolved: bool,
    pub(super) note: Option<String>,
    floor: f64,
    /// Bounds by the log's resolution, over all runs of a side: the ratio at its least and at its most.
    bounds: Option<(f64, f64)>,
    /// Cycles with a long pause, and all cycles, where that is what the row is about.
    long_pauses: Option<[(u64, u64); 2]>,
    /// Cycles of the shortest run.
    least_cycles: u64,
}

/// A p99 needs this many values for a finite upper bound at 95 %.
const P99_CYCLES: u64 = 299;

/// The pause from which on a cycle counts as one with a long pause, ns: where the rule `pause-p99` warns.
const LONG_PAUSE_NS: u64 = 5_000_000;

/// Units of work that amounts are given for.
const UNITS: f64 = 1_000.0;

impl Samples {
    pub(super) fn new(measure: &'static Measure, base: &Side, new: &Side) -> Self {
        let runs = || base.runs.iter().chain(&new.runs).map(|run| &run.process);
        let few = runs().any(|run| run.cycles() < P99_CYCLES);
        let counted = measure.id == PAUSE_P99 && few;
        let ((title, value), unit): ((_, Value), _) = match counted {
            true => (("pauses >= 5ms", |run| Some(long_pauses(run).0)), "ratio"),
            false => (figure(measure, runs()), measure.unit),
        };
        let amount = measure
            .per_work
            .filter(|_| !base.work.is_empty() && !new.work.is_empty());
        let (base_factors, new_factors) = (factors(base, amount), factors(new, amount));
        let before = sample(base, &base_factors, value);
        let after = sample(new, &new_factors, value);
        let lacks = |run: &Process| value(run).is_none();
        let complete = !runs().any(lacks);
        let withheld = runs().any(|run| lacks(run) && run.measures.sums_withheld());
        let bounds = measure.bounds.filter(|_| complete).and_then(|bounds| {
            let (low, high) = extremes(base, &base_factors, bounds)?;
            let (new_low, new_high) = extremes(new, &new_factors, bounds)?;
            Some((stats::ratio(high, new_low), stats::ratio(low, new_high)))
        });
        let resolved = runs().all(measure.resolved);
        let note = if counted {
            Some(format!(
                "a p99 needs {P99_CYCLES} cycles in every run; this is the share of cycles that stop for 5ms or more"
            ))
        } else if withheld {
            Some(
                "over 20% of the cycles of a run are missing, so sums over them are not given"
                    .to_owned(),
            )
        } else {
            (!resolved)
                .then(|| "below 4 MiB a cycle, which the log's whole MiB cannot show".to_owned())
        };
        let test = stats::mann_whitney(&before.values, &after.values);
        let several = before.values.len().min(after.values.len()) > 1;
        Self {
            measure,
            title,
            unit: amount.map_or(unit, |amount| amount.unit),
            per_work: amount.map(|_| UNITS),
            ratio: before
                .median
                .zip(after.median)
                .map(|(base, new)| stats::ratio(base, new)),
            interval: match several {
                true => stats::ratio_interval(&before.values, &after.values, 1.0 - ALPHA),
                false => bounds,
            },
            p: test.map_or(1.0, |test| test.p),
            cliffs_delta: stats::cliffs_delta(&before.values, &after.values).unwrap_or(0.0),
            complete,
            withheld,
            resolved,
            note,
            // A floor is for the value over time; the base's own time and work make it one of amounts.
            floor: match counted {
                true => 0.01,
                false => {
                    let known: Vec<f64> = base_factors.iter().flatten().copied().collect();
                    measure.floor * stats::median(&known).unwrap_or(1.0)
                }
            },
            bounds,
            long_pauses: counted.then(|| [count_long(base), count_long(new)]),
            least_cycles: runs().map(Process::cycles).min().unwrap_or(0),
            base: before,
            new: after,
        }
    }

    /// Fit to gate: both sides show it, in every run, as what it is called.
    pub(super) const fn judgeable(&self) -> bool {
        self.ratio.is_some() && self.complete && self.resolved && self.long_pauses.is_none()
    }

    pub(super) fn identical(&self) -> bool {
        let same = |(a, b): (&f64, &f64)| a.total_cmp(b).is_eq();
        self.base.values.len() == self.new.values.len()
            && self.base.values.iter().zip(&self.new.values).all(same)
    }

    /// A difference too small to cost anything.
    pub(super) fn within_floor(&self) -> bool {
        self.base
            .median
            .zip(self.new.median)
            .is_some_and(|(base, new)| (new - base).abs() < self.floor)
    }

    /// Whether the size of the difference alone is evidence.
    ///
    /// # Errors
    /// Why it is not.
    pub(super) fn clear(&self) -> Result<(), String> {
        if self.least_cycles < CYCLES {
            return Err(format!(
                "a run has {} cycles of the {CYCLES} that this needs; let it run longer",
                self.least_cycles
            ));
        }
        if self
            .bounds
            .is_some_and(|(low, high)| low <= 1.0 && high >= 1.0)
        {
            return Err("the difference is within the log's resolution".to_owned());
        }
        if let Some([base, new]) = self.long_pauses
            && stats::fisher(base, new) > ALPHA
        {
            return Err("so few pauses may be so by chance".to_owned());
        }
        let apart = self.cliffs_delta.abs() > 1.0 - f64::EPSILON;
        if !apart {
            return Err("the runs of both sides overlap; more runs would tell".to_owned());
        }
        Ok(())
    }
}

/// What makes the value of each run an amount for each 1,000 units of its work; 1 where it stays as it is.
fn factors(side: &Side, amount: Option<PerWork>) -> Vec<Option<f64>> {
    let factor = |(at, run): (usize, &Process)| {
        let work = side.work.get(at).or(side.work.last()).copied();
        match amount.zip(work) {
            None => Some(1.0),
            Some((amount, work)) => {
                let seconds = run.measures.duration_ns as f64 / 1e9;
                (amount.each_second)(run).map(|each| each * seconds / work * UNITS)
            }
        }
    };
    side.processes().enumerate().map(factor).collect()
}

fn sample(side: &Side, factors: &[Option<f64>], value: Value) -> Sample {
    let values: Vec<f64> = side
        .processes()
        .zip(factors)
        .filter_map(|(run, factor)| Some(value(run)? * (*factor)?))
        .collect();
    let interval = stats::median_interval(&values, 1.0 - ALPHA);
    Sample {
        median: stats::median(&values),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        values,
    }
}

/// The title and the value of a row. Below 10 ms a median is of so few whole ms that the exact mean takes its place.
fn figure<'a>(
    measure: &Measure,
    mut runs: impl Iterator<Item = &'a Process>,
) -> (&'static str, Value) {
    let mut short = |mean: Value| runs.any(|run| mean(run).is_some_and(|ns| ns < 10e6));
    match measure.mean {
        Some((title, mean)) if short(mean) => (title, mean),
        _ => (measure.title, measure.value),
    }
}

/// The least lower and the largest upper bound of a side.
fn extremes(side: &Side, factors: &[Option<f64>], bounds: Bounds) -> Option<(f64, f64)> {
    side.processes()
        .zip(factors)
        .filter_map(|(run, factor)| {
            let (low, high) = bounds(run)?;
            let factor = (*factor)?;
            Some((low * factor, high * factor))
        })
        .reduce(|(low, high), bounds| (low.min(bounds.0), high.max(bounds.1)))
}

/// The share of a run's cycles that have a long pause; those cycles, and all of them.
fn long_pauses(run: &Process) -> (f64, (u64, u64)) {
    let (mut long, mut all) = (0_u64, 0_u64);
    for count in &run.measures.pause_histogram {
        all = all.saturating_add(count.cycles);
        if count.pause_ns >= LONG_PAUSE_NS {
            long = long.saturating_add(count.cycles);
        }
    }
    (long as f64 / (all as f64).max(1.0), (long, all))
}

fn count_long(side: &Side) -> (u64, u64) {
    side.processes().fold((0, 0), |(long, all), run| {
        let counts = long_pauses(run).1;
        (long.saturating_add(counts.0), all.saturating_add(counts.1))
    })
}
