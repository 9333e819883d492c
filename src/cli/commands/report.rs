//! `gcpressure [FILE]...`: the report, and what other commands share with it.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use gcpressure::io::Source;
use gcpressure::pipeline;
use gcpressure::render::{Format, Style};
use gcpressure::report::Report;
use gcpressure::settings::Severity;

use crate::cli::args::{AnalysisArgs, EscapeArgs, OutputArgs, ReportArgs, RuleArgs};
use crate::cli::config::Choices;
use crate::cli::config::file;
use crate::cli::exit;
use crate::cli::exit::{Failure, Policy};
use crate::cli::input;
use crate::cli::input::escapes;
use crate::cli::input::heap;
use crate::cli::input::heap::Heap;
use crate::cli::live::signals::{Ending, Signals};
use crate::cli::live::{Live, Passed, Wishes};
use crate::cli::output;
use crate::cli::output::files::Targets;

/// Reads everything, writes the report, gives the exit status.
pub(crate) fn run(args: &ReportArgs) -> Result<u8, Failure> {
    let choices = choose(&args.analysis, &args.rules, None)?;
    let policy = policy(&args.output, &choices);
    Ok(judge(args, &choices, policy)?.exit_status)
}

/// The choices of file and flags.
pub(crate) fn choose(
    analysis: &AnalysisArgs,
    rules: &RuleArgs,
    fail_on: Option<&str>,
) -> Result<Choices, Failure> {
    let file = file::load(rules.config.as_deref())?;
    Choices::new(file, analysis, rules, fail_on)
}

/// What makes the exit status, without a gate.
pub(crate) fn policy(args: &OutputArgs, choices: &Choices) -> Policy {
    Policy {
        fail_on: None,
        allow_no_verdict: args.show.allow_no_verdict || choices.allow_no_verdict,
        exit_zero: args.show.exit_zero,
    }
}

/// The files of `-o`, none of which is the configuration or the diagnostics that are read.
///
/// # Errors
/// One is, or cannot be written.
pub(crate) fn targets(
    output: &OutputArgs,
    rules: &RuleArgs,
    escape: &EscapeArgs,
) -> Result<Arc<Targets<Format>>, Failure> {
    let targets = Targets::open(&output.output)?;
    let config = file::path(rules.config.as_deref());
    targets.spare(config.into_iter().chain(escape.escape.as_deref()))?;
    Ok(Arc::new(targets))
}

/// Analyses the input and writes the report to standard output and to every file.
pub(crate) fn judge(
    args: &ReportArgs,
    choices: &Choices,
    policy: Policy,
) -> Result<Report, Failure> {
    judge_with(args, choices, policy, None, |_| Ok(()))
}

/// The same, with another file that is `read`, and a last word on the report before it is written.
pub(crate) fn judge_with(
    args: &ReportArgs,
    choices: &Choices,
    policy: Policy,
    read: Option<&str>,
    complete: impl FnOnce(&mut Report) -> Result<(), Failure>,
) -> Result<Report, Failure> {
    let wishes = Wishes::new(&args.live)?;
    let profile = args.heap.heap.is_some() || wishes.profiles.is_some();
    escapes::check(&args.heap.escape, profile)?;
    let targets = targets(&args.output, &args.rules, &args.heap.escape)?;
    let logs = args.input.files.iter().map(String::as_str);
    let input = logs.clone().next().is_none().then_some("-");
    let heap = [&args.heap.heap, &args.heap.heap_base];
    let heap = heap.into_iter().filter_map(Option::as_deref);
    targets.spare(logs.chain(input).chain(heap).chain(read))?;
    let mut options = input::options(&args.input.select, choices.settings.clone())?;
    options.foreign = args.passthrough;
    let mut heap = Heap::open(&args.heap)?;
    // To open a pipe is to make it wider, and whoever writes may be done, and interrupt, right after that.
    let signals = Signals::catch(false).map_err(exit::unable)?;
    let mut opened = input::open(&args.input)?;
    let sources = std::mem::take(&mut opened.sources);
    // A directory may hold what is to be replaced.
    targets.spare(sources.iter().map(Source::name))?;
    options.stop = Arc::clone(signals.stop());
    if args.output.verbose {
        output::complain(&choices.describe().join("\n"));
    }

    let ending = Ending::new(None, signals.stop());
    let mut live = Live::new(&wishes, &signals, &ending).map_err(exit::unable)?;
    if args.passthrough {
        live.pass_to_stdout()?;
    }
    // Where the program's own lines fill the same terminal, a line at its bottom would be in their way.
    let taken = args.passthrough && io::stdout().is_terminal();
    if !args.output.show.quiet && !taken {
        live.show_status(&sources);
    }
    if sources.iter().any(Source::is_live) {
        if !args.output.show.quiet {
            live.announce(false);
        }
        live.refresh(wishes.refresh, &args.output, &targets, policy)
            .map_err(exit::unable)?;
    }
    let result = pipeline::analyse(sources, &options, &mut live);
    let passed = live.finish();
    let mut report = result?;
    opened.complete(&mut report);
    match signals.status() {
        // What was broken off is no run to compare, or to keep; neither is a part of one.
        Some(status) => report.exit_status = status,
        None if !report.input.unreadable.is_empty() => report.exit_status = exit::ERROR,
        None => {
            report.exit_status = policy.status(&report);
            complete(&mut report)?;
        }
    }
    if let Some(heap) = &mut heap {
        heap.explain(&mut report);
    } else {
        heap::fetched(&wishes, &args.heap.escape, &mut report);
    }

    let to = if args.passthrough {
        To::Stderr
    } else {
        To::Stdout
    };
    deliver(&args.output, &targets, &report, policy, to)?;
    match passed {
        // The reading went on without them; to say so comes last.
        Passed::Lost(failure) => Err(failure),
        Passed::Whole | Passed::InsideALine | Passed::Stuck => Ok(report),
    }
}

/// Where the report for people goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// Standard output.
    Stdout,
    /// Standard error, where standard output carries the lines of the program.
    Stderr,
    /// Nowhere: what it would be written to is held.
    Nobody,
}

/// Writes the report to every file and shows it.
///
/// # Errors
/// What cannot be written; all else is written all the same.
pub(crate) fn deliver(
    args: &OutputArgs,
    targets: &Targets<Format>,
    report: &Report,
    policy: Policy,
    to: To,
) -> Result<(), Failure> {
    // Files first: whoever reads the page may have paused it.
    let style = style(args, policy);
    let written = targets.write(report, &style);
    show(args, report, style, to).and(written)
}

/// How text looks in a file; on a terminal it may be coloured.
pub(crate) fn style(args: &OutputArgs, policy: Policy) -> Style {
    Style {
        ascii: args.show.ascii,
        verbose: args.verbose,
        fail_on: policy.fail_on.unwrap_or(Severity::Critical),
        ..Style::default()
    }
}

fn show(args: &OutputArgs, report: &Report, style: Style, to: To) -> Result<(), Failure> {
    if args.show.quiet {
        return Ok(());
    }
    match to {
        To::Nobody => Ok(()),
        To::Stderr => {
            let color = output::color(args.show.color, &io::stderr());
            let mut text = Vec::new();
            args.format
                .render(report, &mut text, &Style { color, ..style })
                .and_then(|()| output::content(io::stderr().lock().write_all(&text)))
                .map_err(|error| Failure::writing("standard error", &error))
        }
        To::Stdout => {
            let color = output::color(args.show.color, &io::stdout());
            output::print(|out| args.format.render(report, out, &Style { color, ..style }))
        }
    }
}
