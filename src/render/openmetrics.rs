//! The report as OpenMetrics 1.0 text, which Prometheus, its textfile collector and GitLab's metrics report read.
//!
//! Counters, gauges and histograms only, in base units, without time stamps: readers of the older text format refuse the other
//! types, and the textfile collector refuses times. Totals are of the cycles seen, so that none ever falls while a log grows.
//! What is unknown has no sample.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Style, escape};
use crate::report::{Finding, GcLines, Measures, PERIOD_BOUNDS_NS, Process, Report, Tool, Traced};
use crate::units::{MIB, Unit};

/// Upper bounds, inclusive, of the buckets of the pause, ns.
const PAUSE_BOUNDS_NS: [u64; 16] = [
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
];

/// A process with its labels.
type Labelled<'r> = (String, &'r Process);

/// Writes the metrics, and the mark of their end.
pub(super) fn render(report: &Report, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    let processes: Vec<Labelled<'_>> = report.processes.iter().map(labelled).collect();
    let out = &mut Page { out };
    cycles(out, &processes)?;
    sizes(out, &processes)?;
    verdicts(out, report, &processes)?;
    input(out, report)?;
    out.out.write_all(b"# EOF\n")
}

/// What gc lines show of each process.
fn cycles(out: &mut Page<'_>, processes: &[Labelled<'_>]) -> io::Result<()> {
    out.family(
        "gctrace_cycles",
        "counter",
        "GC cycles by what started them; missing: not in the log, by the cycle numbers",
        processes.iter().flat_map(|(labels, process)| {
            let started = process
                .forced_cycles
                .saturating_add(process.periodic_cycles);
            let kinds = [
                ("automatic", process.cycles_seen.saturating_sub(started)),
                ("forced", process.forced_cycles),
                ("missing", process.cycles_missing),
                ("periodic", process.periodic_cycles),
            ];
            kinds.map(|(kind, cycles)| {
                let labels = with(labels, &[("kind", kind)]);
                ("_total", labels, cycles as f64)
            })
        }),
    )?;
    out.family(
        "gctrace_pause_seconds",
        "histogram",
        "Both stops of a GC cycle together",
        processes.iter().flat_map(|(labels, process)| {
            let measures = &process.measures;
            let buckets = PAUSE_BOUNDS_NS.map(|bound| {
                let all = measures.pause_histogram.iter();
                let below = all.take_while(|count| count.pause_ns <= bound);
                (bound, below.map(|count| count.cycles).sum())
            });
            histogram(
                labels,
                &buckets,
                measures.pause_ns.count,
                measures.pause_ns.sum,
            )
        }),
    )?;
    out.family(
        "gctrace_period_seconds",
        "histogram",
        "From the start of a GC cycle to the start of the next",
        processes.iter().flat_map(|(labels, process)| {
            let Measures {
                period_ns, running, ..
            } = &process.measures;
            let buckets: Vec<_> = PERIOD_BOUNDS_NS
                .into_iter()
                .zip(running.period_buckets)
                .collect();
            histogram(labels, &buckets, period_ns.count, running.period_sum_ns)
        }),
    )?;
    out.family(
        "gctrace_gc_cpu_seconds",
        "counter",
        "CPU time of the GC cycles seen by what it went into; mark_idle is of processors that had nothing to do",
        traced(processes).flat_map(|(labels, traced)| {
            let classes = [
                ("mark_assist", traced.mark_assist_cpu_ns),
                ("mark_background", traced.mark_background_cpu_ns),
                ("mark_idle", traced.mark_idle_cpu_ns),
                ("stop", traced.stop_cpu_ns),
            ];
            classes.map(|(class, ns)| ("_total", with(labels, &[("class", class)]), seconds(ns)))
        }),
    )
}

/// The memory and the processors of each process.
fn sizes(out: &mut Page<'_>, processes: &[Labelled<'_>]) -> io::Result<()> {
    out.family(
        "gctrace_allocated_bytes",
        "counter",
        "Allocated between GC cycles that both are in the log",
        traced(processes)
            .map(|(labels, traced)| ("_total", labels.clone(), traced.allocated_bytes as f64)),
    )?;
    out.family(
        "gctrace_heap_live_bytes",
        "gauge",
        "Heap that the newest GC cycle found live",
        processes.iter().filter_map(|(labels, process)| {
            let live = process.measures.live_heap_bytes?;
            Some(("", labels.clone(), live.last as f64))
        }),
    )?;
    out.family(
        "gctrace_heap_goal_bytes",
        "gauge",
        "Heap goal of the newest GC cycle",
        processes.iter().filter_map(|(labels, process)| {
            let goal = process.measures.heap_goal_bytes?;
            Some(("", labels.clone(), goal.last as f64))
        }),
    )?;
    out.family(
        "gctrace_gomaxprocs",
        "gauge",
        "GOMAXPROCS of the newest GC cycle",
        traced(processes)
            .map(|(labels, traced)| ("", labels.clone(), f64::from(traced.gomaxprocs))),
    )
}

/// What was found, and where the rules stand.
fn verdicts(out: &mut Page<'_>, report: &Report, processes: &[Labelled<'_>]) -> io::Result<()> {
    let labels: BTreeMap<_, _> = processes
        .iter()
        .map(|(labels, process)| (process.id.as_str(), labels))
        .collect();
    out.family(
        "gcpressure_finding",
        "gauge",
        "1 while a rule is raised on the process, 0 once it has cleared",
        report.findings.iter().map(|finding| {
            let pairs = [("rule", finding.rule), ("severity", severity(finding))];
            let process = labels.get(finding.process.as_str()).map_or_else(
                || with("", &[("process", &finding.process)]),
                |labels| (*labels).clone(),
            );
            let raised = f64::from(u8::from(finding.raised));
            ("", with(&process, &pairs), raised)
        }),
    )?;
    out.family(
        "gcpressure_diagnosis",
        "gauge",
        "The cause behind the findings of a process: 1 while one of them is raised, else 0",
        processes.iter().filter_map(|(labels, process)| {
            let diagnosis = process.diagnosis.as_ref()?;
            let raised = report.findings.iter().any(|finding| {
                finding.raised
                    && finding.process == process.id
                    && diagnosis.explains.contains(&finding.rule)
            });
            let labels = with(labels, &[("cause", diagnosis.cause.name())]);
            Some(("", labels, f64::from(u8::from(raised))))
        }),
    )?;
    out.family(
        "gcpressure_rule_value",
        "gauge",
        "The worst value of a rule over all processes so far, in its unit",
        report.rules.iter().filter_map(|rule| {
            let (unit, value) = base(rule.unit, rule.worst?);
            let labels = with("", &[("rule", rule.id), ("unit", unit)]);
            Some(("", labels, value))
        }),
    )?;
    out.family(
        "gcpressure_rule_threshold",
        "gauge",
        "The value of a rule from which a finding has the severity, in the unit of the rule",
        report.rules.iter().flat_map(|rule| {
            let thresholds = [("warning", rule.warning), ("critical", rule.critical)];
            thresholds.into_iter().filter_map(|(severity, threshold)| {
                let (unit, value) = base(rule.unit, threshold?);
                let pairs = [("rule", rule.id), ("severity", severity), ("unit", unit)];
                Some(("", with("", &pairs), value))
            })
        }),
    )
}

/// What was read, and by which version.
fn input(out: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let input = &report.input;
    let GcLines {
        intact,
        repaired,
        damaged,
        duplicate,
        quoted,
    } = input.gc_lines;
    let states = [
        ("damaged", damaged),
        ("duplicate", duplicate),
        ("intact", intact),
        ("legacy", input.legacy_gc_lines),
        ("other", input.other_lines),
        ("quoted", quoted),
        ("repaired", repaired),
    ];
    out.family(
        "gcpressure_lines",
        "counter",
        "Lines read: gc lines by what became of them, and all other lines",
        states.map(|(state, lines)| ("_total", with("", &[("state", state)]), lines as f64)),
    )?;
    let version = with("", &[("version", Tool::THIS.version)]);
    out.family(
        "gcpressure_build_info",
        "gauge",
        "Always 1; the label is the version of gcpressure",
        [("", version, 1.0)],
    )
}

/// `process="1",stream="web"`; no stream where the log names none.
fn labelled(process: &Process) -> Labelled<'_> {
    let labels = with("", &[("process", &process.id)]);
    match &process.stream {
        Some(stream) => (with(&labels, &[("stream", stream)]), process),
        None => (labels, process),
    }
}

/// Those of which the log has gc lines.
fn traced<'r>(processes: &'r [Labelled<'_>]) -> impl Iterator<Item = (&'r String, Traced)> {
    let all = processes.iter();
    all.filter_map(|(labels, process)| Some((labels, process.measures.running.traced?)))
}

/// The labels with some more.
fn with(labels: &str, more: &[(&str, &str)]) -> String {
    let mut all = labels.to_owned();
    for (name, value) in more {
        if !all.is_empty() {
            all.push(',');
        }
        let value = escape::printable(value);
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        all.extend([name, "=\"", &value, "\""]);
    }
    all
}

/// The severity of the newest episode.
fn severity(finding: &Finding) -> &'static str {
    let newest = finding.episodes.last();
    newest.map_or(finding.severity, |last| last.severity).name()
}

/// The samples of a histogram; none without a value.
fn histogram(labels: &str, buckets: &[(u64, u64)], count: u64, sum_ns: u64) -> Vec<Sample> {
    if count == 0 {
        return Vec::new();
    }
    let bucket = |le: &str, count: u64| ("_bucket", with(labels, &[("le", le)]), count as f64);
    // The form that the format asks for: `1.0` and `1e-05`.
    let le = |ns: u64| format!("{:?}", seconds(ns)).replace("e-5", "e-05");
    let mut samples: Vec<Sample> = buckets
        .iter()
        .map(|&(bound, count)| bucket(&le(bound), count))
        .collect();
    samples.push(bucket("+Inf", count));
    samples.push(("_count", labels.to_owned(), count as f64));
    samples.push(("_sum", labels.to_owned(), seconds(sum_ns)));
    samples
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// The value in the base unit, with the unit's name.
fn base(unit: Unit, value: f64) -> (&'static str, f64) {
    match unit {
        Unit::Nanoseconds => ("seconds", value / 1e9),
        Unit::PerSecond => ("per_second", value),
        Unit::PerMinute => ("per_minute", value),
        Unit::Ratio => ("ratio", value),
        Unit::Mebibytes => ("bytes", value * MIB as f64),
        Unit::Count => ("count", value),
    }
}

/// What comes behind the name of a family, the labels, and the value.
type Sample = (&'static str, String, f64);

struct Page<'o> {
    out: &'o mut dyn Write,
}

impl Page<'_> {
    /// Writes a family; nothing of one without samples.
    fn family(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        samples: impl IntoIterator<Item = Sample>,
    ) -> io::Result<()> {
        let mut samples = samples
            .into_iter()
            .filter(|(_, _, value)| value.is_finite())
            .peekable();
        if samples.peek().is_none() {
            return Ok(());
        }
        writeln!(self.out, "# TYPE {name} {kind}")?;
        for unit in ["bytes", "seconds"] {
            if name.ends_with(unit) {
                writeln!(self.out, "# UNIT {name} {unit}")?;
            }
        }
        writeln!(self.out, "# HELP {name} {help}.")?;
        for (suffix, labels, value) in samples {
            let (open, close) = if labels.is_empty() {
                ("", "")
            } else {
                ("{", "}")
            };
            writeln!(self.out, "{name}{suffix}{open}{labels}{close} {value}")?;
        }
        Ok(())
    }
}
