//! A measure of every service, tested by the values of its runs.

use crate::compare::ALPHA;
use crate::report::comparison::{Row, RowVerdict, Sample};
use crate::report::measures::{self, Measure};
use crate::stats;

/// True if runs that do not overlap are evidence, whatever the other services show.
pub(super) fn decides(runs: [usize; 2], services: usize) -> bool {
    stats::smallest_p(runs[0], runs[1]) * services as f64 <= ALPHA
}

/// A measure of every service, each by the values of its runs before and after.
pub(super) fn rows(id: &str, decisive: bool, services: &[[Vec<f64>; 2]]) -> Vec<Row> {
    let Some(measure) = measures::find(id) else {
        return Vec::new();
    };
    let p: Vec<f64> = services
        .iter()
        .map(|[base, new]| stats::mann_whitney(base, new).map_or(1.0, |test| test.p))
        .collect();
    let raised = stats::holm(&p);
    let rows = services.iter().zip(p).zip(raised);
    rows.map(|(([base, new], p), raised)| {
        let tested = decides([base.len(), new.len()], services.len());
        row(
            measure,
            decisive,
            [base, new],
            tested.then_some((p, raised)),
        )
    })
    .collect()
}

/// A measure of a service; the p-values as they are and raised, where the runs are enough for the test.
fn row(measure: &Measure, decisive: bool, [base, new]: [&[f64]; 2], p: Option<(f64, f64)>) -> Row {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let (before, after) = (sample(base), sample(new));
    let medians = before.median.zip(after.median);
    let ratio = medians.map(|(base, new)| stats::ratio(base, new));
    let interval = stats::ratio_interval(base, new, 1.0 - ALPHA).filter(|(low, _)| low.is_finite());
    let practical = measure.practical;
    let small = |ratio: f64| ratio <= practical && ratio >= practical.recip();
    let same = medians.is_some_and(|(base, new)| (new - base).abs() < measure.floor)
        || ratio.is_some_and(small);
    let verdict = match (ratio, p) {
        (None, _) => RowVerdict::Unresolved,
        (_, None) => RowVerdict::NoEvidence,
        (Some(_), Some(_)) if same => RowVerdict::Same,
        (_, Some((_, p))) if p > ALPHA => RowVerdict::NoEvidence,
        (Some(ratio), _) if (ratio > 1.0) != measure.more_is_better => RowVerdict::Worse,
        _ => RowVerdict::Improved,
    };
    Row {
        id: measure.id,
        title: measure.title,
        unit: measure.unit,
        per_work: None,
        ratio: ratio.and_then(finite),
        ratio_low: interval.map(|(low, _)| low),
        ratio_high: interval.and_then(|(_, high)| finite(high)),
        p: p.map(|(p, _)| p),
        p_adjusted: p.map(|(_, raised)| raised),
        cliffs_delta: stats::cliffs_delta(base, new).filter(|_| p.is_some()),
        max_ratio: decisive.then_some(practical),
        verdict,
        note: None,
        base: before,
        new: after,
    }
}

fn sample(values: &[f64]) -> Sample {
    let interval = stats::median_interval(values, 1.0 - ALPHA);
    Sample {
        median: stats::median(values),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        values: values.to_vec(),
    }
}
