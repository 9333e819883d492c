//! `gcpressure.benchmarks/v1`: benchmarks before and after.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Tool, comparison};
use crate::report::benchmarks as model;
use crate::report::comparison::{self as compared, Outcome, RowVerdict};

/// The version of a comparison of benchmarks.
pub const BENCHMARKS_SCHEMA: &str = "gcpressure.benchmarks/v1";

/// Benchmarks before and after.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Benchmarks<'a> {
    /// Always `gcpressure.benchmarks/v1`.
    #[schemars(extend("const" = BENCHMARKS_SCHEMA))]
    pub schema: &'static str,
    /// What wrote this.
    pub tool: Tool,
    /// `pass`, `regression` or `no-verdict`, of the GC traces as well.
    pub outcome: &'static str,
    /// Why it is no pass.
    pub reasons: Vec<&'a str>,
    /// The status that the program exits with.
    pub exit_status: u8,
    /// The names of the inputs before.
    pub base: &'a [String],
    /// The names of the inputs after.
    pub new: &'a [String],
    /// One entry a benchmark and unit.
    pub rows: Vec<Row<'a>>,
    /// The geometric mean of the ratios of each unit.
    pub means: Vec<Mean<'a>>,
    /// The comparison of the GC traces in the same outputs, whose outcome counts in the one above; null where they hold none
    /// and no row of theirs is to be judged.
    pub gc: Option<comparison::Comparison<'a>>,
    /// What the reader should know about these numbers.
    pub warnings: &'a [String],
}

/// One benchmark in one unit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row<'a> {
    /// Its package, or null.
    pub package: Option<&'a str>,
    /// Its name without `Benchmark`.
    pub name: &'a str,
    /// Its unit, as printed.
    pub unit: &'a str,
    /// Before.
    pub base: Figures<'a>,
    /// After.
    pub new: Figures<'a>,
    /// Median after over median before; null over 0.
    pub ratio: Option<f64>,
    /// p-value of the Mann-Whitney test, two-sided; null where values are exact.
    pub p: Option<f64>,
    /// The unit has no noise: any difference is one.
    pub exact: bool,
    /// More is better.
    pub more_is_better: bool,
    /// `improved`, `worse`, `same`, or `no-evidence` with too few runs.
    pub verdict: &'static str,
    /// The ratio above which it fails, or null.
    pub max_ratio: Option<f64>,
}

/// The values of one side, in the row's unit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Figures<'a> {
    /// As they were printed.
    pub values: &'a [f64],
    /// Their median.
    pub median: f64,
    /// Lower end of the median's 95 % interval; null below 6 values.
    pub low: Option<f64>,
    /// Upper end of it.
    pub high: Option<f64>,
}

/// The geometric mean of the ratios of a unit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Mean<'a> {
    /// The unit.
    pub unit: &'a str,
    /// Benchmarks that went into it.
    pub count: usize,
    /// The mean ratio.
    pub ratio: f64,
}

impl<'a> Benchmarks<'a> {
    /// The comparison, with that of the GC traces beside it.
    pub fn new(from: &'a model::Benchmarks, gc: Option<&'a compared::Comparison>) -> Self {
        let (outcome, reasons) = match &from.outcome {
            Outcome::Pass => ("pass", Vec::new()),
            Outcome::Regression(reasons) => {
                ("regression", reasons.iter().map(String::as_str).collect())
            }
            Outcome::NoVerdict(reason) => ("no-verdict", vec![reason.as_str()]),
        };
        Self {
            schema: BENCHMARKS_SCHEMA,
            tool: Tool::this(),
            outcome,
            reasons,
            exit_status: from.exit_status,
            base: &from.inputs[0],
            new: &from.inputs[1],
            rows: from.rows.iter().map(Into::into).collect(),
            means: from
                .means
                .iter()
                .map(|mean| Mean {
                    unit: &mean.unit,
                    count: mean.count,
                    ratio: mean.ratio,
                })
                .collect(),
            gc: gc.map(Into::into),
            warnings: &from.warnings,
        }
    }
}

impl<'a> From<&'a model::Row> for Row<'a> {
    fn from(row: &'a model::Row) -> Self {
        Self {
            package: (!row.package.is_empty()).then_some(row.package.as_str()),
            name: &row.name,
            unit: &row.unit,
            base: (&row.base).into(),
            new: (&row.new).into(),
            ratio: row.ratio.is_finite().then_some(row.ratio),
            p: row.p,
            exact: row.exact,
            more_is_better: row.more_is_better,
            verdict: match row.verdict {
                RowVerdict::Improved | RowVerdict::MaybeImproved => "improved",
                RowVerdict::Worse | RowVerdict::MaybeWorse => "worse",
                RowVerdict::Same => "same",
                RowVerdict::NoEvidence | RowVerdict::Unresolved => "no-evidence",
            },
            max_ratio: row.max_ratio,
        }
    }
}

impl<'a> From<&'a model::Figures> for Figures<'a> {
    fn from(figures: &'a model::Figures) -> Self {
        Self {
            values: &figures.values,
            median: figures.median,
            low: figures.interval.map(|(low, _)| low),
            high: figures.interval.map(|(_, high)| high),
        }
    }
}
