//! What the rows of a fleet say: coverage, what collecting costs and where, and what regressed between two versions.

use std::collections::BTreeMap;

use serde::Serialize;

use super::comparison::{Outcome, Row};

/// Names and values of labels, sorted by name.
pub type Labels = BTreeMap<String, String>;

/// `cart, eu-west`: the values of the labels; `-` without any.
pub fn name(labels: &Labels) -> String {
    let values: Vec<&str> = labels.values().map(String::as_str).collect();
    match values.is_empty() {
        true => "-".to_owned(),
        false => values.join(", "),
    }
}

/// A fleet, from the rows of `gcpressure fleet scan` or `gcpressure fleet merge`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "FleetReport"))]
pub struct Fleet {
    /// The status that the program exits with.
    pub exit_status: u8,
    /// The labels that the groups are by.
    pub by: Vec<String>,
    /// What was read, of all rows.
    pub coverage: Coverage,
    /// Streams of which something could not be read, the first ten by name.
    pub errors: Vec<Unread>,
    /// Streams without any gc line, the first ten by name.
    pub silent: Vec<Silent>,
    /// All rows together.
    pub total: Figures,
    /// The groups that burnt the most CPU in collecting, worst first.
    pub groups: Vec<Group>,
    /// Groups that are not listed.
    pub groups_omitted: u64,
    /// Of the runs with a critical process or a warning, those that burnt the most CPU in collecting, worst first.
    pub offenders: Vec<Offender>,
    /// Runs with a critical process or a warning that are not listed.
    pub offenders_omitted: u64,
    /// Two values of a label against each other; null where that was not asked for.
    pub comparison: Option<Versions>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Coverage {
    /// Streams: logs, with their rotated parts.
    pub streams: u64,
    /// Streams without any gc line of Go 1.5 or later that could be read.
    pub streams_without_gc_lines: u64,
    /// Streams of which something could not be read.
    pub streams_with_errors: u64,
    /// Files read, or tried.
    pub files: Option<u64>,
    /// Bytes of text, after decompression.
    pub bytes: Option<u64>,
    /// gc lines that were read, those put together again included.
    pub gc_lines: Option<u64>,
    /// gc lines that could not be read.
    pub gc_lines_damaged: Option<u64>,
    /// Their share of all gc lines; null without any.
    pub damaged_ratio: Option<f64>,
    /// Share of the cycles, by their numbers, that were not seen; null without any.
    pub missing_ratio: Option<f64>,
}

/// A stream of which something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unread {
    /// The log.
    pub source: String,
    /// Its labels.
    pub labels: Labels,
    /// What is wrong.
    pub error: String,
}

/// A stream without any gc line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Silent {
    /// The log.
    pub source: String,
    /// Its labels.
    pub labels: Labels,
}

/// What collecting costs. Sums are of the cycles read; ratios are scaled to the cycles that are missing, and null where these are over
/// 20 % or there was no time.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "FleetFigures"))]
pub struct Figures {
    /// Processes.
    pub processes: u64,
    /// Processes whose verdict is critical.
    pub processes_critical: u64,
    /// Processes whose verdict is a warning.
    pub processes_warning: u64,
    /// Processes that showed too little to be judged.
    pub processes_without_verdict: u64,
    /// Cycles read.
    pub cycles: u64,
    /// Time that the processes were observed, ms.
    pub span_ms: u64,
    /// CPU time of collecting, us: both stops, mark assists and background marking. Idle marking is free.
    pub gc_cpu_us: u64,
    /// The same in hours of a core.
    pub gc_cpu_core_hours: f64,
    /// The same as a share of what GOMAXPROCS could have used.
    pub gc_cpu_ratio: Option<f64>,
    /// Share of the time that the program was stopped.
    pub stw_ratio: Option<f64>,
    /// Cycles per second of a process.
    pub gc_frequency_per_second: Option<f64>,
    /// Longest pause, ns.
    pub pause_max_ns: Option<u64>,
    /// The cause behind most of the worst processes.
    pub cause: Option<String>,
}

/// Rows with the same labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "FleetGroup"))]
pub struct Group {
    /// The labels of the group: those of `by` that its rows have.
    pub labels: Labels,
    /// What was read.
    pub coverage: Coverage,
    /// What collecting costs.
    #[serde(flatten)]
    pub figures: Figures,
    /// Share of the CPU that the whole fleet burnt in collecting.
    pub share_ratio: Option<f64>,
    /// 99th percentile of the pauses of all cycles, ns.
    pub pause_p99_ns: Option<u64>,
}

/// A run that burns CPU in collecting.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Offender {
    /// Its labels.
    pub labels: Labels,
    /// The log of its most expensive process; null in merged rows.
    pub source: Option<String>,
    /// What collecting costs.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Two values of a label against each other, service by service; what counts is the run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Versions {
    /// How it ends as a gate.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The label.
    pub label: String,
    /// Its value before.
    pub base: String,
    /// Its value after.
    pub new: String,
    /// The labels that make a run: rows in which they are equal are one; empty where a stream is a run.
    pub run: Vec<String>,
    /// Services with rows on both sides: the number of tests that share the chance of a false alarm.
    pub services_compared: u64,
    /// Runs a side from which on the test can decide about any of them; null from 64 on.
    pub runs_needed: Option<u64>,
    /// One entry for each service on both sides: regressions, then those that cannot be told, then what improved, then the rest.
    pub services: Vec<Service>,
    /// Services with rows of `base` alone: there is nothing to compare.
    pub base_only: Vec<Labels>,
    /// Services with rows of `new` alone.
    pub new_only: Vec<Labels>,
}

impl Versions {
    /// What a run is called: `pod`, `stream`, else `run`.
    pub fn run_name(&self) -> &'static str {
        match self.run.as_slice() {
            [] => "stream",
            [pod] if pod == "pod" => "pod",
            _ => "run",
        }
    }
}

/// A service in two versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Service {
    /// Its labels: those of `by` but for the compared one.
    pub labels: Labels,
    /// What the evidence says.
    pub verdict: ServiceVerdict,
    /// Why that cannot be told; null where it can.
    pub reason: Option<String>,
    /// What should be known about its runs.
    pub notes: Vec<String>,
    /// Before.
    pub base: ServiceSide,
    /// After.
    pub new: ServiceSide,
    /// The measures, one value a run; those with `max_ratio` decide. `p_adjusted` is after Holm over the services.
    pub rows: Vec<Row>,
}

impl Service {
    /// Its runs are too few for the test.
    pub fn has_few_runs(&self) -> bool {
        self.rows
            .iter()
            .any(|row| row.max_ratio.is_some() && row.p.is_none())
    }
}

/// What the evidence says of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ServiceVerdict {
    /// A measure that decides is worse, by the test over the runs and by more than its ratio.
    Regression,
    /// The runs are too few for the number of services, or cannot be compared.
    CannotTell,
    /// A measure that decides is better, and none is worse.
    Improved,
    /// No regression was found.
    NoRegression,
}

/// A service in one version.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServiceSide {
    /// Runs with figures.
    pub runs: u64,
    /// Runs without: no time between cycles, or over 20 % of them missing.
    pub runs_without_figures: u64,
    /// What was read.
    pub coverage: Coverage,
    /// What collecting costs.
    #[serde(flatten)]
    pub figures: Figures,
    /// 99th percentile of the pauses of all cycles, ns.
    pub pause_p99_ns: Option<u64>,
}
