//! `gcpressure [FILE]...`: the report.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline;
use gcpressure::internal::render::{Format, Formats as _};
use gcpressure::report::Report;

use crate::cli::args::{EscapeArgs, OutputArgs, ReportArgs, RuleArgs};
use crate::cli::config::{Choices, file};
use crate::cli::exit::{self, Failure, Policy};
use crate::cli::input::heap::{self, Heap};
use crate::cli::input::{self, escapes};
use crate::cli::live::Live;
use crate::cli::live::fetch::Fetcher;
use crate::cli::live::http;
use crate::cli::live::passthrough::Outlet;
use crate::cli::live::signals::{Ending, Signals};
use crate::cli::output;
use crate::cli::output::files::Targets;
use crate::cli::output::report::{To, deliver, style};

/// How long a running program is watched for a report, without `--for`.
const WATCH: Duration = Duration::from_secs(60);

/// Reads everything, writes the report, gives the exit status.
pub(crate) fn run(args: &ReportArgs) -> Result<u8, Failure> {
    let choices = Choices::load(&args.analysis, &args.rules, None)?;
    let policy = choices.policy(&args.output.show, None);
    Ok(judge(args, &choices, policy, None, |_| Ok(()))?.exit_status)
}

/// Opens the files of `-o`, none of which may be a file that is read.
///
/// # Errors
/// One is, or cannot be written.
pub(crate) fn targets(
    output: &OutputArgs,
    rules: &RuleArgs,
    escape: &EscapeArgs,
) -> Result<Arc<Targets<Format>>, Failure> {
    let targets = Targets::open(&output.output, Format::ALL, Format::name)?;
    let config = file::path(rules.config.as_deref());
    targets.spare(config.into_iter().chain(escape.escape.as_deref()))?;
    Ok(Arc::new(targets))
}

/// Analyzes the input and writes the report to standard output and to every file. `baseline` is another file that is read;
/// `complete` changes the report of a whole run before it is written.
pub(crate) fn judge(
    args: &ReportArgs,
    choices: &Choices,
    policy: Policy,
    baseline: Option<&str>,
    complete: impl FnOnce(&mut Report) -> Result<(), Failure>,
) -> Result<Report, Failure> {
    let polls = args.input.files.iter().any(|name| http::is_url(name));
    let profiles = Fetcher::start(&args.live, &args.input.files, &args.input.poll)?;
    let has_profile = args.heap.heap.is_some() || profiles.is_some();
    escapes::check(&args.heap.escape, has_profile)?;
    let targets = targets(&args.output, &args.rules, &args.heap.escape)?;
    let logs = args.input.files.iter().map(String::as_str);
    let input = args.input.files.is_empty().then_some("-");
    let heap = [&args.heap.heap, &args.heap.heap_base];
    let heap = heap.into_iter().filter_map(Option::as_deref);
    targets.spare(logs.chain(input).chain(heap).chain(baseline))?;
    let mut options = input::options(&args.input.select, choices.settings.clone())?;
    options.foreign = args.passthrough;
    let mut heap = Heap::open(&args.heap)?;
    // Before a pipe is opened: its writer may end, and an interrupt come, right after that.
    let signals = Signals::catch(false).map_err(exit::unable)?;
    let mut opened = input::open(&args.input, Some(WATCH), signals.stop())?;
    let sources = std::mem::take(&mut opened.sources);
    // Also the files that directories hold.
    targets.spare(sources.iter().map(Source::name))?;
    options.stop = Arc::clone(signals.stop());
    if args.output.verbose {
        output::complain(&choices.describe().join("\n"));
    }

    let quiet = args.output.show.quiet;
    let ending = Ending::new(None, signals.stop());
    let mut live = Live::new(&args.live, profiles.as_ref(), &signals, &ending)?;
    if polls {
        live.end_on_interrupt();
    }
    if args.passthrough {
        live.pass_to_stdout()?;
    }
    // The lines of the program would be drawn over on the same terminal.
    let shares_terminal = args.passthrough && io::stdout().is_terminal();
    if !quiet && !shares_terminal {
        live.show_status(&sources);
    }
    if sources.iter().any(Source::is_live) {
        if !quiet {
            live.print_findings();
        }
        let style = style(&args.output, policy);
        live.refresh(args.live.refresh, style, &targets, policy)?;
    }
    let result = pipeline::analyze(sources, &options, &mut live);
    let outlet = live.finish();
    let mut report = result?;
    opened.complete(&mut report);
    match signals.status() {
        // An interrupted run, or a part of a run, is neither compared nor saved.
        Some(status) => report.exit_status = status,
        None if !report.input.unreadable.is_empty() => report.exit_status = exit::ERROR,
        None => {
            report.exit_status = policy.status(&report);
            complete(&mut report)?;
        }
    }
    if let Some(heap) = &mut heap {
        heap.explain(&mut report);
    } else if let Some(profiles) = &profiles {
        heap::explain_fetched(profiles, &args.heap.escape, &mut report);
    }

    let to = if args.passthrough {
        To::Stderr
    } else {
        To::Stdout
    };
    deliver(&args.output, &targets, &report, policy, to)?;
    match outlet {
        Outlet::Lost(failure) => Err(failure),
        Outlet::Whole | Outlet::InsideALine | Outlet::Stuck => Ok(report),
    }
}
