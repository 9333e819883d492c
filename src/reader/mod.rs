//! Lines to events: a fast path over foreign text, a slow one through wrapped and cut lines.
//!
//! ` ms clock, ` is in every gc line of Go 1.5 and later, is never cut, and is in hardly any other text: the reader jumps from one to
//! the next. Of the lines between only the first bytes are compared.

mod count;
mod cut;
mod folded;
mod glued;
mod odd_line;
mod placer;
mod records;
mod repairs;
mod scan;
mod seam;
mod skim;
mod skip;
mod slow;
mod stream_state;
mod unproven;
mod wrapped;

use crate::io::Text;
use crate::process::Stream;
pub(crate) use crate::repair::ForeignText;
use crate::trace;
use crate::trace::cycle::{Event, GcCycle, Note};
use crate::wrapping::csv::Columns;
use crate::wrapping::learned::HeldCycle;
use crate::wrapping::{page, unwrap};

use count::{Count, ENDS};
use folded::{Fold, first_line};
use placer::Placer;
use repairs::Repairs;
use scan::{Physical, Scan};
pub(crate) use seam::Head;
use wrapped::{NextSplit, Wrappings};

/// A cycle with its place, as it is reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) cycle: &'a GcCycle,
    pub(crate) raw: &'a [u8],
    pub(crate) line: u64,
    pub(crate) offset: u64,
    pub(crate) stream: &'a [u8],
    pub(crate) wall: Option<&'a str>,
    pub(crate) repaired: bool,
}

impl<'a> Found<'a> {
    /// A copy to be reported later.
    pub(crate) fn held(&self) -> HeldCycle {
        HeldCycle {
            cycle: *self.cycle,
            raw: self.raw.to_vec(),
            line: self.line,
            offset: self.offset,
            wall: self.wall.map(str::to_owned),
        }
    }

    /// A cycle that was held, with the name of its stream.
    pub(crate) fn of(held: &'a HeldCycle, stream: &'a [u8], repaired: bool) -> Self {
        Self {
            cycle: &held.cycle,
            raw: &held.raw,
            line: held.line,
            offset: held.offset,
            stream,
            wall: held.wall.as_deref(),
            repaired,
        }
    }
}

/// What the reader reports.
pub(crate) trait Finds: ForeignText {
    /// A cycle, in the order in which the lines ended. Returns false if it was dropped as a duplicate.
    fn cycle(&mut self, found: &Found<'_>, stream: &mut Stream) -> bool;
    /// `GC forced` before a cycle of this stream.
    fn forced_notice(&mut self, stream: &[u8]);
    /// Nothing has come for a while: what was held for the next lines is to be reported.
    fn quiet(&mut self);
    /// The process has no more cycles.
    fn close(&mut self, process: u32);
}

/// Reads logs: [`Scan`] finds a line, [`Wrappings`] are removed from it, [`Repairs`] puts cut lines together, [`Placer`] has the
/// stream of each, and [`Count`] counts it once.
pub(crate) struct Reader {
    scan: Scan,
    pub(crate) count: Count,
    wrapping: Wrappings,
    repair: Repairs,
    placer: Placer,
}

impl Reader {
    pub(crate) fn new(foreign: bool) -> Self {
        Self {
            scan: Scan::default(),
            count: Count::default(),
            wrapping: Wrappings::default(),
            repair: Repairs::new(foreign),
            placer: Placer::default(),
        }
    }

    #[cfg(test)]
    pub(crate) fn set_budget(&mut self, budget: crate::repair::budget::Budget) {
        self.repair.budget = budget;
    }

    /// The next source is another log: keeps the counts and resets the rest.
    pub(crate) fn next_log(&mut self, offset: u64) {
        let newer = self.wrapping.newer.take();
        *self = Self {
            scan: Scan::of(offset),
            count: self.count.next_log(),
            wrapping: Wrappings {
                newer,
                ..Wrappings::default()
            },
            repair: Repairs {
                budget: std::mem::take(&mut self.repair.budget),
                ..Repairs::new(self.repair.foreign)
            },
            placer: Placer::default(),
        };
    }

    /// Reads the complete lines `from..to` of a text. Returns where it stopped: with `more` to come, what a line is may depend on those
    /// after it.
    pub(crate) fn lines(
        &mut self,
        text: Text<'_>,
        (from, to): (usize, usize),
        more: bool,
        finds: &mut dyn Finds,
    ) -> usize {
        let (bytes, base) = (text.bytes, text.base);
        let mut at = from;
        (self.scan.complete, self.scan.more) = (to, more);
        if self.count.line == 0 && from < to {
            let (first, _) = first_line(&bytes[from..to]);
            self.wrapping.columns = Columns::of(trace::trim_end(first));
        }
        let mut next_split = NextSplit::default();
        // Searched again only when it is passed, or lines full of pieces would take quadratic time.
        let mut beginning = None;
        // One cycle after the other is read into the same place: it is 144 bytes.
        let mut room = trace::cycle::BLANK;
        while at < to {
            let rest = &bytes[at..to];
            let slow = self.repair.active > 0
                || !self.wrapping.partials.is_empty()
                || !self.repair.output.is_empty();
            let was_hot = self.scan.hot;
            if self.scan.hot || slow {
                if let Some(length) = self.plain_cycle(rest, base + at as u64, &mut room, finds) {
                    at += length;
                    continue;
                }
                self.scan.hot = false;
            }
            // After a wrapped or torn gc line there is usually another one, and nothing to skip.
            if slow || was_hot && (self.wrapping.seen.seen || self.scan.odd) {
                let line = self.scan.physical(rest);
                self.scan.odd = line.needle.is_some();
                if slow || self.scan.odd {
                    let Some(length) = self.other_line(text, at, line, true, finds) else {
                        return at;
                    };
                    at += length;
                    self.scan.hot = !slow;
                    continue;
                }
            }
            let split = self.next_split(&bytes[..to], at, &mut next_split);
            let begins = match beginning {
                Some(known) if known >= at => known,
                _ => self.next_beginning(bytes, at, to),
            };
            beginning = Some(begins);
            let end = split.min(begins);
            let start = if end == at {
                at
            } else {
                let start = self.skip(&bytes[..end], at, base, finds);
                self.wrapped_lines(&bytes[..end], at..start, base, finds);
                self.pass_skipped(&bytes[at..start], base + at as u64, finds);
                start
            };
            if start == to {
                break;
            }
            let rest = &bytes[start..to];
            if rest.starts_with(b"gc 1 ") {
                self.package_header(text, start);
            }
            let length = match self.plain_cycle(rest, base + start as u64, &mut room, finds) {
                None => {
                    let line = self.scan.physical(rest);
                    self.scan.odd = line.needle.is_some();
                    let slow = self.scan.odd || start == end;
                    self.other_line(text, start, line, slow, finds)
                }
                length => length,
            };
            let Some(length) = length else {
                return start;
            };
            at = start + length;
            self.scan.hot = true;
        }
        to
    }

    /// Reads a line that is not a gc line as it is; it may have trace only if it is `slow` or copied from a page. Returns its length, or
    /// `None` if the lines after it have to be read first.
    fn other_line(
        &mut self,
        text: Text<'_>,
        at: usize,
        line: Physical,
        slow: bool,
        finds: &mut dyn Finds,
    ) -> Option<usize> {
        match self.folded(text, at, finds) {
            Fold::Later => return None,
            Fold::Whole(length) => return Some(length),
            Fold::None => {}
        }
        let here = &text.bytes[at..at + line.length];
        if slow || page::holds_clock(here) {
            return self.slow_line(text, at, line, finds).then_some(line.length);
        }
        self.scan.whole = false;
        self.line_start(here, text.base + at as u64, finds);
        Some(line.length)
    }

    /// Reads a whole gc line without prefix at the start of `text` into `room`; returns its length with its line ending.
    #[inline(always)]
    fn plain_cycle(
        &mut self,
        text: &[u8],
        offset: u64,
        room: &mut GcCycle,
        finds: &mut dyn Finds,
    ) -> Option<usize> {
        // Not worth a call for other lines.
        text.starts_with(b"gc ")
            .then(|| self.cycle_line(text, offset, room, finds))?
    }

    #[inline(always)]
    fn cycle_line(
        &mut self,
        text: &[u8],
        offset: u64,
        cycle: &mut GcCycle,
        finds: &mut dyn Finds,
    ) -> Option<usize> {
        let length = trace::measured_cycle(text, cycle)?;
        let end = match text.get(length..)? {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => return None,
        };
        self.before_cycle(cycle, &[], None, finds);
        self.wrapping.longest_bare = self.wrapping.longest_bare.max(length);
        self.count.line += 1;
        let found = Found {
            cycle,
            raw: &text[..length],
            line: self.count.line,
            // A line over a seam began in the source before.
            offset: self.count.place(offset),
            stream: &[],
            wall: None,
            repaired: false,
        };
        let fresh = finds.cycle(&found, &mut self.placer.plain.stream);
        self.count.cycle(fresh, false);
        self.placer
            .plain
            .ended(offset + (length + end) as u64, true);
        if self.placer.plain.is_active() {
            self.repair.budget.refill(offset);
            self.settle(&[]);
        }
        self.scan.hot = true;
        self.scan.whole = true;
        self.wrapping.seen.bare = true;
        Some(length + end)
    }

    /// What a gc line of a stream decides about the lines before it.
    #[inline(always)]
    fn before_cycle(
        &mut self,
        cycle: &GcCycle,
        stream: &[u8],
        wall: Option<&str>,
        finds: &mut dyn Finds,
    ) {
        if self.repair.active > 0 {
            self.before_whole(stream, wall, finds);
        }
        self.repair.output.release(finds);
        if self.wrapping.learned.waits() {
            self.join_first(cycle, stream, finds);
        }
    }

    /// Reports a cycle and counts its line.
    fn report(&mut self, found: &Found<'_>, finds: &mut dyn Finds) {
        let state = self.placer.stream(found.stream);
        let fresh = finds.cycle(found, &mut state.stream);
        self.count.cycle(fresh, found.repaired);
    }

    /// A line of trace that is not a gc line.
    fn event(&mut self, event: Event, stream: &[u8], finds: &mut dyn Finds) {
        self.count.event(event);
        if event == Event::Note(Note::ForcedNotice) {
            finds.forced_notice(stream);
        }
    }

    /// Remembers a line that begins like a gc line and does not match.
    fn beginning(&mut self, text: &[u8], offset: u64, line: u64) {
        self.count
            .beginning(text, offset, line, &self.repair.claimed);
    }

    /// Nothing has come for a while: foreign lines are not held back any longer.
    pub(crate) fn quiet(&mut self, finds: &mut dyn Finds) {
        self.repair.output.release(finds);
        finds.quiet();
    }

    /// The beginning of a line, while nothing comes: passed on if it cannot be of a gc line.
    pub(crate) fn unfinished(&mut self, text: &[u8], offset: u64, finds: &mut dyn Finds) {
        let trace = memchr::memmem::find(text, b"gc").is_some() || text.ends_with(b"g");
        if self.repair.foreign
            && self.repair.active == 0
            && self.wrapping.partials.is_empty()
            && !trace
        {
            self.repair.output.unfinished(offset, text, finds);
        }
    }

    /// The end of a file, at `offset` of the input: no gc line that is cut open continues after it. `last` is its last line if that has
    /// no line feed.
    pub(crate) fn end_file(&mut self, last: Option<&[u8]>, offset: u64, finds: &mut dyn Finds) {
        if let Some(last) = last
            && let text = unwrap(last, self.any_depth())
            && trace::is_beginning(&text.body)
            && trace::diagnose(&text.body).is_none()
            && trace::whole_cycle(&text.body).is_none()
        {
            // Too short to have been remembered as a beginning: `gc ` and nothing more.
            self.count
                .damaged_here("the log ends inside the line", &text.body);
        }
        self.before_whole(&[], None, finds);
        let names = self.placer.named.names();
        for name in &names {
            self.before_whole(name, None, finds);
        }
        let mut lost = self.placer.plain.close();
        for name in &names {
            let state = self.placer.stream(name);
            lost.extend(state.close());
        }
        self.lost(lost, ENDS);
        for beginning in std::mem::take(&mut self.count.beginnings) {
            self.count
                .damaged_beginning(beginning, &self.repair.claimed);
        }
        self.repair.active = 0;
        self.wrapping.partials.clear();
        self.repair.output.release(finds);
        self.scan.floor = offset;
    }

    /// The end of a log.
    pub(crate) fn end_log(&mut self) {
        self.count.name_common_break();
        self.count.input.gc_lines.quoted += self.wrapping.learned.held();
        self.count.input.newest_first |= self.placer.newest_first()
            || self.count.input.gc_lines.cycles() == 0 && self.wrapping.learned.newest_first();
    }

    /// Whether the lines of a process could not always be distinguished from those of others.
    pub(crate) fn approximate(&self, stream: &[u8], process: u32) -> bool {
        self.placer.known(stream).stream.approximate(process)
    }
}
