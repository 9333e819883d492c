//! The page of a comparison: the table, what it rests on, and the courses of both sides over each other.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::comparison as words;
use super::super::escape::printable;
use super::super::text::{self, page};
use super::body::figure;
use super::island::{contained, frame, known, pauses, short};
use crate::report::TimelinePoint;
use crate::report::comparison::{Comparison, Outcome, RowVerdict, Run, Side};
use crate::units;

/// Points of all lines of a chart together; each line keeps at least [`LEAST`].
const POINTS: usize = 2_000;
/// See [`POINTS`].
const LEAST: usize = 50;

/// The charts: id, title, what the figures are.
const CHARTS: [(&str, &str, &str); 6] = [
    (
        "frequency",
        "GC cycles per second",
        "From the cycle numbers, which are exact.",
    ),
    (
        "pause",
        "Longest pause",
        "Both stops of a cycle together. The log has two digits below 10ms, whole milliseconds above.",
    ),
    (
        "cpu",
        "GC CPU",
        "Share of what GOMAXPROCS could have used, without idle marking, which takes only what is left over.",
    ),
    (
        "live",
        "Live heap",
        "The log has whole MiB, cut off; the largest of each point.",
    ),
    (
        "goal",
        "Heap goal",
        "The log has whole MiB, cut off; the largest of each point.",
    ),
    (
        "allocation",
        "Allocation rate",
        "From heap sizes in whole MiB: with small cycles a rough figure.",
    ),
];

/// Everything but the scripts.
pub(super) fn body(comparison: &Comparison) -> Markup {
    let (label, sentence) = words::outcome(comparison);
    let class = match comparison.outcome {
        Outcome::Pass => "pass",
        Outcome::Regression(_) => "critical",
        Outcome::NoVerdict(_) => "unknown",
    };
    let judged = !comparison.base.runs.is_empty() && !comparison.new.runs.is_empty();
    html! {
        header class=(class) {
            p.verdict { (label) }
            h1 { (text::upper(&printable(&sentence))) }
            @for (name, side) in sides(comparison) {
                p.subject { span.side.(name) { (name) } " " (printable(&words::side(side))) }
            }
        }
        main {
            @if judged {
                section #measures { h2 { "Before and after" } (table(comparison)) }
                (charts())
            }
            section #input {
                h2 { "What it rests on" }
                @if judged { p { (text::upper(&words::basis(comparison))) "." } }
                @for note in words::notes(comparison) { p { (text::upper(&printable(&note))) "." } }
                @for warning in &comparison.warnings { p.warned { (text::upper(&printable(warning))) } }
                @if judged { (runs(comparison)) }
            }
        }
        footer {
            p { "Written by gcpressure " (env!("CARGO_PKG_VERSION")) ". The file is complete: it loads nothing." }
        }
    }
}

fn sides(comparison: &Comparison) -> [(&'static str, &Side); 2] {
    [("base", &comparison.base), ("new", &comparison.new)]
}

fn table(comparison: &Comparison) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table {
                thead { tr {
                    th { "measure" } th.number { "base" } th.number { "new" } th.number { "new/base" }
                    th.number { "interval" } th { "verdict" }
                } }
                tbody {
                    @for row in &comparison.rows {
                        tr {
                            th { (words::title(row)) }
                            @for figure in words::figures(row) { td.number { (figure) } }
                            td { span.(tone(row.verdict)) { (words::word(row.verdict)) } }
                        }
                    }
                }
            }
        }
    }
}

const fn tone(verdict: RowVerdict) -> &'static str {
    match verdict {
        RowVerdict::Improved | RowVerdict::MaybeImproved => "toned pass",
        RowVerdict::Worse | RowVerdict::MaybeWorse => "toned critical",
        RowVerdict::Same => "same",
        RowVerdict::NoEvidence | RowVerdict::Unresolved => "none",
    }
}

fn charts() -> Markup {
    html! {
        section #charts {
            div.bar {
                h2 { "Over time" }
                p #readout aria-live="off" {}
            }
            p.note { "Each run from where its log begins; a line is a run. Drag to zoom in, double-click for all." }
            noscript { p.note { "The charts need JavaScript; all else stands on this page." } }
            p #failed hidden {}
            @for (id, title, note) in CHARTS { (figure(id, title, note)) }
            (figure(
                "pauses",
                "Pauses",
                "Share of all cycles that stop the program at least this long, every one counted.",
            ))
        }
    }
}

fn runs(comparison: &Comparison) -> Markup {
    html! {
        details open[comparison.base.runs.len() + comparison.new.runs.len() <= 2] {
            summary { "Runs" }
            div.scroll tabindex="0" {
                table {
                    thead { tr {
                        th { "side" } th { "run" } th.number { "cycles" } th.number { "length" }
                        th.number { "GOMAXPROCS" } th.number { "cycles/s" } th.number { "GC CPU" }
                    } }
                    tbody {
                        @for (name, side) in sides(comparison) {
                            @for run in &side.runs { (run_row(name, run)) }
                        }
                    }
                }
            }
        }
    }
}

fn run_row(side: &str, run: &Run) -> Markup {
    let measures = &run.process.measures;
    let frequency = page::known(measures.gc_frequency_per_second, units::rate);
    let gc_cpu = page::known(measures.gc_cpu_ratio, units::percent);
    html! {
        tr {
            td { span.side.(side) { (side) } }
            td.name { (printable(&run.name)) }
            td.number { (units::count(run.process.cycles())) }
            td.number { (units::duration(measures.duration_ns)) }
            td.number { (page::known(measures.gomaxprocs, |procs| procs.max.to_string())) }
            td.number { (frequency) }
            td.number { (gc_cpu) }
        }
    }
}

/// The figures that the charts are drawn from, safe between `<script>` and `</script>`.
pub(super) fn json(comparison: &Comparison) -> String {
    let all = comparison.base.runs.len() + comparison.new.runs.len();
    let most = (POINTS / all.max(1)).max(LEAST);
    let side = |side: &Side| {
        let runs = side.runs.iter().map(|one| run(one, most));
        json!({ "runs": runs.collect::<Vec<_>>() })
    };
    let allocation = comparison
        .base
        .runs
        .iter()
        .chain(&comparison.new.runs)
        .all(|run| run.process.measures.allocation_resolved);
    let figures = json!({
        "base": side(&comparison.base),
        "new": side(&comparison.new),
        "allocation": allocation,
    });
    contained(&figures.to_string())
}

/// A run by columns, as in the page of a report.
fn run(run: &Run, most: usize) -> Value {
    let points = thinned(&run.process.measures.timeline, most);
    let (at, rows) = frame(&points, run.process.span_ns().1);
    let column = |value: fn(&TimelinePoint) -> Value| {
        let values = rows.iter().map(|row| row.map_or(Value::Null, value));
        values.collect::<Vec<_>>()
    };
    json!({
        "name": printable(&run.name),
        "at": at,
        "frequency": column(|p| short(p.gc_frequency_per_second)),
        "pause": column(|p| json!(p.pause_max_ns)),
        "cpu": column(|p| known(p.gc_cpu_ratio())),
        "live": column(|p| json!(p.heap_live_max_bytes)),
        "goal": column(|p| json!(p.heap_goal_max_bytes)),
        "allocation": column(|p| known(p.allocation_bytes_per_second)),
        "pauses": pauses(&run.process),
    })
}

/// At most `most` points, each the worst of those that it stands for.
fn thinned(points: &[TimelinePoint], most: usize) -> Vec<TimelinePoint> {
    let each = points.len().div_ceil(most.max(1)).max(1);
    points
        .chunks(each)
        .filter_map(|chunk| {
            let (first, rest) = chunk.split_first()?;
            Some(rest.iter().fold(*first, |mut joined, next| {
                joined.join(next);
                joined
            }))
        })
        .collect()
}
