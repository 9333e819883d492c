//! Several processes as a table, worst first.

use std::collections::BTreeMap;

use super::measures::pauses;
use super::page::{self, Page, known, left, right};
use crate::report::{Process, Report};
use crate::settings::Severity;
use crate::units;

/// Columns of a process's name, and of the figures.
const NAME: usize = 22;
const VERDICT: usize = 9;
const FIGURES: [usize; 6] = [8, 8, 10, 8, 7, 8];

/// Rows where not everything is asked for: with the findings above them that is a screen or two.
const ROWS: usize = 20;

/// What `~` before a process means.
pub(in crate::render) const APPROXIMATE: &str =
    "told apart by number, clock and heap alone: a line could have been another process's";

/// The severity of the worst finding of each process.
pub(in crate::render) fn worst(report: &Report) -> BTreeMap<&str, Severity> {
    let mut worst: BTreeMap<&str, Severity> = BTreeMap::new();
    for finding in &report.findings {
        let severity = worst.entry(&finding.process).or_insert(finding.severity);
        *severity = finding.severity.max(*severity);
    }
    worst
}

/// Cycles, frequency, p99 and longest pause, GC CPU and live heap of a process.
pub(in crate::render) fn figures(process: &Process) -> [String; 6] {
    let measures = &process.measures;
    let [_, _, p99, _] = pauses(&measures.pause_ns);
    [
        units::count(process.cycles_seen),
        known(measures.gc_frequency_per_second, units::rate),
        p99,
        units::duration(measures.pause_ns.max),
        known(measures.gc_cpu_ratio_of_cpus, units::percent),
        known(measures.live_heap_bytes, |live| units::heap_size(live.last)),
    ]
}

/// Writes the table.
pub(super) fn write(report: &Report, processes: &[Process], page: &mut Page) {
    let worst = worst(report);
    let heads = ["cycles", "freq", "pause p99", "max", "GC CPU", "live"].map(str::to_owned);
    let head = format!("{}{}", left("process", NAME + VERDICT), aligned(&heads));
    let head = page.paint(page::DIM, head.trim_end());
    page.line(&head);
    let shown = if page.style().verbose {
        processes.len()
    } else {
        ROWS
    };
    for process in processes.iter().take(shown) {
        let severity = worst.get(process.id.as_str()).copied();
        let line = row(process, severity, page);
        page.line(&line);
    }
    let hidden = processes.len().saturating_sub(shown) as u64 + report.processes_omitted;
    if hidden > 0 {
        page.line(&format!(
            "and {} more; -v shows them, --process ID shows one in full",
            units::count(hidden)
        ));
    } else {
        page.line("--process ID shows one in full");
    }
    if report.input.logs() > 1 {
        logs(&processes[..shown.min(processes.len())], page);
    }
    if processes.iter().any(|process| process.approximate) {
        page.paragraph("~ ", page::BOLD, APPROXIMATE);
    }
}

/// Which log each process is in, and its stream where it is not called by that.
fn logs(processes: &[Process], page: &mut Page) {
    let mut logs: Vec<(&str, Vec<String>)> = Vec::new();
    for process in processes {
        let name = match &process.stream {
            Some(stream) if *stream != process.id => format!("{} (stream {stream})", process.id),
            _ => process.id.clone(),
        };
        match logs.iter_mut().find(|(log, _)| *log == process.source) {
            Some((_, names)) => names.push(name),
            None => logs.push((&process.source, vec![name])),
        }
    }
    for (log, names) in logs {
        let what = if names.len() == 1 {
            "process"
        } else {
            "processes"
        };
        page.paragraph(
            "",
            page::DIM,
            &format!("{what} {}: {log}", names.join(", ")),
        );
    }
}

fn row(process: &Process, severity: Option<Severity>, page: &Page) -> String {
    let mark = if process.approximate { "~" } else { "" };
    let name = format!("{mark}{}", page.name(&process.id, NAME - 2));
    let verdict = match severity {
        Some(severity) => page.paint(page::color(severity), &left(severity.name(), VERDICT)),
        None => left("", VERDICT),
    };
    let figures = aligned(&figures(process));
    format!("{}{verdict}{figures}", left(&name, NAME))
}

fn aligned(cells: &[String; 6]) -> String {
    cells
        .iter()
        .zip(FIGURES)
        .map(|(cell, width)| right(cell, width))
        .collect()
}
