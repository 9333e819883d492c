//! Where the allocation that a log measures comes from, as a heap profile of the same program tells it.

use super::sites::{Evidence, ProfileSource};
use super::why::{Compiler, Pattern};

/// The sites behind the allocation of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Causes {
    /// The heap profile.
    pub profile: ProfileSource,
    /// The escape diagnostics, where there were any.
    pub compiler: Option<Compiler>,
    /// The process of the log that the profile is taken to be of.
    pub process: String,
    /// Where the rates come from.
    pub rates: Rates,
    /// What allocates, by bytes, the largest first: behind GC frequency, GC CPU, assists and a goal that swings.
    pub allocated: Vec<Hot>,
    /// What was in use at the profile's last GC cycle, by bytes: behind a live heap that grows.
    pub in_use: Vec<Hot>,
    /// What the cycle period would be without the largest sites.
    pub estimate: Option<Estimate>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
}

/// Where rates come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rates {
    /// From the time that the profile covers.
    Profile,
    /// From the allocation rate of the log, shared out as the profile says.
    Log,
    /// There are none.
    None,
}

/// A line of the reader's code, or of a library, that allocates.
#[derive(Debug, Clone, PartialEq)]
pub struct Hot {
    /// The function.
    pub function: String,
    /// Its file.
    pub path: String,
    /// The line; 0 without one.
    pub line: u64,
    /// Its share of all bytes.
    pub share: f64,
    /// Objects in the profile.
    pub objects: i64,
    /// Bytes in the profile.
    pub bytes: i64,
    /// Objects a second, where rates are known.
    pub objects_per_second: Option<f64>,
    /// Bytes a second.
    pub bytes_per_second: Option<f64>,
    /// Objects a GC cycle.
    pub objects_per_cycle: Option<f64>,
    /// Bytes a GC cycle.
    pub bytes_per_cycle: Option<f64>,
    /// What `bytes` rests on.
    pub evidence: Evidence,
    /// Why, where there were escape diagnostics.
    pub why: Option<HotWhy>,
}

/// Why a line allocates.
#[derive(Debug, Clone, PartialEq)]
pub struct HotWhy {
    /// Which pattern it is.
    pub pattern: Pattern,
    /// What is known of it.
    pub message: String,
    /// What to change.
    pub remedy: Option<&'static str>,
}

/// What removing the largest sites would do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// How many of the largest sites are thought away.
    pub sites: usize,
    /// Their share of all bytes.
    pub share: f64,
    /// The cycle period as measured, ns.
    pub period_ns: u64,
    /// The cycle period without them, ns: live heap and heap goal as they are, the bytes of a period allocated more slowly.
    pub period_without_ns: u64,
}

/// Rules that allocation explains.
pub const BY_ALLOCATION: [&str; 4] = ["gc-frequency", "gc-cpu", "assist-pressure", "goal-churn"];

/// Rules that what is in use explains.
pub const BY_USE: [&str; 1] = ["heap-growth"];
