//! `gcpressure run [--] CMD [ARG]...`: runs a program with its trace on, and reports at its end.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::process::ExitStatus;
use std::sync::Arc;

use gcpressure::internal::io::{Child, Source, Streams};
use gcpressure::internal::pipeline;
use gcpressure::internal::render::Format;
use gcpressure::report::{Report, Verdict};

use super::{check, report};
use crate::cli::args::RunArgs;
use crate::cli::config::Choices;
use crate::cli::exit::{self, Failure};
use crate::cli::input::{self, escapes, heap};
use crate::cli::live::Live;
use crate::cli::live::fetch::Fetcher;
use crate::cli::live::passthrough::Outlet;
use crate::cli::live::signals::{Ending, Signals};
use crate::cli::output;
use crate::cli::output::report::{To, deliver, style};

/// Runs the program and gives its exit status, or that of the check.
pub(crate) fn run(args: &RunArgs) -> Result<u8, Failure> {
    let mut choices = Choices::load(&args.analysis, &args.rules, args.fail_on.as_deref())?;
    choices.inherit_environment();
    let quiet = args.output.show.quiet;
    let policy = choices.policy(&args.output.show, args.check.then_some(choices.fail_on));
    let profiles = Fetcher::of_flag(&args.live)?;
    escapes::check(&args.escape, profiles.is_some())?;
    let targets = report::targets(&args.output, &args.rules, &args.escape)?;
    let mut options = input::options(&args.select, choices.settings.clone())?;
    if args.output.verbose {
        output::complain(&choices.describe().join("\n"));
    }

    let signals = Signals::catch(true).map_err(exit::unable)?;
    let (child, source) = start(&args.command, Streams::Inherited)?;
    signals.forward_to(&child);
    let ending = Ending::new(Some(&child), signals.stop());
    let mut live = Live::new(&args.live, profiles.as_ref(), &signals, &ending)?;
    live.track_starts();
    live.set_child(&child);
    options.foreign = true;
    options.stop = Arc::clone(signals.stop());
    // The program writes to standard output by itself, and would write over a status line on the same terminal.
    if !quiet && !io::stdout().is_terminal() {
        live.show_status(std::slice::from_ref(&source));
    }
    live.pass_to_stderr()?;
    if !quiet && io::stderr().is_terminal() {
        live.print_findings_between_lines();
    }
    let style = style(&args.output, policy);
    live.refresh(args.live.refresh, style, &targets, policy)?;
    let result = pipeline::analyze(vec![source], &options, &mut live);
    let starts = live.take_starts();
    let outlet = live.finish();

    let ended = wait(&child, &signals, &ending)?;
    let mut report = result?;
    explain_missing_trace(&mut report);
    starts.name_main_process(&mut report);
    if let (None, Some(profiles)) = (signals.status(), &profiles) {
        heap::explain_fetched(profiles, &args.escape, &mut report);
    }
    report.exit_status = match ended {
        exit::DONE if args.check => policy.status(&report),
        status => status,
    };
    if matches!(outlet, Outlet::InsideALine) && !quiet {
        output::complain("");
    }
    let (to, lost) = match outlet {
        Outlet::Stuck => (To::Nowhere, Ok(())),
        Outlet::Lost(failure) => (To::Stderr, Err(failure)),
        Outlet::Whole | Outlet::InsideALine => (To::Stderr, Ok(())),
    };
    let delivered = deliver(&args.output, &targets, &report, policy, to).and(lost);
    if to == To::Nowhere {
        return Ok(report.exit_status);
    }
    if let Err(failure) = delivered {
        // The status of a program that failed comes first.
        if ended == exit::DONE {
            return Err(failure);
        }
        output::complain(&failure.to_string());
    }
    if args.check && ended == exit::DONE && args.output.format == Format::Text && !quiet {
        output::complain(&check::outcome(&report, choices.fail_on, None));
    }
    Ok(report.exit_status)
}

/// Starts the program.
///
/// # Errors
/// It cannot be executed; the exit status is that of a shell.
pub(crate) fn start(command: &[OsString], streams: Streams) -> Result<(Child, Source), Failure> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| Failure::new("no program to run"))?;
    Child::spawn(program, arguments, streams).map_err(|error| {
        let reason = exit::reason(&error);
        let program = program.to_string_lossy();
        let status = match error.kind() {
            io::ErrorKind::NotFound => exit::NOT_FOUND,
            _ => exit::NOT_EXECUTABLE,
        };
        Failure::new(format!("cannot run {program}: {reason}")).status(status)
    })
}

/// Waits for the end of the program and gives the exit status. After a second interrupt the program is killed: the closed
/// pipe would kill it at its next cycle anyway.
pub(crate) fn wait(child: &Child, signals: &Signals, ending: &Ending) -> Result<u8, Failure> {
    let unable = |error: io::Error| Failure::new(format!("cannot wait for the program: {error}"));
    let gone = || signals.stop().load(std::sync::atomic::Ordering::Relaxed);
    let ended = match child.wait(gone).map_err(unable)? {
        Some(status) => Some(status),
        None => {
            child.kill();
            child.wait(|| false).map_err(unable)?
        }
    };
    Ok(match (signals.status(), ended) {
        (Some(status), _) => status,
        (None, Some(status)) => own_status(status, ending.asked()),
        (None, None) => exit::ERROR,
    })
}

/// The status as a shell would give it; 0 for a program that died of the signal that was sent because it was `asked` to end.
#[cfg(unix)]
fn own_status(status: ExitStatus, asked: bool) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    match status.signal() {
        Some(signal_hook::consts::SIGTERM | signal_hook::consts::SIGKILL) if asked => exit::DONE,
        Some(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        None => code(status),
    }
}

/// The status of the program; 0 if it was `asked` to end.
#[cfg(not(unix))]
fn own_status(status: ExitStatus, asked: bool) -> u8 {
    if asked { exit::DONE } else { code(status) }
}

fn code(status: ExitStatus) -> u8 {
    u8::try_from(status.code().unwrap_or_default()).unwrap_or(exit::ERROR)
}

/// Gives the reason for a missing trace: it is not a missing GODEBUG, which was set here.
pub(crate) fn explain_missing_trace(report: &mut Report) {
    if let Verdict::NoVerdict(reason) = &mut report.verdict
        && report.processes.is_empty()
        && report.input.gc_lines.damaged + report.input.legacy_gc_lines == 0
    {
        *reason = "no GC cycle: the program ended before its first collection, is not a Go program, or clears GODEBUG for the programs it starts".to_owned();
    }
}
