//! What the user typed, as clap reads it. Values with units stay text here: the configuration file holds the same text,
//! so both are read in one place, [`crate::cli::config`].

use std::ffi::OsString;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use gcpressure::profile::SampleType;
use gcpressure::render::{ComparisonFormat, Format, SitesFormat, WhyFormat};

use crate::cli::later::Later;

/// Says whether the garbage collector of a Go program is under pressure.
///
/// Reads what the program prints under GODEBUG=gctrace=1, from files or standard input, and reports whether GC is the
/// problem, when, how badly, and what to do next.
#[derive(Debug, Parser)]
#[command(
    name = "gcpressure",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  \
        GODEBUG=gctrace=1 ./server 2>&1 | gcpressure\n  \
        kubectl logs deploy/server | gcpressure\n  \
        gcpressure check --max gc-frequency=5/s --max pause-p99=10ms server.log\n\n\
        Exit status: 0 done or pass, 1 a finding that fails the check, 2 an error, 3 no verdict."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The same analysis as a gate: the exit status says pass (0), fail (1) or no verdict (3)
    Check(Later<CheckArgs>),
    /// Prints every GC cycle as one row, as it arrives
    Events(Later<EventsArgs>),
    /// Shows where the program allocates, from a heap profile: the table of go tool pprof -top, and how far to trust it
    Sites(Later<SitesArgs>),
    /// Says why those lines allocate, from the compiler's escape analysis, and what to change
    Why(Later<WhyArgs>),
    /// Runs a program with its GC trace on, and reports at its end; the exit status is the program's own
    ///
    /// Where standard error is a terminal, findings are told when they are raised and cleared, and a line at the bottom
    /// shows the state; that line is left out where the program's standard output is on a terminal as well, for what it
    /// writes there does not come through here.
    Run(Later<RunArgs>),
    /// A live dashboard of a log that grows, of standard input, or of a program that it runs
    ///
    /// Without a terminal it writes plain lines above the report: one for each finding that is raised or cleared, and one
    /// every --refresh that says how things stand. A format for machines has standard output to itself: then they are told on
    /// standard error, if that is a terminal.
    Watch(Later<WatchArgs>),
    /// The before/after table of two runs or of several a side: what got better or worse, and what the evidence carries
    Compare(Later<CompareArgs>),
    /// Says what a rule or a cause means, its thresholds, known false alarms, and what to do
    Explain {
        /// The rule or the cause; all of them in one table without it
        name: Option<String>,
    },
    /// Prints the JSON Schema of the machine-readable output
    Schema {
        /// Which output
        #[arg(default_value = "report")]
        output: SchemaOf,
    },
    /// Prints a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Prints the manual page in roff, of one command where it is named
    Man {
        /// The command
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Copy the lines that are no GC trace to standard output; the report goes to standard error
    #[arg(long, help_heading = "Output")]
    pub(crate) passthrough: bool,
    #[command(flatten)]
    pub(crate) heap: LogHeapArgs,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
}

/// A heap profile of the program that wrote the log.
#[derive(Debug, Args)]
#[command(next_help_heading = "Root cause")]
pub(crate) struct LogHeapArgs {
    /// Heap profile of the same program: puts the lines that allocate under the findings
    #[arg(long, value_name = "HEAP", value_hint = ValueHint::FilePath)]
    pub(crate) heap: Option<String>,
    /// Take off an older profile: what was allocated between the two
    #[arg(long, value_name = "OLD", requires = "heap", value_hint = ValueHint::FilePath)]
    pub(crate) heap_base: Option<String>,
    #[command(flatten)]
    pub(crate) escape: EscapeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    /// Exit with 1 or 3 where the program itself succeeds and the check does not pass
    #[arg(long, help_heading = "Rules")]
    pub(crate) check: bool,
    /// The severity that fails --check [default: critical]
    #[arg(
        long,
        value_name = "SEVERITY",
        help_heading = "Rules",
        requires = "check"
    )]
    pub(crate) fail_on: Option<String>,
    #[command(flatten)]
    pub(crate) escape: EscapeArgs,
    /// The program and its arguments. Its standard input and output are its own; the report goes to standard error
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true, allow_hyphen_values = true, value_hint = ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// The log to watch; standard input for `-` or without any
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<String>,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    #[command(flatten)]
    pub(crate) escape: EscapeArgs,
    /// A program to run and watch, and its arguments
    #[arg(value_name = "CMD", last = true, conflicts_with = "file", value_hint = ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Live input")]
pub(crate) struct LiveArgs {
    /// Run this shell command when a critical finding is raised, with the finding as JSON on its standard input and as
    /// GCPRESSURE_* in its environment; the same finding at most once a minute, 30 s at most
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString)]
    pub(crate) on_critical: Option<String>,
    /// Rewrite the files of -o this often while the input goes on
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    pub(crate) refresh: String,
    /// Stop after this time and report; a program that runs under this one is asked to end
    #[arg(long, value_name = "DURATION")]
    pub(crate) timeout: Option<String>,
    /// Stop as soon as a critical finding is raised, and report
    #[arg(long)]
    pub(crate) until_critical: bool,
    /// Fetch heap profiles of the running program, which serves net/http/pprof there: http://localhost:6060
    #[arg(long, value_name = "URL", help_heading = "Root cause")]
    pub(crate) heap_url: Option<String>,
    /// Length of the profile that is taken when a critical finding is raised
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 5,
        requires = "heap_url",
        help_heading = "Root cause"
    )]
    pub(crate) heap_seconds: u64,
    /// Keep the profiles of --heap-url in this folder
    #[arg(long, value_name = "DIR", requires = "heap_url", value_hint = ValueHint::DirPath, help_heading = "Root cause")]
    pub(crate) save_profiles: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// The severity that fails the check [default: critical]
    #[arg(long, value_name = "SEVERITY", help_heading = "Rules")]
    pub(crate) fail_on: Option<String>,
    /// Fail too where this run is worse than the one saved there
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = "Baseline")]
    pub(crate) baseline: Option<String>,
    /// Make this run the baseline, whatever the comparison says
    #[arg(long, requires = "baseline", help_heading = "Baseline")]
    pub(crate) update_baseline: bool,
    #[command(flatten)]
    pub(crate) comparing: Comparing,
    /// Write a commented gcpressure.toml into the working directory and read nothing
    #[arg(long, exclusive = true)]
    pub(crate) init: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// What a row looks like
    #[arg(short, long, value_enum, default_value_t = RowFormat::Ndjson, help_heading = "Output")]
    pub(crate) format: RowFormat,
    /// Exit with 0 although there was no GC cycle
    #[arg(long, help_heading = "Output")]
    pub(crate) allow_no_verdict: bool,
    /// Exit with 0 whatever was found; errors still give 2
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_zero: bool,
    /// Say nothing on standard error but errors
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SitesArgs {
    #[command(flatten)]
    pub(crate) heap: HeapArgs,
    /// A row a line of source, not one a function
    #[arg(long, help_heading = "Table")]
    pub(crate) lines: bool,
    /// Sort by what a row and everything that it called allocated
    #[arg(long, help_heading = "Table")]
    pub(crate) cum: bool,
    /// The most rows; 0 for all
    #[arg(
        short = 'n',
        long = "count",
        value_name = "N",
        default_value_t = 0,
        help_heading = "Table"
    )]
    pub(crate) count: usize,
    /// What is written
    #[arg(short, long, default_value = "text", value_parser = sites_formats(), help_heading = "Output")]
    pub(crate) format: SitesFormat,
    /// Also the samples and the error behind every row
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    #[command(flatten)]
    pub(crate) heap: HeapArgs,
    #[command(flatten)]
    pub(crate) escape: EscapeArgs,
    /// The most causes that are told in full; 0 for all
    #[arg(
        short = 'n',
        long = "count",
        value_name = "N",
        default_value_t = 10,
        help_heading = "Output"
    )]
    pub(crate) count: usize,
    /// What is written
    #[arg(short, long, default_value = "text", value_parser = why_formats(), help_heading = "Output")]
    pub(crate) format: WhyFormat,
    /// Colours; NO_COLOR and CLICOLOR are obeyed
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto, help_heading = "Output")]
    pub(crate) color: ColorWhen,
    /// Also the compiler's whole chain of reasons
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
}

/// The compiler's escape analysis on the command line.
#[derive(Debug, Args)]
#[command(next_help_heading = "Escape analysis")]
pub(crate) struct EscapeArgs {
    /// What `go build -gcflags='-m -m' ./...` wrote to standard error
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) escape: Option<String>,
    /// Ask the installed Go instead: builds these packages with -gcflags='-m -m', repeatable
    #[arg(long, value_name = "PACKAGE", conflicts_with = "escape")]
    pub(crate) build: Vec<String>,
    /// Where the source lies: shows the lines, and explains append before Go 1.25 [default with --build: .]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) src: Option<String>,
}

/// A heap profile on the command line.
#[derive(Debug, Args)]
pub(crate) struct HeapArgs {
    /// Heap profile, such as /debug/pprof/allocs gives; standard input for `-`
    #[arg(value_name = "HEAP", value_hint = ValueHint::FilePath)]
    pub(crate) file: String,
    /// What to count
    #[arg(long, value_name = "TYPE", default_value = "alloc_objects", value_parser = sample_types(), help_heading = "Profile")]
    pub(crate) sample: SampleType,
    /// Take off an older profile of the same program: what was allocated since
    #[arg(long, value_name = "OLD", value_hint = ValueHint::FilePath, help_heading = "Profile")]
    pub(crate) base: Option<String>,
    /// The same, with shares of the older profile
    #[arg(long, value_name = "OLD", value_hint = ValueHint::FilePath, conflicts_with = "base", help_heading = "Profile")]
    pub(crate) diff_base: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Logs to read, gzip or zstd too, or directories of them; standard input for `-` or without any
    ///
    /// Rotated parts of one log (app.log.2.gz app.log.1 app.log) are read as one, oldest first whatever their order here. Different
    /// logs are different programs.
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath, help_heading = None)]
    pub(crate) files: Vec<String>,
    /// Read all FILEs as one log, in the order given, as `cat` would give it
    #[arg(long)]
    pub(crate) join: bool,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct SelectArgs {
    /// Leave out cycles before this program time (90s) or wall-clock time (2026-11-23T14:05:00Z)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Leave out cycles after this program time or wall-clock time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only the process with this id
    #[arg(long, value_name = "ID")]
    pub(crate) process: Option<String>,
    /// Only the stream with this prefix, such as a pod's name
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Analysis")]
pub(crate) struct AnalysisArgs {
    /// Length of the sliding window, in time or GC cycles: 10s, 200gc [default: 10s]
    #[arg(long, value_name = "LENGTH")]
    pub(crate) window: Option<String>,
    /// Step of the sliding window [default: 2s]
    #[arg(long, value_name = "DURATION")]
    pub(crate) hop: Option<String>,
    /// Start of the run that rules leave out [default: 2s, at most a quarter of the run]
    #[arg(long, value_name = "DURATION")]
    pub(crate) warmup: Option<String>,
    /// What rules judge: sliding windows, or the whole run [default: window]
    #[arg(long, value_name = "window|run")]
    pub(crate) scope: Option<String>,
    /// How long the program lived, if you know it: silence until then is evidence of few cycles
    #[arg(long, value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    #[command(flatten)]
    pub(crate) program: ProgramArgs,
}

/// What the user knows of the program.
#[derive(Debug, Args)]
#[command(next_help_heading = "Analysis")]
pub(crate) struct ProgramArgs {
    /// The Go version of the program, if you know it: 1.27
    #[arg(long, value_name = "VERSION")]
    pub(crate) go: Option<String>,
    /// GOGC of the program, if you know it: 100, off
    #[arg(long, value_name = "PERCENT")]
    pub(crate) gogc: Option<String>,
    /// GOMEMLIMIT of the program, if you know it: 512MiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory_limit: Option<String>,
    /// CPUs that the program really has, a quota below one too: 2, 0.5 [default: what the log's stops tell]
    #[arg(long, value_name = "CPUS")]
    pub(crate) cpus: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Before and after: logs, saved JSON reports, baselines, outputs of `go test -bench`, or directories of them
    #[arg(value_name = "BASE NEW", value_hint = ValueHint::AnyPath)]
    pub(crate) sides: Vec<String>,
    /// A run from before, repeatable; in a directory every log is a run, its rotated parts joined
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Input")]
    pub(crate) base: Vec<String>,
    /// A run from after, repeatable
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Input")]
    pub(crate) new: Vec<String>,
    /// Work (requests, say) that a run from before did: rates become amounts per 1,000 units
    #[arg(long, value_name = "N", help_heading = "Input")]
    pub(crate) per_base: Vec<f64>,
    /// Work that a run from after did; once for all runs, or once a run
    #[arg(long, value_name = "N", help_heading = "Input")]
    pub(crate) per_new: Vec<f64>,
    #[command(flatten)]
    pub(crate) program: ProgramArgs,
    /// Exit with 1 where a gated row got worse, with 3 where the evidence cannot tell
    #[arg(long, help_heading = "Gate")]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) comparing: Comparing,
    /// Save the new side for `check --baseline` and later comparisons; it needs no BASE
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) save_baseline: Option<String>,
    #[command(flatten)]
    pub(crate) output: CompareOutput,
}

#[derive(Debug, Args)]
pub(crate) struct Comparing {
    /// From which ratio of new to base on a row fails: gc-frequency=1.25; `off` takes it out [default: gc-frequency,
    /// gc-cpu and allocation at 1.25]
    #[arg(long, value_name = "ROW=RATIO", help_heading = "Gate")]
    pub(crate) max_ratio: Vec<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct CompareOutput {
    /// Format of standard output
    #[arg(short, long, default_value = "text", value_parser = comparison_formats(), hide_possible_values = false)]
    pub(crate) format: ComparisonFormat,
    /// Write the comparison to a file as well, repeatable: markdown=table.md, html=page.html
    #[arg(short, long, value_name = "FORMAT=PATH")]
    pub(crate) output: Vec<String>,
    /// Also the test behind each row
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleArgs {
    /// Critical threshold of a rule, which fails a check: gc-frequency=5/s
    #[arg(long, value_name = "RULE=VALUE")]
    pub(crate) max: Vec<String>,
    /// Warning threshold of a rule: pause-p99=5ms
    #[arg(long, value_name = "RULE=VALUE")]
    pub(crate) warn: Vec<String>,
    /// Switch a rule off
    #[arg(long, value_name = "RULE")]
    pub(crate) allow: Vec<String>,
    /// Run this rule and no others, repeatable
    #[arg(long, value_name = "RULE")]
    pub(crate) only: Vec<String>,
    /// Configuration file [default: gcpressure.toml in the working directory, if there is one]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Format of standard output
    #[arg(short, long, default_value = "text", value_parser = formats(), hide_possible_values = false)]
    pub(crate) format: Format,
    /// Write the report to a file as well, repeatable: json=report.json
    #[arg(short, long, value_name = "FORMAT=PATH")]
    pub(crate) output: Vec<String>,
    /// Also every rule, every process, damaged lines, and where each setting came from
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

/// How a report or comparison is shown, and what becomes of the exit status.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ShowArgs {
    /// Colours; NO_COLOR and CLICOLOR are obeyed
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto)]
    pub(crate) color: ColorWhen,
    /// Nothing but ASCII in the text
    #[arg(long)]
    pub(crate) ascii: bool,
    /// Nothing on standard output, no notes; files of -o are still written
    #[arg(short, long, conflicts_with_all = ["format", "verbose"])]
    pub(crate) quiet: bool,
    /// Exit with 0 where there is no verdict
    #[arg(long)]
    pub(crate) allow_no_verdict: bool,
    /// Exit with 0 whatever was found; errors still give 2
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// gcpressure.report/v1
    Report,
    /// gcpressure.event/v1
    Event,
    /// gcpressure.sites/v1
    Sites,
    /// gcpressure.why/v1
    Why,
    /// gcpressure.benchmarks/v1
    Benchmarks,
    /// gcpressure.comparison/v1
    Comparison,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The formats that the library renders, by its own names.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.iter().map(|format| format.name()))
        .try_map(|name| Format::from_name(&name).ok_or("no such format"))
}

/// The formats of the sites.
fn sites_formats() -> impl TypedValueParser<Value = SitesFormat> {
    PossibleValuesParser::new(SitesFormat::ALL.iter().map(|format| format.name()))
        .try_map(|name| SitesFormat::from_name(&name).ok_or("no such format"))
}

/// What a heap profile counts, by pprof's names.
fn sample_types() -> impl TypedValueParser<Value = SampleType> {
    PossibleValuesParser::new(SampleType::ALL.iter().map(|kind| kind.name()))
        .try_map(|name| SampleType::from_name(&name).ok_or("no such type"))
}

/// The formats of a comparison.
fn comparison_formats() -> impl TypedValueParser<Value = ComparisonFormat> {
    PossibleValuesParser::new(ComparisonFormat::ALL.iter().map(|format| format.name()))
        .try_map(|name| ComparisonFormat::from_name(&name).ok_or("no such format"))
}

/// The formats of the causes.
fn why_formats() -> impl TypedValueParser<Value = WhyFormat> {
    PossibleValuesParser::new(WhyFormat::ALL.iter().map(|format| format.name()))
        .try_map(|name| WhyFormat::from_name(&name).ok_or("no such format"))
}
