//! Bytes to [`Report`]: sources in order through the reader, cycles to their processes, processes to their analyzers.

mod analysis_thread;
mod collector;
pub mod logs;
mod outcome;
mod reading;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::analyzer::FindingChange;
use crate::error::Error;
use crate::event::GcCycle;
use crate::io::Source;
use crate::report::Report;
use crate::settings::Settings;

pub use crate::wrapping::wall::WallTime;
pub use collector::SoFar;
use reading::Reading;

/// How often a sink is heard while a live source gives nothing.
const TICK: Duration = Duration::from_millis(100);

/// A limit in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// Program time, ns since the start of the process.
    Program(u64),
    /// Wall-clock time.
    Wall(WallTime),
}

/// What to read out of the input.
#[derive(Debug, Clone, Default)]
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
    /// The sink wants the lines that are no GC trace.
    pub foreign: bool,
    /// Set to true while reading, it ends the reading: what was read until then is judged, and a warning says so. A
    /// source that gives nothing is left within a tenth of a second if it is live; a read that is under way is not
    /// interrupted otherwise.
    pub stop: Arc<AtomicBool>,
}

/// One GC cycle with its place.
#[derive(Debug, Clone, Copy)]
pub struct CycleRow<'a> {
    /// Id of its process.
    pub process: &'a str,
    /// Name of its stream: pod, container, unit.
    pub stream: Option<&'a str>,
    /// The cycle.
    pub cycle: &'a GcCycle,
    /// Put together again from pieces.
    pub repaired: bool,
    /// The source it was read from.
    pub source: &'a str,
    /// Line in the source, from 1 (of the piece with the clock times, where it was cut).
    pub line: u64,
    /// Byte offset of the line (of its first piece) in the source.
    pub offset: u64,
    /// Wall-clock time as the log writes it.
    pub wall_time: Option<&'a str>,
    /// The line as the runtime wrote it.
    pub raw: &'a [u8],
}

/// Takes what is found while it is found. All methods have empty default bodies.
///
/// An error ends the calls to this sink; the reading goes on to the end of the input, and the error is returned with it.
pub trait Sink {
    /// False where [`Sink::cycle`] has nothing to do: then it is not called, and no row is put together. Asked once.
    fn takes_cycles(&self) -> bool {
        true
    }

    /// A GC cycle, as soon as its line is complete.
    ///
    /// # Errors
    /// What the output says.
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        let _ = row;
        Ok(())
    }

    /// Lines that are no GC trace, whole, with their line feeds, one or more at a time. The beginning of a line whose rest
    /// does not come for a tenth of a second comes by itself, and so does each part of an overlong line.
    ///
    /// # Errors
    /// What the output says.
    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        let _ = lines;
        Ok(())
    }

    /// A finding was raised or cleared: at once, in a large file up to a thousand cycles later.
    ///
    /// # Errors
    /// What the output says.
    fn change(&mut self, process: &str, change: &FindingChange) -> io::Result<()> {
        let _ = (process, change);
        Ok(())
    }

    /// A source of several cannot be read, or not to its end; the reading goes on with the next.
    ///
    /// # Errors
    /// What the output says.
    fn unreadable(&mut self, error: Error) -> io::Result<()> {
        let _ = error;
        Ok(())
    }

    /// After each read whose lines are processed, and ten times a second while a live source gives nothing; where a live
    /// source gives more than is read at a time, once a MiB. What takes long here holds up the reading.
    ///
    /// # Errors
    /// What the output says.
    fn idle(&mut self, so_far: &SoFar<'_>) -> io::Result<()> {
        let _ = so_far;
        Ok(())
    }
}

/// A sink that takes nothing.
impl Sink for () {
    fn takes_cycles(&self) -> bool {
        false
    }
}

/// Reads all sources to their end, in order, and judges what was found. Each is a log of its own, and no process is in two of
/// them, unless it is [joined](Source::joined) to the one before.
///
/// # Errors
/// A source that cannot be read, where there is no other one that can: of several, the report is that of all that could be
/// read, and [`report::Input::unreadable`](crate::report::Input::unreadable) names the others. The sink's own error (as
/// [`Error::Output`]) after all was read.
pub fn analyse(
    sources: Vec<Source>,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<Report, Error> {
    let mut reading = Reading::new(options, sink);
    let count = sources.len();
    let mut failed = 0;
    for mut source in sources {
        if let Err(error) = reading.source(&mut source, count > 1) {
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
