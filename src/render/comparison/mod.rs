//! A comparison as text: the words and figures that its formats share.

use super::text::page::known;
use crate::report::Process;
use crate::report::comparison::{Comparison, Outcome, Row, RowVerdict, Run, Side};
use crate::units::{self, Unit};

pub(super) mod markdown;

/// The word for a row's verdict; the question mark is for what no test has confirmed.
pub(super) const fn word(verdict: RowVerdict) -> &'static str {
    match verdict {
        RowVerdict::Improved => "improved",
        RowVerdict::Worse => "worse",
        RowVerdict::MaybeImproved => "improved?",
        RowVerdict::MaybeWorse => "worse?",
        RowVerdict::Same => "same",
        RowVerdict::NoEvidence => "no evidence",
        RowVerdict::Unresolved => "unresolved",
    }
}

/// The outcome in one word and in sentences.
pub(super) fn outcome(comparison: &Comparison) -> (&'static str, String) {
    let gated = comparison.rows.iter().filter(|row| row.max_ratio.is_some());
    let gated: Vec<&str> = gated.map(|row| row.title).collect();
    let pass = format!("no regression of {}", gated.join(", "));
    in_words(&comparison.outcome, &pass)
}

/// An outcome in one word and in sentences, with the one for a pass.
pub(super) fn in_words(outcome: &Outcome, pass: &str) -> (&'static str, String) {
    match outcome {
        Outcome::Pass => ("PASS", pass.to_owned()),
        Outcome::Regression(rows) => ("REGRESSION", rows.join("; ")),
        Outcome::NoVerdict(reason) => ("NO VERDICT", reason.clone()),
    }
}

/// The base's, the new and the compared figure, and the ratio's interval, as shown.
pub(super) fn figures(row: &Row) -> [String; 4] {
    let value = |value| known(value, |value| figure(value, row.unit));
    let ratio = |ratio: f64| Unit::Count.format(ratio);
    let interval = row.ratio_low.map_or_else(String::new, |low| {
        let high = row.ratio_high.map_or_else(|| "any".to_owned(), ratio);
        format!("{} to {high}", ratio(low))
    });
    [
        value(row.base.median),
        value(row.new.median),
        known(row.ratio, ratio),
        interval,
    ]
}

pub(super) fn figure(value: f64, unit: &str) -> String {
    match unit {
        "bytes" if value < 1_048_576.0 => "<1MiB".to_owned(),
        "bytes" => units::bytes(units::from_f64(value)),
        "bytes/s" => format!("{}/s", units::bytes(units::from_f64(value))),
        unit => Unit::from_symbol(unit).format(value),
    }
}

/// What the rows rest on.
pub(super) fn basis(comparison: &Comparison) -> String {
    let (base, new) = (comparison.base.runs.len(), comparison.new.runs.len());
    let mut text = if comparison.tested {
        format!(
            "medians of {base} against {new} runs, ratio with its 95% interval, exact Mann-Whitney test over the runs, Holm over the gated rows"
        )
    } else if base == 1 && new == 1 {
        "one run a side: sizes, not significance; `?` is a change that one run cannot prove"
            .to_owned()
    } else {
        format!(
            "medians of {base} against {new} runs: sizes, not significance; `?` is a change that so few runs cannot prove"
        )
    };
    if let Some(units) = comparison.rows.iter().find_map(|row| row.per_work) {
        let units = units::count(units::from_f64(units));
        text.push_str(&format!(
            "; count, CPU time and bytes per {units} units of work"
        ));
    }
    text
}

/// What a side consists of.
pub(super) fn side(side: &Side) -> String {
    let cycles = |run: &Run| {
        format!(
            "{} in {}",
            units::counted(run.process.cycles(), "GC cycle"),
            units::duration(run.process.measures.duration_ns)
        )
    };
    match side.runs.as_slice() {
        [] => "no run".to_owned(),
        [run] => format!("{}, {}", run.name, cycles(run)),
        [first, .., last] => {
            let all = side.processes().map(Process::cycles).sum();
            format!(
                "{} runs, {} GC cycles, from {} to {}",
                side.runs.len(),
                units::count(all),
                first.name,
                last.name
            )
        }
    }
}

/// The notes on rows, each with the row's name.
pub(super) fn notes(comparison: &Comparison) -> impl Iterator<Item = String> {
    comparison
        .rows
        .iter()
        .filter_map(|row| Some(format!("{}: {}", row.title, row.note.as_ref()?)))
}

/// The name of a row, with what it is per.
pub(super) fn title(row: &Row) -> String {
    match row.per_work {
        Some(_) if row.id == "gc-frequency" => "GC cycles".to_owned(),
        _ => row.title.to_owned(),
    }
}
