//! What machines read: `gcpressure.report/v1`, `gcpressure.event/v1` and `gcpressure.comparison/v1`.
//!
//! These types are the public interface, apart from the model so that the model may change. Integers are in base units,
//! every key carries its unit, ratios go from 0 to 1. Keys are added within a version, never renamed or taken away.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde::{Serialize, Serializer};

mod benchmarks;
mod causes;
pub mod comparison;
mod convert;
mod event;
mod lines;
pub mod saved;
mod sites;
mod why;

pub use benchmarks::{BENCHMARKS_SCHEMA, Benchmarks};
pub use causes::Causes;
pub use event::Event;
pub use lines::{Line, Record, Summary, lines};
pub use sites::{SITES_SCHEMA, Sites};
pub use why::{WHY_SCHEMA, Why};

/// The version of the report.
pub const REPORT_SCHEMA: &str = "gcpressure.report/v1";

/// The version of an event row.
pub const EVENT_SCHEMA: &str = "gcpressure.event/v1";

/// The result of one analysis.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report<'a> {
    /// Always `gcpressure.report/v1`.
    #[schemars(extend("const" = REPORT_SCHEMA))]
    pub schema: &'static str,
    /// What wrote this.
    pub tool: Tool,
    /// The worst finding of all processes, or that there is no verdict.
    pub verdict: Verdict,
    /// Why there is no verdict and what to do; null where there is one.
    pub no_verdict_reason: Option<&'a str>,
    /// The status that the program exits with.
    pub exit_status: u8,
    /// What was read, and what could not be.
    pub input: Input<'a>,
    /// Processes left out of `processes`: detail is kept for the worst 1,000.
    pub processes_omitted: u64,
    /// One entry a process, worst first.
    pub processes: Vec<Process<'a>>,
    /// The cause behind the findings of the worst process; null where there is none.
    pub diagnosis: Option<Diagnosis<'a>>,
    /// One entry a rule and process: the worst process first, and of each the findings that its cause explains, then by
    /// severity and by how far they are above their threshold.
    pub findings: Vec<Finding<'a>>,
    /// One entry a rule.
    pub rules: Vec<Rule>,
    /// What the reader should know about these numbers.
    pub warnings: &'a [String],
    /// Where the allocation comes from; only where a heap profile was given (`--heap`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causes: Option<Causes<'a>>,
}

/// The program that wrote the report.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// `gcpressure`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl Tool {
    const fn this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The verdict over all processes.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing at warning or above.
    Pass,
    /// The worst finding is a warning.
    Warning,
    /// The worst finding is critical.
    Critical,
    /// The input cannot carry a verdict.
    NoVerdict,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a gate.
    Info,
    /// Pressure that costs something.
    Warning,
    /// Pressure that hurts.
    Critical,
}

/// What was read, and what could not be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Input<'a> {
    /// In the order they were read.
    pub sources: Vec<Source<'a>>,
    /// What could not be read, or not to its end, and why.
    pub unreadable: &'a [String],
    /// Lines of GC cycles, Go 1.5 and later.
    pub gc_lines: GcLines,
    /// Lines of Go 1.0 to 1.4.
    pub legacy_gc_lines: u64,
    /// Lines that are no trace.
    pub other_lines: u64,
    /// Lines over the length cap; the excess was skipped.
    pub overlong_lines: u64,
    /// `scvg` and `scav` lines.
    pub scavenger_lines: u64,
    /// `pacer:` lines.
    pub pacer_lines: u64,
    /// `GC forced` lines: the two-minute timer.
    pub forced_notices: u64,
    /// The first damaged lines, with their places.
    pub damaged_lines: Vec<DamagedLine<'a>>,
    /// The log runs newest line first.
    pub newest_first: bool,
}

/// One input.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Source<'a> {
    /// As the user named it; `-` is standard input.
    pub name: &'a str,
    /// Bytes of text, after decompression and decoding.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// It goes on with the log of the source before it: a rotated part, or `--join`.
    pub joined: bool,
}

/// What became of the gc lines.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GcLines {
    /// Whole.
    pub intact: u64,
    /// Put together again from pieces.
    pub repaired: u64,
    /// Not readable.
    pub damaged: u64,
    /// Seen before, dropped.
    pub duplicate: u64,
    /// Quoted in prose, no events.
    pub quoted: u64,
}

/// A gc line that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DamagedLine<'a> {
    /// The source's name.
    pub source: &'a str,
    /// Line number from 1.
    pub line: u64,
    /// What was expected, and where.
    pub reason: &'a str,
    /// The start of the line, at most 120 bytes.
    pub text: &'a str,
}

/// One process: one numbering of GC cycles from 1 on.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Process<'a> {
    /// A name for people and scripts.
    pub id: &'a str,
    /// The log that it is in: the name of its source, of several joined ones that of the newest.
    pub source: &'a str,
    /// The prefix that told it apart, or null.
    pub stream: Option<&'a str>,
    /// Told apart by guesswork: a line could have been another process's.
    pub approximate: bool,
    /// Shape of its lines, e.g. `go1.18+`.
    pub format: &'a str,
    /// Number of its first cycle in the log, of those that `--since` and the like let through.
    pub first_cycle: u64,
    /// Number of its last cycle in the log, likewise.
    pub last_cycle: u64,
    /// Cycles read.
    pub cycles_seen: u64,
    /// Numbers between first and last that were not seen.
    pub cycles_missing: u64,
    /// `(forced)` cycles.
    pub forced_cycles: u64,
    /// Cycles of the two-minute timer.
    pub periodic_cycles: u64,
    /// Start of the first cycle since the start of the program, ns.
    pub started_ns: u64,
    /// From the start of the first cycle to the end of the last, ns.
    pub duration_ns: u64,
    /// GOMAXPROCS over the run.
    pub gomaxprocs: MinMax,
    /// Cycles per second, from the cycle numbers; null for fewer than two cycles.
    pub gc_frequency_per_second: Option<f64>,
    /// Start to start of neighbouring cycles, ns (the log holds whole ms).
    pub period_ns: Period,
    /// Both stops of a cycle together, as in `MemStats.PauseNs`, ns.
    pub pause_ns: Distribution,
    /// Each stop by itself, ns.
    pub stop_ns: Distribution,
    /// Concurrent mark, wall clock, ns.
    pub concurrent_mark_ns: Distribution,
    /// GC CPU over GOMAXPROCS times time; null where over 20 % of the cycles are missing and the log's percentages cannot
    /// tell either.
    pub gc_cpu_ratio: Option<f64>,
    /// Lower bound of `gc_cpu_ratio`.
    pub gc_cpu_ratio_low: Option<f64>,
    /// Upper bound of `gc_cpu_ratio`.
    pub gc_cpu_ratio_high: Option<f64>,
    /// GC CPU in cores: CPU time a second.
    pub gc_cpu_cores: Option<f64>,
    /// CPUs that the program had, averaged over time: as stated (`--cpus`), else min(GOMAXPROCS, CPUs) from the stops; null
    /// where neither is known.
    pub cpus: Option<f64>,
    /// GC CPU over the CPUs had times time, by which rules judge; over GOMAXPROCS times time where those are not known. With
    /// more Ps than CPUs it is an upper bound.
    pub gc_cpu_ratio_of_cpus: Option<f64>,
    /// CPU of mark assists over GOMAXPROCS times time; null where over 20 % of the cycles are missing.
    pub mark_assist_cpu_ratio: Option<f64>,
    /// CPU of idle marking over GOMAXPROCS times time: free, no pressure; null where over 20 % of the cycles are missing.
    pub mark_idle_cpu_ratio: Option<f64>,
    /// Share of the time with marking on; null where over 20 % of the cycles are missing.
    pub mark_duty_ratio: Option<f64>,
    /// Share of the time in a stop; null where over 20 % of the cycles are missing.
    pub stw_ratio: Option<f64>,
    /// Bytes allocated between the first and the last cycle; null where over 20 % of the cycles are missing.
    pub allocation_bytes: Option<u64>,
    /// The same per second.
    pub allocation_bytes_per_second: Option<f64>,
    /// False where truncation to whole MiB drowns the figure.
    pub allocation_resolved: bool,
    /// Live heap, bytes (the log holds whole MiB).
    pub live_heap_bytes: Size,
    /// Heap goal, bytes, sentinels left out; null where no cycle had a goal.
    pub heap_goal_bytes: Option<Size>,
    /// Doublings and halvings of the goal per minute that are no one-way growth.
    pub heap_goal_churn_per_minute: f64,
    /// Times the goal turned round.
    pub heap_goal_reversals: u64,
    /// Minimum mutator utilisation by window length, stops only.
    pub mmu: Mmu,
    /// The GOGC that all goals agree with, percent; null where they disagree or cannot tell.
    pub implied_gogc: Option<Interval>,
    /// The window with the highest cycle frequency.
    pub peak_window: Option<PeakWindow>,
    /// The run over time, at most 2,000 points side by side that add up to it: rates and shares of their time, pauses and sizes
    /// the worst.
    pub timeline: Vec<TimelinePoint>,
    /// Exact counts of the printed pauses, ascending; at most 4,096 values.
    pub pause_histogram: Vec<PauseCount>,
    /// False where so many values differed that percentiles are of values rounded to two or three digits.
    pub percentiles_exact: bool,
    /// True where cycles are missing, so that sums are scaled up from those seen, or null where over 20 % are missing.
    pub sums_estimated: bool,
    /// Lower bound of `allocation_bytes`.
    pub allocation_bytes_low: Option<u64>,
    /// Upper bound of `allocation_bytes`.
    pub allocation_bytes_high: Option<u64>,
    /// Share of the mark CPU (assist and background) that assists paid; null without marking.
    pub mark_assist_share_ratio: Option<f64>,
    /// Median of live heap over the next heap goal; null in the minimum heap or without a goal.
    pub headroom_use_p50_ratio: Option<f64>,
    /// Share of the cycles whose heap at end was 10 % and 2 MiB above the goal.
    pub overshoot_ratio: f64,
    /// Share of the cycles with the smallest heap goal there is.
    pub min_heap_ratio: f64,
    /// Automatic cycles that began below every heap trigger: GOGC or the memory limit had been changed.
    pub early_cycles: u64,
    /// Heap goals that no constant GOGC explains.
    pub gogc_changes: u64,
    /// True where a memory limit drives the goal.
    pub limit_regime: bool,
    /// CPUs that the runtime could use, from the CPU time of the stops; null where those cannot tell.
    pub cpus_seen: Option<f64>,
    /// Highest fill of the replayed GC CPU limiter's bucket; 1 is the limiter switched on.
    pub limiter_bucket_max_ratio: f64,
    /// Slope of the live heap after the start-up; null with too few points.
    pub live_trend_bytes_per_second: Option<f64>,
    /// What made the goal swing: `live-heap`, `gogc-or-limit`, `allocation-bursts`; null where it did not.
    pub heap_goal_churn_cause: Option<&'static str>,
    /// It showed enough to be judged; else its findings are `info` at most.
    pub judged: bool,
    /// The cause behind the findings of the process; null where there is none.
    pub diagnosis: Option<Diagnosis<'a>>,
}

/// The one cause behind the findings of a process.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnosis<'a> {
    /// `memory-limit`, `low-gogc`, `forced-collections`, `cpu-starvation`, `small-heap`, `allocation-bursts`, `live-heap`,
    /// `allocation-rate`, `heap-growth`, `slow-stops`; later releases may know more.
    pub cause: &'static str,
    /// The worst severity of the findings that it explains.
    pub severity: Severity,
    /// The process's id.
    pub process: &'a str,
    /// The cause and its cost in one sentence.
    pub message: &'a str,
    /// The rules of the findings that it explains.
    pub explains: &'a [&'static str],
    /// What to do next, most useful first.
    pub advice: &'a [Cow<'static, str>],
    /// The figures behind it; each name ends in its unit.
    pub evidence: BTreeMap<&'a str, Number>,
}

/// The smallest and the largest.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MinMax {
    /// The smallest.
    pub min: u32,
    /// The largest.
    pub max: u32,
}

/// A distribution of periods; nearest-rank percentiles.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the field names are the percentiles")]
pub struct Period {
    pub count: u64,
    pub min: u64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub max: u64,
    /// From the cycle numbers: exact where single periods are not; null for fewer than two cycles.
    pub mean: Option<u64>,
}

/// A distribution of printed durations; nearest-rank percentiles.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the field names are the percentiles")]
pub struct Distribution {
    pub count: u64,
    pub min: u64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub p999: u64,
    pub max: u64,
    pub sum: u64,
}

/// A heap size over the run.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the field names say it")]
pub struct Size {
    pub first: u64,
    pub last: u64,
    pub min: u64,
    pub p50: u64,
    pub max: u64,
}

/// Minimum mutator utilisation by window length.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the field names are the window lengths")]
pub struct Mmu {
    #[serde(rename = "1ms")]
    pub ms1: f64,
    #[serde(rename = "10ms")]
    pub ms10: f64,
    #[serde(rename = "100ms")]
    pub ms100: f64,
    #[serde(rename = "1s")]
    pub s1: f64,
}

/// An interval.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The busiest window.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PeakWindow {
    /// Start, ns of program time.
    pub start_ns: u64,
    /// End, ns of program time.
    pub end_ns: u64,
    /// Cycles in it.
    pub cycles: u64,
    /// Cycles per second.
    pub gc_frequency_per_second: f64,
    /// p99 of the pause, ns.
    pub pause_p99_ns: u64,
    /// GC CPU over GOMAXPROCS times time; null where it is unknown.
    pub gc_cpu_ratio: Option<f64>,
}

/// One stretch of the run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TimelinePoint {
    /// Start, ns of program time.
    pub start_ns: u64,
    /// End, ns of program time.
    pub end_ns: u64,
    /// Cycles that ended in it.
    pub cycles: u64,
    /// Cycles per second.
    pub gc_frequency_per_second: f64,
    /// p50 of the pause, ns; 0 without cycles.
    pub pause_p50_ns: u64,
    /// p99 of the pause, ns.
    pub pause_p99_ns: u64,
    /// Longest pause, ns.
    pub pause_max_ns: u64,
    /// CPU of both stops over GOMAXPROCS times time, held within the bounds of the run's GC CPU; null where it is unknown, as
    /// are the shares below.
    pub stop_cpu_ratio: Option<f64>,
    /// CPU of mark assists over GOMAXPROCS times time.
    pub mark_assist_cpu_ratio: Option<f64>,
    /// CPU of background marking over GOMAXPROCS times time.
    pub mark_background_cpu_ratio: Option<f64>,
    /// CPU of idle marking over GOMAXPROCS times time.
    pub mark_idle_cpu_ratio: Option<f64>,
    /// Largest heap at start, bytes.
    pub heap_start_max_bytes: u64,
    /// Largest heap at end, bytes.
    pub heap_end_max_bytes: u64,
    /// Smallest live heap, bytes.
    pub heap_live_min_bytes: u64,
    /// Largest live heap, bytes.
    pub heap_live_max_bytes: u64,
    /// Smallest heap goal, bytes; null without a goal.
    pub heap_goal_min_bytes: Option<u64>,
    /// Largest heap goal, bytes; null without a goal.
    pub heap_goal_max_bytes: Option<u64>,
    /// Bytes allocated per second; null where it is unknown.
    pub allocation_bytes_per_second: Option<f64>,
}

/// How often one printed pause occurred.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PauseCount {
    /// The pause, ns.
    pub pause_ns: u64,
    /// How many cycles.
    pub cycles: u64,
}

/// One rule that was raised on one process.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Finding<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// The worst severity it reached.
    pub severity: Severity,
    /// The process's id.
    pub process: &'a str,
    /// `window` or `run`.
    pub scope: &'a str,
    /// Why it is not worse, where its thresholds alone would make it so: `cost`, `contention`, `harness`, or null.
    pub capped_by: Option<&'static str>,
    /// The value that earned the severity, in `unit`.
    pub measured: Number,
    /// The worst value of a single evaluation, in `unit`.
    pub worst: Number,
    /// The threshold that it crossed, in `unit`.
    pub threshold: Number,
    /// Unit of both.
    pub unit: &'a str,
    /// First raised, ns of program time.
    pub since_ns: u64,
    /// Last seen, ns of program time.
    pub until_ns: u64,
    /// First raised in wall-clock time, where the log has it.
    pub since_wall: Option<&'a str>,
    /// Last seen in wall-clock time, where the log has it.
    pub until_wall: Option<&'a str>,
    /// Each stretch in which it was raised.
    pub episodes: Vec<Episode>,
    /// Share of the evaluations in which it was raised.
    pub active_ratio: f64,
    /// What was measured, against what, and why it matters.
    pub message: &'a str,
    /// What to do next, most useful first.
    pub advice: &'a [Cow<'static, str>],
    /// The figures behind it; each name ends in its unit.
    pub evidence: BTreeMap<&'a str, Number>,
}

/// A stretch in which a finding was raised.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Episode {
    /// Raised, ns of program time.
    pub since_ns: u64,
    /// Cleared, or the end of the log, ns of program time.
    pub until_ns: u64,
    /// The worst value, in the finding's unit: the largest of those of the highest severity.
    pub worst: Number,
    /// The severity at its worst.
    pub severity: Severity,
}

/// How a rule ended.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RuleState {
    /// Switched off.
    Off,
    /// Never had the evidence it needs.
    NoEvidence,
    /// Judged, nothing found.
    Quiet,
    /// Raised, and refuted by the end of the log: a live heap that grew and then levelled off. `episodes` says when.
    Withdrawn,
    /// Raised on at least one process.
    Raised,
}

/// One rule over all processes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rule {
    /// The rule's id.
    pub id: &'static str,
    /// How it ended.
    pub status: RuleState,
    /// Its worst value, in `unit`; null without evidence.
    pub worst: Option<Number>,
    /// Unit of the values.
    pub unit: &'static str,
    /// Threshold of a warning, or null.
    pub warning: Option<Number>,
    /// Threshold of a critical finding, or null.
    pub critical: Option<Number>,
    /// When a finding that was withdrawn was raised.
    pub episodes: Vec<Episode>,
}

/// A figure in its unit: written as an integer where it is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Up to here a double holds every integer.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = self.0.fract().abs() < f64::MIN_POSITIVE;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the bound makes the cast exact"
        )]
        if whole && self.0.abs() <= EXACT {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl JsonSchema for Number {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        f64::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        f64::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}

/// The JSON Schema of the report. It says which keys are always there and allows more, as later releases may add some.
pub fn report_schema() -> Schema {
    schema::<Report<'_>>()
}

/// The JSON Schema of an event row, in the same spirit.
pub fn event_schema() -> Schema {
    schema::<Event<'_>>()
}

/// The JSON Schema of the sites.
pub fn sites_schema() -> Schema {
    schema::<Sites<'_>>()
}

/// The JSON Schema of a comparison of benchmarks.
pub fn benchmarks_schema() -> Schema {
    schema::<Benchmarks<'_>>()
}

/// The JSON Schema of the causes.
pub fn why_schema() -> Schema {
    schema::<Why<'_>>()
}

/// The JSON Schema of the comparison, in the same spirit.
pub fn comparison_schema() -> Schema {
    schema::<comparison::Comparison<'_>>()
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::default()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
}
