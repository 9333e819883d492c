//! The command line as clap parses it. Values that the configuration file may hold too stay text here, and are parsed in
//! one place, [`crate::cli::config`].

mod fleet;
mod groups;

use std::ffi::OsString;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use gcpressure::internal::render::{Formats as _, SitesFormat, TuningFormat, WhyFormat};

pub(crate) use fleet::{
    Bucket, FleetCommand, FleetReportArgs, LabelsFrom, MergeArgs, RowsArgs, ScanArgs,
};
pub(crate) use groups::{
    AnalysisArgs, ColorWhen, CompareOutput, Comparing, EscapeArgs, HeapArgs, InputArgs, LiveArgs,
    LogHeapArgs, OutputArgs, PollArgs, ProgramArgs, RuleArgs, SelectArgs, ShowArgs,
};
use groups::{amount, one_of, share, size};

/// Judges whether the garbage collector of a Go program is under pressure.
///
/// Reads the output of the program under GODEBUG=gctrace=1, from files or standard input, and reports whether GC is the
/// problem, when, how badly, and what to do next.
#[derive(Debug, Parser)]
#[command(
    name = "gcpressure",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
        GODEBUG=gctrace=1 ./server 2>&1 | gcpressure --passthrough\n  \
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
    /// Explains why lines allocate, from a heap profile and the compiler's escape analysis, and what to change
    Why(Box<WhyArgs>),
    /// Runs a program with its GC trace on, and reports at its end; the exit status is the program's own
    ///
    /// Where standard error is a terminal, findings are printed when raised and cleared, and a status line shows progress.
    /// There is no status line where the program's standard output is a terminal as well: the program writes to it
    /// directly, and would write over the line; nor where CI is set, whose terminal is kept as a log.
    Run(Box<RunArgs>),
    /// Shows a live dashboard of a growing log, of standard input, or of a program that it runs
    ///
    /// Without a terminal it prints plain lines above the report: one for each finding that is raised or cleared, and one
    /// with the current state every --refresh. With a machine-readable format they go to standard error, if that is a
    /// terminal.
    Watch(Box<WatchArgs>),
    /// Compares two runs, or several per side: what got better or worse, and how strong the evidence is
    Compare(Box<CompareArgs>),
    /// Predicts what another GOGC or GOMEMLIMIT would give, and recommends one for the memory and the CPU given
    Tune(Box<TuneArgs>),
    /// Judges thousands of logs: rows that add up, on one machine or many
    Fleet {
        #[command(subcommand)]
        command: FleetCommand,
    },
    /// Plays a recorded log through watch, at a terminal, and reports on it; needs no program of yours
    Demo,
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
    /// Copy the lines that are not GC trace to standard output; the report goes to standard error
    #[arg(long, help_heading = "Output")]
    pub(crate) passthrough: bool,
    #[command(flatten)]
    pub(crate) heap: LogHeapArgs,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
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
    /// The severity that fails --check: warning or critical [default: critical]
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
    /// Log or URL to watch; standard input for `-` or without it
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<String>,
    #[command(flatten)]
    pub(crate) poll: PollArgs,
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
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// The severity that fails the check: warning or critical [default: critical]
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
    #[arg(long, exclusive = true, help_heading = "Rules")]
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
    #[arg(short, long, default_value = "text", value_parser = one_of(SitesFormat::ALL, SitesFormat::name), help_heading = "Output")]
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
    #[arg(short, long, default_value = "text", value_parser = one_of(WhyFormat::ALL, WhyFormat::name), help_heading = "Output")]
    pub(crate) format: WhyFormat,
    /// Use colors; NO_COLOR and CLICOLOR are obeyed
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto, help_heading = "Output")]
    pub(crate) color: ColorWhen,
    /// Also the compiler's full chain of reasons
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
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
pub(crate) struct TuneArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Memory that the program may take, such as its container's limit: 512MiB
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Wanted")]
    pub(crate) memory: Option<u64>,
    /// GC CPU to stay below, of GOMAXPROCS, at fewer than 10 cycles a second [default: 3%]
    #[arg(long, value_name = "PERCENT", value_parser = share, help_heading = "Wanted")]
    pub(crate) cpu: Option<f64>,
    /// Log of another setting: how right is what is predicted for it
    #[arg(long, value_name = "AFTER", value_hint = ValueHint::FilePath, help_heading = "Check")]
    pub(crate) check: Option<String>,
    /// The setting of that log: GOGC=400, GOGC=off,GOMEMLIMIT=460MiB [default: as its heap goals show]
    #[arg(
        long,
        value_name = "SETTING",
        requires = "check",
        help_heading = "Check"
    )]
    pub(crate) setting: Option<String>,
    #[command(flatten)]
    pub(crate) program: ProgramArgs,
    /// Format of standard output
    #[arg(short, long, default_value = "text", value_parser = one_of(TuningFormat::ALL, TuningFormat::name), help_heading = "Output")]
    pub(crate) format: TuningFormat,
    /// Write the predictions to a file as well, repeatable: html=page.html
    #[arg(short, long, value_name = "FORMAT=PATH", help_heading = "Output")]
    pub(crate) output: Vec<String>,
    /// Also every process in full
    #[arg(short, long, help_heading = "Output")]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
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
    /// gcpressure.tuning/v1
    Tuning,
    /// gcpressure.fleet-row/v1
    FleetRow,
    /// gcpressure.fleet/v1
    Fleet,
    /// gcpressure.fleet-report/v1
    FleetReport,
}

/// The names of all commands.
pub(crate) fn command_names() -> Vec<String> {
    let command = Cli::command();
    let names = command.get_subcommands().map(|one| one.get_name());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    #[test]
    fn the_examples_of_the_help_are_valid() {
        let help = Cli::command().get_after_help().unwrap().to_string();
        let examples = help
            .lines()
            .filter_map(|line| line.split_once("gcpressure"));
        let parsed = examples.map(|(_, args)| {
            let words = std::iter::once("gcpressure").chain(args.split_whitespace());
            Cli::try_parse_from(words).unwrap()
        });
        assert_eq!(parsed.count(), 3);
    }
}
