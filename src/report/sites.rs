//! Where a program allocates: the table of a heap profile and its sites.

use serde::{Serialize, Serializer};

use super::comparison::Outcome;

/// What a heap profile says of one type of sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sites {
    /// The profile.
    pub profile: ProfileSource,
    /// What is counted: `alloc_objects`, `alloc_space`, `inuse_objects` or `inuse_space`.
    pub sample_type: &'static str,
    /// Unit of `total`, `flat` and `cum`: `count` or `bytes`.
    pub unit: &'static str,
    /// The sum of all values, each without its sign; of the base alone where shares are of it.
    pub total: i64,
    /// The table of `go tool pprof -top`.
    #[serde(flatten)]
    pub table: Table,
    /// Every allocation site, the largest first.
    pub sites: Vec<Site>,
    /// How it stands against the base; null without a check.
    pub check: Option<Growth>,
}

/// How a profile stands against an older one of the same work.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Growth {
    /// How it ends as a gate.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The status that the program exits with.
    pub exit_status: u8,
    /// The sites that allocate more, the largest growth first.
    pub grown: Vec<Grown>,
}

/// A site that allocates more than before.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Grown {
    /// The line at the leaf.
    #[serde(flatten)]
    pub place: Frame,
    /// What it allocated in the base, in the profile's `unit`; 0 for a new site.
    pub before: i64,
    /// What it allocates now.
    pub after: i64,
    /// The standard error of the difference by the sampling of both profiles; 0 where every object was recorded.
    pub standard_error: f64,
}

/// A profile and how it was sampled.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProfileSource {
    /// As the user named it.
    pub name: String,
    /// The profile that was taken off, or null.
    pub base: Option<String>,
    /// Whether shares are of the base (`-diff_base`).
    pub shares_of_base: bool,
    /// Bytes of allocation between two samples; at 1 every object was recorded.
    pub rate_bytes: u64,
    /// When it was taken, ns since 1970; null where it does not say.
    pub taken_unix_ns: Option<u64>,
    /// The time that it covers, ns; null for all since the program's start.
    pub duration_ns: Option<u64>,
}

/// The table of `go tool pprof -top`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Table {
    /// Its rows, sorted.
    pub rows: Vec<Row>,
    /// Rows left out because their `cum` is under 0.5 % of all.
    pub rows_dropped: u64,
    /// The flat values of the rows together.
    #[serde(skip)]
    pub shown: i64,
    /// The `cum` that is too small.
    #[serde(skip)]
    pub cutoff: i64,
    /// Nodes before the table was cut.
    #[serde(skip)]
    pub nodes: u64,
    /// The most rows that were asked for; 0 for all.
    #[serde(skip)]
    pub limit: u64,
}

/// A function, or a line of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Row {
    /// The function.
    pub function: String,
    /// Its file; null in a table of functions.
    pub file: Option<String>,
    /// Its line; null in a table of functions.
    pub line: Option<u64>,
    /// Function, file and line as the table shows them.
    #[serde(skip)]
    pub name: String,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// Objects that were recorded.
    pub samples_seen: u64,
    /// Standard error over the estimate; 0 where every object was recorded, null where the estimate is 0.
    pub relative_error_ratio: Option<f64>,
    /// So few samples that nothing should be concluded from it.
    pub thin: bool,
}

/// A line of source.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Frame {
    /// The function with the path of its package.
    pub function: String,
    /// Its file as the program was built, or null.
    pub file: Option<String>,
    /// The line, or null.
    pub line: Option<u64>,
}

/// An allocation site.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Site {
    /// Innermost first; never empty: without symbols it holds the name of the program.
    #[serde(flatten, serialize_with = "leaf_and_chain")]
    #[cfg_attr(feature = "schema", schemars(with = "ChainKeys<'static>"))]
    pub chain: Vec<Frame>,
    /// The line that called all this, or null.
    pub caller: Option<Frame>,
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

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct ChainKeys<'a> {
    /// The line at the leaf.
    #[serde(flatten)]
    leaf: &'a Frame,
    /// The same line, then the calls that were inlined there; the last is the function that is really called.
    inline_chain: &'a [Frame],
}

const NOWHERE: &Frame = &Frame {
    function: String::new(),
    file: None,
    line: None,
};

fn leaf_and_chain<S: Serializer>(chain: &[Frame], to: S) -> Result<S::Ok, S::Error> {
    ChainKeys {
        leaf: chain.first().unwrap_or(NOWHERE),
        inline_chain: chain,
    }
    .serialize(to)
}
