//! `gcpressure.comparison/v1`: the result of one comparison.

use schemars::JsonSchema;
use serde::Serialize;

use super::{MinMax, Number, Tool};
use crate::report::comparison as model;

/// The version of the comparison.
pub const COMPARISON_SCHEMA: &str = "gcpressure.comparison/v1";

/// The result of one comparison.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Comparison<'a> {
    /// Always `gcpressure.comparison/v1`.
    #[schemars(extend("const" = COMPARISON_SCHEMA))]
    pub schema: &'static str,
    /// What wrote this.
    pub tool: Tool,
    /// How it ends as a gate.
    pub outcome: Outcome,
    /// Why it does not pass: one sentence a row, or why the evidence cannot tell.
    pub reasons: Vec<&'a str>,
    /// The status that the program exits with.
    pub exit_status: u8,
    /// True where there are runs enough for the test over the runs to decide; else sizes alone speak.
    pub tested: bool,
    /// What was there before.
    pub base: Side<'a>,
    /// What is judged.
    pub new: Side<'a>,
    /// One entry a measure.
    pub rows: Vec<Row<'a>>,
    /// What the reader should know about these numbers.
    pub warnings: &'a [String],
}

/// How a comparison ends as a gate.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No gated row is worse than its threshold.
    Pass,
    /// A gated row is.
    Regression,
    /// The evidence cannot tell.
    NoVerdict,
}

/// One side of the comparison.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Side<'a> {
    /// The runs that were used.
    pub runs: Vec<Run<'a>>,
    /// Units of work that each run did, where the user said so: one for all runs, or one a run.
    pub work: Vec<Number>,
    /// Inputs of which nothing could be used.
    pub left_out: Vec<LeftOut<'a>>,
    /// Go version, where it was said.
    pub go: Option<&'a str>,
    /// GOGC, where it was said.
    pub gogc: Option<&'a str>,
    /// GOMEMLIMIT, where it was said.
    pub memory_limit: Option<&'a str>,
}

/// One run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Run<'a> {
    /// Its source, and its process where the source holds several.
    pub name: &'a str,
    /// Shape of its lines, e.g. `go1.18+`.
    pub format: &'a str,
    /// Told apart by guesswork from others in the same stream.
    pub approximate: bool,
    /// GC cycles, by their numbers.
    pub cycles: u64,
    /// From the start of the first cycle to the end of the last, ns.
    pub duration_ns: u64,
    /// GOMAXPROCS over the run.
    pub gomaxprocs: MinMax,
}

/// An input of which nothing could be used.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LeftOut<'a> {
    /// The source's name.
    pub name: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// One measure on both sides.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name for people.
    pub title: &'a str,
    /// Unit of the figures: `1/s`, `1/min`, `ns`, `ratio`, `bytes`, `bytes/s`, `count`.
    pub unit: &'a str,
    /// Units of work that the figures are for; null for figures as they are.
    pub per_work: Option<Number>,
    /// Before.
    pub base: Sample<'a>,
    /// After.
    pub new: Sample<'a>,
    /// Median after over median before; null where a side has none, or only the first is 0.
    pub ratio: Option<f64>,
    /// Where the ratio may lie: at 95 % confidence over the runs, or within the log's resolution for one run a side.
    pub ratio_low: Option<f64>,
    /// See `ratio_low`; null where nothing bounds it.
    pub ratio_high: Option<f64>,
    /// Mann-Whitney test over the runs, two-sided; null where only sizes speak.
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
    pub note: Option<&'a str>,
}

/// A measure on one side.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sample<'a> {
    /// One value a run.
    pub values: &'a [f64],
    /// Their median; null without any.
    pub median: Option<f64>,
    /// Lower end of the median's interval at 95 % confidence; null below 6 runs.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// What the evidence says of one row.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
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

impl<'a> From<&'a model::Comparison> for Comparison<'a> {
    fn from(comparison: &'a model::Comparison) -> Self {
        let (outcome, reasons) = match &comparison.outcome {
            model::Outcome::Pass => (Outcome::Pass, Vec::new()),
            model::Outcome::Regression(rows) => (
                Outcome::Regression,
                rows.iter().map(String::as_str).collect(),
            ),
            model::Outcome::NoVerdict(reason) => (Outcome::NoVerdict, vec![reason.as_str()]),
        };
        Self {
            schema: COMPARISON_SCHEMA,
            tool: Tool::this(),
            outcome,
            reasons,
            exit_status: comparison.exit_status,
            tested: comparison.tested,
            base: (&comparison.base).into(),
            new: (&comparison.new).into(),
            rows: comparison.rows.iter().map(Into::into).collect(),
            warnings: &comparison.warnings,
        }
    }
}

impl<'a> From<&'a model::Side> for Side<'a> {
    fn from(side: &'a model::Side) -> Self {
        Self {
            runs: side.runs.iter().map(Into::into).collect(),
            work: side.work.iter().copied().map(Number).collect(),
            left_out: side
                .left_out
                .iter()
                .map(|(name, reason)| LeftOut { name, reason })
                .collect(),
            go: side.made_of.go.as_deref(),
            gogc: side.made_of.gogc.as_deref(),
            memory_limit: side.made_of.memory_limit.as_deref(),
        }
    }
}

impl<'a> From<&'a model::Run> for Run<'a> {
    fn from(run: &'a model::Run) -> Self {
        Self {
            name: &run.name,
            format: &run.format,
            approximate: run.approximate,
            cycles: run.cycles,
            duration_ns: run.duration_ns,
            gomaxprocs: MinMax {
                min: run.gomaxprocs.0,
                max: run.gomaxprocs.1,
            },
        }
    }
}

impl<'a> From<&'a model::Row> for Row<'a> {
    fn from(row: &'a model::Row) -> Self {
        Self {
            id: row.id,
            title: &row.title,
            unit: row.unit,
            per_work: row.per_work.map(Number),
            base: (&row.base).into(),
            new: (&row.new).into(),
            ratio: row.ratio,
            ratio_low: row.interval.map(|(low, _)| low),
            ratio_high: row.interval.and_then(|(_, high)| high),
            p: row.p,
            p_adjusted: row.p_adjusted,
            cliffs_delta: row.cliffs_delta,
            max_ratio: row.max_ratio,
            verdict: row.verdict.into(),
            note: row.note.as_deref(),
        }
    }
}

impl<'a> From<&'a model::Sample> for Sample<'a> {
    fn from(sample: &'a model::Sample) -> Self {
        Self {
            values: &sample.values,
            median: sample.median,
            low: sample.interval.map(|(low, _)| low),
            high: sample.interval.map(|(_, high)| high),
        }
    }
}

impl From<model::RowVerdict> for RowVerdict {
    fn from(verdict: model::RowVerdict) -> Self {
        match verdict {
            model::RowVerdict::Improved => Self::Improved,
            model::RowVerdict::Worse => Self::Worse,
            model::RowVerdict::MaybeImproved => Self::MaybeImproved,
            model::RowVerdict::MaybeWorse => Self::MaybeWorse,
            model::RowVerdict::Same => Self::Same,
            model::RowVerdict::NoEvidence => Self::NoEvidence,
            model::RowVerdict::Unresolved => Self::Unresolved,
        }
    }
}
