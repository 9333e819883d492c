//! `gcpressure.sites/v1`: where a program allocates.

use schemars::JsonSchema;
use serde::Serialize;

use super::Tool;
use crate::report::sites as model;

/// The version of the sites.
pub const SITES_SCHEMA: &str = "gcpressure.sites/v1";

/// What a heap profile says of one type of sample.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sites<'a> {
    /// Always `gcpressure.sites/v1`.
    #[schemars(extend("const" = SITES_SCHEMA))]
    pub schema: &'static str,
    /// What wrote this.
    pub tool: Tool,
    /// The profile.
    pub profile: ProfileSource<'a>,
    /// What is counted: `alloc_objects`, `alloc_space`, `inuse_objects` or `inuse_space`.
    pub sample_type: &'a str,
    /// Unit of `total`, `flat` and `cum`: `count` or `bytes`.
    pub unit: &'a str,
    /// The sum of all values, each without its sign; of the base alone where shares are of it.
    pub total: i64,
    /// The rows of `go tool pprof -top`.
    pub rows: Vec<Row<'a>>,
    /// Rows left out because their `cum` is under 0.5 % of all.
    pub rows_dropped: u64,
    /// Every allocation site, the largest first.
    pub sites: Vec<Site<'a>>,
}

/// A profile and how it was sampled.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProfileSource<'a> {
    /// As the user named it.
    pub name: &'a str,
    /// The profile that was taken off, or null.
    pub base: Option<&'a str>,
    /// Whether shares are of the base (`-diff_base`).
    pub shares_of_base: bool,
    /// Bytes of allocation between two samples; at 1 every object was recorded.
    pub rate_bytes: u64,
    /// When it was taken, ns since 1970; null where it does not say.
    pub taken_unix_ns: Option<u64>,
    /// The time that it covers, ns; null for all since the program's start.
    pub duration_ns: Option<u64>,
}

/// A function, or a line of one.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row<'a> {
    /// The function.
    pub function: &'a str,
    /// Its file; null in a table of functions.
    pub file: Option<&'a str>,
    /// Its line; null in a table of functions.
    pub line: Option<u64>,
    /// Whether it was inlined into its callers.
    pub inlined: Inlined,
    /// What it allocated itself.
    pub flat: i64,
    /// What `flat` rests on.
    pub flat_evidence: Evidence,
    /// What it and everything that it called allocated.
    pub cum: i64,
    /// What `cum` rests on.
    pub cum_evidence: Evidence,
}

/// Whether a function was inlined into its callers.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Inlined {
    /// Into none.
    No,
    /// Into some.
    Partly,
    /// Into all.
    Yes,
}

/// How far an estimate may be off.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Evidence {
    /// Objects that were recorded.
    pub samples_seen: u64,
    /// Standard error over the estimate; 0 where every object was recorded, null where the estimate is 0.
    pub relative_error_ratio: Option<f64>,
    /// So few samples that nothing should be concluded from it.
    pub thin: bool,
}

/// A line of source.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Frame<'a> {
    /// The function with the path of its package.
    pub function: &'a str,
    /// Its file as the program was built, or null.
    pub file: Option<&'a str>,
    /// The line, or null.
    pub line: Option<u64>,
}

/// An allocation site.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Site<'a> {
    /// The function at the leaf.
    pub function: &'a str,
    /// Its file as the program was built, or null.
    pub file: Option<&'a str>,
    /// The line, or null.
    pub line: Option<u64>,
    /// The same line, then the calls that were inlined there; the last is the function that is really called.
    pub inline_chain: Vec<Frame<'a>>,
    /// The line that called all this, or null.
    pub caller: Option<Frame<'a>>,
    /// What it allocated itself, in `unit`.
    pub flat: i64,
    /// What all stacks through it allocated, in `unit`.
    pub cum: i64,
    /// Objects: allocated or in use, as the sample type is.
    pub objects: i64,
    /// Bytes of the same.
    pub bytes: i64,
    /// What `flat` rests on.
    #[serde(flatten)]
    pub evidence: Evidence,
}

impl<'a> From<&'a model::Sites> for Sites<'a> {
    fn from(sites: &'a model::Sites) -> Self {
        Self {
            schema: SITES_SCHEMA,
            tool: Tool::this(),
            profile: (&sites.profile).into(),
            sample_type: sites.sample_type,
            unit: sites.unit,
            total: sites.total,
            rows: sites.table.rows.iter().map(Into::into).collect(),
            rows_dropped: sites.table.dropped,
            sites: sites.sites.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a model::ProfileSource> for ProfileSource<'a> {
    fn from(profile: &'a model::ProfileSource) -> Self {
        let known = |value: u64| (value > 0).then_some(value);
        Self {
            name: &profile.name,
            base: profile.base.as_ref().map(|(name, _)| name.as_str()),
            shares_of_base: profile.base.as_ref().is_some_and(|(_, apart)| *apart),
            rate_bytes: profile.rate_bytes,
            taken_unix_ns: known(profile.taken_unix_ns),
            duration_ns: known(profile.duration_ns),
        }
    }
}

impl<'a> From<&'a model::Row> for Row<'a> {
    fn from(row: &'a model::Row) -> Self {
        Self {
            function: &row.function,
            file: known(&row.file),
            line: (row.line > 0).then_some(row.line),
            inlined: match row.inlined {
                model::Inlined::No => Inlined::No,
                model::Inlined::Partly => Inlined::Partly,
                model::Inlined::Yes => Inlined::Yes,
            },
            flat: row.flat,
            flat_evidence: row.flat_evidence.into(),
            cum: row.cum,
            cum_evidence: row.cum_evidence.into(),
        }
    }
}

impl From<model::Evidence> for Evidence {
    fn from(evidence: model::Evidence) -> Self {
        Self {
            samples_seen: evidence.samples_seen,
            relative_error_ratio: evidence.relative_error,
            thin: evidence.thin,
        }
    }
}

impl<'a> From<&'a model::Frame> for Frame<'a> {
    fn from(frame: &'a model::Frame) -> Self {
        Self {
            function: &frame.function,
            file: known(&frame.file),
            line: (frame.line > 0).then_some(frame.line),
        }
    }
}

impl<'a> From<&'a model::Site> for Site<'a> {
    fn from(site: &'a model::Site) -> Self {
        let leaf = site.chain.first();
        Self {
            function: leaf.map_or("", |leaf| &leaf.function),
            file: leaf.and_then(|leaf| known(&leaf.file)),
            line: leaf.map(|leaf| leaf.line).filter(|line| *line > 0),
            inline_chain: site.chain.iter().map(Into::into).collect(),
            caller: site.caller.as_ref().map(Into::into),
            flat: site.flat,
            cum: site.cum,
            objects: site.objects,
            bytes: site.bytes,
            evidence: site.evidence.into(),
        }
    }
}

fn known(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
