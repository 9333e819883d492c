//! Where the allocation that a log measures comes from, by a heap profile of the same program.

use serde::Serialize;

use super::sites::{Evidence, ProfileSource};
use super::why::Pattern;

/// The sites behind the allocation of one process.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Causes {
    /// The heap profile.
    pub profile: ProfileSource,
    /// Where the escape diagnostics came from; null without any.
    pub compiler: Option<String>,
    /// The process that the profile is taken to be of.
    pub process: String,
    /// Where the rates come from.
    pub rates: Rates,
    /// Rules that `allocated` explains.
    pub explains_by_allocation: &'static [&'static str],
    /// Rules that `in_use` explains.
    pub explains_by_use: &'static [&'static str],
    /// What allocates, by bytes, the largest first.
    pub allocated: Vec<Hot>,
    /// What was in use at the profile's last GC cycle, by bytes.
    pub in_use: Vec<Hot>,
    /// What the cycle period would be without the largest sites, or null.
    pub estimate: Option<Estimate>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
}

/// Where rates come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Rates {
    /// From the time that the profile covers.
    Profile,
    /// From the allocation rate of the log, shared out as the profile says.
    Log,
    /// There are none.
    None,
}

/// A line that allocates.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hot {
    /// The function.
    pub function: String,
    /// Its file, or null.
    pub file: Option<String>,
    /// The line, or null.
    pub line: Option<u64>,
    /// Its share of all bytes.
    pub share_ratio: f64,
    /// Objects in the profile.
    pub objects: i64,
    /// Bytes in the profile.
    pub bytes: i64,
    /// Objects a second; null where no rate is known.
    pub objects_per_second: Option<f64>,
    /// Bytes a second.
    pub bytes_per_second: Option<f64>,
    /// Objects a GC cycle.
    pub objects_per_cycle: Option<f64>,
    /// Bytes a GC cycle.
    pub bytes_per_cycle: Option<f64>,
    /// What `bytes` rests on.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// The pattern; null without escape diagnostics.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub pattern: Option<Pattern>,
    /// Why it allocates, or null.
    pub message: Option<String>,
    /// What to change, or null.
    pub remedy: Option<&'static str>,
}

/// What removing the largest sites would do: live heap and heap goal as they are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Estimate {
    /// How many of the largest sites are assumed to be gone.
    pub sites: usize,
    /// Their share of all bytes.
    pub share_ratio: f64,
    /// The mean cycle period as measured, ns.
    pub period_ns: u64,
    /// The mean cycle period without them, ns.
    pub period_without_ns: u64,
}

/// Rules that allocation explains.
pub const BY_ALLOCATION: [&str; 4] = ["gc-frequency", "gc-cpu", "assist-pressure", "goal-churn"];

/// Rules that what is in use explains.
pub const BY_USE: [&str; 1] = ["heap-growth"];
