//! Saved results read back: reports, and baselines made of them. Only what a comparison needs is read; keys that later
//! releases add do no harm.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{REPORT_SCHEMA, Tool};
use crate::report as model;
use crate::report::TimelinePoint;
use crate::report::comparison::{MadeOf, Run};

/// The version of a baseline.
pub const BASELINE_SCHEMA: &str = "gcpressure.baseline/v1";

/// What is read back of a file: its runs, and what they were made of.
#[derive(Debug)]
pub struct Saved {
    /// Every process of every report, in order.
    pub runs: Vec<Run>,
    /// What was known besides the log; of a report nothing.
    pub made_of: MadeOf,
    /// Units of work, as given when a baseline was saved.
    pub work: Vec<f64>,
    /// What the reports warn of.
    pub warnings: Vec<String>,
    /// The reports as they stand in the file.
    pub reports: Vec<String>,
}

/// Why a file that looks like a saved result cannot be read.
#[derive(Debug)]
pub struct SavedError(String);

impl fmt::Display for SavedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SavedError {}

/// Whether a text starts like a result of this program, of whatever version, rather than like a log.
pub fn looks_saved(text: &[u8]) -> bool {
    let head = String::from_utf8_lossy(text.get(..text.len().min(512)).unwrap_or_default());
    let head = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    head.starts_with('{')
        && head.split_once("\"schema\"").is_some_and(|(_, rest)| {
            rest.trim_start_matches([' ', ':'])
                .starts_with("\"gcpressure.")
        })
}

/// Reads a report or a baseline.
///
/// # Errors
/// Text that is neither, or of a version that this release does not know.
pub fn read(text: &str) -> Result<Saved, SavedError> {
    #[derive(Deserialize)]
    struct Head<'a> {
        schema: &'a str,
    }
    let Head { schema } = parse(text)?;
    match schema {
        REPORT_SCHEMA => {
            let report: Report = parse(text)?;
            Ok(Saved {
                warnings: report.warnings.clone(),
                runs: report.runs(),
                made_of: MadeOf::default(),
                work: Vec::new(),
                reports: vec![text.trim().to_owned()],
            })
        }
        BASELINE_SCHEMA => {
            let baseline: Baseline<'_> = parse(text)?;
            let (mut runs, mut warnings) = (Vec::new(), Vec::new());
            for report in &baseline.reports {
                let report: Report = parse(report.get())?;
                warnings.extend(report.warnings.iter().cloned());
                runs.extend(report.runs());
            }
            Ok(Saved {
                runs,
                warnings,
                made_of: MadeOf {
                    go: baseline.made_of.go,
                    gogc: baseline.made_of.gogc,
                    memory_limit: baseline.made_of.memory_limit,
                },
                work: baseline.made_of.work,
                reports: baseline
                    .reports
                    .iter()
                    .map(|report| report.get().to_owned())
                    .collect(),
            })
        }
        other => Err(SavedError(format!(
            "it is a {other}; a comparison reads {REPORT_SCHEMA} and {BASELINE_SCHEMA}"
        ))),
    }
}

/// A baseline: reports, and what the program was made of that no log says.
///
/// # Errors
/// A text among `reports` that is no JSON.
pub fn baseline(reports: &[String], made_of: &MadeOf, work: &[f64]) -> Result<String, SavedError> {
    let reports = reports
        .iter()
        .map(|report| parse(report))
        .collect::<Result<_, _>>()?;
    let baseline = Baseline {
        schema: BASELINE_SCHEMA.into(),
        tool: Some(Tool::this()),
        made_of: Made {
            go: made_of.go.clone(),
            gogc: made_of.gogc.clone(),
            memory_limit: made_of.memory_limit.clone(),
            work: work.to_vec(),
        },
        reports,
    };
    serde_json::to_string(&baseline).map_err(|error| SavedError(error.to_string()))
}

/// A report as one line of JSON, as it is saved.
///
/// # Errors
/// None that a report can cause.
pub fn report_text(report: &model::Report) -> Result<String, SavedError> {
    serde_json::to_string(&super::Report::from(report))
        .map_err(|error| SavedError(error.to_string()))
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, SavedError> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).map_err(|error| SavedError(error.to_string()))
}

#[derive(Debug, Serialize, Deserialize)]
struct Baseline<'a> {
    schema: std::borrow::Cow<'a, str>,
    #[serde(skip_deserializing)]
    tool: Option<Tool>,
    made_of: Made,
    #[serde(borrow)]
    reports: Vec<&'a RawValue>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Made {
    go: Option<String>,
    gogc: Option<String>,
    memory_limit: Option<String>,
    #[serde(default)]
    work: Vec<f64>,
}

#[derive(Debug, Deserialize)]
struct Report {
    input: Input,
    processes: Vec<Process>,
    warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Input {
    sources: Vec<Source>,
}

#[derive(Debug, Deserialize)]
struct Source {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Process {
    id: String,
    source: Option<String>,
    format: String,
    approximate: bool,
    cycles_seen: u64,
    cycles_missing: u64,
    started_ns: u64,
    duration_ns: u64,
    gomaxprocs: MinMax,
    implied_gogc: Option<Interval>,
    gc_frequency_per_second: Option<f64>,
    period_ns: Period,
    pause_ns: Pause,
    pause_histogram: Vec<PauseCount>,
    stw_ratio: Option<f64>,
    gc_cpu_ratio: Option<f64>,
    gc_cpu_ratio_low: Option<f64>,
    gc_cpu_ratio_high: Option<f64>,
    mark_assist_cpu_ratio: Option<f64>,
    mark_duty_ratio: Option<f64>,
    allocation_bytes: Option<u64>,
    allocation_bytes_low: Option<u64>,
    allocation_bytes_high: Option<u64>,
    allocation_bytes_per_second: Option<f64>,
    allocation_resolved: bool,
    live_heap_bytes: Size,
    heap_goal_bytes: Option<Size>,
    heap_goal_churn_per_minute: f64,
    #[serde(default)]
    timeline: Vec<Point>,
}

/// What a chart of the comparison draws of a point of the timeline.
#[derive(Debug, Deserialize)]
struct Point {
    start_ns: u64,
    end_ns: u64,
    cycles: u64,
    gc_frequency_per_second: f64,
    pause_max_ns: u64,
    stop_cpu_ratio: f64,
    mark_assist_cpu_ratio: f64,
    mark_background_cpu_ratio: f64,
    heap_live_max_bytes: u64,
    heap_goal_max_bytes: Option<u64>,
    allocation_bytes_per_second: f64,
}

#[derive(Debug, Deserialize)]
struct MinMax {
    min: u32,
    max: u32,
}

#[derive(Debug, Deserialize)]
struct Interval {
    low: f64,
    high: f64,
}

#[derive(Debug, Deserialize)]
struct Period {
    p50: u64,
    mean: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Pause {
    p50: u64,
    p99: u64,
    max: u64,
}

#[derive(Debug, Deserialize)]
struct PauseCount {
    pause_ns: u64,
    cycles: u64,
}

#[derive(Debug, Deserialize)]
struct Size {
    p50: u64,
}

impl Report {
    fn runs(self) -> Vec<Run> {
        let names: Vec<&str> = self
            .input
            .sources
            .iter()
            .map(|source| source.name.as_str())
            .collect();
        // Reports of versions that knew one stream only do not say which source a process is of.
        let all = names.join(", ");
        let names = model::comparison::run_names(self.processes.iter().map(|process| {
            let source = process.source.as_deref().unwrap_or(&all);
            (source, process.id.as_str())
        }));
        let runs = self.processes.into_iter().zip(names);
        runs.map(|(process, name)| process.run(name)).collect()
    }
}

impl Process {
    fn run(self, name: String) -> Run {
        // Reports that hold 0 for sums that are not given do not say so: the count of what is missing does.
        let cycles = self.cycles_seen.saturating_add(self.cycles_missing);
        let sums_withheld =
            self.stw_ratio.is_none() || self.cycles_missing.saturating_mul(5) > cycles;
        let gc_cpu_high = self.gc_cpu_ratio_high.unwrap_or(0.0);
        Run {
            name,
            format: self.format,
            approximate: self.approximate,
            cycles,
            started_ns: self.started_ns,
            duration_ns: self.duration_ns,
            gomaxprocs: (self.gomaxprocs.min, self.gomaxprocs.max),
            implied_gogc: self.implied_gogc.map(|gogc| (gogc.low, gogc.high)),
            gc_frequency_per_second: self.gc_frequency_per_second,
            period_p50_ns: self.period_ns.p50,
            period_mean_ns: self.period_ns.mean,
            pause_p50_ns: self.pause_ns.p50,
            pause_p99_ns: self.pause_ns.p99,
            pause_max_ns: self.pause_ns.max,
            pause_histogram: self
                .pause_histogram
                .into_iter()
                .map(|count| (count.pause_ns, count.cycles))
                .collect(),
            stw_ratio: self.stw_ratio.unwrap_or(0.0),
            gc_cpu_ratio: self.gc_cpu_ratio.unwrap_or(0.0),
            gc_cpu_ratio_low: self.gc_cpu_ratio_low.unwrap_or(0.0),
            gc_cpu_ratio_high: gc_cpu_high,
            mark_assist_cpu_ratio: self.mark_assist_cpu_ratio.unwrap_or(0.0),
            mark_duty_ratio: self.mark_duty_ratio.unwrap_or(0.0),
            allocation_bytes: self.allocation_bytes.unwrap_or(0),
            allocation_bytes_low: self.allocation_bytes_low.unwrap_or(0),
            allocation_bytes_high: self.allocation_bytes_high.unwrap_or(0),
            allocation_bytes_per_second: self.allocation_bytes_per_second.unwrap_or(0.0),
            allocation_resolved: self.allocation_resolved,
            sums_withheld,
            gc_cpu_withheld: sums_withheld && gc_cpu_high <= 0.0,
            live_heap_p50_bytes: self.live_heap_bytes.p50,
            heap_goal_p50_bytes: self.heap_goal_bytes.map(|goal| goal.p50),
            heap_goal_churn_per_minute: self.heap_goal_churn_per_minute,
            timeline: self.timeline.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Point> for TimelinePoint {
    fn from(point: Point) -> Self {
        Self {
            start_ns: point.start_ns,
            end_ns: point.end_ns,
            cycles: point.cycles,
            gc_frequency_per_second: point.gc_frequency_per_second,
            pause_max_ns: point.pause_max_ns,
            stop_cpu_ratio: point.stop_cpu_ratio,
            assist_cpu_ratio: point.mark_assist_cpu_ratio,
            background_cpu_ratio: point.mark_background_cpu_ratio,
            heap_live_max_bytes: point.heap_live_max_bytes,
            heap_goal_max_bytes: point.heap_goal_max_bytes,
            allocation_bytes_per_second: point.allocation_bytes_per_second,
            ..Self::default()
        }
    }
}
