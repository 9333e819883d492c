//! The result as plain data: complete, in integers and ratios, without formatting. Renderers read this and nothing else.

pub mod benchmarks;
pub mod causes;
pub mod comparison;
pub mod sites;
pub(crate) mod thin;
pub mod why;
pub mod wire;

use std::borrow::Cow;

use crate::settings::Severity;

/// The whole result of one analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The verdict over all processes.
    pub verdict: Verdict,
    /// The status that the program will exit with (0, 1, 2, 3).
    pub exit_status: u8,
    /// What was read, and what could not be.
    pub input: Input,
    /// Processes left out of `processes` (detail is kept for the worst 1,000).
    pub processes_omitted: u64,
    /// One entry a process, worst first.
    pub processes: Vec<Process>,
    /// One entry a rule and process, worst first.
    pub findings: Vec<Finding>,
    /// One entry a rule, in the order of the rule table.
    pub rules: Vec<RuleStatus>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
    /// Where the allocation comes from, where a heap profile was given.
    pub causes: Option<causes::Causes>,
    /// How it stands against a baseline, where one was given.
    pub baseline: Option<comparison::Against>,
}

/// The verdict: the worst finding, or that there is none to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing at warning or above.
    Pass,
    /// The worst finding is a warning.
    Warning,
    /// The worst finding is critical.
    Critical,
    /// The input cannot carry a verdict; the sentence says why and what to do.
    NoVerdict(String),
}

impl Input {
    /// How many logs were read: sources that are joined are one.
    #[must_use]
    pub fn logs(&self) -> usize {
        self.sources.iter().filter(|source| !source.joined).count()
    }
}

/// One input source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// As the user named it; `-` is standard input.
    pub name: String,
    /// Bytes of text read (after decompression and decoding).
    pub bytes: u64,
    /// Lines read.
    pub lines: u64,
    /// It goes on with the log of the source before it.
    pub joined: bool,
}

/// What was read, and what could not be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Input {
    /// The sources in the order they were read.
    pub sources: Vec<Source>,
    /// What could not be read, or not to its end, and why.
    pub unreadable: Vec<String>,
    /// gc lines that were whole.
    pub intact: u64,
    /// gc lines put together again from pieces.
    pub repaired: u64,
    /// gc lines that could not be read.
    pub damaged: u64,
    /// gc lines seen before (at-least-once shipping), dropped.
    pub duplicate: u64,
    /// gc lines quoted in prose, not counted as events.
    pub quoted: u64,
    /// Lines of Go 1.0 to 1.4.
    pub legacy_gc_lines: u64,
    /// Everything that is no trace.
    pub other_lines: u64,
    /// Lines over the length cap; the excess was skipped.
    pub overlong_lines: u64,
    /// `scvg`, `scav`.
    pub scavenger_lines: u64,
    /// `pacer:`.
    pub pacer_lines: u64,
    /// `GC forced`.
    pub forced_notices: u64,
    /// Where damaged lines stand (the first 100), for `-v`.
    pub damaged_at: Vec<DamagedLine>,
    /// The stream runs newest line first; nothing can be said of it.
    pub newest_first: bool,
}

/// A gc line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedLine {
    /// Index into [`Input::sources`].
    pub source: usize,
    /// Line number from 1.
    pub line: u64,
    /// What the grammar expected, and where.
    pub why: String,
    /// The start of the line, at most 120 bytes, lossily decoded.
    pub text: String,
}

/// A distribution of printed durations, ns. Percentiles are nearest rank over the printed values, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

/// First, last and quantiles of a heap size, bytes (the log holds whole MiB).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the field names say it")]
pub struct Size {
    pub first: u64,
    pub last: u64,
    pub min: u64,
    pub p50: u64,
    pub max: u64,
}

/// The window with the highest cycle frequency.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PeakWindow {
    /// Start, ns of program time.
    pub start_ns: u64,
    /// End, ns of program time.
    pub end_ns: u64,
    /// Cycles in it.
    pub cycles: u64,
    /// Cycles per second in it.
    pub gc_frequency_per_second: f64,
    /// p99 of the pause in it, ns.
    pub pause_p99_ns: u64,
    /// GC CPU ratio in it.
    pub gc_cpu_ratio: f64,
}

/// One point of the timeline: a pane of the window, or several where the run is long (each figure is then the worst of
/// them, so no peak is lost). A point without cycles is a gap: nothing was collected in it, its sizes are 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TimelinePoint {
    /// Start, ns of program time.
    pub start_ns: u64,
    /// End, ns of program time.
    pub end_ns: u64,
    /// Cycles that ended in it.
    pub cycles: u64,
    /// Cycles per second.
    pub gc_frequency_per_second: f64,
    /// p50 of the pause, ns (0 without cycles).
    pub pause_p50_ns: u64,
    /// p99 of the pause, ns.
    pub pause_p99_ns: u64,
    /// Longest pause, ns.
    pub pause_max_ns: u64,
    /// CPU of both stops / (GOMAXPROCS x time).
    pub stop_cpu_ratio: f64,
    /// CPU of mark assists / (GOMAXPROCS x time).
    pub assist_cpu_ratio: f64,
    /// CPU of background marking / (GOMAXPROCS x time).
    pub background_cpu_ratio: f64,
    /// CPU of idle marking / (GOMAXPROCS x time).
    pub idle_cpu_ratio: f64,
    /// Largest heap at start, bytes.
    pub heap_start_max_bytes: u64,
    /// Largest heap at end, bytes.
    pub heap_end_max_bytes: u64,
    /// Smallest live heap, bytes.
    pub heap_live_min_bytes: u64,
    /// Largest live heap, bytes.
    pub heap_live_max_bytes: u64,
    /// Smallest heap goal, bytes (`None` without a goal).
    pub heap_goal_min_bytes: Option<u64>,
    /// Largest heap goal, bytes.
    pub heap_goal_max_bytes: Option<u64>,
    /// Bytes allocated per second.
    pub allocation_bytes_per_second: f64,
}

/// Everything measured of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    /// A name for people and scripts: the stream name where there is one, else a number.
    pub id: String,
    /// The log that it is in: the name of its source, of several joined ones that of the newest.
    pub source: String,
    /// The prefix that told it apart.
    pub stream: Option<String>,
    /// Told apart by guesswork: other processes share the stream and a line could have been another's.
    pub approximate: bool,
    /// Shape of its lines, e.g. `go1.18+`.
    pub format: &'static str,
    /// Number of its first cycle in the log, of those that `--since` and the like let through.
    pub first_cycle: u64,
    /// Number of its last cycle.
    pub last_cycle: u64,
    /// Cycles read.
    pub cycles_seen: u64,
    /// Numbers between the first and the last that were not seen.
    pub cycles_missing: u64,
    /// `(forced)` cycles.
    pub forced_cycles: u64,
    /// Cycles of the two-minute timer.
    pub periodic_cycles: u64,
    /// Everything derived.
    pub measures: Measures,
}

/// The whole-run measures of one process (ANALYSIS: part 1). Ratios are 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measures {
    /// Start of the first cycle, ns of program time.
    pub started_ns: u64,
    /// First start to last end, ns.
    pub duration_ns: u64,
    /// Smallest and largest GOMAXPROCS.
    pub gomaxprocs: (u32, u32),
    /// Cycles per second from the cycle numbers; `None` for fewer than two cycles or no time between them.
    pub gc_frequency_per_second: Option<f64>,
    /// Start to start of neighbouring cycles, ns.
    pub period: Distribution,
    /// Mean period from the numbers, ns: exact where single periods are not.
    pub period_mean_ns: Option<u64>,
    /// Both stops of a cycle together, ns.
    pub pause: Distribution,
    /// Each stop by itself, ns.
    pub stop: Distribution,
    /// Concurrent mark, ns.
    pub concurrent_mark: Distribution,
    /// GC CPU / (GOMAXPROCS x time): the estimate, and the bounds that the log allows.
    pub gc_cpu_ratio: f64,
    /// Lower bound: mark and assist only.
    pub gc_cpu_ratio_low: f64,
    /// Upper bound.
    pub gc_cpu_ratio_high: f64,
    /// Assist CPU / (GOMAXPROCS x time).
    pub mark_assist_cpu_ratio: f64,
    /// Idle mark CPU / (GOMAXPROCS x time); never pressure.
    pub mark_idle_cpu_ratio: f64,
    /// Share of the time with marking on.
    pub mark_duty_ratio: f64,
    /// Share of the time in a stop.
    pub stw_ratio: f64,
    /// Bytes allocated between first and last cycle.
    pub allocation_bytes: u64,
    /// The same per second.
    pub allocation_bytes_per_second: f64,
    /// False where truncation to whole MiB drowns the figure.
    pub allocation_resolved: bool,
    /// Live heap.
    pub live_heap: Size,
    /// Heap goal, sentinels left out; `None` without any.
    pub heap_goal: Option<Size>,
    /// Doublings and halvings of the goal per minute that are no one-way growth.
    pub heap_goal_churn_per_minute: f64,
    /// Times the goal turned round.
    pub heap_goal_reversals: u64,
    /// STW-only minimum mutator utilisation at 1, 10, 100, 1000 ms.
    pub mmu: [f64; 4],
    /// GOGC that all goals agree with, percent; `None` where they disagree or cannot tell.
    pub implied_gogc: Option<(f64, f64)>,
    /// The busiest window.
    pub peak_window: Option<PeakWindow>,
    /// At most 2,000 points.
    pub timeline: Vec<TimelinePoint>,
    /// Exact counts of each printed pause value (ns, count), ascending; at most 4,096.
    pub pause_histogram: Vec<(u64, u64)>,
    /// False where more than 4,096 distinct values forced the percentiles onto two or three significant digits.
    pub percentiles_exact: bool,
    /// True where cycles are missing, so that sums are scaled up from those seen.
    pub sums_estimated: bool,
    /// True where so many are missing (over 20 %) that sums are not given: those of CPU, of time and of allocation are
    /// unknown, whatever their fields hold.
    pub sums_withheld: bool,
    /// The same of GC CPU, which the log's percentages may still tell.
    pub gc_cpu_withheld: bool,
    /// Bounds of `allocation_bytes`: the log truncates each heap size to whole MiB.
    pub allocation_bytes_low: u64,
    /// See `allocation_bytes_low`.
    pub allocation_bytes_high: u64,
    /// Share of the mark CPU (assist and background) that assists paid; `None` without marking.
    pub mark_assist_share: Option<f64>,
    /// Median of live heap / next heap goal (0.5 at GOGC=100); `None` in the minimum heap or without a goal.
    pub headroom_use_p50: Option<f64>,
    /// Share of the cycles whose heap at end was 10 % and 2 MiB above the goal.
    pub overshoot_ratio: f64,
    /// Share of the cycles with the smallest heap goal there is (4 MiB at GOGC=100).
    pub min_heap_ratio: f64,
    /// Automatic cycles that began below every heap trigger: GOGC or the memory limit had been changed.
    pub early_cycles: u64,
    /// Heap goals that no constant GOGC explains: the times GOGC or the memory limit must have changed or taken over.
    pub gogc_changes: u64,
    /// True where the goal is flat or falling while the live heap rises: a memory limit drives it.
    pub limit_regime: bool,
    /// CPUs that the runtime could use, min(GOMAXPROCS, CPUs), from the stops' CPU time; `None` without a stop of 0.1 ms.
    pub cpus_seen: Option<f64>,
    /// Highest fill of the replayed GC CPU limiter's bucket; 1 = the limiter switched on.
    pub limiter_bucket_max: f64,
    /// Slope of the live heap over the last 10 minutes, bytes per second; `None` with too few points.
    pub live_trend_bytes_per_second: Option<f64>,
    /// What made the goal swing: `live-heap`, `gogc-or-limit`, `allocation-bursts`; `None` where it did not.
    pub goal_churn_cause: Option<&'static str>,
}

/// A stretch of time during which a finding was raised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// Raised, ns of program time.
    pub since_ns: u64,
    /// Cleared, or the end of the log.
    pub until_ns: u64,
    /// The worst value in it: the largest of those of the highest severity.
    pub worst: f64,
    /// The severity at its worst.
    pub severity: Severity,
}

/// A figure that supports a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Name with its unit, e.g. `cycles`, `window_start_ns`, `pause_p50_ns`.
    pub name: &'static str,
    /// The value.
    pub value: f64,
}

/// One rule that was raised on one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// The worst severity it reached.
    pub severity: Severity,
    /// [`Process::id`].
    pub process: String,
    /// `window` or `run`.
    pub scope: &'static str,
    /// The worst value measured, in `unit`: the largest of those of the highest severity.
    pub measured: f64,
    /// The threshold that it crossed.
    pub threshold: f64,
    /// Unit of both, e.g. `1/s`, `ns`, `ratio`, `1/min`, `MiB`.
    pub unit: &'static str,
    /// First raised, ns of program time.
    pub since_ns: u64,
    /// Last seen, ns of program time.
    pub until_ns: u64,
    /// The same in wall-clock time where the log has it.
    pub since_wall: Option<String>,
    /// See `since_wall`.
    pub until_wall: Option<String>,
    /// Each stretch.
    pub episodes: Vec<Episode>,
    /// Share of the evaluations in which it was raised.
    pub active_ratio: f64,
    /// One sentence: what was measured, against what, why it matters.
    pub message: String,
    /// What to do next, most useful first.
    pub advice: Vec<Cow<'static, str>>,
    /// The figures behind it.
    pub evidence: Vec<Evidence>,
}

/// How a rule ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleState {
    /// Switched off.
    Off,
    /// Never had the evidence it needs.
    NoEvidence,
    /// Judged, and nothing found.
    Quiet,
    /// Raised on at least one process.
    Raised,
}

/// One rule over all processes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RuleStatus {
    /// The rule's id.
    pub id: &'static str,
    /// How it ended.
    pub status: RuleState,
    /// Its worst value, where it had evidence.
    pub worst: Option<f64>,
    /// Unit of the value and the thresholds.
    pub unit: &'static str,
    /// Threshold of a warning, if it has one.
    pub warning: Option<f64>,
    /// Threshold of a critical finding, if it has one.
    pub critical: Option<f64>,
}
