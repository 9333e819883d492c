//! Two sides of runs and what the evidence says of them, as plain data.

use std::collections::BTreeMap;

use super::{Process, Report, TimelinePoint};

/// The whole result of one comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// How it ends as a gate.
    pub outcome: Outcome,
    /// The status that the program exits with (0, 1, 2, 3).
    pub exit_status: u8,
    /// What was there before.
    pub base: Side,
    /// What is to be judged.
    pub new: Side,
    /// True where there are runs enough for the test to decide; else sizes alone speak, and no row is called certain.
    pub tested: bool,
    /// One entry a measure, always in the same order.
    pub rows: Vec<Row>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
}

/// How a comparison ends as a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No gated row got worse beyond its threshold.
    Pass,
    /// A gated row did; one sentence for each.
    Regression(Vec<String>),
    /// The evidence cannot tell; the sentence says why and what to do.
    NoVerdict(String),
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

/// One side: runs of one program under one configuration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Side {
    /// The runs that could be used.
    pub runs: Vec<Run>,
    /// Units of work (requests, say) that each run did, where the user said so: one for all runs, or one a run.
    pub work: Vec<f64>,
    /// What was known of the program besides its log, e.g. from a baseline.
    pub made_of: MadeOf,
    /// Where nothing could be used of an input: its name and why.
    pub left_out: Vec<(String, String)>,
    /// What the reports of its runs warn of, each with the name of its input.
    pub warnings: Vec<String>,
}

/// What is known of a program besides its log, in the words of the flags that said it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MadeOf {
    /// Go version, e.g. `1.27`.
    pub go: Option<String>,
    /// GOGC, e.g. `100`, `off`.
    pub gogc: Option<String>,
    /// GOMEMLIMIT, e.g. `512MiB`.
    pub memory_limit: Option<String>,
}

/// What a comparison uses of one run: one process from its first to its last cycle in the log.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(
    missing_docs,
    reason = "the figures are those of `Process` and `Measures`, under the same names"
)]
pub struct Run {
    /// Its source, and its process where the source holds several.
    pub name: String,
    pub format: String,
    pub approximate: bool,
    /// From the cycle numbers: those missing from the log count.
    pub cycles: u64,
    /// First cycle, ns of program time.
    pub started_ns: u64,
    pub duration_ns: u64,
    pub gomaxprocs: (u32, u32),
    pub implied_gogc: Option<(f64, f64)>,
    pub gc_frequency_per_second: Option<f64>,
    pub period_p50_ns: u64,
    pub period_mean_ns: Option<u64>,
    pub pause_p50_ns: u64,
    pub pause_p99_ns: u64,
    pub pause_max_ns: u64,
    /// Counts of each printed pause, ascending.
    pub pause_histogram: Vec<(u64, u64)>,
    pub stw_ratio: f64,
    pub gc_cpu_ratio: f64,
    pub gc_cpu_ratio_low: f64,
    pub gc_cpu_ratio_high: f64,
    pub mark_assist_cpu_ratio: f64,
    pub mark_duty_ratio: f64,
    pub allocation_bytes: u64,
    pub allocation_bytes_low: u64,
    pub allocation_bytes_high: u64,
    pub allocation_bytes_per_second: f64,
    pub allocation_resolved: bool,
    pub sums_withheld: bool,
    pub gc_cpu_withheld: bool,
    pub live_heap_p50_bytes: u64,
    pub heap_goal_p50_bytes: Option<u64>,
    pub heap_goal_churn_per_minute: f64,
    /// For charts; of a saved report as far as it holds one.
    pub timeline: Vec<TimelinePoint>,
}

impl Run {
    /// What a comparison uses of a process.
    pub fn new(name: String, process: &Process) -> Self {
        let measures = &process.measures;
        Self {
            name,
            format: process.format.to_owned(),
            approximate: process.approximate,
            cycles: process.cycles_seen + process.cycles_missing,
            started_ns: measures.started_ns,
            duration_ns: measures.duration_ns,
            gomaxprocs: measures.gomaxprocs,
            implied_gogc: measures.implied_gogc,
            gc_frequency_per_second: measures.gc_frequency_per_second,
            period_p50_ns: measures.period.p50,
            period_mean_ns: measures.period_mean_ns,
            pause_p50_ns: measures.pause.p50,
            pause_p99_ns: measures.pause.p99,
            pause_max_ns: measures.pause.max,
            pause_histogram: measures.pause_histogram.clone(),
            stw_ratio: measures.stw_ratio,
            gc_cpu_ratio: measures.gc_cpu_ratio,
            gc_cpu_ratio_low: measures.gc_cpu_ratio_low,
            gc_cpu_ratio_high: measures.gc_cpu_ratio_high,
            mark_assist_cpu_ratio: measures.mark_assist_cpu_ratio,
            mark_duty_ratio: measures.mark_duty_ratio,
            allocation_bytes: measures.allocation_bytes,
            allocation_bytes_low: measures.allocation_bytes_low,
            allocation_bytes_high: measures.allocation_bytes_high,
            allocation_bytes_per_second: measures.allocation_bytes_per_second,
            allocation_resolved: measures.allocation_resolved,
            sums_withheld: measures.sums_withheld,
            gc_cpu_withheld: measures.gc_cpu_withheld,
            live_heap_p50_bytes: measures.live_heap.p50,
            heap_goal_p50_bytes: measures.heap_goal.map(|goal| goal.p50),
            heap_goal_churn_per_minute: measures.heap_goal_churn_per_minute,
            timeline: measures.timeline.clone(),
        }
    }
}

impl Run {
    /// A figure that is summed up over the cycles, unless too many are missing for that.
    pub fn sum(&self, figure: f64) -> Option<f64> {
        (!self.sums_withheld).then_some(figure)
    }
}

/// The runs of a report: one for each process.
pub fn runs(report: &Report) -> Vec<Run> {
    let all = &report.processes;
    let names = run_names(
        all.iter()
            .map(|process| (process.source.as_str(), process.id.as_str())),
    );
    let runs = all.iter().zip(names);
    runs.map(|(process, name)| Run::new(name, process))
        .collect()
}

/// How runs are called, each by its log and its process: by the log, and by the process too where the log holds several.
pub(super) fn run_names<'a>(runs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (source, _) in runs.clone() {
        *counts.entry(source).or_default() += 1;
    }
    runs.map(|(source, process)| match counts.get(source) {
        Some(1) => source.to_owned(),
        _ => format!("{source}, process {process}"),
    })
    .collect()
}

/// One measure on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id, e.g. `gc-frequency`.
    pub id: &'static str,
    /// Its name for people.
    pub title: String,
    /// Unit of the figures, e.g. `1/s`, `ns`, `bytes`.
    pub unit: &'static str,
    /// Units of work that the figures are for; `None` for figures as they are.
    pub per_work: Option<f64>,
    /// Before.
    pub base: Sample,
    /// After.
    pub new: Sample,
    /// Median after over median before; `None` where a side has none or the first is 0 and the second is not.
    pub ratio: Option<f64>,
    /// Where the ratio may lie; the upper end is `None` where nothing bounds it.
    pub interval: Option<(f64, Option<f64>)>,
    /// Mann-Whitney test over the runs, two-sided; `None` where only sizes speak.
    pub p: Option<f64>,
    /// The same after Holm over the gated rows; `None` where the row is not gated.
    pub p_adjusted: Option<f64>,
    /// Cliff's delta: 1 where every run after is above every run before.
    pub cliffs_delta: Option<f64>,
    /// The gate's threshold of the ratio; `None` where the row is not gated.
    pub max_ratio: Option<f64>,
    /// What the evidence says.
    pub verdict: RowVerdict,
    /// What the reader should know about this row.
    pub note: Option<String>,
}

/// A measure on one side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// One value a run, in the order of the runs; a run that has none is left out.
    pub values: Vec<f64>,
    /// The median of the runs.
    pub median: Option<f64>,
    /// At least 95 % confidence for the median, from order statistics; from 6 runs on.
    pub interval: Option<(f64, f64)>,
}

/// What the evidence says of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
