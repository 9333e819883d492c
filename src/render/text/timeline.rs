//! The course of one process as sparklines, with the findings under them.

use super::super::chart::{self, Columns};
use super::page::{self, Page, left};
use crate::report::{Finding, Process, TimelinePoint};
use crate::settings::Severity;
use crate::units::{self, Unit};

/// Columns of the names and of the scale at the end.
const NAME: usize = 11;
const SCALE: usize = 18;

/// Writes the sparklines; nothing where the run is too short to have a course.
pub(super) fn write(process: &Process, findings: &[Finding], page: &mut Page) {
    let measures = &process.measures;
    let (_, end) = process.span_ns();
    let width = page.style().width.saturating_sub(NAME + SCALE).max(10);
    let Some(columns) = Columns::new(&measures.timeline, end, width) else {
        return;
    };
    let mut row = |name: &str,
                   value: &dyn Fn(&TimelinePoint) -> Option<f64>,
                   scale: &dyn Fn(f64) -> String| {
        let peaks = columns.peaks(|point| (point.cycles > 0).then(|| value(point)).flatten());
        if peaks.iter().all(Option::is_none) {
            return;
        }
        let bars = chart::sparkline(&peaks, page.style().ascii);
        let top = scale(chart::top(&peaks));
        page.line(&format!("{}{bars}  max {top}", left(name, NAME)));
    };
    row(
        "frequency",
        &|p| Some(p.gc_frequency_per_second),
        &units::rate,
    );
    row("pause", &|p| Some(float(p.pause_max_ns)), &|ns| {
        Unit::Nanoseconds.format(ns)
    });
    row("GC CPU", &TimelinePoint::gc_cpu_ratio, &units::percent);
    row(
        "live heap",
        &|p| p.heap_live_max_bytes.map(|bytes| float(bytes) / MIB),
        &mebibytes,
    );
    let marks = raised(&columns, process, findings);
    let legend = match (marks.contains('!'), marks.contains('+')) {
        (true, true) => "! crit  + warn",
        (true, false) => "! critical",
        (false, true) => "+ warning",
        (false, false) => return axis(&columns, page),
    };
    page.line(&format!(
        "{}{}  {legend}",
        left("raised", NAME),
        painted(&marks, page)
    ));
    axis(&columns, page);
}

/// Where findings of this process were raised.
fn raised(columns: &Columns<'_>, process: &Process, findings: &[Finding]) -> String {
    let episodes: Vec<_> = findings
        .iter()
        .filter(|finding| finding.process == process.id && finding.severity > Severity::Info)
        .flat_map(|finding| &finding.episodes)
        .collect();
    columns
        .spans()
        .map(|(start, end)| {
            let worst = episodes
                .iter()
                .filter(|episode| episode.since_ns < end && episode.until_ns >= start)
                .map(|episode| episode.severity)
                .max();
            match worst {
                Some(Severity::Critical) => '!',
                Some(Severity::Warning) => '+',
                Some(Severity::Info) | None => ' ',
            }
        })
        .collect()
}

/// The marks in the colors of their severities, run by run.
fn painted(marks: &str, page: &Page) -> String {
    let color = |mark: u8| match mark {
        b'!' => page::CRITICAL,
        b'+' => page::WARNING,
        _ => page::Ansi::new(),
    };
    marks
        .as_bytes()
        .chunk_by(|a, b| a == b)
        .map(|run| page.paint(color(run[0]), &String::from_utf8_lossy(run)))
        .collect()
}

/// Start, end and the length of a column.
fn axis(columns: &Columns<'_>, page: &mut Page) {
    let Some(((start, _), (_, end))) = columns.spans().next().zip(columns.spans().last()) else {
        return;
    };
    let (from, to) = (units::duration(start), units::duration(end));
    let between = columns.count().saturating_sub(from.len() + to.len()).max(1);
    let line = format!(
        "{}{from}{}{to}  each {}",
        left("", NAME),
        " ".repeat(between),
        units::duration(columns.step_ns())
    );
    let line = page.paint(page::DIM, &line);
    page.line(&line);
}

/// One MiB in bytes.
const MIB: f64 = 1_048_576.0;

/// Whole MiB, and what the log shows as 0.
fn mebibytes(mib: f64) -> String {
    if mib < 1.0 {
        "<1MiB".to_owned()
    } else {
        Unit::Mebibytes.format(mib)
    }
}

/// Bars have eight heights, so the 53 bits of a double are plenty.
#[allow(
    clippy::cast_precision_loss,
    reason = "eight heights are shown of the result"
)]
const fn float(value: u64) -> f64 {
    value as f64
}
