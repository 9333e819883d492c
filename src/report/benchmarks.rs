//! Benchmarks before and after.

use serde::{Serialize, Serializer};

use super::Document;
use super::comparison::{Comparison, Outcome, RowVerdict};

/// Benchmarks before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Benchmarks {
    /// How it ends as a gate, the GC traces in the same outputs included.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The status that the program exits with.
    pub exit_status: u8,
    /// The names of the inputs before.
    pub base: Vec<String>,
    /// The names of the inputs after.
    pub new: Vec<String>,
    /// One entry a benchmark and unit.
    pub rows: Vec<Row>,
    /// The geometric mean of the ratios of each unit.
    pub means: Vec<Mean>,
    /// The comparison of the GC traces in the same outputs, whose outcome counts in the one above; null where they hold none
    /// and no row of theirs is to be judged.
    #[serde(serialize_with = "document")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<Document<'static, Comparison>>")
    )]
    pub gc: Option<Comparison>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
}

/// One benchmark in one unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Row {
    /// Its package, or null.
    pub package: Option<String>,
    /// Its name without `Benchmark`.
    pub name: String,
    /// Its unit, as printed.
    pub unit: String,
    /// Before.
    pub base: Figures,
    /// After.
    pub new: Figures,
    /// Median after over median before; null over 0.
    #[serde(serialize_with = "finite")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub ratio: f64,
    /// p-value of the Mann-Whitney test, two-sided; null where values are exact.
    pub p: Option<f64>,
    /// The unit has no noise: any difference is one.
    pub exact: bool,
    /// More is better.
    pub more_is_better: bool,
    /// `improved`, `worse`, `same`, or `no-evidence` with too few runs.
    #[serde(serialize_with = "verdict")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub verdict: RowVerdict,
    /// The ratio above which it fails, or null.
    pub max_ratio: Option<f64>,
}

/// The values of one side, in the row's unit.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Figures {
    /// As they were printed.
    pub values: Vec<f64>,
    /// Their median.
    pub median: f64,
    /// Lower end of the median's 95 % interval; null below 6 values.
    pub low: Option<f64>,
    /// Upper end of it.
    pub high: Option<f64>,
}

/// The geometric mean of the ratios of a unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mean {
    /// The unit.
    pub unit: String,
    /// Benchmarks that went into it.
    pub count: usize,
    /// The mean ratio.
    pub ratio: f64,
}

fn document<S: Serializer>(gc: &Option<Comparison>, to: S) -> Result<S::Ok, S::Error> {
    gc.as_ref().map(Document::new).serialize(to)
}

/// Null over 0.
fn finite<S: Serializer>(ratio: &f64, to: S) -> Result<S::Ok, S::Error> {
    Some(*ratio).filter(|ratio| ratio.is_finite()).serialize(to)
}

/// Benchmarks have the verdicts of a test alone.
fn verdict<S: Serializer>(verdict: &RowVerdict, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match verdict {
        RowVerdict::Improved | RowVerdict::MaybeImproved => "improved",
        RowVerdict::Worse | RowVerdict::MaybeWorse => "worse",
        RowVerdict::Same => "same",
        RowVerdict::NoEvidence | RowVerdict::Unresolved => "no-evidence",
    })
}
