//! Bytes to [`Report`]: sources in order through the reader, cycles to their processes, processes to their analyzers.

mod analysis_thread;
mod collector;
mod cycles;
pub mod logs;
mod outcome;
mod polling;
mod reading;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::error::Error;
use crate::io::Source;
use crate::report::{Finding, Process, Report};
use crate::settings::Settings;
use crate::trace::cycle::AnyCycle;

pub use crate::analyzer::FindingChange;
pub use crate::wrapping::wall::WallTime;
pub use collector::SoFar;
pub use cycles::{Cycle, Cycles};
use reading::Reading;

/// How often a sink is called while a live source has nothing.
const TICK: Duration = Duration::from_millis(100);

/// A limit in time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// Program time, ns since the start of the process.
    Program(u64),
    /// Wall-clock time.
    Wall(WallTime),
}

/// What to read out of the input, and how to judge it. Built from [`Options::default`], which is all of the input, the default
/// settings and no foreign lines, by the methods named like the fields.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// How to judge.
    pub settings: Arc<Settings>,
    /// Only the process of this id.
    pub process: Option<String>,
    /// Only the stream of this name.
    pub stream: Option<String>,
    /// Only cycles from here on.
    pub since: Option<Bound>,
    /// Only cycles up to here.
    pub until: Option<Bound>,
    /// Pass lines that are not GC trace to [`Sink::foreign`].
    pub foreign: bool,
    /// Setting it to true while sources are read ends the reading: what was read until then is judged, with a warning. Waiting for a
    /// live source ends within a tenth of a second; another read that is under way is not interrupted.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// How to judge.
    #[must_use]
    pub fn settings(self, settings: impl Into<Arc<Settings>>) -> Self {
        Self {
            settings: settings.into(),
            ..self
        }
    }

    /// Only the process of this id.
    #[must_use]
    pub fn process(self, process: Option<String>) -> Self {
        Self { process, ..self }
    }

    /// Only the stream of this name.
    #[must_use]
    pub fn stream(self, stream: Option<String>) -> Self {
        Self { stream, ..self }
    }

    /// Only cycles from here on.
    #[must_use]
    pub fn since(self, since: Option<Bound>) -> Self {
        Self { since, ..self }
    }

    /// Only cycles up to here.
    #[must_use]
    pub fn until(self, until: Option<Bound>) -> Self {
        Self { until, ..self }
    }

    /// Pass lines that are not GC trace to [`Sink::foreign`].
    #[must_use]
    pub fn foreign(self, foreign: bool) -> Self {
        Self { foreign, ..self }
    }

    /// See [`Options::stop`](field@Self::stop).
    #[must_use]
    pub fn stop(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }
}

/// One GC cycle with its place in the input.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CycleRow<'a> {
    /// Id of its process.
    pub process: &'a str,
    /// Name of its stream: pod, container, unit.
    pub stream: Option<&'a str>,
    /// The cycle.
    pub cycle: AnyCycle<'a>,
    /// Repaired: put together from the pieces of a cut line.
    pub repaired: bool,
    /// The source it was read from.
    pub source: &'a str,
    /// Line in the source, from 1 (of the piece with the clock times if it was cut).
    pub line: u64,
    /// Byte offset of the line (of its first piece) in the source.
    pub offset: u64,
    /// Wall-clock time as written in the log.
    pub wall_time: Option<&'a str>,
    /// The line as the runtime wrote it.
    pub raw: &'a [u8],
}

impl<'a> CycleRow<'a> {
    /// The row of a cycle at the start of a source, to try out a sink.
    #[must_use]
    pub const fn new(process: &'a str, cycle: AnyCycle<'a>) -> Self {
        Self {
            process,
            stream: None,
            cycle,
            repaired: false,
            source: "-",
            line: 1,
            offset: 0,
            wall_time: None,
            raw: &[],
        }
    }
}

/// Receives what is found while the input is read. All methods have empty default bodies. [`Sink::takes_cycles`] is called first.
///
/// # Errors
/// Each method returns the error of its output. After an error the sink is not called again; the input is read to its end, and then
/// the error is returned.
pub trait Sink {
    /// False if [`Sink::cycle`] does nothing: then it is not called, and no rows are made. Called once.
    fn takes_cycles(&self) -> bool {
        true
    }

    /// A GC cycle, as soon as its line is complete.
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        let _ = row;
        Ok(())
    }

    /// Lines that are not GC trace, whole, with their line feeds, one or more at a time. The beginning of a line is passed by itself
    /// if its rest does not come for a tenth of a second, and so is each part of an overlong line.
    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        let _ = lines;
        Ok(())
    }

    /// A finding was raised or cleared. Called at once, in a large file up to a thousand cycles later.
    fn change(&mut self, process: &str, change: &FindingChange) -> io::Result<()> {
        let _ = (process, change);
        Ok(())
    }

    /// A process has ended, or the log that it is in: all that the report may hold of it. Of a log with more processes than the
    /// report has room for, all come here.
    fn ended(&mut self, process: &Process, findings: &[Finding]) -> io::Result<()> {
        let _ = (process, findings);
        Ok(())
    }

    /// One of several sources cannot be read, or not to its end; the next one is read.
    fn unreadable(&mut self, error: Error) -> io::Result<()> {
        let _ = error;
        Ok(())
    }

    /// Called after the lines of each read are processed, and ten times a second while a live source has nothing; once a MiB while a
    /// live source has more than is read at a time. Reading is held up until it returns.
    fn idle(&mut self, so_far: &SoFar<'_>) -> io::Result<()> {
        let _ = so_far;
        Ok(())
    }
}

/// A sink that ignores everything.
impl Sink for () {
    fn takes_cycles(&self) -> bool {
        false
    }
}

/// Reads all sources to their end, in order, and judges what was found. Each source is a log of its own, and no process is in two
/// logs, unless a source is [joined](Source::joined) to the one before.
///
/// # Errors
/// The error of the last source, if none can be read: if some can, the report is of those, and
/// [`report::Input::unreadable`](crate::report::Input::unreadable) names the others. The sink's error (as [`Error::Output`]) after all
/// was read.
pub fn analyze(
    sources: Vec<Source>,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<Report, Error> {
    let mut reading = Reading::new(options, sink);
    let count = sources.len();
    let mut failed = 0;
    for mut source in sources {
        let read = match source.take_polls() {
            Some(polls) => reading.polls(&source, &polls),
            None => reading.source(&mut source, count > 1),
        };
        if let Err(error) = read {
            failed += 1;
            if failed == count {
                return Err(error);
            }
            reading.unreadable(error);
        }
        if options.stop.load(Ordering::Relaxed) {
            break;
        }
    }
    reading.finish()
}
