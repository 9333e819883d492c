//! Benchmarks before and after, with the statistics of benchstat: medians, order-statistic intervals, the Mann-Whitney
//! test; units without noise (allocs/op, and what a unit line says) are compared exactly.

use std::collections::BTreeMap;

use super::{ALPHA, runs_needed};
use crate::gobench::{Output, UnitNote};
use crate::report::benchmarks::{Benchmarks, Figures, Mean, Row};
use crate::report::comparison::{Comparison, Outcome, RowVerdict};
use crate::stats;
use crate::units::counted;

/// Ratios from which on a unit fails where the user names none.
const DEFAULT_GATES: [(&str, f64); 3] = [("allocs/op", 1.0), ("B/op", 1.25), ("ns/op", 1.25)];

/// Which units gate, and from which ratio on.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchmarkGate(BTreeMap<String, Threshold>);

#[derive(Debug, Clone, Copy, PartialEq)]
struct Threshold {
    ratio: f64,
    /// The user named it: without figures there is no verdict.
    required: bool,
}

impl Default for BenchmarkGate {
    fn default() -> Self {
        let gates = DEFAULT_GATES.map(|(unit, ratio)| {
            let required = false;
            (unit.to_owned(), Threshold { ratio, required })
        });
        Self(gates.into())
    }
}

impl BenchmarkGate {
    /// Fails where a unit gets worse by more than this factor; a unit that is named so must be there.
    pub fn require(&mut self, unit: &str, ratio: f64) {
        let required = true;
        self.0
            .insert(unit.to_owned(), Threshold { ratio, required });
    }

    /// Takes a unit out of the gate.
    pub fn release(&mut self, unit: &str) {
        self.0.remove(unit);
    }
}

/// The results of one side by package, name and unit.
type Groups<'a> = BTreeMap<(&'a str, &'a str, &'a str), Vec<f64>>;

/// Compares two sides of outputs, each with its name; `gc` is the comparison of the GC traces in the same outputs, whose
/// outcome counts as well. The exit status is left at 0.
pub fn benchmarks(
    base: &[(String, Output)],
    new: &[(String, Output)],
    gate: &BenchmarkGate,
    gc: Option<Comparison>,
) -> Benchmarks {
    let (before, after) = (groups(base), groups(new));
    let mut warnings = warnings(base, new);
    let notes = notes(base.iter().chain(new), &mut warnings);
    let mut varying: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut alone = 0_usize;
    for (key @ (package, name, unit), values) in &before {
        let Some(others) = after.get(key) else {
            alone += 1;
            continue;
        };
        let note = notes.get(unit).copied().unwrap_or_default();
        let mut row = row(
            unit,
            note,
            values,
            others,
            gate.0.get(*unit).map(|gate| gate.ratio),
        );
        row.package = Some((*package).to_owned()).filter(|package| !package.is_empty());
        row.name = (*name).to_owned();
        if note.exact == Some(true) && !row.exact {
            *varying.entry(*unit).or_default() += 1;
        }
        rows.push(row);
    }
    warnings.extend(varying.into_iter().map(|(unit, count)| {
        let benchmarks = counted(count as u64, "benchmark");
        format!("{unit} is declared assume=exact, but varies in {benchmarks}: tested there like a unit with noise")
    }));
    alone += after
        .keys()
        .filter(|key| !before.contains_key(*key))
        .count();
    match alone {
        0 => {}
        1 => warnings.push("1 figure stands on one side only and is left out".to_owned()),
        _ => warnings.push(format!(
            "{alone} figures stand on one side only and are left out"
        )),
    }
    let order = units(base.iter().chain(new));
    let place = |row: &Row| order.iter().position(|unit| *unit == row.unit);
    rows.sort_by_key(place);
    if rows.iter().any(|row| row.verdict == RowVerdict::NoEvidence) {
        let has_interval = |runs: &usize| figures(&vec![0.0; *runs]).low.is_some();
        let interval = (1..64).find(has_interval).unwrap_or(64);
        warnings.push(format!(
            "too few runs for the test: it needs {} a side, and {interval} for an interval; run go test with -count=10",
            runs_needed(1)
        ));
    }
    Benchmarks {
        outcome: outcome(&rows, absent(&before, &after, &rows, gate), gc.as_ref()),
        exit_status: 0,
        base: names(base),
        new: names(new),
        means: order.iter().filter_map(|unit| mean(unit, &rows)).collect(),
        rows,
        gc,
        warnings,
    }
}

fn names(side: &[(String, Output)]) -> Vec<String> {
    side.iter().map(|(name, _)| name.clone()).collect()
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

/// The unit lines of all files, merged key by key; of two that contradict each other the first counts.
fn notes<'a>(
    sides: impl Iterator<Item = &'a (String, Output)>,
    warnings: &mut Vec<String>,
) -> BTreeMap<&'a str, UnitNote> {
    let agree = |known: &mut Option<bool>, new: Option<bool>| {
        new.is_none_or(|new| *known.get_or_insert(new) == new)
    };
    let mut notes: BTreeMap<&str, UnitNote> = BTreeMap::new();
    for (name, output) in sides {
        for (unit, note) in &output.units {
            let known = notes.entry(unit).or_default();
            let keys = [
                (
                    "better",
                    agree(&mut known.more_is_better, note.more_is_better),
                ),
                ("assume", agree(&mut known.exact, note.exact)),
            ];
            warnings.extend(keys.iter().filter(|(_, agrees)| !agrees).map(|(key, _)| {
                format!("{name}: {key}= of {unit} contradicts an earlier file, whose value is used")
            }));
        }
    }
    notes
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
    let exact = note.exact.unwrap_or(unit == "allocs/op") && constant(base) && constant(new);
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
        Some(p) => judged(p <= ALPHA),
    };
    Row {
        package: None,
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
    let interval = stats::lopsided_median_interval(values, 1.0 - ALPHA);
    Figures {
        values: values.to_vec(),
        median: stats::median(values).unwrap_or(0.0),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
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

/// What is to be judged and cannot be: units that gate and that no benchmark has on both sides. One that gates by default may
/// be missing on both sides.
fn absent(before: &Groups, after: &Groups, rows: &[Row], gate: &BenchmarkGate) -> Vec<String> {
    let mut absent: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (unit, threshold) in &gate.0 {
        let has = |side: &Groups| side.keys().any(|(_, _, known)| *known == unit.as_str());
        let place = match (has(before), has(after)) {
            (true, true) if rows.iter().any(|row| row.unit == *unit) => continue,
            (true, true) => "on both sides",
            (true, false) => "in new",
            (false, true) => "in base",
            (false, false) if threshold.required => "in base or new",
            (false, false) => continue,
        };
        let advice = match unit.as_str() {
            "allocs/op" | "B/op" => "run go test with -benchmem on both sides",
            "MB/s" => "call b.SetBytes in the benchmarks",
            "ns/op" => "run the same benchmarks on both sides",
            _ => "report it with b.ReportMetric on both sides",
        };
        absent.entry((place, advice)).or_default().push(unit);
    }
    let sentence = |((place, advice), units): ((&str, &str), Vec<&str>)| {
        let off: Vec<_> = units.iter().map(|unit| format!("{unit}=off")).collect();
        format!(
            "no benchmark has {} {place}: {advice}, or leave it out of the gate with {}",
            units.join(" or "),
            off.join(", ")
        )
    };
    absent.into_iter().map(sentence).collect()
}

fn outcome(rows: &[Row], absent: Vec<String>, gc: Option<&Comparison>) -> Outcome {
    let gated = || rows.iter().filter_map(|row| Some((row, row.max_ratio?)));
    // A factor of which more is worse, whatever the unit.
    let grown = |row: &Row| match row.more_is_better {
        true => stats::ratio(row.ratio, 1.0),
        false => row.ratio,
    };
    let mut worse: Vec<_> = gated()
        .filter(|(row, max)| row.verdict == RowVerdict::Worse && grown(row) > *max)
        .map(|(row, max)| format!("{}, allowed is {max}", change(row)))
        .collect();
    // Without a row that gates, the traces are no part of the gate.
    let gc = gc.filter(|gc| gc.rows.iter().any(|row| row.max_ratio.is_some()));
    let traces = gc.map(|gc| &gc.outcome);
    if let Some(Outcome::Regression(reasons)) = traces {
        worse.extend(reasons.iter().cloned());
    }
    if !worse.is_empty() {
        return Outcome::Regression(worse);
    }
    if rows.is_empty() {
        return Outcome::NoVerdict(
            "no benchmark stands on both sides: are names, packages and GOMAXPROCS (-8) the same?"
                .to_owned(),
        );
    }
    let mut unclear = absent;
    let few = gated()
        .filter(|(row, max)| row.verdict == RowVerdict::NoEvidence && grown(row) > *max)
        .count();
    if few > 0 {
        let figures = if few == 1 {
            "figure looks"
        } else {
            "figures look"
        };
        unclear.push(format!(
            "{few} gated {figures} worse, with too few runs to tell: run go test with -count=10"
        ));
    }
    if let Some(Outcome::NoVerdict(reason)) = traces {
        unclear.push(format!("GC traces: {reason}"));
    }
    if unclear.is_empty() && gated().next().is_none() && gc.is_none() {
        let unit = rows.first().map_or("ns/op", |row| row.unit.as_str());
        unclear.push(format!(
            "no unit that stands on both sides is gated: name one, as in --max-ratio {unit}=1.25"
        ));
    }
    match unclear.is_empty() {
        true => Outcome::Pass,
        false => Outcome::NoVerdict(unclear.join("; ")),
    }
}

/// `Log-8 allocs/op: 1.333 times the base`.
fn change(row: &Row) -> String {
    let (name, unit) = (&row.name, &row.unit);
    match row.ratio.is_finite() {
        true => format!("{name} {unit}: {:.3} times the base", row.ratio),
        false => format!("{name} {unit}: {} over a base of 0", row.new.median),
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
        if let Some((first, line)) = &output.first_unfinished {
            let (what, first) = match output.unfinished {
                1 => (
                    "1 benchmark has a name and no figures: it failed".to_owned(),
                    first.clone(),
                ),
                count => (
                    format!("{count} benchmarks have a name and no figures: they failed"),
                    format!("first {first}"),
                ),
            };
            warnings.push(format!(
                "{name}: {what}, or the output was cut off ({first} in line {line})"
            ));
        }
        if output.dropped > 0 {
            let kept = output.results.len();
            warnings.push(format!(
                "{name}: results after the first {kept} are left out: {}",
                output.dropped
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests;
