//! Lines to events, with the whole program's knowledge of the stream: the fast way over foreign text, the slow way
//! through wrapped and cut lines.
//!
//! ` ms clock, ` is in every gc line of Go 1.5 and later, is never cut, and is in hardly any other text: the reader
//! jumps from one to the next. Text between is looked at line by line only for its first bytes.

mod cut;
mod damage;
mod delayed_output;
mod folded;
mod records;
mod seam;
mod skim;
mod skip;
mod slow;
mod stream_state;
mod unproven;
mod wrapped;

use std::collections::VecDeque;

use fearless_simd::Level;
use memchr::memmem::Finder;

use crate::error::ParseError;
use crate::event::{Event, GcCycle, Note};
use crate::input::Text;
use crate::process::Stream;
use crate::repair::budget::Budget;
use crate::report::Input;
use crate::trace::automaton::State;
use crate::trace::{self, NEEDLE};
use crate::wrapping::{Depth, page, unwrap};

use crate::wrapping::csv::Columns;
use crate::wrapping::learned::LearnedPrefixes;
use cut::ENDS;
use damage::Beginning;
use delayed_output::DelayedOutput;
use folded::Fold;
use records::Partials;
pub(crate) use seam::Head;
use stream_state::{StreamState, StreamStates};
use wrapped::{NextSplit, Wrapped};

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

/// The state of reading one input of any number of sources.
pub(crate) struct Reader {
    finder: Finder<'static>,
    /// How a gc line begins.
    head: Finder<'static>,
    level: Level,
    pub(crate) input: Input,
    source: usize,
    /// Lines of the current source before the reading position.
    line: u64,
    /// Wrapped gc lines so far: the clock by which streams grow old.
    lines_seen: u64,
    /// Position in the input at which the current source starts.
    source_start: u64,
    /// Position in the input before which nothing is looked at again: another log, or another part of this one.
    floor: u64,
    hot: bool,
    /// The last line that was looked for ` ms clock, ` has it.
    odd: bool,
    /// The last line that was looked at for being a whole gc line was one, or had ` ms clock, `.
    whole: bool,
    plain: StreamState,
    named: StreamStates,
    /// StreamStates that wait for the rest of a cut line.
    active: usize,
    budget: Budget,
    newest_first: bool,
    claimed: VecDeque<u64>,
    learned: LearnedPrefixes,
    /// The first field that this version does not know, and where it stands in its line.
    newer: Option<(String, usize)>,
    /// What the columns of CSV are.
    columns: Columns,
    /// Bytes of the longest whole gc line that stands in the log as the runtime printed it.
    longest_bare: usize,
    /// A gc line was folded.
    has_folds: bool,
    /// Where the complete lines of the text end, and whether more will come.
    complete: usize,
    more: bool,
    beginnings: VecDeque<Beginning>,
    /// Where torn lines that were given up break off, each with its source and line.
    breaks: Vec<(usize, u64, (State, ParseError))>,
    /// How deep the lines of the cut gc lines are wrapped.
    depth: Depth,
    /// Physical lines that go on in the next one of their stream.
    partial: Partials,
    wrapped: Wrapped,
    hold: DelayedOutput,
    foreign: bool,
}

impl Reader {
    pub(crate) fn new(foreign: bool) -> Self {
        Self {
            finder: Finder::new(NEEDLE),
            head: Finder::new(b"gc "),
            level: Level::new(),
            input: Input::default(),
            source: 0,
            line: 0,
            lines_seen: 0,
            source_start: 0,
            floor: 0,
            hot: true,
            odd: false,
            whole: true,
            plain: StreamState::default(),
            named: StreamStates::default(),
            active: 0,
            budget: Budget::default(),
            newest_first: false,
            claimed: VecDeque::new(),
            learned: LearnedPrefixes::default(),
            newer: None,
            columns: Columns::NONE,
            longest_bare: 0,
            has_folds: false,
            complete: 0,
            more: false,
            beginnings: VecDeque::new(),
            breaks: Vec::new(),
            depth: Depth::NONE,
            partial: Partials::default(),
            wrapped: Wrapped::default(),
            hold: DelayedOutput::default(),
            foreign,
        }
    }

    #[cfg(test)]
    pub(crate) fn set_budget(&mut self, budget: Budget) {
        self.budget = budget;
    }

    /// The next source starts at `offset` of the input.
    pub(crate) fn open(&mut self, name: &str, offset: u64, joined: bool) {
        self.input.sources.push(crate::report::Source {
            name: name.to_owned(),
            joined,
            ..Default::default()
        });
        self.source = self.input.sources.len() - 1;
        self.line = 0;
        self.source_start = offset;
    }

    /// Nothing of the next source belongs to the log that was read: the counts go on, all else begins anew.
    pub(crate) fn next_log(&mut self, offset: u64) {
        *self = Self {
            input: std::mem::take(&mut self.input),
            source: self.source,
            newer: self.newer.take(),
            budget: std::mem::take(&mut self.budget),
            floor: offset,
            ..Self::new(self.foreign)
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
        (self.complete, self.more) = (to, more);
        if self.line == 0 && from < to {
            self.columns = Columns::of(first_line(&bytes[from..to]));
        }
        let mut next_split = NextSplit::default();
        // Looked for again only when it is passed, or lines that are full of pieces would cost their square.
        let mut beginning = None;
        // One cycle after the other is read into the same place: it is 144 bytes.
        let mut room = trace::BLANK;
        while at < to {
            let rest = &bytes[at..to];
            let slow = self.active > 0 || !self.partial.is_empty() || !self.hold.is_empty();
            let was_hot = self.hot;
            if self.hot || slow {
                if let Some(length) = self.plain_cycle(rest, base + at as u64, &mut room, finds) {
                    at += length;
                    continue;
                }
                self.hot = false;
            }
            // Behind a wrapped or torn gc line comes the next, as a rule: found where it is, there is nothing to skip.
            if slow || was_hot && (self.wrapped.seen || self.odd) {
                let line = self.physical(rest);
                self.odd = line.needle.is_some();
                if slow || self.odd {
                    match self.folded(text, at, finds) {
                        Fold::Later => return at,
                        Fold::Whole(length) => at += length,
                        Fold::None if !self.slow_line(text, at, line, finds) => return at,
                        Fold::None => at += line.length,
                    }
                    self.hot = !slow;
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
                        let line = self.physical(rest);
                        self.odd = line.needle.is_some();
                        match self.folded(text, start, finds) {
                            Fold::Later => return start,
                            Fold::Whole(length) => length,
                            Fold::None => {
                                let here = &rest[..line.length];
                                if self.odd || start == end || page::holds_clock(here) {
                                    if !self.slow_line(text, start, line, finds) {
                                        return start;
                                    }
                                } else {
                                    self.whole = false;
                                    self.line_start(here, base + start as u64, finds);
                                }
                                line.length
                            }
                        }
                    }
                };
            self.hot = true;
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
        if self.active > 0 {
            self.before_whole(&[], None, finds);
        }
        if self.foreign {
            self.hold.cycle(finds);
        }
        if self.learned.waits() {
            self.join_first(cycle, &[], finds);
        }
        self.longest_bare = self.longest_bare.max(length);
        self.line += 1;
        let found = Found {
            cycle,
            raw: &text[..length],
            line: self.line,
            // A line over a joint began in the source before.
            offset: offset.saturating_sub(self.source_start),
            stream: &[],
            wall: None,
            repaired: false,
        };
        tally(
            &mut self.input,
            finds.cycle(&found, &mut self.plain.stream),
            false,
        );
        self.plain.ended(offset + (length + end) as u64, true);
        if self.plain.is_active() {
            self.budget.refill(offset);
            self.settle(&[]);
        }
        self.hot = true;
        self.whole = true;
        self.wrapped.bare = true;
        Some(length + end)
    }

    fn count(&mut self, event: Event, stream: &[u8], finds: &mut dyn Finds) {
        match event {
            Event::Legacy(_) | Event::Note(Note::Prerelease) => {
                self.input.legacy_gc_lines += 1;
            }
            Event::Note(Note::ForcedNotice) => {
                self.input.forced_notices += 1;
                finds.forced_notice(stream);
            }
            Event::Note(Note::Scavenger) => self.input.scavenger_lines += 1,
            Event::Note(Note::Pacer) => self.input.pacer_lines += 1,
            Event::Note(Note::Other) | Event::Cycle(_) => self.input.other_lines += 1,
        }
    }

    /// Bytes and lines of the current source so far.
    pub(crate) fn progress(&mut self, bytes: u64) {
        let line = self.line;
        if let Some(source) = self.input.sources.get_mut(self.source) {
            source.bytes = bytes;
            source.lines = line;
        }
    }

    /// Nothing has come for a while: foreign lines are not held back any longer.
    pub(crate) fn let_go(&mut self, finds: &mut dyn Finds) {
        if self.foreign {
            self.hold.release(finds);
        }
        finds.quiet();
    }

    /// The beginning of a line, while nothing comes: handed on where it cannot be of a gc line.
    pub(crate) fn unfinished(&mut self, text: &[u8], offset: u64, finds: &mut dyn Finds) {
        let trace = memchr::memmem::find(text, b"gc").is_some() || text.ends_with(b"g");
        if self.foreign && self.active == 0 && self.partial.is_empty() && !trace {
            self.hold.unfinished(offset, text, finds);
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
            let source = self.source;
            self.damaged(
                source,
                self.line,
                "the log ends inside the line",
                &text.body,
            );
        }
        self.before_whole(&[], None, finds);
        let names = self.named.names();
        for name in &names {
            self.before_whole(name, None, finds);
        }
        let mut lost = self.plain.close();
        for name in &names {
            let lane = Self::lane(&mut self.plain, &mut self.named, name);
            lost.extend(lane.close());
        }
        self.lost(lost, ENDS);
        for beginning in std::mem::take(&mut self.beginnings) {
            self.damaged_beginning(beginning);
        }
        self.active = 0;
        self.partial.clear();
        if self.foreign {
            self.hold.release(finds);
        }
        self.floor = offset;
    }

    /// The end of a log: all of it was read.
    pub(crate) fn end_log(&mut self) {
        self.name_common_break();
        self.input.quoted += self.learned.held();
        self.input.newest_first |= self.newest_first
            || self.plain.stream.newest_first()
            || self.named.iter().any(|lane| lane.stream.newest_first())
            || self.input.intact + self.input.repaired == 0 && self.learned.newest_first();
    }

    /// Whether the lines of a process could always be told from those of others.
    pub(crate) fn approximate(&self, stream: &[u8], process: u32) -> bool {
        self.named
            .get(stream)
            .unwrap_or(&self.plain)
            .stream
            .approximate(process)
    }
}

/// Counts a gc line: as a duplicate, or as what it was.
fn tally(input: &mut Input, fresh: bool, repaired: bool) {
    let count = match (fresh, repaired) {
        (false, _) => &mut input.duplicate,
        (true, true) => &mut input.repaired,
        (true, false) => &mut input.intact,
    };
    *count += 1;
}

/// The first line of a text, without its line ending.
fn first_line(text: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    trace::trim_end(&text[..end])
}
