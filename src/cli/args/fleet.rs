//! The arguments of `gcpressure fleet`.

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use gcpressure::internal::render::{FleetFormat, Formats as _};

use super::groups::one_of;
use super::{AnalysisArgs, RuleArgs, ShowArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum FleetCommand {
    /// Prints a row for each log and each process in it, as NDJSON
    ///
    /// Exit status: 0 everything was read, whatever it held; 2 something could not be read.
    Scan(Box<ScanArgs>),
    /// Adds rows up by their labels: sums, counts of values, and exact quantiles of these
    ///
    /// Any order, split or tree of merges gives the same rows.
    Merge(MergeArgs),
    /// Reports what the rows say: what was read, where collecting burns CPU, and what regressed between two versions
    ///
    /// Exit status with --check: 0 no regression, 1 a regression, 3 some service cannot be told.
    Report(Box<FleetReportArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Logs, or directories of logs, whose rotated parts are joined; `-` reads a work list from standard input
    ///
    /// A work list has a JSON array of paths a line, or an object {"labels":{},"files":[]}.
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<String>,
    /// Folder that the logs are in: labels are of `k=v` folders below it, and sources are named relative to it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Labels")]
    pub(crate) root: Option<String>,
    /// Label of every row, before those of folders; repeatable
    #[arg(long, value_name = "K=V", value_parser = label, help_heading = "Labels")]
    pub(crate) label: Vec<(String, String)>,
    /// Where labels come from besides --label
    #[arg(long, value_name = "hive|none", value_enum, default_value_t = LabelsFrom::Hive, help_heading = "Labels")]
    pub(crate) labels: LabelsFrom,
    /// Also the sums and counts of each process by hour or day of wall time, where the log has it
    #[arg(long, value_name = "1h|1d", value_enum, help_heading = "Rows")]
    pub(crate) bucket: Option<Bucket>,
    /// Print a row for what cannot be read, and exit with 0 if anything could be
    #[arg(long, help_heading = "Rows")]
    pub(crate) keep_going: bool,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
}

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    pub(crate) rows: RowsArgs,
    /// Labels to group by, separated by commas; without them all rows become one
    #[arg(long, value_name = "K,K", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Count rows that are equal to the byte once: logs that were listed twice, tasks that ran twice
    #[arg(long)]
    pub(crate) distinct: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FleetReportArgs {
    #[command(flatten)]
    pub(crate) rows: RowsArgs,
    /// Labels to group by, separated by commas; with --compare a group is a service
    #[arg(
        long,
        value_name = "K,K",
        value_delimiter = ',',
        default_value = "service"
    )]
    pub(crate) by: Vec<String>,
    /// Maximum number of groups and of runs that are listed; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// Two values of a label, before and after: version=1.4.0,1.5.0
    #[arg(long, value_name = "K=V,V", value_parser = compared, help_heading = "Comparison")]
    pub(crate) compare: Option<(String, [String; 2])>,
    /// Labels that make a run, separated by commas: rows in which they are equal are one [default: pod, and where a row has none its log]
    #[arg(
        long,
        value_name = "K,K",
        value_delimiter = ',',
        help_heading = "Comparison"
    )]
    pub(crate) run: Vec<String>,
    /// Exit with 1 if a service regressed, with 3 if the runs are too few to tell
    #[arg(long, requires = "compare", help_heading = "Comparison")]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) output: FleetOutput,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct FleetOutput {
    /// Format of standard output
    #[arg(short, long, default_value = "text", value_parser = one_of(FleetFormat::ALL, FleetFormat::name), hide_possible_values = false)]
    pub(crate) format: FleetFormat,
    /// Write the report to a file as well, repeatable: json=fleet.json, html=fleet.html
    #[arg(short, long, value_name = "FORMAT=PATH")]
    pub(crate) output: Vec<String>,
    /// Also every service with all its measures, and the logs of the worst runs
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

/// Rows to read.
#[derive(Debug, Args)]
pub(crate) struct RowsArgs {
    /// Rows of `fleet scan` or `fleet merge`, also gzip or zstd, or directories of them; standard input for `-` or without any
    #[arg(value_name = "ROWS", value_hint = ValueHint::AnyPath)]
    pub(crate) files: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LabelsFrom {
    /// The `k=v` folders of a log's path
    Hive,
    /// Nothing
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bucket {
    /// An hour
    #[value(name = "1h")]
    Hour,
    /// A day
    #[value(name = "1d")]
    Day,
}

fn label(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected a name and a value: service=api"),
    }
}

fn compared(text: &str) -> Result<(String, [String; 2]), &'static str> {
    const EXPECTED: &str = "expected a label and two of its values: version=1.4.0,1.5.0";
    let (label, values) = text.split_once('=').ok_or(EXPECTED)?;
    let (base, new) = values.split_once(',').ok_or(EXPECTED)?;
    if label.is_empty() || base.is_empty() || new.is_empty() || new.contains(',') {
        return Err(EXPECTED);
    }
    if base == new {
        return Err("a value cannot be compared with itself");
    }
    Ok((label.to_owned(), [base.to_owned(), new.to_owned()]))
}
