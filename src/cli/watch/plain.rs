//! Watching without a terminal: a line for each finding that is raised or cleared, and one now and then that says how
//! things stand.

use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gcpressure::analyzer::FindingChange;
use gcpressure::pipeline::{Sink, SoFar};
use gcpressure::report::{Process, TimelinePoint};
use gcpressure::settings::Severity;
use gcpressure::units;

use super::super::exit::Failure;
use super::super::live::{self, Live};
use super::super::passthrough::Passthrough;
use super::super::report::To;
use super::super::signals::Signals;
use super::view;

/// Writes the lines.
pub(super) struct Plain {
    live: Live,
    lines: Passthrough,
    /// What is no trace goes the same way: the program's own standard error.
    foreign: bool,
    every: Duration,
    last: Instant,
    signals: Signals,
    endless: bool,
}

impl Plain {
    /// Lines to standard output, or to standard error with the program's own.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(super) fn new(
        live: Live,
        every: Duration,
        signals: &Signals,
        to: To,
        endless: bool,
    ) -> Result<Self, Failure> {
        let lines = match to {
            To::Stdout => Passthrough::new(io::stdout(), "standard output", signals.stop()),
            To::Stderr | To::Nobody => {
                Passthrough::new(io::stderr(), "standard error", signals.stop())
            }
        }?;
        Ok(Self {
            live,
            lines,
            foreign: to == To::Stderr,
            every,
            last: Instant::now(),
            signals: signals.clone(),
            endless,
        })
    }

    /// Waits until everything is written. False where it cannot be, and more cannot be either.
    pub(super) fn finish(self) -> bool {
        self.live.finish();
        self.lines.finish()
    }

    fn say(&mut self, line: &str) {
        self.lines.write(format!("{line}\n").as_bytes());
    }
}

impl Sink for Plain {
    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.foreign {
            self.lines.write(lines);
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
        self.lines.flush();
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
        units::percent(gc_cpu(now)),
        units::percent(now.assist_cpu_ratio),
        units::bytes(now.heap_live_max_bytes),
        now.heap_goal_max_bytes
            .map_or_else(|| "none".to_owned(), units::bytes),
    ))
}

/// What the program pays for: idle marking takes nothing from it.
pub(super) fn gc_cpu(point: &TimelinePoint) -> f64 {
    point.stop_cpu_ratio + point.assist_cpu_ratio + point.background_cpu_ratio
}
