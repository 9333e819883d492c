//! Benchmarks before and after, as plain data.

use super::comparison::{Outcome, RowVerdict};

/// The comparison of two sets of benchmark results.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmarks {
    /// How it ends as a gate, the GC traces in the same outputs included.
    pub outcome: Outcome,
    /// The status that the program exits with (0, 1, 3).
    pub exit_status: u8,
    /// The names of the inputs before and after.
    pub inputs: [Vec<String>; 2],
    /// One entry a benchmark and unit; units in the order in which they first came.
    pub rows: Vec<Row>,
    /// The mean factor of each unit over the benchmarks that both sides have.
    pub means: Vec<Mean>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
}

/// One benchmark in one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its package; may be empty.
    pub package: String,
    /// Its name without `Benchmark`.
    pub name: String,
    /// Its unit, as printed.
    pub unit: String,
    /// Before.
    pub base: Figures,
    /// After.
    pub new: Figures,
    /// Median after over median before; infinite over 0.
    pub ratio: f64,
    /// p-value of the Mann-Whitney test, two-sided; `None` where values are exact.
    pub p: Option<f64>,
    /// The unit has no noise: any difference is one.
    pub exact: bool,
    /// More is better.
    pub more_is_better: bool,
    /// What the evidence says.
    pub verdict: RowVerdict,
    /// The ratio above which it fails, where it gates.
    pub max_ratio: Option<f64>,
}

/// The values of one side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// As they were printed.
    pub values: Vec<f64>,
    /// Their median.
    pub median: f64,
    /// 95 % interval of the median by order statistics; `None` below 6 values.
    pub interval: Option<(f64, f64)>,
}

/// The geometric mean of the ratios of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Mean {
    /// The unit.
    pub unit: String,
    /// Benchmarks that went into it.
    pub count: usize,
    /// The mean factor.
    pub ratio: f64,
}
