//! The measures of one process as one table.

use super::page::{self, Page, left, right};
use crate::report::{Distribution, Measures, Process, Size};
use crate::units;

/// Columns of the names and of each figure.
const NAME: usize = 11;
const FIGURE: usize = 7;

/// Writes the table.
pub(super) fn write(process: &Process, page: &mut Page) {
    let measures = &process.measures;
    let heads = ["p50", "p90", "p99", "max"].map(str::to_owned);
    let head = page.paint(page::DIM, &format!("{}whole run", line("", &heads)));
    page.line(&head);
    for (name, figures, whole) in rows(process, measures) {
        page.paragraph(&line(name, &figures), page::Ansi::new(), &whole);
    }
    if let Some(text) = busiest(measures) {
        page.paragraph(&left("busiest", NAME + 2), page::Ansi::new(), &text);
    }
}

/// The busiest window.
pub(in crate::render) fn busiest(measures: &Measures) -> Option<String> {
    let peak = measures.peak_window.as_ref()?;
    Some(format!(
        "{}: {}, pause p99 {}{}",
        page::span(peak.start_ns, peak.end_ns),
        cycles(peak.gc_frequency_per_second),
        units::duration(peak.pause_p99_ns),
        peak.gc_cpu_ratio.map_or_else(String::new, |share| format!(
            ", GC CPU {}",
            units::percent(share)
        ))
    ))
}

/// A name, the figures p50, p90, p99 and max, and what holds for the whole run.
pub(in crate::render) type Row = (&'static str, [String; 4], String);

/// Every measure of one process.
pub(in crate::render) fn rows(process: &Process, measures: &Measures) -> Vec<Row> {
    let none = || [const { String::new() }; 4];
    let frequency = measures.gc_frequency_per_second.map_or_else(
        || "unknown: too few cycles".to_owned(),
        |rate| format!("{} on average", cycles(rate)),
    );
    let forced = match process.forced_cycles {
        0 => String::new(),
        forced => format!(", {} forced", units::count(forced)),
    };
    let mut rows = vec![
        (
            "period",
            times(measures.period_ns.count, measures.period_ns.quantiles()),
            format!("{frequency}{forced}"),
        ),
        (
            "pause",
            pauses(&measures.pause_ns),
            measures.stw_ratio.map(units::percent).map_or_else(
                || "time stopped unknown".to_owned(),
                |share| format!("{share} of the time stopped"),
            ),
        ),
    ];
    if let Some(marking) = &measures.concurrent_mark_ns {
        let share = measures.mark_duty_ratio.map(units::percent).map_or_else(
            || "time marking unknown".to_owned(),
            |share| format!("{share} of the time marking"),
        );
        rows.push(("marking", pauses(marking), share));
    }
    rows.push(("GC CPU", none(), gc_cpu(measures)));
    if let Some(live) = &measures.live_heap_bytes {
        rows.push(("live heap", sizes(live), course(live)));
    }
    if let Some(goal) = &measures.heap_goal_bytes {
        let churn = measures
            .heap_goal_churn_per_minute
            .filter(|_| measures.heap_goal_reversals > Some(0))
            .map_or_else(String::new, |churn| {
                format!(", churn {}", units::Unit::PerMinute.format(churn))
            });
        rows.push(("heap goal", sizes(goal), format!("{}{churn}", course(goal))));
    }
    rows.push(("allocation", none(), allocation(measures)));
    rows
}

/// `66.7 cycles/s`.
fn cycles(rate: f64) -> String {
    let text = units::rate(rate);
    let cycles = if text.starts_with("1/") {
        " cycle/"
    } else {
        " cycles/"
    };
    text.replace('/', cycles)
}

/// Why a sum is not given.
fn unknown(measures: &Measures) -> String {
    match measures.gomaxprocs {
        Some(_) => "unknown: over 20% of cycles missing".to_owned(),
        None => "unknown: not in this source".to_owned(),
    }
}

/// The share of all the CPUs that the program has, used or not, and its bounds.
fn gc_cpu(measures: &Measures) -> String {
    let (Some(procs), Some(ratio), Some(low), Some(high), Some(of_cpus)) = (
        measures.gomaxprocs,
        measures.gc_cpu_ratio,
        measures.gc_cpu_ratio_low,
        measures.gc_cpu_ratio_high,
        measures.gc_cpu_ratio_of_cpus,
    ) else {
        return polled_gc_cpu(measures).unwrap_or_else(|| unknown(measures));
    };
    // The bounds are of GOMAXPROCS; the figure is of the CPUs had.
    let scale = if ratio > 0.0 { of_cpus / ratio } else { 1.0 };
    let [shown, low, high] =
        [of_cpus, low * scale, high * scale].map(|share| units::percent(share.min(1.0)));
    let (at_most, of) = match measures.cpus {
        Some(cpus) if scale > 1.05 => ("at most ", units::Unit::Count.format(cpus)),
        _ => ("", procs.to_string()),
    };
    let s = if of == "1" { "" } else { "s" };
    let bounds = if low == high {
        String::new()
    } else {
        format!(" ({low} to {high})")
    };
    let assists = measures
        .mark_assist_cpu_ratio
        .map_or_else(String::new, |share| {
            format!(", assists {}", units::percent((share * scale).min(1.0)))
        });
    format!("{at_most}{shown}{bounds} of {of} CPU{s}{assists}")
}

/// GC CPU from `runtime.MemStats`, which counts a stop otherwise than a gc line does.
fn polled_gc_cpu(measures: &Measures) -> Option<String> {
    let since_start = units::percent(measures.gc_cpu_since_start_ratio?);
    Some(match measures.gc_cpu_ratio {
        Some(ratio) => format!(
            "{} of the CPU as MemStats.GCCPUFraction counts it ({since_start} since the start of the program)",
            units::percent(ratio)
        ),
        None => format!(
            "{since_start} since the start of the program, as MemStats.GCCPUFraction counts it; over the time watched unknown \
             without the start (--started)"
        ),
    })
}

fn allocation(measures: &Measures) -> String {
    let (Some(rate), Some(bytes)) = (
        measures.allocation_bytes_per_second,
        measures.allocation_bytes,
    ) else {
        return unknown(measures);
    };
    if !measures.allocation_resolved {
        return "not measurable: too little a cycle for whole MiB".to_owned();
    }
    let rate = units::Unit::Mebibytes.format(rate / MIB);
    format!("{rate}/s, {} in all", units::bytes(bytes))
}

/// One MiB in bytes.
const MIB: f64 = 1_048_576.0;

/// Percentiles that the sample can carry: with fewer values a high percentile is just the maximum.
fn times(count: u64, [p50, p90, p99, max]: [u64; 4]) -> [String; 4] {
    [(1, p50), (10, p90), (100, p99), (1, max)].map(|(least, ns)| {
        if count < least {
            "-".to_owned()
        } else {
            units::duration(ns)
        }
    })
}

/// See [`times`].
pub(in crate::render) fn pauses(times_ns: &Distribution) -> [String; 4] {
    times(times_ns.count, times_ns.quantiles())
}

fn sizes(size: &Size) -> [String; 4] {
    [
        units::heap_size(size.p50),
        String::new(),
        String::new(),
        units::heap_size(size.max),
    ]
}

fn course(size: &Size) -> String {
    format!(
        "from {} to {}",
        units::heap_size(size.first),
        units::heap_size(size.last)
    )
}

/// A row up to its last column, which may need more than one line.
fn line(name: &str, figures: &[String; 4]) -> String {
    let figures: String = figures.iter().map(|figure| right(figure, FIGURE)).collect();
    format!("{}{figures}  ", left(name, NAME))
}
