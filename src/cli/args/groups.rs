//! Groups of flags that several commands share, and parsers of their values.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};
use gcpressure::internal::profile::SampleType;
use gcpressure::internal::render::{ComparisonFormat, Format, Formats as _};
use gcpressure::internal::units::{self, Unit};

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
#[command(next_help_heading = "Live input")]
pub(crate) struct LiveArgs {
    /// Run this shell command when a critical finding is raised, with the finding as JSON on its standard input and as
    /// GCPRESSURE_* in its environment; at most once a minute for the same finding, and killed after 30s
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString)]
    pub(crate) on_critical: Option<String>,
    /// How often the files of -o are rewritten while the input is read
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
    #[arg(long, value_name = "TYPE", default_value = "alloc_objects", value_parser = one_of(&SampleType::ALL, SampleType::name), help_heading = "Profile")]
    pub(crate) sample: SampleType,
    /// Subtract an older profile of the same program: what was allocated since
    #[arg(long, value_name = "OLD", value_hint = ValueHint::FilePath, help_heading = "Profile")]
    pub(crate) base: Option<String>,
    /// The same, with percentages of the older profile
    #[arg(long, value_name = "OLD", value_hint = ValueHint::FilePath, conflicts_with = "base", help_heading = "Profile")]
    pub(crate) diff_base: Option<String>,
    /// Exit with 1 if a site is new or grew since --base, a profile of the same work; with 3 if the samples cannot tell
    #[arg(long, requires = "base", help_heading = "Gate")]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Logs to read, also gzip or zstd, or directories of logs; standard input for `-` or without any; a URL for a running program
    ///
    /// A URL is where the program serves net/http/pprof or expvar: http://localhost:6060, https://host/prefix, unix:/run/app.sock.
    /// Rotated parts of one log (app.log.2.gz app.log.1 app.log) are read as one, oldest first, whatever the order
    /// given. Different logs are different programs.
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath, help_heading = None)]
    pub(crate) files: Vec<String>,
    /// Read all FILEs as one log, in the order given, like `cat`
    #[arg(long)]
    pub(crate) join: bool,
    #[command(flatten)]
    pub(crate) poll: PollArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// How running programs are polled.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "URL")]
pub(crate) struct PollArgs {
    /// How long to watch a URL [default: 60s; events, watch: until interrupted]
    #[arg(id = "for", long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) length: Option<Duration>,
    /// Longest time between two polls of a URL; it is at least 1s, and 100 times what a poll takes
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub(crate) every: Duration,
    /// Header of each request to a URL, shown nowhere; @FILE for a file with one a line; repeatable
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,
    /// When the program at a URL started, or how long ago: 3h [default: as its /metrics says]
    #[arg(long, value_name = "TIME")]
    pub(crate) started: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct SelectArgs {
    /// Leave out cycles before this program time (90s) or wall-clock time (2026-11-23T14:05:00Z)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Leave out cycles after this program time or wall-clock time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only the process with this id, as the report names it: 1, api-0, api-0#2
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
    /// How long the program ran, if known: the time after the last cycle then counts as time without GC
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
    #[arg(short, long, default_value = "text", value_parser = one_of(ComparisonFormat::ALL, ComparisonFormat::name), hide_possible_values = false)]
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
    /// Critical threshold of a rule, which fails a check, repeatable: gc-frequency=5/s
    #[arg(long, value_name = "RULE=VALUE")]
    pub(crate) max: Vec<String>,
    /// Warning threshold of a rule, repeatable: pause-p99=5ms
    #[arg(long, value_name = "RULE=VALUE")]
    pub(crate) warn: Vec<String>,
    /// Switch this rule off, repeatable
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
    #[arg(short, long, default_value = "text", value_parser = one_of(Format::ALL, Format::name), hide_possible_values = false)]
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
pub(crate) enum ColorWhen {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// One of the library's values, by its name.
pub(super) fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(all.iter().map(|value| name(*value)));
    names.try_map(move |given| {
        let found = all.iter().find(|value| name(**value) == given);
        found.copied().ok_or("unknown name")
    })
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
pub(super) fn amount(text: &str) -> Result<f64, &'static str> {
    let number = text.parse::<f64>().ok();
    let usable = number.filter(|number| number.is_finite() && *number > 0.0);
    usable.ok_or("expected a number above 0")
}

/// A size above 0, bytes.
pub(super) fn size(text: &str) -> Result<u64, String> {
    match units::parse_bytes(text) {
        Ok(0) => Err("expected a size above 0".to_owned()),
        size => size.map_err(|error| error.to_string()),
    }
}

/// A share above 0.
pub(super) fn share(text: &str) -> Result<f64, String> {
    match Unit::Ratio.parse(text) {
        Ok(share) if share > 0.0 => Ok(share),
        Ok(_) => Err("expected a share above 0".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl PollArgs {
    /// A flag that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let length = self.length.map(|_| "--for");
        let header = (!self.header.is_empty()).then_some("--header");
        length
            .or(header)
            .or(self.started.as_ref().map(|_| "--started"))
    }
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
