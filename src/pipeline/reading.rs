//! The loop that reads sources in order, and the seams between them: the end of a log, or the next part of one.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::collector::Collector;
use super::{Options, Sink};
use crate::error::Error;
use crate::io::{Buffer, Filled, Joint, LINE_CAP, Source};
use crate::reader::{Head, Reader};
use crate::report::Report;

/// Bytes after which a sink is called while a live source has more.
const IDLE_BYTES: u64 = 1 << 20;

/// Ticks without anything new after which foreign lines are not held back any longer: the runtime does not pause that long inside
/// a line.
const QUIET: u32 = 3;

/// The reading of all sources.
pub(super) struct Reading<'s> {
    pub(super) stop: &'s AtomicBool,
    buffer: Buffer,
    pub(super) reader: Reader,
    pub(super) collector: Collector<'s>,
    /// Position in the input at which the current source begins.
    start: u64,
    /// The rest of a line over the cap is skipped.
    skipping: bool,
    /// The last line of the source, if it has no line feed.
    last: Option<Vec<u8>>,
    /// In a log.
    open: bool,
    /// The last source could not be read to its end.
    broken: bool,
    pub(super) warnings: Vec<String>,
    /// What was stopped are polls, which have no end of their own.
    pub(super) endless: bool,
}

impl<'s> Reading<'s> {
    pub(super) fn new(options: &'s Options, sink: &'s mut dyn Sink) -> Self {
        Self {
            stop: &options.stop,
            buffer: Buffer::default(),
            reader: Reader::new(options.foreign),
            collector: Collector::new(options, sink),
            start: 0,
            skipping: false,
            last: None,
            open: false,
            broken: false,
            warnings: Vec::new(),
            endless: false,
        }
    }

    /// Reads the next source: as the next part of the log before it, or as a log of its own.
    ///
    /// # Errors
    /// The source's error. What was read of it counts.
    pub(super) fn source(&mut self, source: &mut Source, several: bool) -> Result<(), Error> {
        source.tick(super::TICK);
        let begun = source.begin().and_then(|()| self.join(source));
        let read = begun.and_then(|()| self.read(source));
        let warnings = source.warnings();
        self.broken = read.is_err() || !warnings.is_empty();
        let name = source.name();
        let incomplete = &mut self.reader.count.input.incomplete;
        incomplete.extend(warnings.iter().map(|warning| format!("{name}: {warning}")));
        self.warnings
            .extend(warnings.iter().map(|warning| match several {
                true => format!("{name}: {warning}"),
                false => warning.clone(),
            }));
        read.map_err(|error| Error::io(name, error))
    }

    /// Adds a source that could not be read to the report.
    pub(super) fn unreadable(&mut self, error: Error) {
        self.warnings
            .push(format!("not read, or not to its end: {error}"));
        self.reader.count.input.unreadable.push(error.to_string());
        self.collector.unreadable(error);
    }

    /// The end of the last source: the report.
    pub(super) fn finish(mut self) -> Result<Report, Error> {
        self.end_log();
        if self.stop.load(Ordering::Relaxed) && !self.endless {
            self.warnings.push(
                "the reading was stopped before the end of the input: what was read is judged"
                    .to_owned(),
            );
        }
        self.warnings.extend(self.reader.warning());
        self.collector.finish(self.reader, self.warnings)
    }

    /// Begins the log of a source, or continues the current one.
    fn join(&mut self, source: &mut Source) -> io::Result<()> {
        let mut read = Ok(());
        let mut line = false;
        let joined = match source.joint() {
            _ if !self.open => false,
            Joint::Apart => false,
            Joint::Bytes => {
                self.start = self.buffer.end();
                true
            }
            Joint::Rotated => {
                let head = Head::of(source.name());
                let joined = self.fits(source.name(), &head);
                if joined {
                    self.start_of_line(source, &head)
                        .map_or_else(|error| read = Err(error), |over| line = over);
                }
                joined
            }
        };
        if !joined {
            self.end_log();
        }
        self.open = true;
        self.reader.count.open(source.name(), self.start, joined);
        self.collector.open(source);
        if line {
            self.reader.pass_line();
        }
        read
    }

    /// Whether a part that begins with `head` is joined to what was read; if not, there is a warning.
    fn fits(&mut self, name: &str, head: &Head) -> bool {
        let why = if self.broken {
            "the part before could not be read to its end"
        } else if self.reader.goes_on_with(head) {
            return true;
        } else {
            "its first cycles do not go on where the part before ends"
        };
        self.warnings.push(format!(
            "{name} is read as a log of its own, not as the next part of a rotated one: {why}"
        ));
        false
    }

    /// Ends the part before, and the line that it left open. True if the first line of the next part belongs to that line.
    fn start_of_line(&mut self, source: &mut Source, head: &Head) -> io::Result<bool> {
        let seam = self.buffer.end();
        self.waiting_lines();
        let filled = match self.buffer.rest() {
            0 => Ok(None),
            _ if self.skipping => Ok(None),
            _ => self.first_line(source, seam),
        };
        let mut over = false;
        if let Ok(Some(end)) = filled {
            let from = self.buffer.position();
            let at = usize::try_from(seam - self.buffer.offset(from)).unwrap_or(0);
            let offset = self.buffer.offset(from);
            let text = &self.buffer.text().bytes[from..end];
            over = self
                .reader
                .over_seam(text, offset, at, head, &mut self.collector);
            if over {
                self.buffer.consume(end);
            }
        }
        if !over {
            self.end_line(seam);
        }
        self.reader.count.progress(seam - self.start);
        self.reader
            .end_file(self.last.take().as_deref(), seam, &mut self.collector);
        self.skipping = false;
        self.start = seam;
        filled.map(|_| over)
    }

    /// Reads until the first line of a source is there; returns where it ends, or `None` if the line is over the cap.
    fn first_line(&mut self, source: &mut Source, seam: u64) -> io::Result<Option<usize>> {
        loop {
            let from = self.buffer.position();
            let at = usize::try_from(seam - self.buffer.offset(from)).unwrap_or(0) + from;
            let bytes = self.buffer.text().bytes;
            if let Some(end) = memchr::memchr(b'\n', &bytes[at..]) {
                return Ok((at + end - from < LINE_CAP).then_some(at + end + 1));
            }
            if bytes.len() - from > LINE_CAP {
                return Ok(None);
            }
            let filled = self.buffer.fill(source)?;
            if filled == Filled::End || self.stop.load(Ordering::Relaxed) {
                return Ok(Some(self.buffer.text().bytes.len()));
            }
        }
    }

    /// The end of a source, at `end` of the input, ends its last line.
    fn end_line(&mut self, end: u64) {
        let from = self.buffer.position();
        let to = usize::try_from(end - self.buffer.offset(from)).unwrap_or(0) + from;
        if !self.skipping && from < to {
            let text = &self.buffer.text().bytes[from..to];
            let last = memchr::memrchr(b'\n', text).map_or(text, |at| &text[at + 1..]);
            self.last = (!last.is_empty()).then(|| last.to_vec());
            self.lines(from, to, false);
        }
        self.buffer.consume(to);
    }

    /// The end of a log.
    pub(super) fn end_log(&mut self) {
        if !self.open {
            return;
        }
        self.open = false;
        let end = self.buffer.end();
        self.end_line(end);
        self.reader.count.progress(end - self.start);
        self.reader
            .end_file(self.last.take().as_deref(), end, &mut self.collector);
        self.reader.end_log();
        self.collector.end_log(&self.reader);
        self.reader.next_log(end);
        self.skipping = false;
        self.start = end;
    }

    /// Reads one source to its end, or until it is stopped. What follows its last line feed is left in the buffer.
    pub(super) fn read(&mut self, source: &mut Source) -> io::Result<()> {
        let mut quiet = 0;
        let mut reported = 0;
        let mut filled = Filled::Some;
        // After the search for the line over a seam the buffer holds lines already.
        let mut waits = self.buffer.position() == self.buffer.complete();
        while !self.stop.load(Ordering::Relaxed) {
            let (buffer, reader) = (&mut self.buffer, &mut self.reader);
            let oldest = reader.looks_back_to(buffer.offset(buffer.position()));
            // One byte more shows whether a line begins there.
            buffer.forget(oldest.saturating_sub(1));
            if waits {
                filled = buffer.fill(source)?;
            }
            waits = true;
            if filled == Filled::Nothing {
                quiet += 1;
                if quiet == QUIET {
                    self.end_waiting();
                }
                let at = self.buffer.complete();
                if !self.skipping && self.buffer.position() == at {
                    let text = &self.buffer.text().bytes[at..];
                    let offset = self.buffer.offset(at);
                    self.reader.unfinished(text, offset, &mut self.collector);
                }
                self.collector.idle(&self.reader);
                continue;
            }
            quiet = 0;
            if self.skipping {
                self.skip_overlong();
            }
            let (from, to) = (self.buffer.position(), self.buffer.complete());
            if !self.skipping && from < to {
                let to = self.lines(from, to, true);
                // Two threads are busy then, and a third one would only take turns with them.
                source.read_ahead(!self.collector.has_thread());
                self.buffer.consume(to);
            }
            if !self.skipping && self.buffer.rest() > LINE_CAP {
                self.waiting_lines();
                self.reader.overlong();
                self.skip_overlong();
            }
            self.reader.count.progress(self.buffer.end() - self.start);
            if filled == Filled::End {
                return Ok(());
            }
            let position = self.buffer.offset(self.buffer.position());
            if position - reported >= IDLE_BYTES || !source.has_more() {
                reported = position;
                self.collector.idle(&self.reader);
            }
        }
        Ok(())
    }

    /// Nothing has come for a while: lines held for those after them are processed.
    fn end_waiting(&mut self) {
        self.waiting_lines();
        self.reader.quiet(&mut self.collector);
    }

    /// Processes the lines held for those after them.
    fn waiting_lines(&mut self) {
        let (from, to) = (self.buffer.position(), self.buffer.complete());
        if !self.skipping && from < to {
            self.lines(from, to, false);
            self.buffer.consume(to);
        }
    }

    /// Processes complete lines. Those over the cap are skipped here too, or which ones are would depend on how much is read at a time.
    /// Returns where it stopped: with `more` to come, lines may depend on those after them.
    fn lines(&mut self, from: usize, to: usize, more: bool) -> usize {
        let text = self.buffer.text();
        let (reader, collector) = (&mut self.reader, &mut self.collector);
        let mut at = from;
        while let Some(line) = overlong(&text.bytes[..to], at) {
            reader.lines(text, (at, line.start), false, collector);
            reader.overlong();
            let skipped = &text.bytes[line.clone()];
            reader.pass_overlong(skipped, self.buffer.offset(line.start), collector);
            at = line.end;
        }
        reader.lines(text, (at, to), more, collector)
    }

    /// Skips what the buffer holds of a line over the cap.
    fn skip_overlong(&mut self) {
        let from = self.buffer.position();
        let held = &self.buffer.text().bytes[from..];
        let end = memchr::memchr(b'\n', held).map(|at| at + 1);
        let length = end.unwrap_or(held.len());
        let offset = self.buffer.offset(from);
        self.reader
            .pass_overlong(&held[..length], offset, &mut self.collector);
        self.buffer.consume(from + length);
        self.skipping = end.is_none();
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use std::fmt::Write as _;
    use std::io::{self, Read};

    use super::*;
    use crate::repair::budget::{AT_FIRST, Budget};

    /// Returns at most this many bytes a read.
    struct Parts(io::Cursor<Vec<u8>>, usize);

    impl Read for Parts {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let most = buf.len().min(self.1);
            self.0.read(&mut buf[..most])
        }
    }

    /// Where the work on cut lines runs out must not depend on how much is read at a time.
    #[test]
    fn the_budget_of_repair_is_spent_by_the_place_of_lines() {
        let mut log = String::new();
        for n in 1..4_000 {
            let line = format!(
                "gc {n} @{n}.000s 0%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P"
            );
            let (head, tail) = line.split_at(60 + n % 20);
            writeln!(log, "{head}\nserved {n}").unwrap();
            if n % 7 == 0 {
                writeln!(log, "{tail}").unwrap();
            }
        }
        let counts = |budget: i64, most: usize| {
            let text = Parts(io::Cursor::new(log.clone().into_bytes()), most);
            let mut source = Source::from_reader("log", Box::new(text));
            let options = Options::default();
            let mut sink = ();
            let mut reading = Reading::new(&options, &mut sink);
            reading.reader.set_budget(Budget::of(budget));
            reading.reader.count.open("log", 0, false);
            reading.read(&mut source).unwrap();
            let reader = &reading.reader;
            (
                reader.count.input.gc_lines.repaired,
                reader.count.input.gc_lines.damaged,
            )
        };
        let short = [131_072, 65_536, 10_000, 777].map(|most| counts(30_000, most));
        assert!(short.iter().all(|count| *count == short[0]), "{short:?}");
        let enough = counts(AT_FIRST, 777);
        assert!(
            0 < short[0].0 && short[0].0 < enough.0,
            "{short:?} {enough:?}"
        );
    }
}
