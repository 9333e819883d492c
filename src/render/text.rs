//! The report for people at a terminal: is it GC, when, how bad, what next; then the figures, then what they rest on.

use std::io::{self, Write};

use super::Style;
use crate::report::{Measures, Process, Report, Verdict};
use crate::severity::Severity;
use crate::units;

pub(super) mod causes;
pub(super) mod comparison;
pub(super) mod findings;
pub(super) mod input;
pub(super) mod measures;
pub(super) mod page;
pub(super) mod processes;
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
    let headline = verdict(report);
    page.paragraph(&format!("{}  ", headline.label), ansi, &headline.whole());
    if !report.input.newest_first
        && let Some(line) = subject(report, page)
    {
        let line = page.paint(page::DIM, &line);
        page.line(&line);
    }
}

/// The verdict in plain words.
#[derive(Debug)]
pub(super) struct Headline<'a> {
    /// `CRITICAL`, `WARNING`, `PASS`, `NO VERDICT`.
    pub(super) label: &'static str,
    /// The cause and its cost, else the worst finding, else what collecting costs; why there is no verdict.
    pub(super) sentence: String,
    /// The process that it is about, where there are several.
    pub(super) process: Option<&'a str>,
}

impl Headline<'_> {
    /// The sentence with its process.
    pub(super) fn whole(&self) -> String {
        match self.process {
            Some(process) => format!("{}; in process {process}", self.sentence),
            None => self.sentence.clone(),
        }
    }
}

/// The verdict of a report: the same words in every format.
pub(super) fn verdict(report: &Report) -> Headline<'_> {
    let label = match &report.verdict {
        Verdict::Critical => "CRITICAL",
        Verdict::Warning => "WARNING",
        Verdict::Pass => "PASS",
        Verdict::NoVerdict(reason) => {
            return Headline {
                label: "NO VERDICT",
                sentence: reason.clone(),
                process: None,
            };
        }
    };
    let worst = report
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info)
        .max_by_key(|finding| finding.severity);
    let (process, sentence) = match (&report.diagnosis, worst) {
        (Some(cause), _) => (Some(&cause.process), cause.message.clone()),
        (None, Some(worst)) => (Some(&worst.process), worst.message.clone()),
        (None, None) => (None, cost(report)),
    };
    let process = process.filter(|_| report.processes.len() > 1);
    Headline {
        label,
        sentence,
        process: process.map(String::as_str),
    }
}

/// `GC takes 0.1% of the CPU and stops the program 0.01% of the time`, of several processes the most.
fn cost(report: &Report) -> String {
    let most = |value: fn(&Measures) -> Option<f64>| {
        let judged = report.processes.iter().filter(|process| process.judged);
        let values = judged.map(|process| &process.measures);
        let known = values.filter_map(value);
        known.fold(None, |most: Option<f64>, value| {
            Some(most.map_or(value, |most| most.max(value)))
        })
    };
    let at_most = if report
        .processes
        .iter()
        .filter(|process| process.judged)
        .count()
        > 1
    {
        "at most "
    } else {
        ""
    };
    let cpu = most(|measures| measures.gc_cpu_ratio_of_cpus)
        .map(|share| format!("takes {at_most}{} of the CPU", units::percent(share)));
    let stops = most(|measures| measures.stw_ratio).map(|share| {
        format!(
            "stops the program {at_most}{} of the time",
            units::percent(share)
        )
    });
    let parts: Vec<_> = [cpu, stops].into_iter().flatten().collect();
    let judged = report
        .processes
        .iter()
        .filter(|process| process.judged)
        .count();
    let short = report.processes.len() - judged;
    let rest = match short {
        0 => String::new(),
        short => format!("; {short} more lived too short to be judged"),
    };
    match (parts.is_empty(), report.processes.len(), judged) {
        (true, ..) => "no rule found anything; what GC costs is unknown".to_owned(),
        (false, 0 | 1, _) => format!("GC {}", parts.join(" and ")),
        (false, _, 1) => format!("GC {} in one process{rest}", parts.join(" and ")),
        (false, _, judged) => format!(
            "GC {} in each of {judged} processes{rest}",
            parts.join(" and ")
        ),
    }
}

/// The sentence with a capital letter, where it stands by itself.
pub(super) fn upper(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
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
        _ => units::counted(logs as u64, "log"),
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
                units::counted(cycles, "GC cycle")
            ))
        }
    }
}

/// One process by its cycles and time.
pub(super) fn course(process: &Process) -> String {
    let (start, end) = process.span_ns();
    let procs = process.measures.gomaxprocs;
    format!(
        "{} from {} to {}{}, {}",
        units::counted(process.cycles_seen, "GC cycle"),
        units::duration(start),
        units::duration(end),
        procs.map_or_else(String::new, |procs| format!(", GOMAXPROCS {procs}")),
        process.format
    )
}
