//! Before and after: two sides of runs, and what the evidence supports.
//!
//! The unit of evidence is the run. Two runs of the same build differ by more than the cycles inside them suggest (a test
//! on cycles calls 25 to 37 of 45 such pairs different), so nothing inside one run makes a p-value that decides. With runs
//! enough the exact Mann-Whitney test over the runs decides; with fewer only the size of a change counts, and it must be
//! large, clear of the log's resolution, and seen in every run.

mod benchmarks;
mod sample;
mod unlike;

use std::collections::BTreeMap;

use crate::report::comparison::{Comparison, Outcome, Row, RowVerdict, Side};
use crate::report::measures::{MEASURES, Measure};
use crate::stats;

pub use benchmarks::{BenchmarkGate, benchmarks};
use sample::Samples;

/// Chance of a false alarm that is accepted: a p-value up to it decides, also of benchmarks.
pub(crate) const ALPHA: f64 = 0.05;

/// By so much more than the threshold a change must be where runs are too few for a test.
const MARGIN: f64 = 1.25;

/// Cycles that every run must have before a size alone can fail a gate.
const CYCLES: u64 = 10;

/// What gates, and from which ratio on.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    thresholds: BTreeMap<&'static str, (f64, bool)>,
}

impl Default for Gate {
    fn default() -> Self {
        let gated = MEASURES.iter().filter(|measure| measure.gated);
        Self {
            thresholds: gated
                .map(|measure| (measure.id, (measure.practical, false)))
                .collect(),
        }
    }
}

impl Gate {
    /// Fails from this ratio on; a row that is named so must have evidence.
    pub fn require(&mut self, measure: &'static Measure, max_ratio: f64) {
        self.thresholds.insert(measure.id, (max_ratio, true));
    }

    /// Takes a row out of the gate.
    pub fn release(&mut self, measure: &'static Measure) {
        self.thresholds.remove(measure.id);
    }
}

/// How one gated row ends.
enum Gated {
    Pass,
    Fail(String),
    /// The reason.
    Unclear(String),
}

/// Compares two sides. The exit status is left at 0: it is the caller's to give.
pub fn compare(base: Side, new: Side, gate: &Gate) -> Comparison {
    let mut warnings = unlike::warnings(&base, &new);
    let samples: Vec<Samples> = MEASURES
        .iter()
        .map(|measure| Samples::new(measure, &base, &new))
        .collect();
    let judged: Vec<&Samples> = samples
        .iter()
        .filter(|row| gate.thresholds.contains_key(row.measure.id) && row.judgeable())
        .collect();
    let smallest = stats::smallest_p(base.runs.len(), new.runs.len());
    let tested = smallest * judged.len().max(1) as f64 <= ALPHA;
    let raised = stats::holm(&judged.iter().map(|row| row.p).collect::<Vec<_>>());
    let adjusted: BTreeMap<&str, f64> = judged
        .iter()
        .map(|row| row.measure.id)
        .zip(raised)
        .collect();
    if !tested && base.runs.len() + new.runs.len() > 2 {
        warnings.push(too_few(&base, &new, smallest, judged.len()));
    }

    let mut ends = Vec::new();
    let rows = samples
        .iter()
        .map(|samples| {
            let (max_ratio, required) = gate
                .thresholds
                .get(samples.measure.id)
                .map_or((None, false), |&(ratio, required)| (Some(ratio), required));
            let p_adjusted = adjusted.get(samples.measure.id).copied();
            // A row that cannot gate does not, unless the user asked for it; but cycles that were lost excuse nothing.
            let max_ratio =
                max_ratio.filter(|_| required || samples.judgeable() || samples.withheld);
            let row = row(samples, tested, max_ratio, p_adjusted);
            if let Some(max_ratio) = max_ratio {
                ends.push(end(samples, &row, max_ratio));
            }
            row
        })
        .collect();
    let outcome = outcome(&base, &new, ends);
    Comparison {
        outcome,
        exit_status: 0,
        base,
        new,
        tested,
        rows,
        warnings,
    }
}

/// What more runs would do.
fn too_few(base: &Side, new: &Side, smallest: f64, rows: usize) -> String {
    let needed = runs_needed(rows.max(1));
    let of = match rows {
        0 | 1 => String::new(),
        rows => format!(" of {rows} gated rows"),
    };
    format!(
        "{} against {} runs can reach p = {smallest:.2} at best, so sizes decide; the test{of} decides from {needed} runs a side on",
        base.runs.len(),
        new.runs.len()
    )
}

/// Runs a side from which on the test can decide about any of the rows.
pub(crate) fn runs_needed(rows: usize) -> usize {
    (1..64)
        .find(|&runs| stats::smallest_p(runs, runs) * rows as f64 <= ALPHA)
        .unwrap_or(64)
}

fn row(samples: &Samples, tested: bool, max_ratio: Option<f64>, p_adjusted: Option<f64>) -> Row {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let interval = samples.interval.filter(|(low, _)| low.is_finite());
    let enough = tested && samples.complete;
    Row {
        id: samples.measure.id,
        title: samples.title,
        unit: samples.unit,
        per_work: samples.per_work,
        base: samples.base.clone(),
        new: samples.new.clone(),
        ratio: samples.ratio.and_then(finite),
        ratio_low: interval.map(|(low, _)| low),
        ratio_high: interval.and_then(|(_, high)| finite(high)),
        p: enough.then_some(samples.p),
        p_adjusted: p_adjusted.filter(|_| enough),
        cliffs_delta: enough.then_some(samples.cliffs_delta),
        max_ratio,
        verdict: verdict(samples, enough, p_adjusted),
        note: samples.note.clone(),
    }
}

fn verdict(samples: &Samples, tested: bool, p_adjusted: Option<f64>) -> RowVerdict {
    let Some(ratio) = samples.ratio else {
        return RowVerdict::Unresolved;
    };
    if samples.identical() {
        return RowVerdict::Same;
    }
    if !samples.resolved {
        return RowVerdict::Unresolved;
    }
    if samples.within_floor() {
        return RowVerdict::Same;
    }
    let worse = (ratio > 1.0) != samples.measure.more_is_better;
    let practical = samples.measure.practical;
    let small = |ratio: f64| ratio < practical && ratio > practical.recip();
    if tested {
        let inside = |(low, high)| small(low) && small(high);
        return match p_adjusted.unwrap_or(samples.p) {
            p if p <= ALPHA && worse => RowVerdict::Worse,
            p if p <= ALPHA => RowVerdict::Improved,
            _ if samples.interval.is_some_and(inside) => RowVerdict::Same,
            _ => RowVerdict::NoEvidence,
        };
    }
    match (small(ratio), samples.clear()) {
        (true, _) => RowVerdict::Same,
        (_, Err(_)) => RowVerdict::NoEvidence,
        (_, Ok(())) if worse => RowVerdict::MaybeWorse,
        (_, Ok(())) => RowVerdict::MaybeImproved,
    }
}

/// How a gated row ends. All gated rows are better when less.
fn end(samples: &Samples, row: &Row, max_ratio: f64) -> Gated {
    if !samples.judgeable() {
        return match &row.note {
            Some(note) => Gated::Unclear(format!("{}: {note}", row.title)),
            None => Gated::Unclear(format!("{}: not on both sides", row.title)),
        };
    }
    let ratio = samples.ratio.unwrap_or(1.0);
    if ratio <= max_ratio || samples.within_floor() {
        return Gated::Pass;
    }
    let times = if ratio.is_finite() {
        format!("{} is {ratio:.2} times the base", row.title)
    } else {
        format!("{} was 0 before", row.title)
    };
    let beyond = format!("{times}, more than {max_ratio}");
    if let Some(p) = row.p_adjusted {
        return match p {
            p if p <= ALPHA => Gated::Fail(format!("{beyond} (p = {p:.2})")),
            p => Gated::Unclear(format!(
                "{beyond}, but runs differ as much by themselves (p = {p:.2}); more runs would tell"
            )),
        };
    }
    match samples.clear() {
        Err(why) => Gated::Unclear(format!("{beyond}, but {why}")),
        Ok(()) if ratio < MARGIN * max_ratio => Gated::Unclear(format!(
            "{beyond}, but one run may be so by chance; 5 runs a side would tell"
        )),
        Ok(()) => Gated::Fail(beyond),
    }
}

fn outcome(base: &Side, new: &Side, ends: Vec<Gated>) -> Outcome {
    if let Some(reason) = unlike::refusal(base, new) {
        return Outcome::NoVerdict(reason);
    }
    let (mut failed, mut unclear, mut passed) = (Vec::new(), Vec::new(), 0);
    for end in ends {
        match end {
            Gated::Pass => passed += 1,
            Gated::Fail(what) => failed.push(what),
            Gated::Unclear(why) => unclear.push(why),
        }
    }
    if !failed.is_empty() {
        Outcome::Regression(failed)
    } else if !unclear.is_empty() {
        Outcome::NoVerdict(unclear.join("; "))
    } else if passed == 0 {
        Outcome::NoVerdict("no gated row has a figure on both sides".to_owned())
    } else {
        Outcome::Pass
    }
}

#[cfg(test)]
mod tests;
