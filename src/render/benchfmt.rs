//! The measures as lines of Go's benchmark format, one line a process, so that `benchstat` reads them: collect the lines
//! of several runs in one file for each side.
//!
//! Units are named after the rows of a comparison. Values are in ns and bytes, which readers of the format can scale.

use std::io::{self, Write};

use super::Style;
use crate::report::measures::{MEASURES, Measure};
use crate::report::{Process, Report};

/// Writes one line for each process.
pub(super) fn render(report: &Report, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    if report.processes.is_empty() {
        // Readers of the format pass over lines that are none of it.
        return writeln!(out, "gcpressure: no GC cycle in the input");
    }
    // Readers guess a direction, and take what is per second for a throughput.
    for measure in MEASURES {
        let better = if measure.more_is_better {
            "higher"
        } else {
            "lower"
        };
        writeln!(out, "Unit {} better={better}", unit(measure))?;
    }
    let several = report.processes.len() > 1;
    for process in &report.processes {
        write!(out, "{}", name(process, several))?;
        write!(out, " {}", process.cycles_seen.max(1))?;
        for measure in MEASURES.iter().filter(|row| (row.resolved)(process)) {
            let value = measure.mean.map_or(measure.value, |(_, mean)| mean);
            if let Some(value) = value(process) {
                write!(out, " {value} {}", unit(measure))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `BenchmarkGC-8`, or `BenchmarkGC/process=web-1-8`: the number at the end is GOMAXPROCS, if known.
fn name(process: &Process, several: bool) -> String {
    let procs = process.measures.gomaxprocs;
    let procs = procs.map_or_else(String::new, |procs| format!("-{}", procs.max));
    if !several {
        return format!("BenchmarkGC{procs}");
    }
    let id: String = process
        .id
        .chars()
        .map(|c| match c {
            c if c.is_whitespace() || c.is_control() || c == '/' => '_',
            c => c,
        })
        .collect();
    format!("BenchmarkGC/process={id}{procs}")
}

/// `pause-p50-ns`: the row's id, and its unit as readers of the format write it.
fn unit(measure: &Measure) -> String {
    let id = measure.id.strip_suffix("-ratio").unwrap_or(measure.id);
    match measure.unit.strip_prefix('1') {
        Some(per) => format!("{id}{per}"),
        None => format!("{id}-{}", measure.unit.replace("bytes/s", "B/s")),
    }
}
