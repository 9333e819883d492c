//! What the figures rest on: what was read, what was lost, how fine the log is, how the rules ended.

use super::page::{self, Page, left};
use crate::report::{Report, RuleState};
use crate::units::{self, counted};

/// How fine the figures are.
pub(in crate::render) fn resolution(report: &Report) -> &'static str {
    if is_polled(report) {
        "ends and pauses are exact to the ns; goal, allocation and GC CPU are those of the polls; all else is in gc lines only"
    } else {
        "the log cuts times to 2 digits (from 10ms on to whole ms), sizes to whole MiB"
    }
}

/// Every process was polled.
fn is_polled(report: &Report) -> bool {
    let sources = &report.input.sources;
    !sources.is_empty() && sources.iter().all(|source| source.polls > 0)
}

/// Writes the completeness of the input, warnings, and with `verbose` every rule and damaged line.
pub(super) fn write(report: &Report, page: &mut Page) {
    page.paragraph("input: ", page::BOLD, &completeness(report));
    let judged = !report.processes.is_empty() && !report.input.newest_first;
    if judged {
        page.paragraph("", page::DIM, resolution(report));
    }
    if judged && !report.rules.is_empty() {
        page.paragraph("rules: ", page::BOLD, &outcome(report));
    }
    for warning in &report.warnings {
        page.paragraph("warning: ", page::WARNING, warning);
    }
    if page.style().verbose {
        damaged(report, page);
        every_rule(report, page);
    }
}

pub(in crate::render) fn completeness(report: &Report) -> String {
    let input = &report.input;
    let lines = input.sources.iter().map(|source| source.lines).sum();
    let missing: u64 = report
        .processes
        .iter()
        .map(|process| process.cycles_missing)
        .sum();
    let mut parts = match input.sources.iter().map(|source| source.polls).sum() {
        0 => Vec::new(),
        polls => vec![counted(polls, "poll")],
    };
    if parts.is_empty() || lines > 0 {
        parts.push(counted(lines, "line"));
        parts.push(counted(input.gc_lines.cycles(), "gc line"));
    }
    if !report.processes.is_empty() {
        parts.push(match missing {
            0 => "no cycle missing".to_owned(),
            missing => format!("{} missing", counted(missing, "cycle")),
        });
    }
    for (count, what) in [
        (input.gc_lines.repaired, "repaired"),
        (input.gc_lines.damaged, "damaged"),
        (input.gc_lines.duplicate, "seen twice"),
        (input.gc_lines.quoted, "quoted in prose"),
        (input.legacy_gc_lines, "of Go before 1.5, not judged"),
        (input.overlong_lines, "too long to read whole"),
    ] {
        if count > 0 {
            parts.push(format!("{} {what}", units::count(count)));
        }
    }
    parts.join(", ")
}

/// How many rules said something, and which could not.
pub(in crate::render) fn outcome(report: &Report) -> String {
    const FEW: usize = 4;
    let with = |state| report.rules.iter().filter(move |rule| rule.status == state);
    let silent = with(RuleState::NoEvidence).filter(|rule| rule.reason.is_none());
    let silent: Vec<_> = silent.map(|rule| rule.id).collect();
    let mut parts = vec![
        format!("{} raised", with(RuleState::Raised).count()),
        format!("{} quiet", with(RuleState::Quiet).count()),
    ];
    match with(RuleState::Withdrawn).count() {
        0 => {}
        withdrawn => parts.push(format!("{withdrawn} withdrawn")),
    }
    match report
        .rules
        .iter()
        .filter(|rule| rule.reason.is_some())
        .count()
    {
        0 => {}
        lacking => parts.push(format!("{lacking} not in this source (they need gc lines)")),
    }
    match with(RuleState::Off).count() {
        0 => {}
        off => parts.push(format!("{off} off")),
    }
    match silent.len() {
        0 => {}
        1..=FEW => parts.push(format!("too little evidence for {}", silent.join(", "))),
        many => parts.push(format!("too little evidence for {many} others (-v)")),
    }
    parts.join(", ")
}

fn damaged(report: &Report, page: &mut Page) {
    if report.input.damaged_lines.is_empty() {
        return;
    }
    page.gap();
    for line in &report.input.damaged_lines {
        page.paragraph(
            "damaged: ",
            page::WARNING,
            &format!(
                "{}:{}: {}: {}",
                line.source, line.line, line.reason, line.text
            ),
        );
    }
}

/// The word for how a rule ended.
pub(in crate::render) const fn state(state: RuleState) -> &'static str {
    match state {
        RuleState::Off => "off",
        RuleState::NoEvidence => "no evidence",
        RuleState::Quiet => "quiet",
        RuleState::Withdrawn => "withdrawn",
        RuleState::Raised => "raised",
    }
}

fn every_rule(report: &Report, page: &mut Page) {
    page.gap();
    let longest = report
        .rules
        .iter()
        .map(|rule| rule.id.len())
        .max()
        .unwrap_or(0)
        + 2;
    for rule in &report.rules {
        let unit = rule.unit;
        let figures: Vec<_> = [
            ("worst", rule.worst),
            ("warning", rule.warning),
            ("critical", rule.critical),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", unit.format(value?))))
        .collect();
        let figures: Vec<_> = rule
            .reason
            .map(str::to_owned)
            .into_iter()
            .chain(figures)
            .collect();
        let label = format!("{}{}", left(rule.id, longest), left(state(rule.status), 13));
        page.paragraph(&label, page::Ansi::new(), &figures.join(", "));
    }
}
