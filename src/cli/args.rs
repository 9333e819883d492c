//! What the user typed, as clap reads it. Values with units stay text here: the configuration file holds the same text,
//! so both are read in one place, [`crate::cli::config`].

use std::ffi::OsString;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use gcpressure::profile::SampleType;
use gcpressure::render::{ComparisonFormat, Format, SitesFormat, WhyFormat};
use gcpressure::units;

/// Judges whether the garbage collector of a Go program is under pressure.
///
/// Reads the output of the program under GODEBUG=gctrace=1, from files or standard input, and reports whether GC is the
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
    /// The same analysis as a gate: exit status 0 pass, 1 fail, 3 no verdict
    Check(Box<CheckArgs>),
    /// Prints every GC cycle as one row, as it arrives
    Events(Box<EventsArgs>),
    /// Shows where the program allocates, from a heap profile: the table of go tool pprof -top, with the error of each row
    Sites(Box<SitesArgs>),
    /// Explains why those lines allocate, from the compiler's escape analysis, and what to change
    Why(Box<WhyArgs>),
    /// Runs a program with its GC trace on, and reports at its end; the exit status is the program's own
    ///
    /// Where standard error is a terminal, findings are printed when raised and cleared, and a status line shows progress.
    /// There is no status line where the program's standard output is a terminal as well: the program writes to it
    /// directly, and would write over the line.
    Run(Box<RunArgs>),
    /// Shows a live dashboard of a growing log, of standard input, or of a program that it runs
    ///
    /// Without a terminal it prints plain lines above the report: one for each finding that is raised or cleared, and one
    /// with the current state every --refresh. With a machine-readable format they go to standard error, if that is a
    /// terminal.
    Watch(Box<WatchArgs>),
    /// Compares two runs, or several per side: what got better or worse, and how strong the evidence is
    Compare(Box<CompareArgs>),
    /// Explains a rule or a cause: meaning, thresholds, known false alarms, what to do
    Explain {
        /// Rule or cause; without it, a table of all
        name: Option<String>,
    },
    /// Prints the JSON Schema of the machine-readable output
    Schema {
        /// Output to describe
        #[arg(default_value = "report")]
        output: SchemaOf,
    },
    /// Prints a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Prints the manual page in roff
    Man {
        /// Command to describe [default: the program]
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
    /// Heap profile of the same program: shows the allocating lines under the findings
    #[arg(long, value_name = "HEAP", value_hint = ValueHint::FilePath)]
    pub(crate) heap: Option<String>,
    /// Subtract an older profile: what was allocated between the two
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
    /// Exit with 1 or 3 if the program succeeds and the check does not pass
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
    /// The program and its arguments. It keeps standard input and output; the report goes to standard error
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true, allow_hyphen_values = true, value_hint = ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Log to watch; standard input for `-` or without it
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
    /// Program to run and watch, and its arguments
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
    /// How often the files of -o are rewritten during the input
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(crate) refresh: Duration,
    /// Stop after this time and report; a program that is run gets SIGTERM
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Stop and report as soon as a critical finding is raised
    #[arg(long)]
    pub(crate) until_critical: bool,
    /// Fetch heap profiles from the net/http/pprof server of the running program: http://localhost:6060
    #[arg(long, value_name = "URL", help_heading = "Root cause")]
    pub(crate) heap_url: Option<String>,
    /// Length of the profile taken when a critical finding is raised
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
    /// Also fail if this run is worse than the saved one
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = "Baseline")]
    pub(crate) baseline: Option<String>,
    /// Save this run as the baseline, whatever the comparison says
    #[arg(long, requires = "baseline", help_heading = "Baseline")]
    pub(crate) update_baseline: bool,
    #[command(flatten)]
    pub(crate) comparing: Comparing,
    /// Write a commented gcpressure.toml into the working directory and exit
    #[arg(long, exclusive = true)]
    pub(crate) init: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Row format
    #[arg(short, long, value_enum, default_value_t = RowFormat::Ndjson, help_heading = "Output")]
    pub(crate) format: RowFormat,
    /// Exit with 0 even without any GC cycle
    #[arg(long, help_heading = "Output")]
    pub(crate) allow_no_verdict: bool,
    /// Exit with 0 whatever was found; errors still exit with 2
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_zero: bool,
    /// Print only errors on standard error
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SitesArgs {
    #[command(flatten)]
    pub(crate) heap: HeapArgs,
    /// One row per source line instead of per function
    #[arg(long, help_heading = "Table")]
    pub(crate) lines: bool,
    /// Sort by allocations of a row and everything it calls
    #[arg(long, help_heading = "Table")]
    pub(crate) cum: bool,
    /// Maximum number of rows; 0 for all
    #[arg(
        short = 'n',
        long = "count",
        value_name = "N",
        default_value_t = 0,
        help_heading = "Table"
    )]
    pub(crate) count: usize,
    /// Format of standard output
    #[arg(short, long, default_value = "text", value_parser = sites_formats(), help_heading = "Output")]
    pub(crate) format: SitesFormat,
    /// Also the samples and the error of each row
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    #[command(flatten)]
    pub(crate) heap: HeapArgs,
    #[command(flatten)]
    pub(crate) escape: EscapeArgs,
    /// Maximum number of causes shown in full; 0 for all
    #[arg(
        short = 'n',
        long = "count",
        value_name = "N",
        default_value_t = 10,
        help_heading = "Output"
    )]
    pub(crate) count: usize,
    /// Format of standard output
    #[arg(short, long, default_value = "text", value_parser = why_formats(), help_heading = "Output")]
    pub(crate) format: WhyFormat,
    /// Use colors; NO_COLOR and CLICOLOR are obeyed
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto, help_heading = "Output")]
    pub(crate) color: ColorWhen,
    /// Also the compiler's full chain of reasons
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
}

/// The compiler's escape analysis on the command line.
#[derive(Debug, Args)]
#[command(next_help_heading = "Escape analysis")]
pub(crate) struct EscapeArgs {
    /// Standard error of `go build -gcflags='-m -m' ./...`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) escape: Option<String>,
    /// Build these packages with -gcflags='-m -m' by the installed Go instead, repeatable
    #[arg(long, value_name = "PACKAGE", conflicts_with = "escape")]
    pub(crate) build: Vec<String>,
    /// Directory of the source: shows the lines, and explains append before Go 1.25 [default with --build: .]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) src: Option<String>,
}

/// A heap profile on the command line.
#[derive(Debug, Args)]
pub(crate) struct HeapArgs {
    /// Heap profile, e.g. from /debug/pprof/allocs; standard input for `-`
    #[arg(value_name = "HEAP", value_hint = ValueHint::FilePath)]
    pub(crate) file: String,
    /// What to count
    #[arg(long, value_name = "TYPE", default_value = "alloc_objects", value_parser = sample_types(), help_heading = "Profile")]
    pub(crate) sample: SampleType,
    /// Subtract an older profile of the same program: what was allocated since
    #[arg(long, value_name = "OLD", value_hint = ValueHint::FilePath, help_heading = "Profile")]
    pub(crate) base: Option<String>,
    /// The same, with percentages of the older profile
    #[arg(long, value_name = "OLD", value_hint = ValueHint::FilePath, conflicts_with = "base", help_heading = "Profile")]
    pub(crate) diff_base: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Logs to read, also gzip or zstd, or directories of logs; standard input for `-` or without any
    ///
    /// Rotated parts of one log (app.log.2.gz app.log.1 app.log) are read as one, oldest first in any order
    /// given. Different logs are different programs.
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath, help_heading = None)]
    pub(crate) files: Vec<String>,
    /// Read all FILEs as one log, in the order given, like `cat`
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
    /// Length of the start of the run that rules ignore [default: 2s, at most a quarter of the run]
    #[arg(long, value_name = "DURATION")]
    pub(crate) warmup: Option<String>,
    /// Judge sliding windows or the whole run [default: window]
    #[arg(long, value_name = "window|run")]
    pub(crate) scope: Option<String>,
    /// How long the program ran, if known: no cycles until then is evidence of few cycles
    #[arg(long, value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    #[command(flatten)]
    pub(crate) program: ProgramArgs,
}

/// What the user knows about the program.
#[derive(Debug, Args)]
#[command(next_help_heading = "Analysis")]
pub(crate) struct ProgramArgs {
    /// Go version of the program, if known: 1.27
    #[arg(long, value_name = "VERSION")]
    pub(crate) go: Option<String>,
    /// GOGC of the program, if known: 100, off
    #[arg(long, value_name = "PERCENT")]
    pub(crate) gogc: Option<String>,
    /// GOMEMLIMIT of the program, if known: 512MiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory_limit: Option<String>,
    /// CPUs available to the program, e.g. a quota: 2, 0.5 [default: estimated from the stops]
    #[arg(long, value_name = "CPUS")]
    pub(crate) cpus: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Before and after: logs, saved JSON reports, baselines, outputs of `go test -bench`, or directories of them
    #[arg(value_name = "BASE NEW", value_hint = ValueHint::AnyPath)]
    pub(crate) sides: Vec<String>,
    /// A run from before, repeatable; each log in a directory is a run, its rotated parts joined
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Input")]
    pub(crate) base: Vec<String>,
    /// A run from after, repeatable
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Input")]
    pub(crate) new: Vec<String>,
    /// Work done by a run from before, e.g. requests: rates become amounts per 1,000 units
    #[arg(long, value_name = "N", value_parser = amount, help_heading = "Input")]
    pub(crate) per_base: Vec<f64>,
    /// Work done by a run from after; once for all runs, or once per run
    #[arg(long, value_name = "N", value_parser = amount, help_heading = "Input")]
    pub(crate) per_new: Vec<f64>,
    #[command(flatten)]
    pub(crate) program: ProgramArgs,
    /// Exit with 1 if a gated row got worse, with 3 if the evidence is insufficient
    #[arg(long, help_heading = "Gate")]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) comparing: Comparing,
    /// Save the new side for `check --baseline` and later comparisons; needs no BASE
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) save_baseline: Option<String>,
    #[command(flatten)]
    pub(crate) output: CompareOutput,
}

#[derive(Debug, Args)]
pub(crate) struct Comparing {
    /// Ratio of new to base from which a row fails: gc-frequency=1.25; `off` disables it [default: gc-frequency,
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
    /// Also the statistical test of each row
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

/// How a report or comparison is shown, and its exit status.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ShowArgs {
    /// Use colors; NO_COLOR and CLICOLOR are obeyed
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto)]
    pub(crate) color: ColorWhen,
    /// Only ASCII characters in text
    #[arg(long)]
    pub(crate) ascii: bool,
    /// Print nothing but errors; files of -o are still written
    #[arg(short, long, conflicts_with_all = ["format", "verbose"])]
    pub(crate) quiet: bool,
    /// Exit with 0 if there is no verdict
    #[arg(long)]
    pub(crate) allow_no_verdict: bool,
    /// Exit with 0 whatever was found; errors still exit with 2
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// One JSON object per line
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

/// The formats of reports, by the library's names.
fn formats() -> impl TypedValueParser<Value = Format> {
    one_of(Format::ALL.iter().map(|one| one.name()), Format::from_name)
}

/// The formats of sites.
fn sites_formats() -> impl TypedValueParser<Value = SitesFormat> {
    one_of(
        SitesFormat::ALL.iter().map(|one| one.name()),
        SitesFormat::from_name,
    )
}

/// The sample types of a heap profile, by pprof's names.
fn sample_types() -> impl TypedValueParser<Value = SampleType> {
    one_of(
        SampleType::ALL.iter().map(|one| one.name()),
        SampleType::from_name,
    )
}

/// The formats of a comparison.
fn comparison_formats() -> impl TypedValueParser<Value = ComparisonFormat> {
    one_of(
        ComparisonFormat::ALL.iter().map(|one| one.name()),
        ComparisonFormat::from_name,
    )
}

/// The formats of causes.
fn why_formats() -> impl TypedValueParser<Value = WhyFormat> {
    one_of(
        WhyFormat::ALL.iter().map(|one| one.name()),
        WhyFormat::from_name,
    )
}

fn one_of<T: Clone + Send + Sync + 'static>(
    names: impl Iterator<Item = &'static str>,
    find: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names).try_map(move |name| find(&name).ok_or("unknown name"))
}

/// A duration above 0.
fn duration(text: &str) -> Result<Duration, String> {
    match units::parse_duration(text) {
        Ok(0) => Err("expected a duration above 0".to_owned()),
        Ok(ns) => Ok(Duration::from_nanos(ns)),
        Err(error) => Err(error.to_string()),
    }
}

/// A number above 0.
fn amount(text: &str) -> Result<f64, &'static str> {
    let number = text.parse::<f64>().ok();
    let usable = number.filter(|number| number.is_finite() && *number > 0.0);
    usable.ok_or("expected a number above 0")
}

/// The names of all commands.
pub(crate) fn command_names() -> Vec<String> {
    let command = Cli::command();
    let names = command.get_subcommands().map(|one| one.get_name());
    names.map(str::to_owned).collect()
}

impl AnalysisArgs {
    /// The settings that the flags give, by name.
    pub(crate) fn given(&self) -> Vec<(&'static str, Option<&str>)> {
        let mut given = vec![
            ("window", self.window.as_deref()),
            ("hop", self.hop.as_deref()),
            ("warmup", self.warmup.as_deref()),
            ("scope", self.scope.as_deref()),
            ("duration", self.duration.as_deref()),
        ];
        given.extend(self.program.given());
        given
    }
}

impl ProgramArgs {
    /// The settings that the flags give, by name.
    pub(crate) fn given(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("go", self.go.as_deref()),
            ("gogc", self.gogc.as_deref()),
            ("memory-limit", self.memory_limit.as_deref()),
            ("cpus", self.cpus.as_deref()),
        ]
    }
}

impl HeapArgs {
    /// The profile that is subtracted, and true if percentages are of it.
    pub(crate) fn base(&self) -> Option<(&str, bool)> {
        let base = self.base.as_deref().map(|name| (name, false));
        base.or_else(|| self.diff_base.as_deref().map(|name| (name, true)))
    }
}
