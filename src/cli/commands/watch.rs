//! `gcpressure watch [FILE]`, `gcpressure watch -- CMD`: the analysis while the log grows, on a full screen, or as plain
//! lines where there is no terminal; the report at the end.
//!
//! With a screen, one thread reads and the other has the terminal. Neither blocks the other.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use gcpressure::internal::error::Error;
use gcpressure::internal::io::{Child, Follow, Source, Streams};
use gcpressure::internal::pipeline::{self, Options};
use gcpressure::internal::render::Format;
use gcpressure::report::Report;

use super::{report, run};
use crate::cli::args::WatchArgs;
use crate::cli::config::Choices;
use crate::cli::exit::{self, Failure};
use crate::cli::input::{self, escapes, heap};
use crate::cli::live::Live;
use crate::cli::live::dashboard::screen::{self, Interrupts, LeaveReason, Screen};
use crate::cli::live::dashboard::state::{self, DashboardState};
use crate::cli::live::fetch::Fetcher;
use crate::cli::live::passthrough::Outlet;
use crate::cli::live::signals::{Ending, Signals};
use crate::cli::live::{http, poll};
use crate::cli::output;
use crate::cli::output::report::{To, deliver, style};

/// How long after the screen was left a notice says that the stream goes on.
const PATIENCE: Duration = Duration::from_secs(1);
/// Last lines that are shown of a program that failed behind the screen.
const LAST_LINES: usize = 10;

/// Watches until the stream ends or the user leaves, then reports.
pub(crate) fn run(args: &WatchArgs) -> Result<u8, Failure> {
    show(args, |on_screen, stop| open(args, on_screen, stop))
}

/// Plays a recorded log as one that grows, then reports.
pub(crate) fn play(args: &WatchArgs, name: &str, source: Source) -> Result<u8, Failure> {
    let subject = Subject {
        name: name.to_owned(),
        child: None,
        endless: true,
    };
    show(args, |_, _| Ok((subject, source)))
}

fn show(
    args: &WatchArgs,
    open: impl FnOnce(bool, &Arc<AtomicBool>) -> Result<(Subject, Source), Failure>,
) -> Result<u8, Failure> {
    let runs_program = !args.command.is_empty();
    let mut choices = Choices::load(&args.analysis, &args.rules, None)?;
    if runs_program {
        choices.inherit_environment();
    }
    let policy = choices.policy(&args.output.show, None);
    let urls: Vec<_> = args.file.iter().cloned().collect();
    let profiles = Fetcher::start(&args.live, &urls, &args.poll)?;
    escapes::check(&args.escape, profiles.is_some())?;
    let targets = report::targets(&args.output, &args.rules, &args.escape)?;
    let file = args.file.as_deref().unwrap_or("-");
    targets.spare((!runs_program).then_some(file))?;
    let mut options = input::options(&args.select, choices.settings.clone())?;
    if args.output.verbose {
        output::complain(&choices.describe().join("\n"));
    }
    let on_screen = screen::possible();
    let signals = Signals::catch(runs_program).map_err(exit::unable)?;
    let (subject, source) = open(on_screen, signals.stop())?;
    if let Some(child) = &subject.child {
        signals.forward_to(child);
    }
    let ending = Ending::new(subject.child.as_ref(), signals.stop());
    let mut live = Live::new(&args.live, profiles.as_ref(), &signals, &ending)?;
    if let Some(child) = &subject.child {
        live.set_child(child);
    }
    if subject.endless {
        live.end_on_interrupt();
    }
    let style = style(&args.output, policy);
    live.refresh(args.live.refresh, style, &targets, policy)?;
    options.stop = Arc::clone(signals.stop());

    let state = Arc::new(DashboardState::default());
    let mut to = To::Stdout;
    let result;
    let outlet;
    if on_screen {
        live.show_on(&state);
        options.foreign = !subject.endless;
        let reading = read(source, options, live).map_err(exit::unable)?;
        let screen = Screen {
            name: &subject.name,
            state: &state,
            signals: &signals,
            interrupts: match (&subject.child, subject.endless) {
                (None, false) => Interrupts::Pipeline,
                _ => Interrupts::Own,
            },
            ascii: args.output.show.ascii,
            ended: &|| reading.is_finished(),
        };
        watch(&subject, &screen, &state, &ending)?;
        let (analyzed, live) = reading
            .join()
            .map_err(|_| Failure::new("the reading thread has panicked"))?;
        result = analyzed;
        // Nothing is handed on behind the screen.
        live.finish();
        outlet = Outlet::Whole;
    } else {
        options.foreign = runs_program;
        if runs_program {
            // Standard output is the program's own.
            to = To::Stderr;
        }
        print_lines(&mut live, args, to)?;
        result = pipeline::analyze(vec![source], &options, &mut live);
        outlet = live.finish();
    }

    let ended = match &subject.child {
        Some(child) => Some(run::wait(child, &signals, &ending)?),
        None => None,
    };
    let mut report = result?;
    if runs_program {
        run::explain_missing_trace(&mut report);
    }
    if let (None, Some(profiles)) = (signals.status(), &profiles) {
        heap::explain_fetched(profiles, &args.escape, &mut report);
    }
    report.exit_status = match (ended, signals.status()) {
        (Some(status), _) => status,
        (None, Some(status)) if !subject.endless => status,
        (None, _) => policy.status(&report),
    };
    let lost = match outlet {
        Outlet::Lost(failure) => Err(failure),
        Outlet::Stuck => {
            to = To::Nowhere;
            Ok(())
        }
        Outlet::Whole | Outlet::InsideALine => Ok(()),
    };
    if report.exit_status != exit::DONE && runs_program && to != To::Nowhere {
        // The screen that showed them is gone.
        for line in state.last_lines(LAST_LINES) {
            output::complain(&line);
        }
    }
    deliver(&args.output, &targets, &report, policy, to).and(lost)?;
    Ok(report.exit_status)
}

/// Prints findings and the state as lines. They go where a report for people goes, above it; beside a format for machines
/// they go to standard error, if that is a terminal. What a program writes to standard error goes there too.
fn print_lines(live: &mut Live, args: &WatchArgs, report: To) -> Result<(), Failure> {
    let text = args.output.format == Format::Text;
    let quiet = args.output.show.quiet;
    live.print_state(args.live.refresh);
    if report == To::Stderr {
        live.pass_to_stderr()?;
        if !quiet && (text || io::stderr().is_terminal()) {
            live.print_findings_between_lines();
        }
    } else if text && !quiet {
        live.pass_to_stdout()?;
        live.print_findings_between_lines();
    } else if !quiet {
        live.print_findings();
    }
    Ok(())
}

/// The log or program that is watched.
struct Subject {
    /// Its name on the screen.
    name: String,
    /// A program that was started here.
    child: Option<Child>,
    /// A file that grows has no end of its own.
    endless: bool,
}

/// Opens the log, or starts the program.
fn open(
    args: &WatchArgs,
    on_screen: bool,
    stop: &Arc<AtomicBool>,
) -> Result<(Subject, Source), Failure> {
    let subject = |name: &str, child, endless| Subject {
        name: name.to_owned(),
        child,
        endless,
    };
    let url = args.file.as_deref().filter(|name| http::is_url(name));
    if let Some(source) = poll::source(url.into_iter(), &args.poll, None, stop)? {
        return Ok((subject(url.unwrap_or_default(), None, true), source));
    }
    if !args.command.is_empty() {
        let streams = if on_screen {
            Streams::Taken
        } else {
            Streams::Inherited
        };
        let (child, source) = run::start(&args.command, streams)?;
        let words: Vec<_> = args.command.iter().map(|w| w.to_string_lossy()).collect();
        return Ok((subject(&words.join(" "), Some(child), false), source));
    }
    match args.file.as_deref() {
        Some(path) if Path::new(path).is_file() => {
            let file = Follow::open(Path::new(path)).map_err(|error| Error::io(path, error))?;
            let source = Source::live(path, Box::new(file));
            Ok((subject(path, None, true), source))
        }
        Some("-") | None => {
            let source = input::standard_input()?;
            Ok((subject("standard input", None, false), source))
        }
        Some(path) => Ok((subject(path, None, false), Source::open(path)?)),
    }
}

/// Starts the thread that reads.
fn read(
    source: Source,
    options: Options,
    mut live: Live,
) -> io::Result<thread::JoinHandle<(Result<Report, Error>, Live)>> {
    thread::Builder::new()
        .name("reading".to_owned())
        .spawn(move || {
            let result = pipeline::analyze(vec![source], &options, &mut live);
            (result, live)
        })
}

/// Shows the screen, then waits for the end of the stream.
fn watch(
    subject: &Subject,
    screen: &Screen<'_>,
    state: &Arc<DashboardState>,
    ending: &Ending,
) -> Result<(), Failure> {
    if let Some(stdout) = subject.child.as_ref().and_then(Child::take_stdout) {
        state::keep_lines(state, stdout).map_err(exit::unable)?;
    }
    match screen.show() {
        Ok(LeaveReason::Ended) => {}
        Ok(LeaveReason::Quit) => ending.ask(),
        // The stream goes on without a screen.
        Err(error) => output::complain(&format!("gcpressure: cannot draw the screen: {error}")),
    }
    let since = Instant::now();
    let mut reported = false;
    while !(screen.ended)() {
        if since.elapsed() > PATIENCE && !std::mem::replace(&mut reported, true) {
            output::complain("gcpressure: waiting for the end of the stream; interrupt to leave");
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
