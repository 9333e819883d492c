//! One process of the report: what was read of it, and everything measured of it.
//!
//! A comparison reads it back from saved reports: keys that earlier builds did not write have defaults.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Diagnosis;

/// One process: one numbering of GC cycles from 1 on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Process {
    /// A name for people and scripts.
    pub id: String,
    /// The log that it is in: the name of its source, of several joined ones that of the newest.
    #[serde(default)]
    pub source: String,
    /// The prefix that identifies it, or null.
    pub stream: Option<String>,
    /// Separated from others by number, clock and heap alone: a line could be of another process.
    pub approximate: bool,
    /// Shape of its lines, e.g. `go1.18+`.
    pub format: String,
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
    /// Everything measured of its cycles.
    #[serde(flatten)]
    pub measures: Measures,
    /// It showed enough to be judged; else its findings are `info` at most.
    #[serde(default)]
    pub judged: bool,
    /// The cause behind the findings of the process; null where there is none.
    #[serde(skip_deserializing)]
    pub diagnosis: Option<Diagnosis>,
}

impl Process {
    /// GC cycles by their numbers: those missing from the log count.
    pub const fn cycles(&self) -> u64 {
        self.cycles_seen.saturating_add(self.cycles_missing)
    }

    /// Start of the first cycle and end of the last, ns of program time.
    pub const fn span_ns(&self) -> (u64, u64) {
        let start = self.measures.started_ns;
        (start, start.saturating_add(self.measures.duration_ns))
    }
}

impl Measures {
    /// Too many of the cycles are missing for sums over them.
    pub const fn sums_withheld(&self) -> bool {
        self.stw_ratio.is_none()
    }
}

/// The whole-run measures of one process. Ratios go from 0 to 1. What only gc lines show is null from any other source.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Measures {
    /// Start of the first cycle since the start of the program, ns; its end where starts are unknown.
    pub started_ns: u64,
    /// From the start of the first cycle to the end of the last, ns.
    pub duration_ns: u64,
    /// GOMAXPROCS over the run.
    pub gomaxprocs: Option<MinMax>,
    /// Cycles per second, from the cycle numbers; null for fewer than two cycles.
    pub gc_frequency_per_second: Option<f64>,
    /// Start to start of neighboring cycles (end to end where starts are unknown), ns (the log holds whole ms).
    pub period_ns: Period,
    /// Both stops of a cycle together, as in `MemStats.PauseNs`, ns.
    pub pause_ns: Distribution,
    /// Each stop by itself, ns.
    pub stop_ns: Option<Distribution>,
    /// Concurrent mark, wall clock, ns.
    pub concurrent_mark_ns: Option<Distribution>,
    /// GC CPU over GOMAXPROCS times time; null where over 20 % of the cycles are missing and the log's percentages do
    /// not show it either.
    pub gc_cpu_ratio: Option<f64>,
    /// Lower bound of `gc_cpu_ratio`.
    pub gc_cpu_ratio_low: Option<f64>,
    /// Upper bound of `gc_cpu_ratio`.
    pub gc_cpu_ratio_high: Option<f64>,
    /// GC CPU over GOMAXPROCS times time since the start of the program, as `MemStats.GCCPUFraction` counts it; null from gc lines.
    #[serde(default)]
    pub gc_cpu_since_start_ratio: Option<f64>,
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
    pub live_heap_bytes: Option<Size>,
    /// Heap goal, bytes, sentinels left out; null where no cycle had a goal.
    pub heap_goal_bytes: Option<Size>,
    /// Doublings and halvings of the goal per minute that are no one-way growth.
    pub heap_goal_churn_per_minute: Option<f64>,
    /// Times the goal turned round.
    pub heap_goal_reversals: Option<u64>,
    /// Minimum mutator utilization by window length, stops only.
    pub mmu: Option<Mmu>,
    /// The GOGC that all goals agree with, percent; null where they disagree or do not show it.
    pub implied_gogc: Option<Interval>,
    /// The window with the highest cycle frequency.
    pub peak_window: Option<PeakWindow>,
    /// The run over time, at most 2,000 points side by side that add up to it: rates and shares of their time, pauses and sizes
    /// the worst.
    #[serde(default)]
    pub timeline: Vec<TimelinePoint>,
    /// Exact counts of the printed pauses, ascending; at most 4,096 values.
    pub pause_histogram: Vec<PauseCount>,
    /// False where over 4,096 values differ, so that percentiles are of values rounded to two or three digits.
    #[serde(default)]
    pub percentiles_exact: bool,
    /// True where cycles are missing, so that sums are scaled up from those seen, or null where over 20 % are missing.
    #[serde(default)]
    pub sums_estimated: bool,
    /// Lower bound of `allocation_bytes`.
    pub allocation_bytes_low: Option<u64>,
    /// Upper bound of `allocation_bytes`.
    pub allocation_bytes_high: Option<u64>,
    /// Share of assists in the mark CPU (assist and background); null without marking.
    pub mark_assist_share_ratio: Option<f64>,
    /// Median of live heap over the next heap goal; null in the minimum heap or without a goal.
    pub headroom_use_p50_ratio: Option<f64>,
    /// Share of the cycles whose heap at end was 10 % and 2 MiB above the goal.
    pub overshoot_ratio: Option<f64>,
    /// Share of the cycles with the smallest heap goal there is.
    pub min_heap_ratio: Option<f64>,
    /// Automatic cycles that began below every heap trigger: GOGC or the memory limit had been changed.
    pub early_cycles: Option<u64>,
    /// Heap goals that no constant GOGC explains.
    pub gogc_changes: Option<u64>,
    /// True where a memory limit drives the goal.
    pub limit_regime: Option<bool>,
    /// CPUs that the runtime could use, from the CPU time of the stops; null where those do not show it.
    pub cpus_seen: Option<f64>,
    /// Highest fill of the replayed GC CPU limiter's bucket; 1 is the limiter switched on.
    pub limiter_bucket_max_ratio: Option<f64>,
    /// Slope of the live heap after the start-up; null with too few points.
    pub live_trend_bytes_per_second: Option<f64>,
    /// What made the goal swing: `live-heap`, `gogc-or-limit`, `allocation-bursts`; null where it did not.
    #[serde(skip_deserializing)]
    pub heap_goal_churn_cause: Option<&'static str>,
    /// For metrics; not in the JSON.
    #[doc(hidden)]
    #[serde(skip)]
    pub running: Running,
}

/// Upper bounds, inclusive, of the buckets of [`Running::period_buckets`], ns.
pub const PERIOD_BOUNDS_NS: [u64; 14] = {
    let ms = [
        5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000,
    ];
    let mut bounds = [0; 14];
    let mut at = 0;
    while at < bounds.len() {
        bounds[at] = ms[at] * 1_000_000;
        at += 1;
    }
    bounds
};

/// Totals of the cycles seen, which only grow while a log is read, and the newest GOMAXPROCS. Nothing is scaled up for missing
/// cycles: a total that is could fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Running {
    /// Periods up to each of [`PERIOD_BOUNDS_NS`], those of the bounds below included.
    pub period_buckets: [u64; PERIOD_BOUNDS_NS.len()],
    /// All periods, ns.
    pub period_sum_ns: u64,
    /// What only gc lines show.
    pub traced: Option<Traced>,
}

/// The part of [`Running`] that only gc lines show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Traced {
    /// CPU of both stops, ns.
    pub stop_cpu_ns: u64,
    /// CPU of mark assists, ns.
    pub mark_assist_cpu_ns: u64,
    /// CPU of background marking, ns.
    pub mark_background_cpu_ns: u64,
    /// CPU of idle marking, ns.
    pub mark_idle_cpu_ns: u64,
    /// Allocated between cycles that both were seen, bytes (the log holds whole MiB).
    pub allocated_bytes: u64,
    /// GOMAXPROCS of the newest cycle.
    pub gomaxprocs: u32,
}

/// The smallest and the largest.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MinMax {
    /// The smallest.
    pub min: u32,
    /// The largest.
    pub max: u32,
}

impl fmt::Display for MinMax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { min, max } if min == max => write!(f, "{max}"),
            Self { min, max } => write!(f, "{min} to {max}"),
        }
    }
}

/// A distribution of periods; nearest-rank percentiles.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl Period {
    /// p50, p90, p99 and the longest.
    pub const fn quantiles(&self) -> [u64; 4] {
        [self.p50, self.p90, self.p99, self.max]
    }
}

impl Distribution {
    /// p50, p90, p99 and the longest.
    pub const fn quantiles(&self) -> [u64; 4] {
        [self.p50, self.p90, self.p99, self.max]
    }
}

/// A heap size over the run.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "the field names say it")]
pub struct Size {
    pub first: u64,
    pub last: u64,
    pub min: u64,
    pub p50: u64,
    pub max: u64,
}

/// Minimum mutator utilization by window length.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The busiest window.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
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
    pub heap_start_max_bytes: Option<u64>,
    /// Largest heap at end, bytes.
    pub heap_end_max_bytes: Option<u64>,
    /// Smallest live heap, bytes.
    pub heap_live_min_bytes: Option<u64>,
    /// Largest live heap, bytes.
    pub heap_live_max_bytes: Option<u64>,
    /// Smallest heap goal, bytes; null without a goal.
    pub heap_goal_min_bytes: Option<u64>,
    /// Largest heap goal, bytes; null without a goal.
    pub heap_goal_max_bytes: Option<u64>,
    /// Bytes allocated per second; null where it is unknown.
    pub allocation_bytes_per_second: Option<f64>,
}

/// How often one printed pause occurred.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PauseCount {
    /// The pause, ns.
    pub pause_ns: u64,
    /// How many cycles.
    pub cycles: u64,
}
