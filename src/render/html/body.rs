//! What stands in the page as text: the verdict, the findings, the tables, and the places of the charts.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::escape::printable;
use super::super::text::{self, findings, input, measures, page};
use super::island;
use crate::report::{Diagnosis, Finding, Process, Report, RuleState, Verdict};
use crate::settings::{Scope, Severity};
use crate::units::{self, Unit};

/// Processes named under a finding; the table has them all.
const NAMED: usize = 20;

/// Findings that are open from the start.
const OPEN: usize = 3;

/// Everything but the scripts.
pub(super) fn body(report: &Report) -> Markup {
    let judged = !report.processes.is_empty() && !report.input.newest_first;
    html! {
        (header(report))
        main {
            @if judged {
                (found(report))
                @if let Some(causes) = &report.causes { (super::causes::section(causes)) }
                @if report.processes.len() > 1 { (processes(report)) }
                (charts(report))
            }
            (read(report))
        }
        footer {
            p { "Written by gcpressure " (env!("CARGO_PKG_VERSION")) ". The file is complete: it loads nothing." }
        }
    }
}

fn header(report: &Report) -> Markup {
    let headline = text::verdict(report);
    let class = match report.verdict {
        Verdict::Critical => "critical",
        Verdict::Warning => "warning",
        Verdict::Pass => "pass",
        Verdict::NoVerdict(_) => "unknown",
    };
    html! {
        header class=(class) {
            p.verdict { (headline.label) }
            h1 { (text::upper(&printable(&headline.whole()))) }
            p.subject {
                (printable(&text::source(report)))
                @if let Some(extent) = text::extent(report) { ": " (extent) }
            }
        }
    }
}

fn found(report: &Report) -> Markup {
    let groups = findings::groups(&report.findings);
    let places = places(&report.processes);
    let several = report.processes.len() > 1;
    html! {
        section #findings {
            @if let Some(cause) = &report.diagnosis { (diagnosis(cause, several)) }
            h2 { "Findings" }
            @if groups.is_empty() { p.none { "None." } }
            @for (at, group) in groups.iter().enumerate() {
                @if let Some(worst) = group.first() { (finding(report, worst, group, &places, (at < OPEN, several))) }
            }
        }
    }
}

/// The cause behind the findings, and what to do about it.
fn diagnosis(cause: &Diagnosis, several: bool) -> Markup {
    html! {
        div.cause {
            h2 { "Cause: " code { (cause.cause.name()) } }
            @if several { p.where { "In process " strong { (printable(&cause.process)) } } }
            h3 { "What to do next" }
            ol { @for advice in &cause.advice { li { (printable(advice)) } } }
            p.note { "It explains " (cause.explains.join(", ")) "." }
        }
    }
}

/// Where each process stands in the report, which is how links name it.
fn places(processes: &[Process]) -> BTreeMap<&str, usize> {
    let places = processes.iter().enumerate();
    places
        .map(|(at, process)| (process.id.as_str(), at))
        .collect()
}

/// One rule: its worst finding in full, and where else it was raised. The first few are open, as in the text report.
fn finding(
    report: &Report,
    worst: &Finding,
    group: &[&Finding],
    places: &BTreeMap<&str, usize>,
    (open, several): (bool, bool),
) -> Markup {
    // What the cause explains is cured by what stands there.
    let explained = findings::is_explained(report, group);
    let open = open && !explained;
    let place = places.get(worst.process.as_str());
    html! {
        details.finding.(worst.severity.name()) open[open] {
            summary {
                span.badge { (worst.severity.name()) }
                " " code { (worst.rule) } " "
                span.figures { (figures(worst)) }
            }
            @if several {
                p.where {
                    @if group.len() > 1 { "In " (units::count(group.len() as u64)) " processes, worst in process " }
                    @else { "In process " }
                    strong { (printable(&worst.process)) }
                    @if let Some(log) = text::log_of(report, &worst.process) { " of " (printable(log)) }
                }
            }
            p { (text::upper(&printable(&worst.message))) "." }
            @if !explained && !worst.advice.is_empty() && worst.severity > Severity::Info {
                h3 { "What to do next" }
                ol { @for advice in &worst.advice { li { (printable(advice)) } } }
            }
            @if !worst.evidence.is_empty() {
                h3 { "Evidence" }
                ul.evidence {
                    @for figure in &worst.evidence { li { (findings::evidence(figure.name, figure.value)) } }
                    li { "raised in " (units::percent(worst.active_ratio)) " of the evaluations" }
                }
            }
            @if group.len() > 1 { (elsewhere(group, places)) }
            @if let Some(place) = place {
                p.go { a href=(link(*place, Some(worst))) { "Show it on the charts" } }
            }
        }
    }
}

/// What was measured, against what, when.
fn figures(finding: &Finding) -> Markup {
    let unit = finding.unit;
    html! {
        // A suspicion below the threshold is not a matter of that figure: the sentence says what it is.
        @if finding.measured >= finding.threshold {
            strong { (unit.format(finding.measured)) (findings::at_worst(finding)) }
            ", threshold " (unit.format(finding.threshold)) ", "
        }
        (findings::when(finding)) (findings::capped(finding))
        @if let (Some(since), Some(until)) = (&finding.since_wall, &finding.until_wall) {
            " (" (printable(since)) " to " (printable(until)) ")"
        }
    }
}

/// The other processes of a finding.
fn elsewhere(group: &[&Finding], places: &BTreeMap<&str, usize>) -> Markup {
    html! {
        h3 { "By process" }
        ul.evidence {
            @for finding in group.iter().take(NAMED) {
                li {
                    @match places.get(finding.process.as_str()) {
                        Some(place) => a href=(link(*place, Some(finding))) { (printable(&finding.process)) },
                        None => (printable(&finding.process)),
                    }
                    ": " (finding.unit.format(finding.measured))
                }
            }
            @if group.len() > NAMED { li { "and " (units::count((group.len() - NAMED) as u64)) " more" } }
        }
    }
}

/// A link to a process, and to the stretch of time in which a finding was raised, with some of what was around it.
fn link(place: usize, finding: Option<&Finding>) -> String {
    match finding {
        Some(finding) if finding.scope != Scope::Run => {
            let margin = (finding.until_ns - finding.since_ns.min(finding.until_ns)) / 10;
            let margin = margin.max(units::SECOND);
            format!(
                "#process={place}&from={}ms&to={}ms",
                finding.since_ns.saturating_sub(margin) / 1_000_000,
                finding.until_ns.saturating_add(margin) / 1_000_000
            )
        }
        _ => format!("#process={place}"),
    }
}

fn processes(report: &Report) -> Markup {
    let worst = text::processes::worst(report);
    let guessed = report.processes.iter().any(|process| process.approximate);
    html! {
        section #processes {
            h2 { "Processes" }
            div.scroll tabindex="0" {
                table {
                    thead { tr {
                        th { "process" } th { "worst finding" }
                        @for head in ["cycles", "frequency", "pause p99", "pause max", "GC CPU", "live heap"] {
                            th.number { (head) }
                        }
                    } }
                    tbody {
                        @for (at, process) in report.processes.iter().enumerate() {
                            (row(at, process, text::origin(report, process), worst.get(process.id.as_str()).copied()))
                        }
                    }
                }
            }
            @if report.processes_omitted > 0 {
                p.note { "and " (units::count(report.processes_omitted)) " more, of which no detail was kept" }
            }
            @if guessed {
                p.note { "~ " (text::processes::APPROXIMATE) }
            }
        }
    }
}

fn row(at: usize, process: &Process, origin: Option<String>, severity: Option<Severity>) -> Markup {
    html! {
        tr {
            td.name {
                a href=(link(at, None)) { (printable(&process.id)) }
                @if process.approximate { " ~" }
                @if let Some(origin) = origin { " of " (printable(&origin)) }
            }
            td { @if let Some(severity) = severity { span.badge.(severity.name()) { (severity.name()) } } }
            @for figure in text::processes::figures(process) { td.number { (figure) } }
        }
    }
}

/// A chart over time: its id, title, and what its figures are and how fine.
const OVER_TIME: [(&str, &str, &str); 5] = [
    (
        "frequency",
        "GC cycles per second",
        "From the cycle numbers, which are exact.",
    ),
    (
        "pause",
        "Pauses",
        "Both stops of a cycle together. The log has two digits below 10ms, whole milliseconds above.",
    ),
    (
        "cpu",
        "GC CPU",
        "Share of what GOMAXPROCS could have used. Idle marking takes only what is left over.",
    ),
    (
        "heap",
        "Heap",
        "The log has whole MiB, cut off; the largest of each point, for the live heap from the smallest on.",
    ),
    (
        "allocation",
        "Allocation rate",
        "From heap sizes in whole MiB: with small cycles a rough figure.",
    ),
];

/// The charts of one process, and its measures; the script fills in those of another.
fn charts(report: &Report) -> Markup {
    let processes = &report.processes;
    let Some(first) = processes.first() else {
        return Markup::default();
    };
    html! {
        section #charts {
            div.bar {
                h2 { "Over time" }
                @if processes.len() > 1 {
                    label.chooser { "Process " select #chooser {} }
                }
                div.zoom role="group" aria-label="Zoom" {
                    button type="button" data-zoom="earlier" title="Earlier" { "\u{2190}" }
                    button type="button" data-zoom="in" title="Zoom in" { "+" }
                    button type="button" data-zoom="out" title="Zoom out" { "\u{2212}" }
                    button type="button" data-zoom="later" title="Later" { "\u{2192}" }
                    button type="button" data-zoom="all" title="The whole run" { "whole run" }
                }
                p #readout aria-live="off" {}
            }
            p #course { (island::course(report, first)) }
            noscript { p.note { "The charts need JavaScript; all else stands on this page." } }
            p #failed hidden {}
            div #lane aria-label="Findings over time" {}
            @for (id, title, note) in OVER_TIME { (figure(id, title, note)) }
            div.pair {
                (figure("pauses", "Pause distribution", "Cycles by their pause, every one counted."))
                (figure(
                    "mmu",
                    "Mutator utilization",
                    "The least share of any stretch of that length that the program had to itself. Stops only: \
                     marking beside the program is not counted.",
                ))
            }
        }
        section #measures {
            h2 { "Measures" @if processes.len() > 1 { " of process " span.process { (printable(&first.id)) } } }
            div.scroll tabindex="0" {
                table {
                    thead { tr {
                        th {} th.number { "p50" } th.number { "p90" } th.number { "p99" } th.number { "max" }
                        th { "whole run" }
                    } }
                    tbody {
                        @for (name, figures, whole) in measures::rows(first, &first.measures) {
                            tr {
                                th { (name) }
                                @for figure in &figures { td.number { (figure) } }
                                td { (whole) }
                            }
                        }
                        @if let Some(busiest) = measures::busiest(&first.measures) {
                            tr { th { "busiest" } td colspan="5" { (busiest) } }
                        }
                    }
                }
            }
            p.note { (text::upper(input::resolution(report))) ". Percentiles are nearest rank, of every cycle." }
        }
    }
}

pub(super) fn figure(id: &str, title: &str, note: &str) -> Markup {
    html! {
        figure.chart #(id) {
            figcaption { h3 { (title) } p.legend {} p.note { (note) } }
            div.plot role="img" aria-label=(title) {}
        }
    }
}

/// What the figures rest on.
fn read(report: &Report) -> Markup {
    let input = &report.input;
    html! {
        section #input {
            h2 { "Input" }
            p { (text::upper(&input::completeness(report))) "." }
            @for warning in &report.warnings { p.warned { (text::upper(&printable(warning))) } }
            @if input.sources.len() > 1 {
                details {
                    summary { (units::counted(input.sources.len() as u64, "source")) }
                    ul { @for source in &input.sources {
                        li { (printable(&source.name)) ": "
                            @if source.polls > 0 { (units::counted(source.polls, "poll")) } @else { (units::counted(source.lines, "line")) }
                            ", "
                            (units::bytes(source.bytes)) }
                    } }
                }
            }
            @if !input.damaged_lines.is_empty() {
                details {
                    summary { "Damaged lines" }
                    ul.damaged { @for line in &input.damaged_lines {
                        li {
                            (printable(&line.source)) ":" (line.line) ": " (printable(&line.reason)) ": " code { (printable(&line.text)) }
                        }
                    } }
                }
            }
        }
        @if !report.rules.is_empty() {
            section #rules {
                h2 { "Rules" }
                p { (text::upper(&input::outcome(report))) "." }
                div.scroll tabindex="0" { (rules(report)) }
            }
        }
    }
}

fn rules(report: &Report) -> Markup {
    let shown = |unit: Unit, value| page::known(value, |value| unit.format(value));
    html! {
        table {
            thead { tr {
                th { "rule" } th { "outcome" } th.number { "worst" } th.number { "warning" } th.number { "critical" }
            } }
            tbody {
                @for rule in &report.rules {
                    tr class=[unused(rule.status)] {
                        td { code { (rule.id) } }
                        td { (input::state(rule.status)) @if let Some(reason) = rule.reason { ", " (reason) } }
                        td.number { (shown(rule.unit, rule.worst)) }
                        td.number { (shown(rule.unit, rule.warning)) }
                        td.number { (shown(rule.unit, rule.critical)) }
                    }
                }
            }
        }
    }
}

/// The class of the row of a rule that has judged nothing.
const fn unused(state: RuleState) -> Option<&'static str> {
    match state {
        RuleState::Off | RuleState::NoEvidence => Some("unused"),
        RuleState::Quiet | RuleState::Withdrawn | RuleState::Raised => None,
    }
}
