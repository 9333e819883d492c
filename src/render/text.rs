//! The report for people at a terminal: is it GC, when, how bad, what next; then the figures, then what they rest on.

use std::io::{self, Write};

use super::Style;
use crate::report::{Report, Verdict};
use crate::settings::Severity;
use crate::units;

mod findings;
mod input;
mod measures;
mod page;
mod processes;
mod timeline;

use page::Page;

/// Writes the report in at most `style.width` columns.
pub(super) fn render(report: &Report, out: &mut dyn Write, style: &Style) -> io::Result<()> {
    let mut page = Page::new(*style);
    headline(report, &mut page);
    findings::write(report, &mut page);
    match report.processes.as_slice() {
        [] => {}
        [process] => {
            page.gap();
            measures::write(process, &mut page);
            page.gap();
            timeline::write(process, &report.findings, &mut page);
        }
        many => {
            page.gap();
            processes::write(report, many, &mut page);
        }
    }
    page.gap();
    input::write(report, &mut page);
    out.write_all(page.into_text().as_bytes())
}

/// The verdict in plain words, and what it is of.
fn headline(report: &Report, page: &mut Page) {
    let (ansi, label, sentence) = match &report.verdict {
        Verdict::Critical => (
            page::CRITICAL,
            "CRITICAL",
            "the garbage collector is under heavy pressure",
        ),
        Verdict::Warning => (
            page::WARNING,
            "WARNING",
            "the garbage collector is under pressure",
        ),
        Verdict::Pass => (
            page::GOOD,
            "PASS",
            "no sign that the garbage collector is under pressure",
        ),
        Verdict::NoVerdict(reason) => (page::UNKNOWN, "NO VERDICT", reason.as_str()),
    };
    page.paragraph(
        &format!("{label}  "),
        ansi,
        &format!("{sentence}{}", tally(report)),
    );
    if let Some(line) = subject(report) {
        let line = page.paint(page::DIM, &page.clean(&line));
        page.line(&line);
    }
}

/// How many findings of which severity.
fn tally(report: &Report) -> String {
    let count = |severity| {
        report
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count()
    };
    let parts: Vec<_> = [Severity::Critical, Severity::Warning]
        .into_iter()
        .map(|severity| (count(severity), page::word(severity)))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(": {}", parts.join(", "))
    }
}

/// What was judged: one process by its cycles and time, several by their number.
fn subject(report: &Report) -> Option<String> {
    let input = &report.input;
    let name = match input.sources.as_slice() {
        [source] if source.name == "-" => "standard input".to_owned(),
        [source] => source.name.clone(),
        sources => page::counted(sources.len() as u64, "source"),
    };
    match report.processes.as_slice() {
        [] => None,
        [process] => {
            let measures = &process.measures;
            let cycles = page::counted(process.cycles_seen, "GC cycle");
            let end = measures.started_ns.saturating_add(measures.duration_ns);
            let (least, most) = measures.gomaxprocs;
            let procs = if least == most {
                most.to_string()
            } else {
                format!("{least} to {most}")
            };
            Some(format!(
                "{name}: {cycles} from {} to {}, {procs} P, {}",
                units::duration(measures.started_ns),
                units::duration(end),
                process.format
            ))
        }
        many => {
            let all = many.len() as u64 + report.processes_omitted;
            let cycles = many.iter().map(|process| process.cycles_seen).sum();
            Some(format!(
                "{name}: {}, {}",
                page::counted(all, "process").replace("processs", "processes"),
                page::counted(cycles, "GC cycle")
            ))
        }
    }
}
