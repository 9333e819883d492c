//! Two sides of runs and what the evidence says of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::{MinMax, Process, json};

/// The result of one comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Comparison {
    /// How it ends as a gate.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The status that the program exits with.
    pub exit_status: u8,
    /// True where there are enough runs for the test over the runs to decide; else sizes alone decide.
    pub tested: bool,
    /// What was there before.
    pub base: Side,
    /// What is judged.
    pub new: Side,
    /// One entry a measure.
    pub rows: Vec<Row>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
}

/// How a comparison ends as a gate. In JSON two keys, `outcome` and `reasons`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(into = "OutcomeKeys")]
pub enum Outcome {
    /// No gated row is worse than its threshold.
    Pass,
    /// A gated row is; one sentence for each.
    Regression(Vec<String>),
    /// The evidence is insufficient; the sentence says why and what to do.
    NoVerdict(String),
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct OutcomeKeys {
    /// How it ends as a gate.
    outcome: OutcomeName,
    /// Why it does not pass: one sentence a row, or why the evidence is insufficient.
    reasons: Vec<String>,
}

/// How a comparison ends as a gate.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", schemars(rename = "Outcome"))]
enum OutcomeName {
    /// No gated row is worse than its threshold.
    Pass,
    /// A gated row is.
    Regression,
    /// The evidence is insufficient.
    NoVerdict,
}

impl From<Outcome> for OutcomeKeys {
    fn from(outcome: Outcome) -> Self {
        let (outcome, reasons) = match outcome {
            Outcome::Pass => (OutcomeName::Pass, Vec::new()),
            Outcome::Regression(rows) => (OutcomeName::Regression, rows),
            Outcome::NoVerdict(reason) => (OutcomeName::NoVerdict, vec![reason]),
        };
        Self { outcome, reasons }
    }
}

/// How a report stands against its baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Against {
    /// The baseline as the user named it.
    pub baseline: String,
    /// How the comparison with it ends.
    pub outcome: Outcome,
    /// The run becomes the baseline, so that nothing in it fails.
    pub accepted: bool,
    /// The status that the comparison alone would exit with (0, 1, 3).
    pub exit_status: u8,
}

/// One side of the comparison.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Side {
    /// The runs that were used.
    pub runs: Vec<Run>,
    /// Units of work that each run did, where the user said so: one for all runs, or one a run.
    #[serde(serialize_with = "json::numbers")]
    pub work: Vec<f64>,
    /// Inputs of which nothing could be used.
    pub left_out: Vec<LeftOut>,
    /// What is known of the build besides its log, e.g. from a baseline.
    #[serde(flatten)]
    pub build: BuildStamp,
    /// Warnings of the reports of its runs, each with the name of its input.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

impl Side {
    /// The processes of its runs.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.runs.iter().map(|run| &run.process)
    }
}

/// What is known of a program besides its log, as the flags gave it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BuildStamp {
    /// Go version, where it is known, e.g. `1.27`.
    pub go: Option<String>,
    /// GOGC, where it is known, e.g. `100`, `off`.
    pub gogc: Option<String>,
    /// GOMEMLIMIT, where it is known, e.g. `512MiB`.
    pub memory_limit: Option<String>,
}

/// An input of which nothing could be used.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// The source's name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// One run: one process from its first to its last cycle in the log. In JSON the keys of its summary alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// Its source, and its process where the source holds several.
    pub name: String,
    /// The process.
    pub process: Process,
}

/// One run.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct RunKeys<'a> {
    /// Its source, and its process where the source holds several.
    name: &'a str,
    /// Shape of its lines, e.g. `go1.18+`.
    format: &'a str,
    /// Separated from others in the same stream by number, clock and heap alone.
    approximate: bool,
    /// GC cycles, by their numbers.
    cycles: u64,
    /// From the start of the first cycle to the end of the last, ns.
    duration_ns: u64,
    /// GOMAXPROCS over the run.
    gomaxprocs: Option<MinMax>,
}

impl Serialize for Run {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let process = &self.process;
        RunKeys {
            name: &self.name,
            format: &process.format,
            approximate: process.approximate,
            cycles: process.cycles(),
            duration_ns: process.measures.duration_ns,
            gomaxprocs: process.measures.gomaxprocs,
        }
        .serialize(to)
    }
}

/// The runs of a report: one for each process. They are named by their log, and by the process too where the log holds several.
pub fn runs(processes: Vec<Process>) -> Vec<Run> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for process in &processes {
        *counts.entry(process.source.clone()).or_default() += 1;
    }
    let run = |process: Process| Run {
        name: match counts.get(&process.source) {
            Some(1) => process.source.clone(),
            _ => format!("{}, process {}", process.source, process.id),
        },
        process,
    };
    processes.into_iter().map(run).collect()
}

/// One measure on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Row {
    /// Its id.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Unit of the figures: `1/s`, `1/min`, `ns`, `ratio`, `bytes`, `bytes/s`, `count`.
    pub unit: &'static str,
    /// Units of work that the figures are for; null for figures as they are.
    #[serde(serialize_with = "json::number_or_null")]
    pub per_work: Option<f64>,
    /// Before.
    pub base: Sample,
    /// After.
    pub new: Sample,
    /// Median after over median before; null where a side has none, or only the first is 0.
    pub ratio: Option<f64>,
    /// Where the ratio may lie: at 95 % confidence over the runs, or within the log's resolution for one run a side.
    pub ratio_low: Option<f64>,
    /// See `ratio_low`; null where nothing bounds it.
    pub ratio_high: Option<f64>,
    /// Mann-Whitney test over the runs, two-sided; null where only sizes decide.
    pub p: Option<f64>,
    /// The same after Holm over the gated rows; null where the row is not gated.
    pub p_adjusted: Option<f64>,
    /// 1 where every run after is above every run before, -1 where it is below.
    pub cliffs_delta: Option<f64>,
    /// The gate's threshold of the ratio; null where the row is not gated.
    pub max_ratio: Option<f64>,
    /// What the evidence says.
    pub verdict: RowVerdict,
    /// What the reader should know about this row.
    pub note: Option<String>,
}

/// A measure on one side.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sample {
    /// One value a run.
    pub values: Vec<f64>,
    /// Their median; null without any.
    pub median: Option<f64>,
    /// Lower end of the median's interval at 95 % confidence; null below 6 runs.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// What the evidence says of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RowVerdict {
    /// Better, by the test over the runs.
    Improved,
    /// Worse, by the test over the runs.
    Worse,
    /// Better by its size; runs too few to be certain.
    MaybeImproved,
    /// Worse by its size; runs too few to be certain.
    MaybeWorse,
    /// The difference is too small to matter.
    Same,
    /// There is a difference, and nothing that carries it.
    NoEvidence,
    /// The log's resolution hides it, or a side does not have it.
    Unresolved,
}
