//! Lines to events, with the whole program's knowledge of the stream: the fast way over foreign text, the slow way
//! through wrapped and cut lines.
//!
//! ` ms clock, ` is in every gc line of Go 1.5 and later, is never cut, and is in hardly any other text: the reader
//! jumps from one to the next. Text between is looked at line by line only for its first bytes.

use std::collections::{HashMap, VecDeque};

use memchr::memmem::Finder;

use super::hold::Hold;
use super::lane::{Lane, Torn};
use super::unwrap::{Depth, Unwrapped, unwrap, without_end};
use crate::event::{Event, GcCycle, Note};
use crate::input::HISTORY;
use crate::parse::rejoin::{self, Mended};
use crate::parse::{self, NEEDLE};
use crate::process::Stream;
use crate::report::{DamagedLine, Input};

/// Prefixes that are no known wrapping, watched at the same time.
const STRANGE_PREFIXES: usize = 64;
/// Lines with the same strange prefix, rising, that make it a wrapping.
const STRANGE_LINES: usize = 3;
/// Places of damaged lines that are kept.
const DAMAGED_PLACES: usize = 100;
/// Beginnings of gc lines that wait for someone to claim them.
const BEGINNINGS: usize = 256;
/// Lines put together of which the places are remembered.
const CLAIMED: usize = 512;
/// Work on cut lines, in walks through the grammar, before any byte has paid for it.
const CREDIT: u64 = 1_000_000;
/// Bytes read that pay for one more walk: what bounds the work on hostile input.
const BYTES_A_WALK: u64 = 64;
/// Streams told apart by their prefix at the same time; the one that was silent longest makes room for a new one.
const STREAMS: usize = 1_024;

/// A cycle as it was found, on its way to the one that counts it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) cycle: &'a GcCycle,
    pub(super) raw: &'a [u8],
    pub(super) line: u64,
    pub(super) offset: u64,
    pub(super) stream: &'a [u8],
    pub(super) wall: Option<&'a str>,
    pub(super) repaired: bool,
}

/// What the reader hands on.
pub(super) trait Finds {
    /// A cycle, in the order in which the lines ended. Returns false where it was dropped as a duplicate.
    fn cycle(&mut self, found: &Found<'_>, stream: &mut Stream) -> bool;
    /// `GC forced` before a cycle of this stream.
    fn forced_notice(&mut self, stream: &[u8]);
    /// Nothing more will come of this process.
    fn close(&mut self, process: u32);
    /// Lines that are no GC trace, whole and in order. Called only where foreign lines are wanted.
    fn foreign(&mut self, text: &[u8]);
}

/// A cycle behind a prefix that is no known wrapping.
struct Held {
    cycle: GcCycle,
    raw: Vec<u8>,
    line: u64,
    offset: u64,
    wall: Option<String>,
}

struct Strange {
    prefix: Vec<u8>,
    held: Vec<Held>,
    accepted: bool,
}

/// The beginning of a gc line that nothing has continued yet.
struct Beginning {
    offset: u64,
    line: u64,
    why: String,
    text: Vec<u8>,
}

/// The state of reading one input of any number of sources.
pub(super) struct Reader {
    finder: Finder<'static>,
    pub(super) input: Input,
    source: usize,
    /// Lines of the current source before the reading position.
    line: u64,
    /// Wrapped gc lines so far: the clock by which streams grow old.
    lines_seen: u64,
    /// Position in the input at which the current source starts.
    source_start: u64,
    hot: bool,
    plain: Lane,
    lanes: HashMap<Vec<u8>, Lane>,
    /// Lanes that wait for the rest of a cut line.
    active: usize,
    credit: u64,
    newest_first: bool,
    claimed: VecDeque<u64>,
    strange: Vec<Strange>,
    beginnings: Vec<Beginning>,
    /// How deep the lines of the cut gc lines are wrapped.
    depth: Depth,
    /// Physical lines that go on in the next one of their stream.
    partial: HashMap<Vec<u8>, Vec<u8>>,
    hold: Hold,
    foreign: bool,
}

impl Reader {
    pub(super) fn new(foreign: bool) -> Self {
        Self {
            finder: Finder::new(NEEDLE),
            input: Input::default(),
            source: 0,
            line: 0,
            lines_seen: 0,
            source_start: 0,
            hot: true,
            plain: Lane::default(),
            lanes: HashMap::new(),
            active: 0,
            credit: CREDIT,
            newest_first: false,
            claimed: VecDeque::new(),
            strange: Vec::new(),
            beginnings: Vec::new(),
            depth: Depth::NONE,
            partial: HashMap::new(),
            hold: Hold::default(),
            foreign,
        }
    }

    /// The next source starts at `offset` of the input.
    pub(super) fn open(&mut self, name: &str, offset: u64) {
        self.input.sources.push(crate::report::Source {
            name: name.to_owned(),
            ..Default::default()
        });
        self.source = self.input.sources.len() - 1;
        self.line = 0;
        self.source_start = offset;
    }

    /// Reads the complete lines `bytes[from..to]`. `base` is the position of `bytes[0]` in the input.
    pub(super) fn lines(
        &mut self,
        bytes: &[u8],
        from: usize,
        to: usize,
        base: u64,
        finds: &mut dyn Finds,
    ) {
        self.credit = self
            .credit
            .saturating_add((to - from) as u64 / BYTES_A_WALK);
        let mut at = from;
        while at < to {
            let rest = &bytes[at..to];
            let slow = self.foreign || self.active > 0 || !self.partial.is_empty();
            if self.hot || slow {
                if let Some(length) = self.plain_cycle(rest, base + at as u64, finds) {
                    at += length;
                    continue;
                }
                self.hot = false;
            }
            if slow {
                at = self.slow_line(bytes, at, to, base, finds);
                continue;
            }
            let Some(needle) = self.finder.find(rest) else {
                self.skip(bytes, at, to, base, finds);
                break;
            };
            let start = memchr::memrchr(b'\n', &rest[..needle]).map_or(at, |i| at + i + 1);
            self.skip(bytes, at, start, base, finds);
            at = match self.plain_cycle(&bytes[start..to], base + start as u64, finds) {
                Some(length) => start + length,
                None => self.slow_line(bytes, start, to, base, finds),
            };
            self.hot = true;
        }
    }

    /// A whole gc line without prefix at the start of `text`: its length with its line ending.
    #[inline]
    fn plain_cycle(&mut self, text: &[u8], offset: u64, finds: &mut dyn Finds) -> Option<usize> {
        let (cycle, behind) = parse::cycle_at(text)?;
        let end = match behind {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => return None,
        };
        let length = text.len() - behind.len();
        if self.active > 0 {
            self.before_whole(&[], None, finds);
        }
        if self.foreign {
            self.hold.cycle(finds);
        }
        self.line += 1;
        let found = Found {
            cycle: &cycle,
            raw: &text[..length],
            line: self.line,
            offset: offset - self.source_start,
            stream: &[],
            wall: None,
            repaired: false,
        };
        tally(
            &mut self.input,
            finds.cycle(&found, &mut self.plain.stream),
            false,
        );
        self.ended(&[], offset + (length + end) as u64, true);
        self.hot = true;
        Some(length + end)
    }

    /// Lines without ` ms clock, `: counted; notes, legacy lines and the beginnings of cut lines among them told.
    fn skip(&mut self, bytes: &[u8], from: usize, to: usize, base: u64, finds: &mut dyn Finds) {
        let mut at = from;
        while at < to {
            let end = memchr::memchr(b'\n', &bytes[at..to]).map_or(to, |i| at + i + 1);
            self.line += 1;
            if matches!(
                bytes[at],
                b'g' | b'G' | b's' | b'S' | b'p' | b'i' | b'c' | b'f'
            ) {
                self.line_start(&bytes[at..end], base + at as u64, finds);
            } else {
                self.input.other_lines += 1;
            }
            at = end;
        }
    }

    /// A line without ` ms clock, ` that could start as trace.
    fn line_start(&mut self, line: &[u8], offset: u64, finds: &mut dyn Finds) {
        let text = parse::trim_end(without_end(line));
        match parse::lesser(text) {
            Some(event) => self.count(event, &[], finds),
            None => {
                if text.starts_with(b"gc") {
                    self.beginning(text, offset);
                }
                self.input.other_lines += 1;
            }
        }
    }

    fn count(&mut self, event: Event, stream: &[u8], finds: &mut dyn Finds) {
        match event {
            Event::Legacy(_) => self.input.legacy_gc_lines += 1,
            Event::Note(Note::ForcedNotice) => {
                self.input.forced_notices += 1;
                finds.forced_notice(stream);
            }
            Event::Note(Note::Scavenger) => self.input.scavenger_lines += 1,
            Event::Note(Note::Pacer) => self.input.pacer_lines += 1,
            Event::Note(Note::Other) | Event::Cycle(_) => self.input.other_lines += 1,
        }
    }

    /// Remembers a line that begins as a gc line and goes on otherwise: damaged, unless a cut line claims it.
    fn beginning(&mut self, text: &[u8], offset: u64) {
        let Some(error) = parse::diagnose(text) else {
            return;
        };
        if self.beginnings.len() == BEGINNINGS {
            let oldest = self.beginnings.remove(0);
            self.damaged_beginning(oldest);
        }
        self.beginnings.push(Beginning {
            offset,
            line: self.line,
            why: error.to_string(),
            text: text[..text.len().min(120)].to_vec(),
        });
    }

    fn damaged_beginning(&mut self, beginning: Beginning) {
        if !self.claimed.contains(&beginning.offset) {
            self.damaged(beginning.line, beginning.why, &beginning.text);
        }
    }

    fn damaged(&mut self, line: u64, why: String, text: &[u8]) {
        self.input.damaged += 1;
        if self.input.damaged_at.len() < DAMAGED_PLACES {
            self.input.damaged_at.push(DamagedLine {
                source: self.source,
                line,
                why,
                text: String::from_utf8_lossy(text).into_owned(),
            });
        }
    }

    /// One line the slow way: unwrapped, matched, put together. Returns where the next line starts.
    fn slow_line(
        &mut self,
        bytes: &[u8],
        at: usize,
        to: usize,
        base: u64,
        finds: &mut dyn Finds,
    ) -> usize {
        let end = memchr::memchr(b'\n', &bytes[at..to]).map_or(to, |i| at + i + 1);
        let line = &bytes[at..end];
        let offset = base + at as u64;
        self.line += 1;
        let mut unwrapped = unwrap(line, Depth::ANY);
        self.room(&unwrapped.stream, finds);
        if unwrapped.partial {
            self.hold_partial(&unwrapped, line, offset, finds);
            return end;
        }
        if !self.partial.is_empty()
            && let Some(mut joined) = self.partial.remove(unwrapped.stream.as_ref())
        {
            joined.extend_from_slice(&unwrapped.body);
            unwrapped.body = joined.into();
            unwrapped.body_at = None;
        }
        let body = parse::trim_end(&unwrapped.body);
        if let Some(cycle) = parse::whole_cycle(body.trim_ascii_start()) {
            if self.active > 0 {
                self.before_whole(&unwrapped.stream, unwrapped.wall.as_deref(), finds);
            }
            self.depth = unwrapped.depth;
            if self.foreign {
                self.hold.cycle(finds);
            }
            self.emit(&cycle, body.trim_ascii_start(), &unwrapped, offset, finds);
        } else if let Some(event) = parse::lesser(body) {
            self.count(event, &unwrapped.stream, finds);
            self.pass(line, offset, &unwrapped, finds);
        } else if memchr::memmem::find(&unwrapped.body, NEEDLE).is_some() {
            self.odd_line(bytes, at, line, &unwrapped, base, finds);
        } else {
            // Lines are read as deep as those that are put together: the program's own JSON is no envelope.
            let alike = if self.active > 0 {
                unwrap(line, self.depth)
            } else {
                unwrapped
            };
            self.input.other_lines += 1;
            self.pass(line, offset, &alike, finds);
            if self.active > 0 {
                self.show(&alike, offset, finds);
            }
            if alike.body.starts_with(b"gc") {
                let text = alike.body.to_vec();
                self.beginning(&text, offset);
            }
        }
        end
    }

    /// Keeps the part of a line that goes on in the next physical line of its stream.
    fn hold_partial(
        &mut self,
        unwrapped: &Unwrapped<'_>,
        line: &[u8],
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        self.input.other_lines += 1;
        self.pass(line, offset, unwrapped, finds);
        if self.partial.len() >= 64 {
            self.partial.clear();
        }
        let part = self.partial.entry(unwrapped.stream.to_vec()).or_default();
        if part.len() + unwrapped.body.len() <= crate::input::LINE_CAP {
            part.extend_from_slice(&unwrapped.body);
        }
    }

    fn pass(&mut self, line: &[u8], offset: u64, unwrapped: &Unwrapped<'_>, finds: &mut dyn Finds) {
        if self.foreign {
            let beginning = unwrapped.body.starts_with(b"gc")
                || memchr::memmem::find(&unwrapped.body, b"gc ").is_some();
            self.hold.line(
                offset,
                line,
                unwrapped.body_at,
                beginning,
                self.active > 0,
                finds,
            );
        }
    }

    /// The lane of a stream.
    fn lane<'a>(
        plain: &'a mut Lane,
        lanes: &'a mut HashMap<Vec<u8>, Lane>,
        name: &[u8],
    ) -> &'a mut Lane {
        if name.is_empty() {
            return plain;
        }
        if !lanes.contains_key(name) {
            lanes.insert(name.to_vec(), Lane::named());
        }
        lanes.entry(name.to_vec()).or_default()
    }

    /// Makes room for a stream that is new: the one that was silent longest is closed.
    fn room(&mut self, name: &[u8], finds: &mut dyn Finds) {
        if name.is_empty() || self.lanes.len() < STREAMS || self.lanes.contains_key(name) {
            return;
        }
        let oldest = self.lanes.iter().min_by_key(|(_, lane)| lane.used());
        let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
            return;
        };
        self.before_whole(&oldest, None, finds);
        if let Some(mut lane) = self.lanes.remove(&oldest) {
            self.active -= usize::from(lane.is_active());
            for torn in lane.close() {
                self.damaged(
                    torn.line,
                    "its other pieces were not found".to_owned(),
                    &torn.text,
                );
            }
            self.newest_first |= lane.stream.newest_first();
            for process in lane.stream.processes() {
                finds.close(process);
            }
        }
    }

    /// A whole gc line of the stream follows: what was cut before it is complete, or damaged.
    fn before_whole(&mut self, name: &[u8], wall: Option<&str>, finds: &mut dyn Finds) {
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        if lane.is_active() {
            for line in lane.before_whole() {
                self.mended(&line, name, wall, finds);
            }
        }
    }

    /// A gc line of a stream ended at `end` of the input.
    fn ended(&mut self, name: &[u8], end: u64, whole: bool) {
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        lane.ended(end, whole);
        if lane.is_active() && whole {
            self.settle(name);
        }
    }

    /// After a line was shown to a lane: what it gives up is damaged.
    fn settle(&mut self, name: &[u8]) {
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        let lost = lane.settle(&mut self.credit);
        if !lane.is_active() {
            self.active = self.active.saturating_sub(1);
        }
        for torn in lost {
            self.damaged(
                torn.line,
                "its other pieces were not found".to_owned(),
                &torn.text,
            );
        }
    }

    fn emit(
        &mut self,
        cycle: &GcCycle,
        raw: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        let found = Found {
            cycle,
            raw,
            line: self.line,
            offset: offset.saturating_sub(self.source_start),
            stream: &unwrapped.stream,
            wall: unwrapped.wall.as_deref(),
            repaired: false,
        };
        self.lines_seen += 1;
        let lane = Self::lane(&mut self.plain, &mut self.lanes, &unwrapped.stream);
        lane.touch(self.lines_seen);
        tally(
            &mut self.input,
            finds.cycle(&found, &mut lane.stream),
            false,
        );
        self.ended(&unwrapped.stream, offset + 1, true);
    }

    /// A line with ` ms clock, ` that is no whole gc line: behind a strange prefix, quoted, cut, or foreign.
    fn odd_line(
        &mut self,
        bytes: &[u8],
        at: usize,
        line: &[u8],
        unwrapped: &Unwrapped<'_>,
        base: u64,
        finds: &mut dyn Finds,
    ) {
        let offset = base + at as u64;
        let text = parse::trim_end(&unwrapped.body);
        let quoted = memchr::memmem::find_iter(text, b"gc ")
            .filter(|start| *start > 0)
            .find_map(|start| {
                parse::cycle_at(&text[start..]).map(|(cycle, rest)| (start, cycle, rest))
            });
        if let Some((start, cycle, [])) = quoted
            && !holds_piece(&text[..start])
        {
            self.strange_line(
                &text[..start],
                &cycle,
                &text[start..],
                unwrapped,
                offset,
                finds,
            );
            self.pass(line, offset, unwrapped, finds);
            return;
        }
        // Behind a piece of a cut line a whole one is another writer's, not a quotation.
        let behind_piece =
            matches!(quoted, Some((start, _, [])) if rejoin::is_piece(&text[..start]));
        let torn = behind_piece
            || memchr::memmem::find_iter(text, NEEDLE)
                .take_while(|needle| quoted.as_ref().is_none_or(|(start, ..)| needle < start))
                .any(|needle| rejoin::reaches(text, needle) || holds_piece(&text[..needle]));
        if quoted.is_some() && !behind_piece {
            self.input.quoted += 1;
        } else if !torn {
            self.input.other_lines += 1;
        }
        self.pass(line, offset, unwrapped, finds);
        if torn {
            self.torn(bytes, at, unwrapped, base);
        }
        if self.active > 0 {
            self.show(unwrapped, offset, finds);
        }
    }

    /// A torn line: its stream is read from where the gc line can have begun.
    fn torn(&mut self, bytes: &[u8], at: usize, unwrapped: &Unwrapped<'_>, base: u64) {
        let depth = unwrapped.depth;
        let name = unwrapped.stream.as_ref();
        let offset = base + at as u64;
        let torn = Torn {
            offset,
            line: self.line,
            text: unwrapped.body[..unwrapped.body.len().min(120)].to_vec(),
        };
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        if lane.is_active() {
            lane.activate(torn);
            return;
        }
        self.depth = depth;
        self.active += 1;
        lane.begin();
        let held = |position: u64| {
            usize::try_from(position.saturating_sub(base))
                .unwrap_or(usize::MAX)
                .max(at.saturating_sub(HISTORY))
                .min(at)
        };
        let begins = held(lane.begins());
        for (start, line) in lines_between(bytes, held(lane.learnt()), begins) {
            let line = unwrap(line, depth);
            if line.stream.as_ref() == name && parse::whole_cycle(&line.body).is_none() {
                lane.learn(base + start as u64, &line.body);
            }
        }
        let mut walks = 0;
        for (start, line) in lines_between(bytes, begins, at) {
            let line = unwrap(line, depth);
            if line.stream.as_ref() != name
                || parse::whole_cycle(parse::trim_end(&line.body)).is_some()
            {
                continue;
            }
            walks += 1;
            if walks > self.credit {
                break;
            }
            // What is complete before the torn line was put together, or given up, when it was read.
            lane.show(base + start as u64, &line.body);
        }
        lane.activate(torn);
    }

    /// Shows a line to the cut lines that wait in its stream.
    fn show(&mut self, unwrapped: &Unwrapped<'_>, offset: u64, finds: &mut dyn Finds) {
        let name = unwrapped.stream.as_ref();
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        if !lane.is_active() {
            return;
        }
        let mended = lane.show(offset, &unwrapped.body);
        for line in mended {
            self.credit = self
                .credit
                .saturating_add(CREDIT / 256)
                .min(CREDIT.max(self.credit));
            self.mended(&line, name, unwrapped.wall.as_deref(), finds);
            self.ended(name, offset + 1, false);
        }
        self.settle(name);
    }

    fn mended(&mut self, mended: &Mended, name: &[u8], wall: Option<&str>, finds: &mut dyn Finds) {
        if self.foreign {
            self.hold.mend(&mended.claims);
        }
        for claim in &mended.claims {
            if self.claimed.len() == CLAIMED {
                self.claimed.pop_front();
            }
            self.claimed.push_back(claim.line);
        }
        let at = mended.claims.first().map_or(0, |claim| claim.line);
        let found = Found {
            cycle: &mended.cycle,
            raw: &mended.text,
            line: self.line,
            offset: at.saturating_sub(self.source_start),
            stream: name,
            wall,
            repaired: true,
        };
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        tally(&mut self.input, finds.cycle(&found, &mut lane.stream), true);
    }

    /// A cycle behind a prefix that is no known wrapping: an event only if the prefix stays and the cycles rise.
    fn strange_line(
        &mut self,
        prefix: &[u8],
        cycle: &GcCycle,
        raw: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        let Some(index) = self.strange.iter().position(|s| s.prefix == prefix) else {
            if self.strange.len() == STRANGE_PREFIXES {
                match self.strange.iter().position(|s| !s.accepted) {
                    Some(index) => {
                        let gone = self.strange.remove(index);
                        self.input.quoted += gone.held.len() as u64;
                    }
                    None => {
                        self.input.quoted += 1;
                        return;
                    }
                }
            }
            self.strange.push(Strange {
                prefix: prefix.to_vec(),
                held: vec![self.held(cycle, raw, unwrapped, offset)],
                accepted: false,
            });
            return;
        };
        let name = stream_name(prefix);
        self.room(&name, finds);
        if self.strange[index].accepted {
            let held = self.held(cycle, raw, unwrapped, offset);
            self.emit_held(&held, &name, finds);
            return;
        }
        let held = self.held(cycle, raw, unwrapped, offset);
        let strange = &mut self.strange[index];
        let rises = strange.held.last().is_none_or(|last| {
            cycle.number > last.cycle.number && cycle.start_ns >= last.cycle.start_ns
        });
        if !rises {
            self.input.quoted += 1;
            return;
        }
        strange.held.push(held);
        if strange.held.len() == STRANGE_LINES {
            strange.accepted = true;
            for held in std::mem::take(&mut strange.held) {
                self.emit_held(&held, &name, finds);
            }
        }
    }

    fn held(&self, cycle: &GcCycle, raw: &[u8], unwrapped: &Unwrapped<'_>, offset: u64) -> Held {
        Held {
            cycle: *cycle,
            raw: raw.to_vec(),
            line: self.line,
            offset: offset.saturating_sub(self.source_start),
            wall: unwrapped.wall.as_deref().map(str::to_owned),
        }
    }

    fn emit_held(&mut self, held: &Held, name: &[u8], finds: &mut dyn Finds) {
        let found = Found {
            cycle: &held.cycle,
            raw: &held.raw,
            line: held.line,
            offset: held.offset,
            stream: name,
            wall: held.wall.as_deref(),
            repaired: false,
        };
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        tally(
            &mut self.input,
            finds.cycle(&found, &mut lane.stream),
            false,
        );
    }

    /// After each read: text held back for a cut line that does not go on is let go.
    pub(super) fn idle(&mut self, finds: &mut dyn Finds) {
        if self.foreign {
            self.hold.idle(self.active > 0, finds);
        }
    }

    /// Bytes and lines of the current source so far.
    pub(super) fn progress(&mut self, bytes: u64) {
        let line = self.line;
        if let Some(source) = self.input.sources.get_mut(self.source) {
            source.bytes = bytes;
            source.lines = line;
        }
    }

    /// Text of a line over the length cap.
    pub(super) fn pass_overlong(&mut self, text: &[u8], finds: &mut dyn Finds) {
        if self.foreign {
            self.hold.release(finds);
            finds.foreign(text);
        }
    }

    /// A line over the length cap: counted, its text skipped.
    pub(super) fn overlong(&mut self) {
        self.line += 1;
        self.input.overlong_lines += 1;
        self.input.other_lines += 1;
    }

    /// The end of the last source. `last` is its last line where that has no line feed.
    pub(super) fn finish(&mut self, last: Option<&[u8]>, finds: &mut dyn Finds) {
        if let Some(last) = last
            && let text = unwrap(last, Depth::ANY)
            && parse::is_beginning(&text.body)
            && parse::diagnose(&text.body).is_none()
            && parse::whole_cycle(&text.body).is_none()
        {
            // Too short to have been remembered as a beginning: `gc ` and nothing more.
            self.damaged(
                self.line,
                "the log ends inside the line".to_owned(),
                &text.body,
            );
        }
        self.before_whole(&[], None, finds);
        let names: Vec<Vec<u8>> = self.lanes.keys().cloned().collect();
        for name in names {
            self.before_whole(&name, None, finds);
        }
        let mut lost = self.plain.close();
        for lane in self.lanes.values_mut() {
            lost.extend(lane.close());
        }
        for torn in lost {
            self.damaged(
                torn.line,
                "the log ends before its other pieces".to_owned(),
                &torn.text,
            );
        }
        for beginning in std::mem::take(&mut self.beginnings) {
            self.damaged_beginning(beginning);
        }
        for strange in std::mem::take(&mut self.strange) {
            self.input.quoted += strange.held.len() as u64;
        }
        if self.foreign {
            self.hold.release(finds);
        }
        self.input.newest_first = self.newest_first
            || self.plain.stream.newest_first()
            || self.lanes.values().any(|lane| lane.stream.newest_first());
    }

    /// Whether the lines of a process could always be told from those of others.
    pub(super) fn approximate(&self, stream: &[u8], process: u32) -> bool {
        self.lanes
            .get(stream)
            .unwrap_or(&self.plain)
            .stream
            .approximate(process)
    }
}

/// True where the text before a gc line begins with a piece of another one: not a prefix, but a cut line.
fn holds_piece(before: &[u8]) -> bool {
    rejoin::is_piece(before)
        || parse::diagnose(before).is_some()
        || memchr::memmem::find(before, NEEDLE).is_some()
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

/// A strange prefix as the name of a stream: without the blanks and colons that end it.
fn stream_name(prefix: &[u8]) -> Vec<u8> {
    let end = prefix
        .iter()
        .rposition(|b| !matches!(b, b' ' | b'\t' | b':' | b'|' | b'>'))
        .map_or(0, |i| i + 1);
    if end == 0 {
        prefix.to_vec()
    } else {
        prefix[..end].to_vec()
    }
}

/// The physical lines that start in `bytes[from..to]`, with where each starts. `from` may be inside a line.
fn lines_between(bytes: &[u8], from: usize, to: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = match from {
        0 => 0,
        _ if from >= to => to,
        _ => memchr::memchr(b'\n', &bytes[from - 1..to]).map_or(to, |i| from + i),
    };
    std::iter::from_fn(move || {
        if at >= to {
            return None;
        }
        let end = memchr::memchr(b'\n', &bytes[at..to]).map_or(to, |i| at + i + 1);
        let line = (at, &bytes[at..end]);
        at = end;
        Some(line)
    })
}
