//! The result of an analysis: complete, in integers and ratios, without formatting. Renderers read this and nothing else.
//!
//! These types are also the published JSON (`gcpressure.report/v1` and so on) and its schemas: the field docs are the words of the
//! schemas. Integers are in base units, every key carries its unit, ratios go from 0 to 1. Within a version keys are added, never
//! renamed or removed.

#[doc(hidden)]
pub mod benchmarks;
#[doc(hidden)]
pub mod causes;
#[doc(hidden)]
pub mod comparison;
mod document;
mod event;
#[doc(hidden)]
pub mod fleet;
mod json;
mod lines;
#[doc(hidden)]
pub mod measures;
mod process;
#[doc(hidden)]
pub mod saved;
#[cfg(feature = "schema")]
mod schema;
#[doc(hidden)]
pub mod sites;
pub(crate) mod thin;
#[doc(hidden)]
pub mod tuning;
#[doc(hidden)]
pub mod why;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::settings::Scope;
use crate::severity::{CappedBy, Cause, Severity};
use crate::units::Unit;

#[doc(hidden)]
pub use document::{Document, Published, Tool};
#[doc(hidden)]
pub use event::{EVENT_SCHEMA, Event};
#[doc(hidden)]
pub use lines::lines;
pub use process::{
    Distribution, Interval, Measures, MinMax, Mmu, PauseCount, PeakWindow, Period, Process, Size,
    TimelinePoint,
};
#[doc(hidden)]
pub use process::{PERIOD_BOUNDS_NS, Running, Traced};
#[cfg(feature = "schema")]
pub(crate) use schema::schema_of;
#[cfg(feature = "schema")]
#[doc(hidden)]
pub use schema::{event_schema, schema};

/// The result of one analysis.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Report {
    /// The worst finding of all processes, or that there is no verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The status that the program exits with.
    pub exit_status: u8,
    /// What was read, and what could not be.
    pub input: Input,
    /// Processes left out of `processes`: detail is kept for the worst 1,000.
    pub processes_omitted: u64,
    /// One entry a process, worst first.
    pub processes: Vec<Process>,
    /// The cause behind the findings of the worst process; null where there is none.
    pub diagnosis: Option<Diagnosis>,
    /// One entry a rule and process: the worst process first, and of each the findings that its cause explains, then by
    /// severity and by how far they are above their threshold.
    pub findings: Vec<Finding>,
    /// One entry a rule.
    pub rules: Vec<RuleStatus>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
    /// Where the allocation comes from; only where a heap profile was given (`--heap`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causes: Option<causes::Causes>,
    /// How it stands against a baseline; only where one was given.
    #[serde(skip)]
    pub baseline: Option<comparison::Against>,
}

/// The verdict over all processes. In JSON two keys, `verdict` and `no_verdict_reason`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(into = "VerdictKeys")]
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

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct VerdictKeys {
    /// The worst finding of all processes, or that there is no verdict.
    verdict: VerdictName,
    /// Why there is no verdict and what to do; null where there is one.
    no_verdict_reason: Option<String>,
}

/// The verdict over all processes.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", schemars(rename = "Verdict"))]
enum VerdictName {
    /// Nothing at warning or above.
    Pass,
    /// The worst finding is a warning.
    Warning,
    /// The worst finding is critical.
    Critical,
    /// The input cannot carry a verdict.
    NoVerdict,
}

impl Default for Verdict {
    fn default() -> Self {
        Self::NoVerdict(String::new())
    }
}

impl From<Verdict> for VerdictKeys {
    fn from(verdict: Verdict) -> Self {
        let (verdict, no_verdict_reason) = match verdict {
            Verdict::Pass => (VerdictName::Pass, None),
            Verdict::Warning => (VerdictName::Warning, None),
            Verdict::Critical => (VerdictName::Critical, None),
            Verdict::NoVerdict(reason) => (VerdictName::NoVerdict, Some(reason)),
        };
        Self {
            verdict,
            no_verdict_reason,
        }
    }
}

/// What was read, and what could not be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Input {
    /// In the order they were read.
    pub sources: Vec<Source>,
    /// What could not be read, or not to its end, and why.
    pub unreadable: Vec<String>,
    /// What of a source is cut or damaged; what it held was read.
    #[serde(skip)]
    pub incomplete: Vec<String>,
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
    pub damaged_lines: Vec<DamagedLine>,
    /// The log runs newest line first.
    pub newest_first: bool,
}

impl Input {
    /// How many logs were read: sources that are joined are one.
    #[must_use]
    pub fn logs(&self) -> usize {
        self.sources.iter().filter(|source| !source.joined).count()
    }
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Source {
    /// As the user named it; `-` is standard input.
    pub name: String,
    /// Bytes of text, after decompression and decoding.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// Times that a running program was asked for its `runtime.MemStats`; 0 for a log.
    pub polls: u64,
    /// It goes on with the log of the source before it: a rotated part, or `--join`.
    pub joined: bool,
}

/// What became of the gc lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
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

impl GcLines {
    /// Lines that count as cycles.
    pub const fn cycles(&self) -> u64 {
        self.intact + self.repaired
    }
}

/// A gc line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DamagedLine {
    /// The source's name.
    pub source: String,
    /// Index into [`Input::sources`].
    #[serde(skip)]
    pub source_index: usize,
    /// Line number from 1.
    pub line: u64,
    /// What was expected, and where.
    pub reason: String,
    /// The start of the line, at most 120 bytes.
    pub text: String,
}

/// The one cause behind the findings of a process.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Diagnosis {
    /// `memory-limit`, `low-gogc`, `forced-collections`, `cpu-starvation`, `small-heap`, `allocation-bursts`, `live-heap`,
    /// `allocation-rate`, `heap-growth`, `slow-stops`; later releases may add some.
    #[serde(serialize_with = "json::cause")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub cause: Cause,
    /// The worst severity of the findings that it explains.
    pub severity: Severity,
    /// The process's id.
    pub process: String,
    /// The cause and its cost in one sentence.
    pub message: String,
    /// The rules of the findings that it explains.
    pub explains: Vec<&'static str>,
    /// What to do next, most useful first.
    pub advice: Vec<Cow<'static, str>>,
    /// The figures behind it; each name ends in its unit.
    #[serde(serialize_with = "json::evidence")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "std::collections::BTreeMap<String, f64>")
    )]
    pub evidence: Vec<Evidence>,
}

impl Diagnosis {
    /// A diagnosis that explains no finding yet, without advice and figures.
    #[must_use]
    pub const fn new(cause: Cause, severity: Severity, process: String, message: String) -> Self {
        Self {
            cause,
            severity,
            process,
            message,
            explains: Vec::new(),
            advice: Vec::new(),
            evidence: Vec::new(),
        }
    }
}

/// One rule that was raised on one process.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// The worst severity it reached.
    pub severity: Severity,
    /// The process's id.
    pub process: String,
    /// `window` or `run`.
    #[serde(serialize_with = "json::scope")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub scope: Scope,
    /// Why it is not worse, where its thresholds alone would make it so: `cost`, `contention`, `harness`, or null.
    #[serde(serialize_with = "json::capped_by")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub capped_by: Option<CappedBy>,
    /// The value that earned the severity, in `unit`.
    #[serde(serialize_with = "json::number")]
    pub measured: f64,
    /// The worst value of a single evaluation, in `unit`.
    #[serde(serialize_with = "json::number")]
    pub worst: f64,
    /// The threshold that it crossed, in `unit`.
    #[serde(serialize_with = "json::number")]
    pub threshold: f64,
    /// Unit of both.
    #[serde(serialize_with = "json::unit")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub unit: Unit,
    /// First raised, ns of program time.
    pub since_ns: u64,
    /// Last seen, ns of program time.
    pub until_ns: u64,
    /// First raised in wall-clock time, where the log has it.
    pub since_wall: Option<String>,
    /// Last seen in wall-clock time, where the log has it.
    pub until_wall: Option<String>,
    /// Each stretch in which it was raised.
    pub episodes: Vec<Episode>,
    /// Still raised at the end of what was read, by a process that no later one has replaced; for metrics, not in the JSON.
    #[serde(skip)]
    pub raised: bool,
    /// Share of the evaluations in which it was raised.
    pub active_ratio: f64,
    /// What was measured, against what, and why it matters.
    pub message: String,
    /// What to do next, most useful first.
    pub advice: Vec<Cow<'static, str>>,
    /// The figures behind it; each name ends in its unit.
    #[serde(serialize_with = "json::evidence")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "std::collections::BTreeMap<String, f64>")
    )]
    pub evidence: Vec<Evidence>,
}

/// A figure that supports a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Name with its unit, e.g. `cycles`, `window_start_ns`, `pause_p50_ns`.
    pub name: &'static str,
    /// The value.
    pub value: f64,
}

/// A stretch in which a finding was raised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Episode {
    /// Raised, ns of program time.
    pub since_ns: u64,
    /// Cleared, or the end of the log, ns of program time.
    pub until_ns: u64,
    /// The worst value, in the finding's unit: the largest of those of the highest severity.
    #[serde(serialize_with = "json::number")]
    pub worst: f64,
    /// The severity at its worst.
    pub severity: Severity,
}

/// How a rule ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RuleState {
    /// Switched off.
    Off,
    /// Never had the evidence it needs.
    #[default]
    NoEvidence,
    /// Judged, nothing found.
    Quiet,
    /// Raised, and refuted by the end of the log: a live heap that grew and then levelled off. `episodes` says when.
    Withdrawn,
    /// Raised on at least one process.
    Raised,
}

/// One rule over all processes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Rule"))]
#[non_exhaustive]
pub struct RuleStatus {
    /// The rule's id.
    pub id: &'static str,
    /// How it ended.
    pub status: RuleState,
    /// `not in this source` where it cannot be judged because every process was polled, and it needs gc lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Its worst value, in `unit`; null without evidence.
    #[serde(serialize_with = "json::number_or_null")]
    pub worst: Option<f64>,
    /// Unit of the values.
    #[serde(serialize_with = "json::unit")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub unit: Unit,
    /// Threshold of a warning, or null.
    #[serde(serialize_with = "json::number_or_null")]
    pub warning: Option<f64>,
    /// Threshold of a critical finding, or null.
    #[serde(serialize_with = "json::number_or_null")]
    pub critical: Option<f64>,
    /// When a finding that was withdrawn was raised.
    pub episodes: Vec<Episode>,
}
