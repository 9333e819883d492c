//! Where a program allocates: the table of a heap profile and its sites, as plain data.

/// What a heap profile says of one type of sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sites {
    /// The profile that was read.
    pub profile: ProfileSource,
    /// What is counted, by pprof's name, e.g. `alloc_objects`.
    pub sample_type: &'static str,
    /// `count` or `bytes`.
    pub unit: &'static str,
    /// The sum of all values, each without its sign; of the base alone under `-diff_base`.
    pub total: i64,
    /// The table of `go tool pprof -top`.
    pub table: Table,
    /// Every site, the largest first; none where only the table was asked for.
    pub sites: Vec<Site>,
}

/// A profile and how it was sampled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProfileSource {
    /// As the user named it.
    pub name: String,
    /// The profile that was taken off, and whether shares are of that one.
    pub base: Option<(String, bool)>,
    /// Bytes of allocation between two samples; at 1 every object was recorded.
    pub rate_bytes: u64,
    /// When it was taken, ns since 1970; 0 where it does not say.
    pub taken_unix_ns: u64,
    /// The time that it covers, ns; 0 for all since the program's start.
    pub duration_ns: u64,
}

/// The table of `go tool pprof -top`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its rows, sorted.
    pub rows: Vec<Row>,
    /// The flat values of the rows together.
    pub shown: i64,
    /// Nodes that were left out because their share is too small.
    pub dropped: u64,
    /// The value that was too small.
    pub cutoff: i64,
    /// Nodes before the table was cut.
    pub nodes: u64,
    /// The most rows that were asked for; 0 for all.
    pub limit: u64,
}

/// A row: a function, or a line of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The function.
    pub function: String,
    /// Its file, in a table of lines; else empty.
    pub file: String,
    /// Its line, in a table of lines; else 0.
    pub line: u64,
    /// Function, file and line as the table shows them.
    pub name: String,
    /// What it allocated itself.
    pub flat: i64,
    /// What it and everything that it called allocated.
    pub cum: i64,
    /// Whether it was inlined into its callers: `no`, `partly`, `yes`.
    pub inlined: Inlined,
    /// What `flat` rests on.
    pub flat_evidence: Evidence,
    /// What `cum` rests on.
    pub cum_evidence: Evidence,
}

/// Whether a function was inlined into its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inlined {
    /// Into none.
    No,
    /// Into some.
    Partly,
    /// Into all.
    Yes,
}

/// How many objects of those allocated were recorded, and how far the estimate may be off.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Evidence {
    /// Objects that were recorded.
    pub samples_seen: u64,
    /// Standard error over the estimate; 0 where every object was recorded, `None` where the estimate is 0.
    pub relative_error: Option<f64>,
    /// So few samples (about 30 of small objects) that nothing should be concluded from it.
    pub thin: bool,
}

/// A line of source.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub struct Frame {
    /// The function with the path of its package.
    pub function: String,
    /// Its file as the program was built.
    pub file: String,
    /// The line; 0 where the profile does not say.
    pub line: u64,
}

/// An allocation site: a line, and the calls that were inlined there.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Innermost first; never empty: without symbols it holds the name of the program.
    pub chain: Vec<Frame>,
    /// The function that called all this.
    pub caller: Option<Frame>,
    /// What it allocated itself.
    pub flat: i64,
    /// What all stacks through it allocated.
    pub cum: i64,
    /// Objects, of what was allocated or of what is in use.
    pub objects: i64,
    /// Bytes of the same.
    pub bytes: i64,
    /// What `flat` rests on.
    pub evidence: Evidence,
}
