//! The timelines as CSV: a row for each process and point, in the order of the report. Cycles come from `events`.
//!
//! The columns are those of `timeline` in the JSON report, after the process and before the findings that were raised in
//! the time of the row (`rule:severity`, separated by spaces). What is not known is empty. A name is what it is in the log,
//! quoted where CSV asks for it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Style;
use crate::report::{Finding, Report, TimelinePoint};

/// A column's name and where its value is.
type Column = (&'static str, fn(&TimelinePoint) -> String);

/// The columns of a point in their order.
const COLUMNS: [Column; 18] = [
    ("start_ns", |p| p.start_ns.to_string()),
    ("end_ns", |p| p.end_ns.to_string()),
    ("cycles", |p| p.cycles.to_string()),
    ("gc_frequency_per_second", |p| {
        p.gc_frequency_per_second.to_string()
    }),
    ("pause_p50_ns", |p| figure(p, p.pause_p50_ns)),
    ("pause_p99_ns", |p| figure(p, p.pause_p99_ns)),
    ("pause_max_ns", |p| figure(p, p.pause_max_ns)),
    ("stop_cpu_ratio", |p| known(p, p.stop_cpu_ratio)),
    ("mark_assist_cpu_ratio", |p| {
        known(p, p.mark_assist_cpu_ratio)
    }),
    ("mark_background_cpu_ratio", |p| {
        known(p, p.mark_background_cpu_ratio)
    }),
    ("mark_idle_cpu_ratio", |p| known(p, p.mark_idle_cpu_ratio)),
    ("heap_start_max_bytes", |p| known(p, p.heap_start_max_bytes)),
    ("heap_end_max_bytes", |p| known(p, p.heap_end_max_bytes)),
    ("heap_live_min_bytes", |p| known(p, p.heap_live_min_bytes)),
    ("heap_live_max_bytes", |p| known(p, p.heap_live_max_bytes)),
    ("heap_goal_min_bytes", |p| optional(p.heap_goal_min_bytes)),
    ("heap_goal_max_bytes", |p| optional(p.heap_goal_max_bytes)),
    ("allocation_bytes_per_second", |p| {
        known(p, p.allocation_bytes_per_second)
    }),
];

/// Writes the timelines as CSV with a header.
pub(super) fn render(report: &Report, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    write(report, out).map_err(|error| match error.into_kind() {
        // As it is: a closed pipe is known by its kind.
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    })
}

fn write(report: &Report, out: &mut dyn Write) -> csv::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    let names = COLUMNS.iter().map(|(name, _)| *name);
    let header = ["process", "stream"].into_iter().chain(names);
    rows.write_record(header.chain(["findings"]))?;
    let mut found: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        found.entry(&finding.process).or_default().push(finding);
    }
    for process in &report.processes {
        let own = found
            .get(process.id.as_str())
            .map_or(&[][..], Vec::as_slice);
        for point in &process.measures.timeline {
            rows.write_field(&process.id)?;
            rows.write_field(process.stream.as_deref().unwrap_or_default())?;
            for (_, value) in COLUMNS {
                rows.write_field(value(point))?;
            }
            rows.write_field(raised(own, point))?;
            rows.write_record(None::<&[u8]>)?;
        }
    }
    Ok(rows.flush()?)
}

/// The findings that were raised in the time of the point.
fn raised(findings: &[&Finding], point: &TimelinePoint) -> String {
    let raised: Vec<_> = findings
        .iter()
        .filter_map(|finding| {
            let episodes = finding.episodes.iter();
            let severity = episodes
                .filter(|episode| {
                    episode.since_ns < point.end_ns && episode.until_ns > point.start_ns
                })
                .map(|episode| episode.severity)
                .max()?;
            Some(format!("{}:{}", finding.rule, severity.name()))
        })
        .collect();
    raised.join(" ")
}

/// A figure of the cycles in the point; without any there is none.
fn figure(point: &TimelinePoint, value: impl ToString) -> String {
    if point.cycles == 0 {
        return String::new();
    }
    value.to_string()
}

/// A share or rate of a point with cycles, where it is known.
fn known(point: &TimelinePoint, value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| figure(point, value))
}

fn optional(value: Option<u64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    /// A new field of a point becomes a column.
    #[test]
    fn the_columns_are_those_of_the_timeline_in_json() {
        let point = serde_json::to_value(TimelinePoint::default()).unwrap();
        let mut keys: Vec<_> = point.as_object().unwrap().keys().collect();
        let mut columns = COLUMNS.map(|(name, _)| name);
        keys.sort();
        columns.sort_unstable();
        assert_eq!(keys, columns);
    }
}
