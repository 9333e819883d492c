//! Where the allocation of a log comes from, as a part of the report.

use schemars::JsonSchema;
use serde::Serialize;

use super::sites::{Evidence, ProfileSource};
use crate::report::causes as model;

/// The sites behind the allocation of one process.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Causes<'a> {
    /// The heap profile.
    pub profile: ProfileSource<'a>,
    /// Where the escape diagnostics came from; null without any.
    pub compiler: Option<&'a str>,
    /// The process that the profile is taken to be of.
    pub process: &'a str,
    /// Where the rates come from.
    pub rates: Rates,
    /// Rules that `allocated` explains.
    pub explains_by_allocation: &'static [&'static str],
    /// Rules that `in_use` explains.
    pub explains_by_use: &'static [&'static str],
    /// What allocates, by bytes, the largest first.
    pub allocated: Vec<Hot<'a>>,
    /// What was in use at the profile's last GC cycle, by bytes.
    pub in_use: Vec<Hot<'a>>,
    /// What the cycle period would be without the largest sites, or null.
    pub estimate: Option<Estimate>,
    /// What the reader should know about these numbers.
    pub warnings: &'a [String],
}

/// Where rates come from.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
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
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hot<'a> {
    /// The function.
    pub function: &'a str,
    /// Its file, or null.
    pub file: Option<&'a str>,
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
    pub pattern: Option<&'a str>,
    /// Why it allocates, or null.
    pub message: Option<&'a str>,
    /// What to change, or null.
    pub remedy: Option<&'a str>,
}

/// What removing the largest sites would do: live heap and heap goal as they are.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Estimate {
    /// How many of the largest sites are thought away.
    pub sites: usize,
    /// Their share of all bytes.
    pub share_ratio: f64,
    /// The mean cycle period as measured, ns.
    pub period_ns: u64,
    /// The mean cycle period without them, ns.
    pub period_without_ns: u64,
}

impl<'a> From<&'a model::Causes> for Causes<'a> {
    fn from(causes: &'a model::Causes) -> Self {
        Self {
            profile: (&causes.profile).into(),
            compiler: causes.compiler.as_ref().map(|from| from.name.as_str()),
            process: &causes.process,
            rates: match causes.rates {
                model::Rates::Profile => Rates::Profile,
                model::Rates::Log => Rates::Log,
                model::Rates::None => Rates::None,
            },
            explains_by_allocation: &model::BY_ALLOCATION,
            explains_by_use: &model::BY_USE,
            allocated: causes.allocated.iter().map(Into::into).collect(),
            in_use: causes.in_use.iter().map(Into::into).collect(),
            estimate: causes.estimate.map(|estimate| Estimate {
                sites: estimate.sites,
                share_ratio: estimate.share,
                period_ns: estimate.period_ns,
                period_without_ns: estimate.period_without_ns,
            }),
            warnings: &causes.warnings,
        }
    }
}

impl<'a> From<&'a model::Hot> for Hot<'a> {
    fn from(site: &'a model::Hot) -> Self {
        let why = site.why.as_ref();
        Self {
            function: &site.function,
            file: (!site.path.is_empty()).then_some(site.path.as_str()),
            line: (site.line > 0).then_some(site.line),
            share_ratio: site.share,
            objects: site.objects,
            bytes: site.bytes,
            objects_per_second: site.objects_per_second,
            bytes_per_second: site.bytes_per_second,
            objects_per_cycle: site.objects_per_cycle,
            bytes_per_cycle: site.bytes_per_cycle,
            evidence: site.evidence.into(),
            pattern: why.map(|why| why.pattern.id()),
            message: why.map(|why| why.message.as_str()),
            remedy: why.and_then(|why| why.remedy),
        }
    }
}
