//! `gcpressure run [--] CMD [ARG]...`: a program with its trace on, and the report at its end.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Instant;

use gcpressure::analyzer::FindingChange;
use gcpressure::io::{Child, Source, Streams};
use gcpressure::pipeline::{self, CycleRow, Sink, SoFar};
use gcpressure::render::Format;
use gcpressure::report::{Process, Report, Verdict};

use crate::cli::args::RunArgs;
use crate::cli::commands::check;
use crate::cli::commands::report::{self, To};
use crate::cli::exit::{self, Failure, Policy};
use crate::cli::input;
use crate::cli::input::escapes;
use crate::cli::input::heap;
use crate::cli::live::signals::{Ending, Signals};
use crate::cli::live::{Live, Passed, Wishes};
use crate::cli::output;

/// Runs the program and gives its exit status, or that of the check.
pub(crate) fn run(args: &RunArgs) -> Result<u8, Failure> {
    let mut choices = report::choose(&args.analysis, &args.rules, args.fail_on.as_deref())?;
    choices.of_child();
    let policy = Policy {
        fail_on: args.check.then_some(choices.fail_on),
        ..report::policy(&args.output, &choices)
    };
    let wishes = Wishes::new(&args.live)?;
    escapes::check(&args.escape, wishes.profiles.is_some())?;
    let targets = report::targets(&args.output, &args.rules, &args.escape)?;
    let mut options = input::options(&args.select, choices.settings.clone())?;
    if args.output.verbose {
        output::complain(&choices.describe().join("\n"));
    }

    let signals = Signals::catch(true).map_err(exit::unable)?;
    let (child, source) = match start(&args.command, Streams::Inherited) {
        Ok(started) => started,
        Err(status) => return Ok(status),
    };
    let spawned = Instant::now();
    signals.hand_on_to(&child);
    let ending = Ending::new(Some(&child), signals.stop());
    options.foreign = true;
    options.stop = Arc::clone(signals.stop());

    let mut live = Live::new(&wishes, &signals, &ending).map_err(exit::unable)?;
    live.names_child(child.id());
    // What the program writes to standard output does not come through here. Where that is a terminal as well, a line at
    // its bottom would be in the way.
    if !args.output.show.quiet && !io::stdout().is_terminal() {
        live.show_status(std::slice::from_ref(&source));
    }
    live.pass_to_stderr()?;
    if !args.output.show.quiet {
        live.announce(true);
    }
    live.refresh(wishes.refresh, &args.output, &targets, policy)
        .map_err(exit::unable)?;
    let mut births = Births::new(live, spawned);
    let result = pipeline::analyse(vec![source], &options, &mut births);
    let passed = births.live.finish();

    let ended = end(&child, &signals, &ending)?;
    let mut report = result?;
    blame_program(&mut report);
    name_main(&mut report, &births.starts);
    if signals.status().is_none() {
        heap::fetched(&wishes, &args.escape, &mut report);
    }
    report.exit_status = match ended {
        exit::DONE if args.check => policy.status(&report),
        status => status,
    };
    if matches!(passed, Passed::InsideALine) && !args.output.show.quiet {
        output::complain("");
    }
    let (to, lost) = match passed {
        Passed::Stuck => (To::Nobody, Ok(())),
        Passed::Lost(failure) => (To::Stderr, Err(failure)),
        Passed::Whole | Passed::InsideALine => (To::Stderr, Ok(())),
    };
    let delivered = report::deliver(&args.output, &targets, &report, policy, to).and(lost);
    if to == To::Nobody {
        return Ok(report.exit_status);
    }
    if let Err(failure) = delivered {
        // What the program itself has to say comes first.
        if ended == exit::DONE {
            return Err(failure);
        }
        output::complain(&failure.to_string());
    }
    if args.check
        && ended == exit::DONE
        && args.output.format == Format::Text
        && !args.output.show.quiet
    {
        output::complain(&check::outcome(&report, choices.fail_on, None));
    }
    Ok(report.exit_status)
}

/// Starts the program, or says why that cannot be and gives the exit status.
pub(crate) fn start(command: &[OsString], streams: Streams) -> Result<(Child, Source), u8> {
    let (program, arguments) = command.split_first().ok_or(exit::ERROR)?;
    Child::spawn(program, arguments, streams).map_err(|error| {
        let reason = exit::reason(&error);
        let program = program.to_string_lossy();
        output::complain(&Failure::new(format!("cannot run {program}: {reason}")).to_string());
        match error.kind() {
            io::ErrorKind::NotFound => exit::NOT_FOUND,
            _ => exit::NOT_EXECUTABLE,
        }
    })
}

/// The exit status that the end of the program gives. One that is left behind by a second interrupt is ended: at its next
/// cycle it would die of the closed pipe anyway.
pub(crate) fn end(child: &Child, signals: &Signals, ending: &Ending) -> Result<u8, Failure> {
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

/// The status as a shell would give it. To die of the signal that was sent from here is to do as one is told.
#[cfg(unix)]
fn own_status(status: ExitStatus, asked: bool) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    match status.signal() {
        Some(signal_hook::consts::SIGTERM | signal_hook::consts::SIGKILL) if asked => exit::DONE,
        Some(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        None => code(status),
    }
}

/// The status as the program gave it.
#[cfg(not(unix))]
fn own_status(status: ExitStatus, asked: bool) -> u8 {
    if asked { exit::DONE } else { code(status) }
}

fn code(status: ExitStatus) -> u8 {
    u8::try_from(status.code().unwrap_or_default()).unwrap_or(exit::ERROR)
}

/// When each process started, as its first line tells: the time it was read, less its own clock.
struct Births {
    live: Live,
    spawned: Instant,
    /// ns after the spawn.
    starts: HashMap<String, i128>,
}

/// Processes whose start is remembered.
const REMEMBERED: usize = 4_096;

impl Births {
    fn new(live: Live, spawned: Instant) -> Self {
        Self {
            live,
            spawned,
            starts: HashMap::new(),
        }
    }
}

impl Sink for Births {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        if !self.starts.contains_key(row.process) && self.starts.len() < REMEMBERED {
            let read = i128::try_from(self.spawned.elapsed().as_nanos()).unwrap_or(i128::MAX);
            let start = read.saturating_sub(i128::from(row.cycle.end_ns()));
            self.starts.insert(row.process.to_owned(), start);
        }
        self.live.cycle(row)
    }

    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        self.live.foreign(lines)
    }

    fn change(&mut self, process: &str, change: &FindingChange) -> io::Result<()> {
        self.live.change(process, change)
    }

    fn idle(&mut self, so_far: &SoFar<'_>) -> io::Result<()> {
        self.live.idle(so_far)
    }
}

/// The trace was switched on here, so its absence has another reason than that of a pipe.
pub(crate) fn blame_program(report: &mut Report) {
    if let Verdict::NoVerdict(reason) = &mut report.verdict
        && report.processes.is_empty()
        && report.input.damaged + report.input.legacy_gc_lines == 0
    {
        *reason = "no GC cycle: the program ended before its first collection, is no Go program, or clears GODEBUG for what it starts".to_owned();
    }
}

/// Where several processes print (a shell, `go run`, `go test`), says which one is most likely meant. The trace names no
/// process, so that is a guess, and marked as one.
fn name_main(report: &mut Report, starts: &HashMap<String, i128>) {
    let count = report.processes.len();
    let Some(main) = main_process(&report.processes, starts).filter(|_| count > 1) else {
        return;
    };
    let process = &mut report.processes[main];
    process.approximate = true;
    report.warnings.push(format!(
        "{count} processes print into the stream: {} is taken for the main one, since it ran longest and started nearest to the command",
        process.id
    ));
}

/// Of those that lived nearly as long as the one that lived longest, the one that started first.
fn main_process(processes: &[Process], starts: &HashMap<String, i128>) -> Option<usize> {
    let life = |process: &Process| {
        let measures = &process.measures;
        measures.started_ns.saturating_add(measures.duration_ns)
    };
    let longest = processes.iter().map(life).max()?;
    (0..processes.len())
        .filter(|at| life(&processes[*at]) >= longest / 10 * 9)
        .min_by_key(|at| starts.get(&processes[*at].id).copied().unwrap_or(i128::MAX))
}
