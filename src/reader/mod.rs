//! Lines to events, with the whole program's knowledge of the stream: the fast way over foreign text, the slow way
//! through wrapped and cut lines.
//!
//! ` ms clock, ` is in every gc line of Go 1.5 and later, is never cut, and is in hardly any other text: the reader
//! jumps from one to the next. Text between is looked at line by line only for its first bytes.

mod count;
mod cut;
mod delayed_output;
mod folded;
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

use crate::event::{Event, GcCycle, Note};
use crate::io::Text;
use crate::process::Stream;
use crate::trace;
use crate::wrapping::csv::Columns;
use crate::wrapping::{page, unwrap};

use count::Count;
use cut::ENDS;
use folded::Fold;
use placer::Placer;
use repairs::Repairs;
use scan::Scan;
pub(crate) use seam::Head;
use wrapped::{NextSplit, Wrappings};

/// A cycle as it was found, on its way to the one that counts it.
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

/// What the reader hands on.
pub(crate) trait Finds {
    /// A cycle, in the order in which the lines ended. Returns false where it was dropped as a duplicate.
    fn cycle(&mut self, found: &Found<'_>, stream: &mut Stream) -> bool;
    /// `GC forced` before a cycle of this stream.
    fn forced_notice(&mut self, stream: &[u8]);
    /// Nothing has come for a while: what waits for the next lines waits no longer.
    fn quiet(&mut self);
    /// Nothing more will come of this process.
    fn close(&mut self, process: u32);
    /// Lines that are no GC trace, whole and in order, one or more at a time. Called only where foreign lines are wanted.
    fn foreign(&mut self, text: &[u8]);
}

/// The reading of logs: a line is looked for by [`Scan`], freed of its [`Wrappings`], put together by [`Repairs`] where it is cut, given
/// to the stream that [`Placer`] knows, and counted once by [`Count`].
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

    /// Nothing of the next source belongs to the log that was read: the counts go on, all else begins anew.
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

    /// Reads the complete lines `from..to` of a text. Gives where it stopped: where there is `more` to come, what a line is may
    /// depend on those behind it.
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
            self.wrapping.columns = Columns::of(first_line(&bytes[from..to]));
        }
        let mut next_split = NextSplit::default();
        // Looked for again only when it is passed, or lines that are full of pieces would cost their square.
        let mut beginning = None;
        // One cycle after the other is read into the same place: it is 144 bytes.
        let mut room = trace::BLANK;
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
            // Behind a wrapped or torn gc line comes the next, as a rule: found where it is, there is nothing to skip.
            if slow || was_hot && (self.wrapping.seen.seen || self.scan.odd) {
                let line = self.scan.physical(rest);
                self.scan.odd = line.needle.is_some();
                if slow || self.scan.odd {
                    match self.folded(text, at, finds) {
                        Fold::Later => return at,
                        Fold::Whole(length) => at += length,
                        Fold::None if !self.slow_line(text, at, line, finds) => return at,
                        Fold::None => at += line.length,
                    }
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
            at = start
                + match self.plain_cycle(rest, base + start as u64, &mut room, finds) {
                    Some(length) => length,
                    None => {
                        let line = self.scan.physical(rest);
                        self.scan.odd = line.needle.is_some();
                        match self.folded(text, start, finds) {
                            Fold::Later => return start,
                            Fold::Whole(length) => length,
                            Fold::None => {
                                let here = &rest[..line.length];
                                if self.scan.odd || start == end || page::holds_clock(here) {
                                    if !self.slow_line(text, start, line, finds) {
                                        return start;
                                    }
                                } else {
                                    self.scan.whole = false;
                                    self.line_start(here, base + start as u64, finds);
                                }
                                line.length
                            }
                        }
                    }
                };
            self.scan.hot = true;
        }
        to
    }

    /// A whole gc line without prefix at the start of `text`, read into `room`: its length with its line ending.
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
        if self.repair.active > 0 {
            self.before_whole(&[], None, finds);
        }
        if self.repair.foreign {
            self.repair.output.cycle(finds);
        }
        if self.wrapping.learned.waits() {
            self.join_first(cycle, &[], finds);
        }
        self.wrapping.longest_bare = self.wrapping.longest_bare.max(length);
        self.count.line += 1;
        let found = Found {
            cycle,
            raw: &text[..length],
            line: self.count.line,
            // A line over a joint began in the source before.
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

    /// A line of trace that is no gc line.
    fn event(&mut self, event: Event, stream: &[u8], finds: &mut dyn Finds) {
        self.count.event(event);
        if event == Event::Note(Note::ForcedNotice) {
            finds.forced_notice(stream);
        }
    }

    /// Remembers a line that begins as a gc line and goes on otherwise.
    fn beginning(&mut self, text: &[u8], offset: u64, line: u64) {
        self.count
            .beginning(text, offset, line, &self.repair.claimed);
    }

    /// Nothing has come for a while: foreign lines are not held back any longer.
    pub(crate) fn let_go(&mut self, finds: &mut dyn Finds) {
        if self.repair.foreign {
            self.repair.output.release(finds);
        }
        finds.quiet();
    }

    /// The beginning of a line, while nothing comes: handed on where it cannot be of a gc line.
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

    /// The end of a file, at `offset` of the input: no gc line that is cut open goes on behind it. `last` is its last line where
    /// that has no line feed.
    pub(crate) fn end_file(&mut self, last: Option<&[u8]>, offset: u64, finds: &mut dyn Finds) {
        if let Some(last) = last
            && let text = unwrap(last, self.any_depth())
            && trace::is_beginning(&text.body)
            && trace::diagnose(&text.body).is_none()
            && trace::whole_cycle(&text.body).is_none()
        {
            // Too short to have been remembered as a beginning: `gc ` and nothing more.
            let source = self.count.source;
            self.count.damaged(
                source,
                self.count.line,
                "the log ends inside the line",
                &text.body,
            );
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
        if self.repair.foreign {
            self.repair.output.release(finds);
        }
        self.scan.floor = offset;
    }

    /// The end of a log: all of it was read.
    pub(crate) fn end_log(&mut self) {
        self.count.name_common_break();
        self.count.input.gc_lines.quoted += self.wrapping.learned.held();
        self.count.input.newest_first |= self.placer.newest_first()
            || self.count.input.gc_lines.cycles() == 0 && self.wrapping.learned.newest_first();
    }

    /// Whether the lines of a process could always be told from those of others.
    pub(crate) fn approximate(&self, stream: &[u8], process: u32) -> bool {
        self.placer.known(stream).stream.approximate(process)
    }
}

/// The first line of a text, without its line ending.
fn first_line(text: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    trace::trim_end(&text[..end])
}
