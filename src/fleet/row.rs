//! A row of `gcpressure fleet scan`: a stream, or a process in one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::severity::Severity;

/// Where a log comes from, e.g. `service`, `version`, `pod`: names and values are text, sorted by name.
pub type Labels = BTreeMap<String, String>;

/// One stream or one process of a fleet, as a line of JSON. Flat but for labels, findings and counts. Both records have all keys; those
/// that the other record holds, and what the log does not show, are null. Integers are at most 9223372036854775807.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "FleetRow"))]
pub struct Row {
    /// The version of the row.
    pub schema: RowSchema,
    /// The version of the program that wrote the row.
    pub tool_version: String,
    /// What the row is of.
    pub record: Record,
    /// Where the log comes from: `k=v` folders and `--label`; values are always text.
    pub labels: Labels,
    /// The log: its file, of a rotated one the newest; relative to `--root` where that was given.
    pub source: String,
    /// Stream: files read, or tried.
    pub files: Option<u64>,
    /// Stream: what could not be read, or not to its end; null where everything was read.
    pub error: Option<String>,
    /// Stream: bytes of text, after decompression.
    pub bytes: Option<u64>,
    /// Stream: lines.
    pub lines: Option<u64>,
    /// Stream: gc lines that were whole.
    pub gc_lines_intact: Option<u64>,
    /// Stream: gc lines put together again from pieces.
    pub gc_lines_repaired: Option<u64>,
    /// Stream: gc lines that could not be read.
    pub gc_lines_damaged: Option<u64>,
    /// Stream: gc lines seen before, and dropped.
    pub gc_lines_duplicate: Option<u64>,
    /// Stream: gc lines of Go 1.0 to 1.4, which are not judged.
    pub gc_lines_legacy: Option<u64>,
    /// Process: its id within the stream.
    pub process: Option<String>,
    /// Process: the prefix in the log that identifies it, such as a pod's name.
    pub stream: Option<String>,
    /// Process: shape of its lines, e.g. `go1.18+`.
    pub format: Option<String>,
    /// Process: separated from others by number, clock and heap alone, so that a line could be of another process.
    pub approximate: Option<bool>,
    /// Process: number of its first cycle in the log.
    pub first_cycle: Option<u64>,
    /// Process: number of its last cycle in the log.
    pub last_cycle: Option<u64>,
    /// Process: start of the bucket of wall time that the row is of, in UTC (a time without a zone is taken as UTC), e.g.
    /// `2026-01-31T10:00:00Z`; null in the row of the whole process. Only with `--bucket`: rows of buckets are parts of the row of the
    /// process, and have no verdict.
    pub bucket: Option<String>,
    /// Process: start of its first cycle since the start of the program, ns.
    pub started_ns: Option<u64>,
    /// Process: start of its last cycle, ns.
    pub last_started_ns: Option<u64>,
    /// Process: end of its last cycle, ns.
    pub ended_ns: Option<u64>,
    /// Process: wall-clock time of its first cycle, as the log has it.
    pub started_wall: Option<String>,
    /// Process: wall-clock time of its last cycle, as the log has it.
    pub ended_wall: Option<String>,
    /// Process: smallest GOMAXPROCS.
    pub gomaxprocs_min: Option<u64>,
    /// Process: largest GOMAXPROCS.
    pub gomaxprocs_max: Option<u64>,
    /// Process: its worst finding, or that there is no verdict.
    pub verdict: Option<Verdict>,
    /// Process: the cause behind its findings.
    pub cause: Option<String>,
    /// Process: critical findings.
    pub critical: Option<u64>,
    /// Process: warnings.
    pub warnings: Option<u64>,
    /// Process: its findings, the worst first; empty in other rows.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Process: cycles read.
    pub cycles: Option<u64>,
    /// Process: numbers between first and last that were not seen. Sums and counts are of the cycles read.
    pub cycles_missing: Option<u64>,
    /// Process: `(forced)` cycles.
    pub forced_cycles: Option<u64>,
    /// Process: cycles of the two-minute timer; null in a bucket.
    pub periodic_cycles: Option<u64>,
    /// Process: cycles of repaired lines.
    pub repaired_cycles: Option<u64>,
    /// Process: from the start of its first cycle to the end of its last, ms; of a bucket, from the end of the cycle before it.
    pub span_ms: Option<u64>,
    /// Process: GOMAXPROCS times time over that span, ms.
    pub cpu_capacity_ms: Option<u64>,
    /// Process: both stops of all cycles, wall clock, us.
    pub pause_sum_us: Option<u64>,
    /// Process: concurrent mark, wall clock, us.
    pub mark_sum_us: Option<u64>,
    /// Process: CPU time of both stops, us.
    pub stop_cpu_us: Option<u64>,
    /// Process: CPU time of mark assists, us.
    pub mark_assist_cpu_us: Option<u64>,
    /// Process: CPU time of background marking, us.
    pub mark_background_cpu_us: Option<u64>,
    /// Process: CPU time of idle marking, us: free, no pressure.
    pub mark_idle_cpu_us: Option<u64>,
    /// Process: lower bound of what it allocated, bytes; null where over 20 % of the cycles are missing, and in a bucket.
    pub allocation_low_bytes: Option<u64>,
    /// Process: upper bound of what it allocated, bytes.
    pub allocation_high_bytes: Option<u64>,
    /// Process: longest pause, ns.
    pub pause_max_ns: Option<u64>,
    /// Process: largest live heap, bytes (the log holds whole MiB).
    pub heap_live_max_bytes: Option<u64>,
    /// Process: largest heap goal, bytes; null where no cycle had a goal.
    pub heap_goal_max_bytes: Option<u64>,
    /// Process: live heap added up over the cycles, MiB.
    pub heap_live_sum_mib: Option<u64>,
    /// Process: heap goal added up over the cycles that had one, MiB.
    pub heap_goal_sum_mib: Option<u64>,
    /// Process: cycles that had a heap goal.
    pub heap_goal_cycles: Option<u64>,
    /// Process: CPUs that it had, averaged over time; null where they are not known, and in a bucket. Not a sum.
    pub cpus: Option<f64>,
    /// Process: how often each period was seen, from start to start of cycles with neighboring numbers (whole ms); ascending.
    #[serde(default)]
    pub period_counts: Vec<Count>,
    /// Process: how often each pause was seen, both stops of a cycle together; ascending.
    #[serde(default)]
    pub pause_counts: Vec<Count>,
    /// Process: how often each single stop was seen, two a cycle; ascending.
    #[serde(default)]
    pub stop_counts: Vec<Count>,
    /// Process: how often each length of concurrent mark was seen; ascending.
    #[serde(default)]
    pub mark_counts: Vec<Count>,
}

/// The version of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum RowSchema {
    /// The first.
    #[default]
    #[serde(rename = "gcpressure.fleet-row/v1")]
    V1,
}

/// What a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Record {
    /// A log: its files, joined.
    #[default]
    Stream,
    /// A process in a log, or a bucket of one.
    Process,
}

/// How a process was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "ProcessVerdict"))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The process showed too little to be judged.
    NoVerdict,
    /// Nothing at warning or above.
    Pass,
    /// The worst finding is a warning.
    Warning,
    /// The worst finding is critical.
    Critical,
}

/// A rule that was raised on a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "FleetFinding"))]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// The worst severity it reached.
    pub severity: Severity,
    /// The value that earned the severity, in `unit`.
    pub measured: f64,
    /// The threshold that it crossed, in `unit`.
    pub threshold: f64,
    /// Unit of both.
    pub unit: String,
    /// First raised, ns of program time.
    pub since_ns: u64,
    /// Last seen, ns of program time.
    pub until_ns: u64,
}

/// How often a printed value was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Count {
    /// The value, ns.
    pub value_ns: u64,
    /// How often.
    pub count: u64,
}
