//! The report for people at a terminal: is it GC, when, how bad, what next; then the figures, then what they rest on.

use std::io::{self, Write};

use super::Style;
use crate::report::{Process, Report, Verdict};
use crate::settings::Severity;
use crate::units;

pub(super) mod causes;
pub(super) mod comparison;
pub(super) mod findings;
pub(super) mod input;
pub(super) mod measures;
pub(super) mod page;
mod processes;
mod timeline;

use page::Page;

/// Writes the report in at most `style.width` columns.
pub(super) fn render(report: &Report, out: &mut dyn Write, style: &Style) -> io::Result<()> {
    let mut page = Page::new(*style);
    headline(report, &mut page);
    if !report.input.newest_first {
        figures(report, &mut page);
    }
    page.gap();
    input::write(report, &mut page);
    out.write_all(page.into_text().as_bytes())
}

/// What was found and measured; of a log that runs backwards it would be nonsense.
fn figures(report: &Report, page: &mut Page) {
    findings::write(report, page);
    match report.processes.as_slice() {
        [] => {}
        [process] => {
            page.gap();
            measures::write(process, page);
            page.gap();
            timeline::write(process, &report.findings, page);
        }
        many => {
            page.gap();
            processes::write(report, many, page);
        }
    }
}

/// The verdict in plain words, and what it is of.
fn headline(report: &Report, page: &mut Page) {
    let ansi = match &report.verdict {
        Verdict::Critical => page::CRITICAL,
        Verdict::Warning => page::WARNING,
        Verdict::Pass => page::GOOD,
        Verdict::NoVerdict(_) => page::UNKNOWN,
    };
    let (label, sentence) = verdict(report);
    page.paragraph(&format!("{label}  "), ansi, &sentence);
    if !report.input.newest_first
        && let Some(line) = subject(report, page)
    {
        let line = page.paint(page::DIM, &line);
        page.line(&line);
    }
}

/// The verdict as a label and a sentence.
pub(super) fn verdict(report: &Report) -> (&'static str, String) {
    let (label, sentence) = match &report.verdict {
        Verdict::Critical => ("CRITICAL", "the garbage collector is under heavy pressure"),
        Verdict::Warning => ("WARNING", "the garbage collector is under pressure"),
        Verdict::Pass => (
            "PASS",
            "no sign that the garbage collector is under pressure",
        ),
        Verdict::NoVerdict(reason) => ("NO VERDICT", reason.as_str()),
    };
    (label, format!("{sentence}{}", tally(report)))
}

/// The sentence with a capital letter, where it stands by itself.
pub(super) fn upper(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// How many findings of which severity.
fn tally(report: &Report) -> String {
    let count = |severity| {
        let findings = report.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let parts: Vec<_> = match (count(Severity::Critical), count(Severity::Warning)) {
        (0, 0) => return String::new(),
        (critical, 0) => vec![format!("{critical} critical")],
        (critical, warnings) => {
            let warnings = page::counted(warnings as u64, "warning");
            let critical = (critical > 0).then(|| format!("{critical} critical"));
            critical.into_iter().chain([warnings]).collect()
        }
    };
    format!(": {}", parts.join(", "))
}

/// What was judged, with the name of the input shortened to fit the line.
fn subject(report: &Report, page: &Page) -> Option<String> {
    let of = extent(report)?;
    let fit = |name: &str| page.path(name, page.style().width.saturating_sub(of.len() + 2));
    let name = match (report.input.sources.as_slice(), report.processes.as_slice()) {
        ([source], _) if source.name != "-" => fit(&source.name),
        (_, [process]) if report.input.logs() > 1 && process.source != "-" => fit(&process.source),
        _ => source(report),
    };
    Some(format!("{name}: {of}"))
}

/// The input's name: a file, standard input, or how many there are.
pub(super) fn source(report: &Report) -> String {
    let (sources, logs) = (&report.input.sources, report.input.logs());
    let parts = sources.len();
    match sources.as_slice() {
        [source] if source.name == "-" => "standard input".to_owned(),
        [source] => source.name.clone(),
        [.., last] if logs == 1 => format!("{} ({parts} parts)", last.name),
        _ => page::counted(logs as u64, "log"),
    }
}

/// The log of a process and its stream in that, where several logs were read.
pub(super) fn origin(report: &Report, process: &Process) -> Option<String> {
    (report.input.logs() > 1).then(|| match &process.stream {
        Some(stream) => format!("{}, stream {stream}", process.source),
        None => process.source.clone(),
    })
}

/// The log of the process of this id, where several logs were read.
pub(super) fn log_of<'r>(report: &'r Report, id: &str) -> Option<&'r str> {
    let process = report.processes.iter().find(|process| process.id == id);
    process
        .filter(|_| report.input.logs() > 1)
        .map(|process| process.source.as_str())
}

/// What was judged: one process by its cycles and time, several by their number; `None` where there is nothing.
pub(super) fn extent(report: &Report) -> Option<String> {
    match report.processes.as_slice() {
        [] => None,
        [process] => Some(course(process)),
        many => {
            let all = many.len() as u64 + report.processes_omitted;
            let cycles = many.iter().map(|process| process.cycles_seen).sum();
            Some(format!(
                "{} processes, {}",
                units::count(all),
                page::counted(cycles, "GC cycle")
            ))
        }
    }
}

/// One process by its cycles and time.
pub(super) fn course(process: &Process) -> String {
    let measures = &process.measures;
    let end = measures.started_ns.saturating_add(measures.duration_ns);
    let (least, most) = measures.gomaxprocs;
    let procs = if least == most {
        most.to_string()
    } else {
        format!("{least} to {most}")
    };
    format!(
        "{} from {} to {}, GOMAXPROCS {procs}, {}",
        page::counted(process.cycles_seen, "GC cycle"),
        units::duration(measures.started_ns),
        units::duration(end),
        process.format
    )
}
