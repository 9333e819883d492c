//! What other settings of the collector would give: `gcpressure.tuning/v1`.

use serde::Serialize;

use super::json;

/// The predictions of `gcpressure tune`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tuning {
    /// The status that the program exits with.
    pub exit_status: u8,
    /// Memory that the program may take, as stated by `--memory`, bytes; or null.
    pub memory_bytes: Option<u64>,
    /// GC CPU over GOMAXPROCS times time that a recommended setting stays below.
    pub gc_cpu_ratio_wanted: f64,
    /// One entry a process, that with the most cycles first.
    pub processes: Vec<TunedProcess>,
    /// Processes left out of `processes`: the 1,000 with the most cycles are kept.
    pub processes_omitted: u64,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
}

/// One process: what was measured at its setting, and what others would give.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TunedProcess {
    /// A name for people and scripts.
    pub process: String,
    /// The log that it is in.
    pub source: String,
    /// The prefix that identifies it, or null.
    pub stream: Option<String>,
    /// Cycles read.
    pub cycles_seen: u64,
    /// What was measured of it after its start-up; null where it has too few cycles.
    pub measured: Option<MeasuredSetting>,
    /// Why no setting has numbers; null where some have.
    pub no_prediction_reason: Option<String>,
    /// The settings of the table.
    pub settings: Vec<TunedSetting>,
    /// The setting for the memory and the CPU given; null where none helps, or none is predicted.
    pub recommended: Option<RecommendedSetting>,
    /// What to do, in sentences.
    pub advice: Vec<String>,
    /// How right the prediction was; only with `--check`.
    pub check: Option<PredictionCheck>,
}

/// From and to.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Range {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// From and to, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ByteRange {
    /// The lower bound.
    pub low: u64,
    /// The upper bound.
    pub high: u64,
}

/// The figures of a process as its log shows them, after its start-up.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MeasuredSetting {
    /// GOGC that its goals agree with or the user states, percent; null where unknown, and where a memory limit sets the goals.
    #[serde(serialize_with = "json::number_or_null")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub gogc: Option<f64>,
    /// A memory limit sets the goals.
    pub memory_limited: bool,
    /// Cycles that these figures are of.
    pub cycles: u64,
    /// Cycles per second.
    pub gc_frequency_per_second: f64,
    /// GC CPU over GOMAXPROCS times time; null where the log does not show it.
    pub gc_cpu_ratio: Option<f64>,
    /// Share of the time with marking on; null where over 20 % of the cycles are missing.
    pub mark_duty_ratio: Option<f64>,
    /// Live heap, bytes: the mean.
    pub live_heap_bytes: u64,
    /// Standard deviation of the live heap over its mean.
    pub live_heap_variation_ratio: f64,
    /// Heap goal, bytes: the mean.
    pub heap_goal_bytes: u64,
    /// Heap at the end of a cycle, bytes: the largest.
    pub peak_bytes: u64,
}

/// A setting and its predicted figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TunedSetting {
    /// GOGC, percent; null for `off`.
    #[serde(serialize_with = "json::number_or_null")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub gogc: Option<f64>,
    /// GOMEMLIMIT, bytes; null without one.
    pub memory_limit_bytes: Option<u64>,
    /// Cycles per second; null without a prediction, as all figures.
    pub gc_frequency_per_second: Option<Range>,
    /// GC CPU over GOMAXPROCS times time; null also where the log does not show it.
    pub gc_cpu_ratio: Option<Range>,
    /// Heap goal, bytes.
    pub heap_goal_bytes: Option<ByteRange>,
    /// Heap at the end of a cycle, bytes: the largest.
    pub peak_bytes: Option<ByteRange>,
    /// The figures may be off by more than their ranges.
    pub rough: bool,
    /// Why it has no figures, or why they are rough; else null.
    pub reason: Option<String>,
}

/// The setting to try.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecommendedSetting {
    /// GOGC, percent; null for `off`.
    #[serde(serialize_with = "json::number_or_null")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub gogc: Option<f64>,
    /// GOMEMLIMIT, bytes; null without one.
    pub memory_limit_bytes: Option<u64>,
    /// What it gives, in a sentence.
    pub message: String,
    /// For a shell: `GOGC=400 GOMEMLIMIT=460MiB`.
    pub environment: String,
    /// For a Dockerfile.
    pub dockerfile: String,
    /// For a container in a Kubernetes manifest; several lines.
    pub kubernetes: String,
    /// For the program's own `main`.
    pub go: String,
}

/// A prediction against a log of the setting.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PredictionCheck {
    /// The log of the setting.
    pub source: String,
    /// The setting that it ran with, and what was predicted for it.
    pub setting: TunedSetting,
    /// What it shows; null where it has too few cycles.
    pub measured: Option<MeasuredSetting>,
    /// Figure by figure; empty without a prediction.
    pub figures: Vec<CheckedFigure>,
}

/// One figure, predicted and measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckedFigure {
    /// `gc_frequency_per_second`, `gc_cpu_ratio`, `heap_goal_bytes` or `peak_bytes`.
    pub figure: &'static str,
    /// What was predicted.
    pub predicted: Range,
    /// What was measured.
    pub measured: f64,
    /// The measured value is within the range.
    pub within: bool,
    /// The middle of the range over the measured value, less 1; null where that is 0.
    pub error_ratio: Option<f64>,
}
