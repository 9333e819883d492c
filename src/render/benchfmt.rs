//! The measures as lines of Go's benchmark format, one line a process, so that `benchstat` reads them: collect the lines
//! of several runs in one file for each side.
//!
//! Units are called as the rows of a comparison are. Values stand in ns and bytes, units that its readers know how to scale; ratios stand without a unit of their own.

use std::io::{self, Write};

use super::Style;
use crate::report::{Process, Report};

/// The one figure that is better when higher.
const PERIOD: &str = "gc-period-ns";

/// Every unit that a line may hold.
const UNITS: &[&str] = &[
    "gc-frequency/s",
    PERIOD,
    "pause-p50-ns",
    "pause-p99-ns",
    "pause-max-ns",
    "stw-ratio",
    "gc-cpu-ratio",
    "assist-cpu-ratio",
    "mark-duty-ratio",
    "allocation-B/s",
    "live-heap-bytes",
    "heap-goal-bytes",
    "goal-churn/min",
];

/// Writes one line for each process.
pub(super) fn render(report: &Report, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    if report.processes.is_empty() {
        // Readers of the format pass over lines that are none of it.
        return writeln!(out, "gcpressure: no GC cycle in the input");
    }
    // Readers guess a direction, and take what is per second for a throughput.
    for unit in UNITS {
        let better = if *unit == PERIOD { "higher" } else { "lower" };
        writeln!(out, "Unit {unit} better={better}")?;
    }
    let several = report.processes.len() > 1;
    for process in &report.processes {
        write!(out, "{}", name(process, several))?;
        write!(out, " {}", process.cycles_seen.max(1))?;
        for (value, unit) in figures(process) {
            write!(out, " {value} {unit}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `BenchmarkGC-8`, or `BenchmarkGC/process=web-1-8`: the number at the end is GOMAXPROCS.
fn name(process: &Process, several: bool) -> String {
    let procs = process.measures.gomaxprocs.max;
    if !several {
        return format!("BenchmarkGC-{procs}");
    }
    let id: String = process
        .id
        .chars()
        .map(|c| match c {
            c if c.is_whitespace() || c.is_control() || c == '/' => '_',
            c => c,
        })
        .collect();
    format!("BenchmarkGC/process={id}-{procs}")
}

fn figures(process: &Process) -> Vec<(String, &'static str)> {
    let measures = &process.measures;
    let whole = |value: u64, unit| Some((value.to_string(), unit));
    let float = |value: f64, unit| Some((value.to_string(), unit));
    let resolved = measures.allocation_resolved;
    let known = |value: Option<f64>, unit| Some((value?.to_string(), unit));
    [
        measures
            .gc_frequency_per_second
            .and_then(|rate| float(rate, "gc-frequency/s")),
        measures.period_ns.mean.and_then(|ns| whole(ns, PERIOD)),
        whole(measures.pause_ns.p50, "pause-p50-ns"),
        whole(measures.pause_ns.p99, "pause-p99-ns"),
        whole(measures.pause_ns.max, "pause-max-ns"),
        known(measures.stw_ratio, "stw-ratio"),
        known(measures.gc_cpu_ratio, "gc-cpu-ratio"),
        known(measures.mark_assist_cpu_ratio, "assist-cpu-ratio"),
        known(measures.mark_duty_ratio, "mark-duty-ratio"),
        known(
            measures.allocation_bytes_per_second.filter(|_| resolved),
            "allocation-B/s",
        ),
        whole(measures.live_heap_bytes.p50, "live-heap-bytes"),
        measures
            .heap_goal_bytes
            .and_then(|goal| whole(goal.p50, "heap-goal-bytes")),
        float(measures.heap_goal_churn_per_minute, "goal-churn/min"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
