//! Bytes to [`Report`]: sources in order through the reader, cycles to their processes, processes to their analyzers.

mod aside;
mod collector;
mod outcome;
mod wall;

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::analyzer::FindingChange;
use crate::error::Error;
use crate::event::GcCycle;
use crate::input::{Buffer, Filled, LINE_CAP, Source};
use crate::report::Report;
use crate::settings::Settings;

use crate::reader::Reader;
pub use collector::SoFar;
use collector::{CLOSE, Collector};
pub use wall::WallTime;

/// How often a sink is heard while a live source gives nothing.
const TICK: Duration = Duration::from_millis(100);

/// Bytes after which a sink is heard though a live source goes on giving.
const UNHEARD: u64 = 1 << 20;

/// Ticks without anything new after which foreign lines are not held back any longer: whoever waits for them waits now,
/// and the runtime does not pause that long inside a line.
const QUIET: u32 = 3;

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

/// Reads all sources to their end, in order, as one stream, and judges what was found.
///
/// # Errors
/// The first source that cannot be read, or the sink's own error (as [`Error::Output`]) after all was read.
pub fn analyse(
    sources: Vec<Source>,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<Report, Error> {
    let mut buffer = Buffer::default();
    let mut reader = Reader::new(options.foreign);
    let mut collector = Collector::new(options, sink);
    let mut warnings = Vec::new();
    let mut last = None;
    for mut source in sources {
        let start = buffer.offset(buffer.position());
        reader.open(source.name(), start);
        collector.open(source.name(), source.is_large(), source.helper());
        source.tick(TICK);
        last = read(
            &mut source,
            &options.stop,
            start,
            &mut buffer,
            &mut reader,
            &mut collector,
        )
        .map_err(|error| source_error(source.name(), error))?;
        warnings.extend(source.warnings().iter().cloned());
        if options.stop.load(Ordering::Relaxed) {
            warnings.push(
                "the reading was stopped before the end of the input: what was read is judged"
                    .to_owned(),
            );
            break;
        }
    }
    reader.finish(last.as_deref(), &mut collector);
    collector.finish(reader, warnings)
}

fn source_error(name: &str, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::Io {
            source: name.to_owned(),
            error,
        },
    }
}

/// Reads one source to its end, or until it is told to stop. Returns its last line where that has no line feed.
fn read(
    source: &mut Source,
    stop: &AtomicBool,
    start: u64,
    buffer: &mut Buffer,
    reader: &mut Reader,
    collector: &mut Collector<'_>,
) -> io::Result<Option<Vec<u8>>> {
    let mut last = None;
    let mut skipping = false;
    let mut quiet = 0;
    let mut heard = 0;
    while !stop.load(Ordering::Relaxed) {
        let oldest = reader.looks_back_to(buffer.offset(buffer.position()));
        // And the byte before, which tells whether a line begins there.
        buffer.forget(oldest.saturating_sub(1));
        let filled = buffer.fill(source)?;
        if filled == Filled::Nothing {
            let at = buffer.position();
            quiet += 1;
            if quiet == QUIET {
                reader.let_go(collector);
            }
            if !skipping {
                reader.unfinished(&buffer.text().bytes[at..], buffer.offset(at), collector);
            }
            collector.idle(reader);
            continue;
        }
        quiet = 0;
        if skipping {
            skipping = skip_overlong(buffer, reader, collector);
        }
        let (from, to) = (buffer.position(), buffer.complete());
        if !skipping && from < to {
            if filled == Filled::End {
                last = Some(buffer.text().bytes[from..to].to_vec());
            }
            let before = collector.analysed_aside();
            lines(buffer, from, to, reader, collector);
            let cycles = collector.analysed_aside() - before;
            // Where there are many, the thread that analyses them has the time to read as well, and a third one would only take
            // turns with the other two.
            source.read_ahead(cycles * CLOSE < (to - from) as u64);
            buffer.consume(to);
        }
        if !skipping && buffer.rest() > LINE_CAP {
            reader.overlong();
            skipping = skip_overlong(buffer, reader, collector);
        }
        reader.progress(buffer.end() - start);
        if filled == Filled::End {
            return Ok(last);
        }
        let position = buffer.offset(buffer.position());
        if position - heard >= UNHEARD || !source.has_more() {
            heard = position;
            collector.idle(reader);
        }
    }
    Ok(last)
}

/// Reads complete lines. Those over the cap are skipped here too, or it would depend on how much is read at a time which ones are.
fn lines(
    buffer: &Buffer,
    from: usize,
    to: usize,
    reader: &mut Reader,
    collector: &mut Collector<'_>,
) {
    let text = buffer.text();
    let mut at = from;
    while let Some(line) = overlong(&text.bytes[..to], at) {
        reader.lines(text, at, line.start, collector);
        reader.overlong();
        let skipped = &text.bytes[line.clone()];
        reader.pass_overlong(skipped, buffer.offset(line.start), collector);
        at = line.end;
    }
    reader.lines(text, at, to, collector);
}

/// The first line over the cap in `bytes[from..]`, with its line feed.
fn overlong(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while bytes.len() - at > LINE_CAP {
        let most = &bytes[at..=at + LINE_CAP];
        let Some(last) = memchr::memrchr(b'\n', most) else {
            let rest = &bytes[at + most.len()..];
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            return Some(at..at + most.len() + length);
        };
        at += last + 1;
    }
    None
}

/// Skips what is there of a line over the cap. Returns true while its line feed has not come.
fn skip_overlong(buffer: &mut Buffer, reader: &mut Reader, collector: &mut Collector<'_>) -> bool {
    let from = buffer.position();
    let held = &buffer.text().bytes[from..];
    let (length, more) = match memchr::memchr(b'\n', held) {
        Some(at) => (at + 1, false),
        None => (held.len(), true),
    };
    reader.pass_overlong(&held[..length], buffer.offset(from), collector);
    buffer.consume(from + length);
    more
}
