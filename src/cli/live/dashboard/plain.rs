//! Watching without a terminal: a line for each finding that is raised or cleared, and one now and then that says how
//! things stand. They stand above the report where that is text; what machines read holds the report and nothing else.

use std::io::{self, IsTerminal as _};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gcpressure::analyzer::FindingChange;
use gcpressure::pipeline::{Sink, SoFar};
use gcpressure::render::Format;
use gcpressure::report::Process;
use gcpressure::settings::Severity;
use gcpressure::units;

use super::view;
use crate::cli::args::OutputArgs;
use crate::cli::commands::report::To;
use crate::cli::exit::Failure;
use crate::cli::live::passthrough::{Outlet, Passthrough};
use crate::cli::live::signals::Signals;
use crate::cli::live::{self, Live};

/// Where the lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// Standard output, above the report.
    Stdout,
    /// Standard error.
    Stderr,
    /// They are not wanted.
    Nowhere,
}

impl Lines {
    /// Above a report for people, which goes to standard error where standard output is the program's own. Beside what
    /// machines read they are told as by every other command: on standard error, where that is a terminal.
    pub(crate) fn beside(output: &OutputArgs, report: To) -> Self {
        match output.format {
            _ if output.show.quiet => Self::Nowhere,
            Format::Text if report == To::Stdout => Self::Stdout,
            Format::Text => Self::Stderr,
            _ if io::stderr().is_terminal() => Self::Stderr,
            _ => Self::Nowhere,
        }
    }
}

/// Writes the lines.
pub(crate) struct Plain {
    live: Live,
    out: Passthrough,
    lines: Lines,
    /// What is no trace goes the same way: the program's own standard error.
    foreign: bool,
    every: Duration,
    last: Instant,
    signals: Signals,
    endless: bool,
}

impl Plain {
    /// Writes lines, and before a `report` on standard error what a program that is run writes there.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn new(
        live: Live,
        every: Duration,
        signals: &Signals,
        lines: Lines,
        report: To,
        endless: bool,
    ) -> Result<Self, Failure> {
        let out = match lines {
            Lines::Stdout => Passthrough::new(io::stdout(), "standard output", signals.stop()),
            Lines::Stderr | Lines::Nowhere => {
                Passthrough::new(io::stderr(), "standard error", signals.stop())
            }
        }?;
        Ok(Self {
            live,
            out,
            lines,
            foreign: report == To::Stderr,
            every,
            last: Instant::now(),
            signals: signals.clone(),
            endless,
        })
    }

    /// Waits until everything is written. Stuck is only what the report comes behind.
    pub(crate) fn finish(self) -> Outlet {
        self.live.finish();
        let before_report = self.foreign || self.lines == Lines::Stdout;
        match self.out.finish() {
            Outlet::Stuck if !before_report => Outlet::Whole,
            outlet => outlet,
        }
    }

    fn say(&mut self, line: &str) {
        if self.lines != Lines::Nowhere {
            self.out.write(format!("{line}\n").as_bytes());
        }
    }
}

impl Sink for Plain {
    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.foreign {
            self.out.write(lines);
        }
        Ok(())
    }

    fn change(&mut self, process: &str, change: &FindingChange) -> io::Result<()> {
        if change.severity > Severity::Info {
            self.say(&live::line(process, change));
        }
        self.live.change(process, change)
    }

    fn idle(&mut self, so_far: &SoFar<'_>) -> io::Result<()> {
        if self.endless && self.signals.interrupted() {
            self.signals.stop().store(true, Ordering::Relaxed);
        }
        if self.last.elapsed() >= self.every {
            self.last = Instant::now();
            for process in &so_far.report().processes {
                if let Some(line) = state(process) {
                    self.say(&line);
                }
            }
        }
        self.out.flush();
        self.live.idle(so_far)
    }
}

/// How things stand with a process, in one line; nothing where it has no course yet.
fn state(process: &Process) -> Option<String> {
    let now = process.measures.timeline.iter().rfind(|p| p.cycles > 0)?;
    Some(format!(
        "gcpressure: process {} at {}: {}, pause p99 {}, GC CPU {}, assists {}, live heap {}, goal {}",
        process.id.escape_default(),
        units::duration(view::last_ns(process)),
        units::rate(now.gc_frequency_per_second),
        units::duration(now.pause_p99_ns),
        share(now.gc_cpu_ratio()),
        share(now.assist_cpu_ratio),
        units::bytes(now.heap_live_max_bytes),
        now.heap_goal_max_bytes
            .map_or_else(|| "none".to_owned(), units::bytes),
    ))
}

/// A share in percent; `-` where it is unknown.
pub(crate) fn share(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_owned(), units::percent)
}
