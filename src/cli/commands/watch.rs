//! `gcpressure watch [FILE]`, `gcpressure watch -- CMD`: the analysis while it goes on, on a full screen, or as plain
//! lines where there is no terminal; the report at the end.
//!
//! Two threads: one reads, as for every other command, and hands a report over when the screen asks for one; the other
//! has the terminal. Neither waits for the other.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gcpressure::error::Error;
use gcpressure::io::{Child, Follow, Source, Streams};
use gcpressure::pipeline::{self, Options};
use gcpressure::report::Report;

use crate::cli::args::WatchArgs;
use crate::cli::commands::report::{self, To};
use crate::cli::commands::run;
use crate::cli::exit::{self, Failure};
use crate::cli::input;
use crate::cli::input::escapes;
use crate::cli::input::heap;
use crate::cli::live::dashboard::plain::{Lines, Plain};
use crate::cli::live::dashboard::screen::{Interrupts, Left};
use crate::cli::live::dashboard::seen::{Onlooker, Seen};
use crate::cli::live::dashboard::{screen, seen};
use crate::cli::live::passthrough::Outlet;
use crate::cli::live::signals::{Ending, Signals};
use crate::cli::live::{Live, Wishes};
use crate::cli::output;

/// How long the end of a stream is waited for without a word, once the screen is gone.
const PATIENCE: Duration = Duration::from_secs(1);
/// Lines that are shown of a program that failed behind the screen.
const LAST_WORDS: usize = 10;

/// Watches until the stream ends or the user leaves, then reports.
pub(crate) fn run(args: &WatchArgs) -> Result<u8, Failure> {
    let mut choices = report::choose(&args.analysis, &args.rules, None)?;
    if !args.command.is_empty() {
        choices.of_child();
    }
    let policy = report::policy(&args.output, &choices);
    let wishes = Wishes::new(&args.live)?;
    escapes::check(&args.escape, wishes.profiles.is_some())?;
    let targets = report::targets(&args.output, &args.rules, &args.escape)?;
    let file = args.file.as_deref().unwrap_or("-");
    targets.spare(args.command.is_empty().then_some(file))?;
    let mut options = input::options(&args.select, choices.settings.clone())?;
    if args.output.verbose {
        output::complain(&choices.describe().join("\n"));
    }
    let on_screen = screen::possible();
    let signals = Signals::catch(!args.command.is_empty()).map_err(exit::unable)?;
    let (subject, source) = match open(args, on_screen) {
        Ok(opened) => opened,
        Err(Refused::Status(status)) => return Ok(status),
        Err(Refused::Failure(failure)) => return Err(failure),
    };
    if let Some(child) = &subject.child {
        signals.hand_on_to(child);
    }
    let ending = Ending::new(subject.child.as_ref(), signals.stop());
    options.stop = Arc::clone(signals.stop());
    options.foreign = !subject.endless;
    let mut live = Live::new(&wishes, &signals, &ending).map_err(exit::unable)?;
    if let Some(child) = &subject.child {
        live.names_child(child.id());
    }
    live.refresh(wishes.refresh, &args.output, &targets, policy)
        .map_err(exit::unable)?;

    let seen = Arc::new(Seen::default());
    let mut to = To::Stdout;
    let mut lost = Ok(());
    let result = if on_screen {
        let onlooker = Onlooker::new(live, &seen, &signals, subject.endless);
        let reading = read(source, options, onlooker, &seen).map_err(exit::unable)?;
        watch(&subject, &seen, &signals, &ending, args.output.show.ascii)?;
        reading
            .join()
            .unwrap_or_else(|_| Err(Error::Usage("the analysis has failed".to_owned())))
    } else {
        if subject.child.is_some() {
            // Standard output is the program's own.
            to = To::Stderr;
        }
        let lines = Lines::beside(&args.output, to);
        let mut plain = Plain::new(live, wishes.refresh, &signals, lines, to, subject.endless)?;
        let result = pipeline::analyse(vec![source], &options, &mut plain);
        match plain.finish() {
            Outlet::Whole => {}
            Outlet::Lost(failure) => lost = Err(failure),
            Outlet::Stuck => to = To::Nobody,
        }
        result
    };

    let ended = match &subject.child {
        Some(child) => Some(run::end(child, &signals, &ending)?),
        None => None,
    };
    let mut report = result?;
    if subject.child.is_some() {
        run::blame_program(&mut report);
    }
    if signals.status().is_none() {
        heap::fetched(&wishes, &args.escape, &mut report);
    }
    report.exit_status = match (ended, signals.status()) {
        (Some(status), _) => status,
        (None, Some(status)) if !subject.endless => status,
        (None, _) => policy.status(&report),
    };
    if report.exit_status != exit::DONE && subject.child.is_some() && to != To::Nobody {
        // What it said last was on the screen that is gone.
        for line in seen.last_lines(LAST_WORDS) {
            output::complain(&line);
        }
    }
    report::deliver(&args.output, &targets, &report, policy, to).and(lost)?;
    Ok(report.exit_status)
}

/// What is watched.
struct Subject {
    /// What the screen calls it.
    name: String,
    /// A program that was started here.
    child: Option<Child>,
    /// A file that grows has no end, so an interrupt is the end.
    endless: bool,
}

/// Why nothing can be watched.
enum Refused {
    /// A program cannot be run; it was said why.
    Status(u8),
    /// All else.
    Failure(Failure),
}

/// Opens what is to be watched.
fn open(args: &WatchArgs, on_screen: bool) -> Result<(Subject, Source), Refused> {
    let subject = |name: &str, child, endless| Subject {
        name: name.to_owned(),
        child,
        endless,
    };
    if !args.command.is_empty() {
        let streams = if on_screen {
            Streams::Taken
        } else {
            Streams::Inherited
        };
        let (child, source) = run::start(&args.command, streams).map_err(Refused::Status)?;
        let words: Vec<_> = args.command.iter().map(|w| w.to_string_lossy()).collect();
        return Ok((subject(&words.join(" "), Some(child), false), source));
    }
    match args.file.as_deref() {
        Some(path) if Path::new(path).is_file() => Follow::open(Path::new(path))
            .map(|file| Source::live(path, Box::new(file)))
            .map(|source| (subject(path, None, true), source))
            .map_err(|error| Refused::Failure(Error::io(path, error).into())),
        Some("-") | None => input::standard_input()
            .map(|source| (subject("standard input", None, false), source))
            .map_err(Refused::Failure),
        Some(path) => Source::open(path)
            .map(|source| (subject(path, None, false), source))
            .map_err(|error| Refused::Failure(error.into())),
    }
}

/// Starts the thread that reads.
fn read(
    source: Source,
    options: Options,
    mut onlooker: Onlooker,
    seen: &Arc<Seen>,
) -> io::Result<thread::JoinHandle<Result<Report, Error>>> {
    let ends = seen.ends();
    thread::Builder::new()
        .name("reading".to_owned())
        .spawn(move || {
            let result = pipeline::analyse(vec![source], &options, &mut onlooker);
            drop(ends);
            onlooker.finish();
            result
        })
}

/// Shows the screen, then waits for the end of the stream.
fn watch(
    subject: &Subject,
    seen: &Arc<Seen>,
    signals: &Signals,
    ending: &Ending,
    ascii: bool,
) -> Result<(), Failure> {
    if let Some(stdout) = subject.child.as_ref().and_then(Child::take_stdout) {
        seen::keep_lines(seen, stdout).map_err(exit::unable)?;
    }
    let interrupts = match (&subject.child, subject.endless) {
        (None, false) => Interrupts::Pipeline,
        _ => Interrupts::Own,
    };
    match screen::show(&subject.name, seen, signals, interrupts, ascii) {
        Ok(Left::Ended) => {}
        Ok(Left::Quit) => ending.ask(),
        // Whatever becomes of the terminal, what is watched goes on.
        Err(error) => output::complain(&format!("gcpressure: cannot draw the screen: {error}")),
    }
    let since = Instant::now();
    let mut told = false;
    while !seen.ended() {
        if since.elapsed() > PATIENCE && !std::mem::replace(&mut told, true) {
            output::complain("gcpressure: waiting for the end of the stream; interrupt to leave");
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
