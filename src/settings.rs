//! What the user may set about the analysis, as values: windows, thresholds, which rules, what is known of the program.
//! Where a value came from (flag, file, default) is the command line's matter.

use std::collections::{BTreeMap, BTreeSet};

pub use crate::severity::Severity;

/// How far a sliding window reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowLength {
    /// Program time, ns.
    Time(u64),
    /// A number of GC cycles.
    Cycles(u64),
}

/// What the rules judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Sliding windows (the default).
    #[default]
    Window,
    /// The whole run as one window.
    Run,
    /// Nothing, if only the cycles are wanted. The report then has the processes and the input, without measures.
    Nothing,
}

/// The thresholds of one rule as the user set them, in the rule's own unit; `None` keeps the default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ThresholdOverride {
    /// From this value on a finding is a warning.
    pub warning: Option<f64>,
    /// From this value on a finding is critical.
    pub critical: Option<f64>,
}

/// All settings of the analysis. [`Settings::default`] is what the program uses without flags or files.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Length of the sliding window (10 s).
    pub window: WindowLength,
    /// Step of the sliding window, ns (2 s).
    pub hop_ns: u64,
    /// Start of the run that rules leave out, ns; `None` is the adaptive default, min(2 s, a quarter of the run).
    pub warmup_ns: Option<u64>,
    /// Sliding windows or the whole run.
    pub scope: Scope,
    /// Thresholds by rule id.
    pub thresholds: BTreeMap<String, ThresholdOverride>,
    /// Rules that are switched off.
    pub allow: BTreeSet<String>,
    /// If not empty, the only rules that run.
    pub only: BTreeSet<String>,
    /// Rules named by `--max` or `--only`: if one of them has no evidence in any process there is no verdict.
    pub required: BTreeSet<String>,
    /// Go version if the user states it, as (1, minor).
    pub go_version: Option<(u32, u32)>,
    /// GOGC if the user states it, percent.
    pub gogc: Option<u32>,
    /// GOMEMLIMIT if the user states it, bytes.
    pub memory_limit: Option<u64>,
    /// CPUs of the program if the user states them, in 1/1000; a quota may be less than one.
    pub cpus_milli: Option<u64>,
    /// How long the program lived if the user states it, ns: silence to its end is evidence.
    pub life_ns: Option<u64>,
    /// The program was started by gcpressure: advice to do so is left out.
    pub child: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: WindowLength::Time(10_000_000_000),
            hop_ns: 2_000_000_000,
            warmup_ns: None,
            scope: Scope::Window,
            thresholds: BTreeMap::new(),
            allow: BTreeSet::new(),
            only: BTreeSet::new(),
            required: BTreeSet::new(),
            go_version: None,
            gogc: None,
            memory_limit: None,
            cpus_milli: None,
            life_ns: None,
            child: false,
        }
    }
}
