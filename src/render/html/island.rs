//! The figures that the charts are drawn from, as JSON inside the page: columns, since names a thousand times over would
//! be most of it.

use serde_json::{Map, Value, json};

use super::super::escape::printable;
use super::super::text::{self, measures};
use crate::report::{Finding, Process, Report, TimelinePoint};

/// The report's figures, safe between `<script>` and `</script>`.
pub(super) fn json(report: &Report) -> String {
    let processes: Vec<_> = report
        .processes
        .iter()
        .map(|one| process(one, report))
        .collect();
    let thresholds: Map<_, _> = report
        .rules
        .iter()
        .map(|rule| (rule.id.to_owned(), json!([rule.warning, rule.critical])))
        .collect();
    contained(&json!({ "processes": processes, "thresholds": thresholds }).to_string())
}

/// JSON in which no character can end the script, start a comment of it or, to an old parser, end a line.
pub(super) fn contained(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // All of these stand inside strings, where an escape means the same.
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => text.push(c),
        }
    }
    text
}

fn process(process: &Process, report: &Report) -> Value {
    let own = report
        .findings
        .iter()
        .filter(|finding| finding.process == process.id);
    let measures = &process.measures;
    let mmu = measures.mmu.map_or([const { Value::Null }; 4], |mmu| {
        [mmu.ms1, mmu.ms10, mmu.ms100, mmu.s1].map(short)
    });
    json!({
        "id": printable(&process.id),
        "course": course(report, process),
        "rows": measures::rows(process, measures),
        "busiest": measures::busiest(measures),
        "findings": own.map(band).collect::<Vec<_>>(),
        "timeline": columns(&measures.timeline, process.span_ns().1),
        "allocation": measures.allocation_resolved,
        "pauses": pauses(process),
        "percentiles": [measures.pause_ns.p50, measures.pause_ns.p99, measures.pause_ns.max],
        "mmu": mmu,
    })
}

/// One process by its log where there are several, its cycles and time.
pub(super) fn course(report: &Report, process: &Process) -> String {
    let course = text::course(process);
    match text::origin(report, process) {
        Some(origin) => format!("{}: {course}", printable(&origin)),
        None => course,
    }
}

/// A finding as the charts show it.
fn band(finding: &Finding) -> Value {
    let unit = finding.unit;
    let episodes: Vec<_> = finding
        .episodes
        .iter()
        .map(|episode| {
            json!([
                seconds(episode.since_ns),
                seconds(episode.until_ns),
                episode.severity.name(),
                unit.format(episode.worst),
            ])
        })
        .collect();
    json!({
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "episodes": episodes,
    })
}

/// A column's name and where its value is.
/// The pauses, each with its count.
pub(super) fn pauses(process: &Process) -> Vec<(u64, u64)> {
    let pauses = process.measures.pause_histogram.iter();
    pauses.map(|count| (count.pause_ns, count.cycles)).collect()
}

type Column = (&'static str, fn(&TimelinePoint) -> Value);

/// The columns of the timeline; `null` where a point has no cycles and so no figures.
const COLUMNS: [Column; 14] = [
    ("frequency", |p| short(p.gc_frequency_per_second)),
    ("p50", |p| json!(p.pause_p50_ns)),
    ("p99", |p| json!(p.pause_p99_ns)),
    ("longest", |p| json!(p.pause_max_ns)),
    ("stop", |p| known(p.stop_cpu_ratio)),
    ("assist", |p| known(p.mark_assist_cpu_ratio)),
    ("background", |p| known(p.mark_background_cpu_ratio)),
    ("idle", |p| known(p.mark_idle_cpu_ratio)),
    ("start", |p| json!(p.heap_start_max_bytes)),
    ("end", |p| json!(p.heap_end_max_bytes)),
    ("low", |p| json!(p.heap_live_min_bytes)),
    ("live", |p| json!(p.heap_live_max_bytes)),
    ("goal", |p| json!(p.heap_goal_max_bytes)),
    ("allocation", |p| known(p.allocation_bytes_per_second)),
];

/// Where the points of a timeline begin, in seconds, and the end of the last one behind them, which is the end of the run
/// where the last point would reach beyond it; and the points, `None` where there are no figures.
pub(super) fn frame(
    points: &[TimelinePoint],
    run_end_ns: u64,
) -> (Vec<f64>, Vec<Option<&TimelinePoint>>) {
    let mut at = Vec::with_capacity(points.len() + 1);
    // Where a point does not reach to the next there is a point without figures between them.
    let mut rows: Vec<Option<&TimelinePoint>> = Vec::with_capacity(points.len());
    let mut end = None;
    for point in points {
        if let Some(end) = end.filter(|end| *end < point.start_ns) {
            at.push(seconds(end));
            rows.push(None);
        }
        at.push(seconds(point.start_ns));
        rows.push(Some(point).filter(|point| point.cycles > 0));
        end = Some(point.end_ns);
    }
    let last = points.last().map_or(0, |point| point.start_ns);
    at.extend(end.map(|end| {
        seconds(if run_end_ns > last {
            end.min(run_end_ns)
        } else {
            end
        })
    }));
    (at, rows)
}

/// The timeline by columns.
fn columns(points: &[TimelinePoint], run_end_ns: u64) -> Value {
    let (at, rows) = frame(points, run_end_ns);
    let column = |value: fn(&TimelinePoint) -> Value| {
        rows.iter()
            .map(|row| row.map_or(Value::Null, value))
            .collect::<Vec<_>>()
    };
    let mut columns: Map<_, _> = COLUMNS
        .iter()
        .map(|(name, value)| ((*name).to_owned(), column(*value).into()))
        .collect();
    let cycles: Vec<_> = rows
        .iter()
        .map(|row| row.map_or(0, |point| point.cycles))
        .collect();
    columns.insert("cycles".to_owned(), json!(cycles));
    columns.insert("at".to_owned(), json!(at));
    columns.into()
}

/// Program time in seconds; the log has it in whole ms.
#[allow(
    clippy::cast_precision_loss,
    reason = "exact to 1 ns for 104 days, and drawn in pixels"
)]
fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// A ratio or a rate with five significant digits, more than the log carries: a quarter of the size.
pub(super) fn short(value: f64) -> Value {
    format!("{value:.4e}")
        .parse::<f64>()
        .map_or(Value::Null, Value::from)
}

/// The same of a figure that may be unknown.
pub(super) fn known(value: Option<f64>) -> Value {
    value.map_or(Value::Null, short)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    #[test]
    fn nothing_in_a_string_can_leave_the_script() {
        let hostile = "</script><!--\u{2028}\u{2029}&lt;";
        let text = contained(&json!({ "a": hostile }).to_string());
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["a"], hostile);
    }

    #[test]
    fn a_hole_in_the_timeline_stays_one() {
        let point = |start, end, cycles| TimelinePoint {
            start_ns: start,
            end_ns: end,
            cycles,
            pause_p99_ns: 7,
            ..TimelinePoint::default()
        };
        let second = 1_000_000_000;
        let points = [
            point(0, second, 3),
            point(2 * second, 3 * second, 4),
            point(3 * second, 5 * second, 0),
        ];
        let columns = columns(&points, 4 * second);
        assert_eq!(columns["at"], json!([0.0, 1.0, 2.0, 3.0, 4.0]));
        assert_eq!(columns["p99"], json!([7, null, 7, null]));
        assert_eq!(columns["cycles"], json!([3, 0, 4, 0]));
    }

    #[test]
    fn ratios_are_short_and_what_is_no_number_is_null() {
        assert_eq!(short(1.0 / 3.0), json!(0.33333));
        assert_eq!(short(123_456.7), json!(123_460.0));
        assert_eq!(short(f64::NAN), Value::Null);
    }
}
