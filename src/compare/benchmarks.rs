//! Benchmarks before and after, with the statistics of benchstat: medians, order-statistic intervals, the Mann-Whitney
//! test at 5 %; units without noise (allocs/op, and what a unit line says) are compared exactly.

use std::collections::BTreeMap;

use crate::gobench::{Output, UnitNote};
use crate::report::benchmarks::{Benchmarks, Figures, Mean, Row};
use crate::report::comparison::{Outcome, RowVerdict};
use crate::stats;

/// What a test must stay below.
const ALPHA: f64 = 0.05;
/// Ratios from which on a unit fails where the user names none.
const DEFAULT_GATES: [(&str, f64); 3] = [("allocs/op", 1.0), ("B/op", 1.25), ("ns/op", 1.25)];

/// Which units gate, and from which ratio on.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchmarkGate(BTreeMap<String, f64>);

impl Default for BenchmarkGate {
    fn default() -> Self {
        let gates = DEFAULT_GATES.map(|(unit, ratio)| (unit.to_owned(), ratio));
        Self(gates.into())
    }
}

impl BenchmarkGate {
    /// Fails where a unit gets worse by more than this factor.
    pub fn require(&mut self, unit: &str, ratio: f64) {
        self.0.insert(unit.to_owned(), ratio);
    }

    /// Takes a unit out of the gate.
    pub fn release(&mut self, unit: &str) {
        self.0.remove(unit);
    }
}

/// The results of one side by package, name and unit.
type Groups<'a> = BTreeMap<(&'a str, &'a str, &'a str), Vec<f64>>;

/// Compares two sides of outputs, each with its name. The exit status is left at 0.
pub fn benchmarks(
    base: &[(String, Output)],
    new: &[(String, Output)],
    gate: &BenchmarkGate,
) -> Benchmarks {
    let (before, after) = (groups(base), groups(new));
    let notes = notes(base.iter().chain(new));
    let mut warnings = warnings(base, new);
    let mut rows = Vec::new();
    let mut alone = 0_usize;
    for (key @ (package, name, unit), values) in &before {
        let Some(others) = after.get(key) else {
            alone += 1;
            continue;
        };
        let note = notes.get(unit).copied().unwrap_or_default();
        let mut row = row(unit, note, values, others, gate.0.get(*unit).copied());
        (row.package, row.name) = ((*package).to_owned(), (*name).to_owned());
        rows.push(row);
    }
    alone += after
        .keys()
        .filter(|key| !before.contains_key(*key))
        .count();
    if alone > 0 {
        warnings.push(format!(
            "{alone} figures stand on one side only and are left out"
        ));
    }
    let order = units(base.iter().chain(new));
    let place = |row: &Row| order.iter().position(|unit| *unit == row.unit);
    rows.sort_by_key(place);
    if rows.iter().any(|row| row.verdict == RowVerdict::NoEvidence) {
        warnings.push(
            "too few runs for the test: it needs 4 a side, and 6 for an interval; run go test with -count=10".to_owned(),
        );
    }
    Benchmarks {
        outcome: outcome(&rows),
        exit_status: 0,
        inputs: [base, new].map(|side| side.iter().map(|(name, _)| name.clone()).collect()),
        means: order.iter().filter_map(|unit| mean(unit, &rows)).collect(),
        rows,
        warnings,
    }
}

fn groups(side: &[(String, Output)]) -> Groups<'_> {
    let mut groups = Groups::new();
    for result in side.iter().flat_map(|(_, output)| &output.results) {
        for (value, unit) in &result.values {
            let key = (result.package.as_str(), result.name.as_str(), unit.as_str());
            groups.entry(key).or_default().push(*value);
        }
    }
    groups
}

/// Units in the order in which they first come.
fn units<'a>(sides: impl Iterator<Item = &'a (String, Output)>) -> Vec<&'a str> {
    let mut order: Vec<&str> = Vec::new();
    let results = sides.flat_map(|(_, output)| &output.results);
    for (_, unit) in results.flat_map(|result| &result.values) {
        if !order.contains(&unit.as_str()) {
            order.push(unit);
        }
    }
    order
}

fn notes<'a>(sides: impl Iterator<Item = &'a (String, Output)>) -> BTreeMap<&'a str, UnitNote> {
    let all = sides.flat_map(|(_, output)| &output.units);
    all.map(|(unit, note)| (unit.as_str(), *note)).collect()
}

fn row(unit: &str, note: UnitNote, base: &[f64], new: &[f64], max_ratio: Option<f64>) -> Row {
    let more_is_better = note
        .more_is_better
        .unwrap_or_else(|| unit.ends_with("/s") || unit.ends_with("/sec"));
    let constant = |values: &[f64]| {
        values
            .windows(2)
            .all(|pair| pair[0].total_cmp(&pair[1]).is_eq())
    };
    let exact = (note.exact || unit == "allocs/op") && constant(base) && constant(new);
    let (before, after) = (figures(base), figures(new));
    let ratio = stats::ratio(before.median, after.median);
    let p = match exact {
        true => None,
        false => stats::mann_whitney(base, new).map(|test| test.p),
    };
    let differs = (ratio - 1.0).abs() > f64::EPSILON;
    let better = (ratio > 1.0) == more_is_better;
    let judged = |sure: bool| match (differs && sure, better) {
        (false, _) => RowVerdict::Same,
        (true, true) => RowVerdict::Improved,
        (true, false) => RowVerdict::Worse,
    };
    let verdict = match p {
        None => judged(true),
        Some(_) if stats::smallest_p(base.len(), new.len()) > ALPHA => RowVerdict::NoEvidence,
        Some(p) => judged(p < ALPHA),
    };
    Row {
        package: String::new(),
        name: String::new(),
        unit: unit.to_owned(),
        base: before,
        new: after,
        ratio,
        p,
        exact,
        more_is_better,
        verdict,
        max_ratio,
    }
}

fn figures(values: &[f64]) -> Figures {
    Figures {
        values: values.to_vec(),
        median: stats::median(values).unwrap_or(0.0),
        interval: stats::lopsided_median_interval(values, 1.0 - ALPHA),
    }
}

fn mean(unit: &str, rows: &[Row]) -> Option<Mean> {
    let ratios = rows
        .iter()
        .filter(|row| row.unit == unit && row.ratio > 0.0 && row.ratio.is_finite())
        .map(|row| row.ratio.ln());
    let (count, sum) = ratios.fold((0_u32, 0.0), |(count, sum), ln| (count + 1, sum + ln));
    (count > 1).then(|| Mean {
        unit: unit.to_owned(),
        count: count as usize,
        ratio: (sum / f64::from(count)).exp(),
    })
}

fn outcome(rows: &[Row]) -> Outcome {
    let gated = || rows.iter().filter_map(|row| Some((row, row.max_ratio?)));
    // A factor of which more is worse, whatever the unit.
    let grown = |row: &Row| match row.more_is_better {
        true => stats::ratio(row.ratio, 1.0),
        false => row.ratio,
    };
    let name = |row: &Row| format!("{} {}: {:.3} times the base", row.name, row.unit, row.ratio);
    let worse: Vec<_> = gated()
        .filter(|(row, max)| row.verdict == RowVerdict::Worse && grown(row) > *max)
        .map(|(row, max)| format!("{}, allowed is {max}", name(row)))
        .collect();
    if !worse.is_empty() {
        return Outcome::Regression(worse);
    }
    let unclear = gated()
        .filter(|(row, max)| row.verdict == RowVerdict::NoEvidence && grown(row) > *max)
        .count();
    if rows.is_empty() {
        return Outcome::NoVerdict(
            "no benchmark stands on both sides: are names, packages and GOMAXPROCS (-8) the same?"
                .to_owned(),
        );
    }
    match unclear {
        0 => Outcome::Pass,
        count => Outcome::NoVerdict(format!(
            "{count} gated figures look worse, with too few runs to tell: run go test with -count=10"
        )),
    }
}

fn warnings(base: &[(String, Output)], new: &[(String, Output)]) -> Vec<String> {
    let mut warnings = Vec::new();
    for key in ["goos", "goarch", "cpu"] {
        let of = |side: &[(String, Output)]| {
            let values = side
                .iter()
                .filter_map(|(_, output)| output.machine.get(key));
            let mut values = values;
            values.next().cloned()
        };
        if let (Some(before), Some(after)) = (of(base), of(new))
            && before != after
        {
            warnings.push(format!(
                "{key} is {before} before and {after} after: times cannot be compared"
            ));
        }
    }
    for (name, output) in base.iter().chain(new) {
        if output.unfinished > 0 {
            warnings.push(format!(
                "{name}: {} benchmarks have a name and no figures: they failed, or the output was cut off",
                output.unfinished
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests;
