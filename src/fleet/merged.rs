//! A row of `gcpressure fleet merge`: what the rows of a group add up to.

use serde::{Deserialize, Serialize};

use super::row::{Count, Labels};

/// What all rows with the same labels add up to, as a line of JSON. A sum or a maximum is null where no row of the group has it.
/// Integers are at most 9223372036854775807.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Fleet"))]
pub struct Merged {
    /// The version of the row.
    pub schema: MergedSchema,
    /// The versions of the program that wrote the rows, sorted.
    pub tool_versions: Vec<String>,
    /// The labels of the group: those of `--by` that its rows have.
    pub labels: Labels,
    /// Start of the bucket of wall time; null for streams and whole processes, with which buckets are never merged.
    pub bucket: Option<String>,
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
    /// Lines.
    pub lines: Option<u64>,
    /// gc lines that were whole.
    pub gc_lines_intact: Option<u64>,
    /// gc lines put together again from pieces.
    pub gc_lines_repaired: Option<u64>,
    /// gc lines that could not be read.
    pub gc_lines_damaged: Option<u64>,
    /// gc lines seen before, and dropped.
    pub gc_lines_duplicate: Option<u64>,
    /// gc lines of Go 1.0 to 1.4, which are not judged.
    pub gc_lines_legacy: Option<u64>,
    /// Processes; in a bucket those with cycles in it, without verdicts.
    pub processes: u64,
    /// Processes whose verdict is critical.
    pub processes_critical: u64,
    /// Processes whose verdict is a warning.
    pub processes_warning: u64,
    /// Processes that showed too little to be judged.
    pub processes_without_verdict: u64,
    /// Processes separated from others by number, clock and heap alone.
    pub processes_approximate: u64,
    /// The causes behind the findings, by name.
    pub causes: Vec<CauseCount>,
    /// The rules that were raised, by name.
    pub rules: Vec<RuleCount>,
    /// Smallest GOMAXPROCS.
    pub gomaxprocs_min: Option<u64>,
    /// Largest GOMAXPROCS.
    pub gomaxprocs_max: Option<u64>,
    /// Cycles read.
    pub cycles: Option<u64>,
    /// Numbers between the first and the last cycle of a process that were not seen.
    pub cycles_missing: Option<u64>,
    /// `(forced)` cycles.
    pub forced_cycles: Option<u64>,
    /// Cycles of the two-minute timer.
    pub periodic_cycles: Option<u64>,
    /// Cycles of repaired lines.
    pub repaired_cycles: Option<u64>,
    /// Time that the processes were observed, ms.
    pub span_ms: Option<u64>,
    /// GOMAXPROCS times time over that span, ms.
    pub cpu_capacity_ms: Option<u64>,
    /// Both stops of all cycles, wall clock, us.
    pub pause_sum_us: Option<u64>,
    /// Concurrent mark, wall clock, us.
    pub mark_sum_us: Option<u64>,
    /// CPU time of both stops, us.
    pub stop_cpu_us: Option<u64>,
    /// CPU time of mark assists, us.
    pub mark_assist_cpu_us: Option<u64>,
    /// CPU time of background marking, us.
    pub mark_background_cpu_us: Option<u64>,
    /// CPU time of idle marking, us: free, no pressure.
    pub mark_idle_cpu_us: Option<u64>,
    /// Processes of which the allocation is known.
    pub allocation_processes: u64,
    /// Lower bound of what those allocated, bytes.
    pub allocation_low_bytes: Option<u64>,
    /// Upper bound of what those allocated, bytes.
    pub allocation_high_bytes: Option<u64>,
    /// Longest pause, ns.
    pub pause_max_ns: Option<u64>,
    /// Largest live heap, bytes.
    pub heap_live_max_bytes: Option<u64>,
    /// Largest heap goal, bytes.
    pub heap_goal_max_bytes: Option<u64>,
    /// Live heap added up over the cycles, MiB.
    pub heap_live_sum_mib: Option<u64>,
    /// Heap goal added up over the cycles that had one, MiB.
    pub heap_goal_sum_mib: Option<u64>,
    /// Cycles that had a heap goal.
    pub heap_goal_cycles: Option<u64>,
    /// Quantiles of `period_counts`.
    #[serde(skip_deserializing)]
    pub period_ns: Option<Quantiles>,
    /// Quantiles of `pause_counts`.
    #[serde(skip_deserializing)]
    pub pause_ns: Option<Quantiles>,
    /// Quantiles of `stop_counts`.
    #[serde(skip_deserializing)]
    pub stop_ns: Option<Quantiles>,
    /// Quantiles of `mark_counts`.
    #[serde(skip_deserializing)]
    pub mark_ns: Option<Quantiles>,
    /// How often each period was seen, from start to start of cycles with neighboring numbers (whole ms); ascending.
    pub period_counts: Vec<Count>,
    /// How often each pause was seen, both stops of a cycle together; ascending.
    pub pause_counts: Vec<Count>,
    /// How often each single stop was seen, two a cycle; ascending.
    pub stop_counts: Vec<Count>,
    /// How often each length of concurrent mark was seen; ascending.
    pub mark_counts: Vec<Count>,
}

/// The version of a merged row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum MergedSchema {
    /// The first.
    #[default]
    #[serde(rename = "gcpressure.fleet/v1")]
    V1,
}

/// How many processes have a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CauseCount {
    /// The cause's name.
    pub cause: String,
    /// Processes with it.
    pub processes: u64,
    /// Of those, processes whose verdict is critical.
    pub critical: u64,
    /// Of those, processes whose verdict is a warning.
    pub warning: u64,
}

/// On how many processes a rule was raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleCount {
    /// The rule's id.
    pub rule: String,
    /// Unit of `worst`.
    pub unit: String,
    /// Processes on which it was raised, at any severity.
    pub processes: u64,
    /// Of those, processes on which it is critical.
    pub critical: u64,
    /// Of those, processes on which it is a warning.
    pub warning: u64,
    /// The largest value that earned a severity, in `unit`.
    pub worst: f64,
}

/// Nearest-rank quantiles of counted values, ns: exact, as no value is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "the field names are the quantiles")]
pub struct Quantiles {
    pub count: u64,
    pub min: u64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub p999: u64,
    pub max: u64,
}
