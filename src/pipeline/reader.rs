//! Lines to events, with the whole program's knowledge of the stream: the fast way over foreign text, the slow way
//! through wrapped and cut lines.
//!
//! ` ms clock, ` is in every gc line of Go 1.5 and later, is never cut, and is in hardly any other text: the reader
//! jumps from one to the next. Text between is looked at line by line only for its first bytes.

use std::collections::HashMap;

use memchr::memmem::Finder;

use super::repair::{Mended, Repair, start_shape};
use super::unwrap::{Depth, Unwrapped, unwrap, without_end};
use crate::event::{Event, GcCycle, Note};
use crate::input::HISTORY;
use crate::parse::rejoin::Earlier;
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
/// Streams told apart by their prefix; lines of more share the nameless one.
const STREAMS: usize = 4_096;

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
    /// Position in the input at which the current source starts.
    source_start: u64,
    hot: bool,
    plain: Stream,
    streams: HashMap<Vec<u8>, Stream>,
    strange: Vec<Strange>,
    beginnings: Vec<Beginning>,
    pub(super) repair: Repair,
    depth: Depth,
    /// Physical lines that go on in the next one of their stream.
    partial: HashMap<Vec<u8>, Vec<u8>>,
    hold: super::hold::Hold,
    foreign: bool,
}

impl Reader {
    pub(super) fn new(foreign: bool) -> Self {
        Self {
            finder: Finder::new(NEEDLE),
            input: Input::default(),
            source: 0,
            line: 0,
            source_start: 0,
            hot: true,
            plain: Stream::default(),
            streams: HashMap::new(),
            strange: Vec::new(),
            beginnings: Vec::new(),
            repair: Repair::default(),
            depth: Depth::NONE,
            partial: HashMap::new(),
            hold: super::hold::Hold::default(),
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
    pub(super) fn lines(&mut self, bytes: &[u8], from: usize, to: usize, base: u64, finds: &mut dyn Finds) {
        self.repair.pay((to - from) as u64);
        let mut at = from;
        while at < to {
            let rest = &bytes[at..to];
            if self.hot || self.foreign || self.repair.waits() || !self.partial.is_empty() {
                if let Some(length) = self.plain_cycle(rest, base + at as u64, finds) {
                    at += length;
                    continue;
                }
                self.hot = false;
            }
            if self.foreign || self.repair.waits() || !self.partial.is_empty() {
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
        self.note_given_up();
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
        if self.foreign {
            self.hold.cycle(finds);
        }
        tally(&mut self.input, finds.cycle(&found, &mut self.plain), false);
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
        if !self.repair.claimed(beginning.offset) {
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
    fn slow_line(&mut self, bytes: &[u8], at: usize, to: usize, base: u64, finds: &mut dyn Finds) -> usize {
        let end = memchr::memchr(b'\n', &bytes[at..to]).map_or(to, |i| at + i + 1);
        let line = &bytes[at..end];
        let offset = base + at as u64;
        self.line += 1;
        let mut unwrapped = unwrap(line, Depth::ANY);
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
            self.pass(line, offset, &unwrapped, finds);
            let alike = self.like_the_cut_ones(line);
            self.show(bytes, at, &alike, offset, finds);
            if unwrapped.body.starts_with(b"gc") {
                let text = unwrapped.body.to_vec();
                self.beginning(&text, offset);
            }
            self.input.other_lines += 1;
        }
        end
    }

    /// The line unwrapped as deep as the lines that are being put together were.
    fn like_the_cut_ones<'a>(&self, line: &'a [u8]) -> Unwrapped<'a> {
        unwrap(line, self.depth)
    }

    /// Keeps the part of a line that goes on in the next physical line of its stream.
    fn hold_partial(&mut self, unwrapped: &Unwrapped<'_>, line: &[u8], offset: u64, finds: &mut dyn Finds) {
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
            let beginning = unwrapped.body.starts_with(b"gc") || memchr::memmem::find(&unwrapped.body, b"gc ").is_some();
            self.hold
                .line(offset, line, unwrapped.body_at, beginning, self.repair.waits(), finds);
        }
    }

    /// The stream of a name.
    fn stream<'a>(
        plain: &'a mut Stream,
        streams: &'a mut HashMap<Vec<u8>, Stream>,
        name: &[u8],
    ) -> &'a mut Stream {
        if name.is_empty() || (streams.len() >= STREAMS && !streams.contains_key(name)) {
            return plain;
        }
        if !streams.contains_key(name) {
            streams.insert(name.to_vec(), Stream::default());
        }
        streams.entry(name.to_vec()).or_default()
    }

    fn emit(&mut self, cycle: &GcCycle, raw: &[u8], unwrapped: &Unwrapped<'_>, offset: u64, finds: &mut dyn Finds) {
        let found = Found {
            cycle,
            raw,
            line: self.line,
            offset: offset.saturating_sub(self.source_start),
            stream: &unwrapped.stream,
            wall: unwrapped.wall.as_deref(),
            repaired: false,
        };
        let stream = Self::stream(&mut self.plain, &mut self.streams, &unwrapped.stream);
        tally(&mut self.input, finds.cycle(&found, stream), false);
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
            .find_map(|start| parse::cycle_at(&text[start..]).map(|(cycle, rest)| (start, cycle, rest)));
        if let Some((start, cycle, [])) = quoted
            && start > 0
            && !holds_piece(&text[..start])
        {
            self.strange_line(&text[..start], &cycle, &text[start..], unwrapped, offset, finds);
            self.pass(line, offset, unwrapped, finds);
            return;
        }
        // Lines are put together only among lines that are unwrapped as deep as this one.
        let depth = unwrapped.depth;
        self.depth = depth;
        let earlier = self.earlier(bytes, at, base, depth, &unwrapped.stream);
        let earlier: Vec<Earlier<'_>> = earlier
            .iter()
            .map(|(line, text)| Earlier { line: *line, body: text })
            .collect();
        let name = unwrapped.stream.to_vec();
        let stream = Self::stream(&mut self.plain, &mut self.streams, &name);
        let seen = |text: &[u8]| seen_whole(bytes, at, depth, text);
        let mut ours = false;
        let mut mended = Vec::new();
        for needle in memchr::memmem::find_iter(&unwrapped.body, NEEDLE).take(8) {
            let (tried, result) = self.repair.needle(
                offset, self.line, &unwrapped.body, needle, &name, stream, &earlier, &seen,
            );
            ours |= tried;
            mended.extend(result);
        }
        self.pass(line, offset, unwrapped, finds);
        self.show(bytes, at, unwrapped, offset, finds);
        let whole_claimed = mended.iter().any(|m| quoted.as_ref().is_some_and(|(_, c, _)| m.cycle == *c));
        for mended in mended {
            self.mended(mended, unwrapped, finds);
        }
        if quoted.is_some() && !whole_claimed {
            self.input.quoted += 1;
        } else if !ours {
            self.input.other_lines += 1;
        }
    }

    /// Shows a line to the cut lines that wait.
    fn show(&mut self, bytes: &[u8], at: usize, unwrapped: &Unwrapped<'_>, offset: u64, finds: &mut dyn Finds) {
        while self.repair.waits() {
            let depth = self.depth;
            let seen = |text: &[u8]| seen_whole(bytes, at, depth, text);
            let stream = Self::stream(&mut self.plain, &mut self.streams, &unwrapped.stream);
            let mended = self.repair.feed(offset, &unwrapped.body, &unwrapped.stream, stream, &seen);
            match mended {
                Some(mended) => self.mended(mended, unwrapped, finds),
                None => break,
            }
        }
    }

    fn mended(&mut self, mended: Mended, unwrapped: &Unwrapped<'_>, finds: &mut dyn Finds) {
        if self.foreign {
            self.hold.mend(&mended.claims);
        }
        let found = Found {
            cycle: &mended.cycle,
            raw: &mended.text,
            line: self.line,
            offset: mended.at.saturating_sub(self.source_start),
            stream: &unwrapped.stream,
            wall: unwrapped.wall.as_deref(),
            repaired: true,
        };
        let stream = Self::stream(&mut self.plain, &mut self.streams, &unwrapped.stream);
        tally(&mut self.input, finds.cycle(&found, stream), true);
    }

    /// The lines before `at` that could hold pieces, nearest first, as far back as the work done allows.
    fn earlier<'a>(
        &self,
        bytes: &'a [u8],
        at: usize,
        base: u64,
        depth: Depth,
        stream: &[u8],
    ) -> Vec<(u64, std::borrow::Cow<'a, [u8]>)> {
        let alive = Self::alive(&self.plain, &self.streams, stream);
        let mut whole = 0;
        let mut earlier = Vec::new();
        for (start, line) in physical_lines_before(bytes, at).take(self.repair.allowance()) {
            let unwrapped = unwrap(line, depth);
            if unwrapped.stream.as_ref() != stream {
                continue;
            }
            if parse::whole_cycle(parse::trim_end(&unwrapped.body)).is_some() {
                // One process prints its lines one after another; with several, some are in between.
                whole += 1;
                if whole >= 2 * alive {
                    break;
                }
                continue;
            }
            earlier.push((base + start as u64, unwrapped.body));
        }
        earlier
    }

    fn alive(plain: &Stream, streams: &HashMap<Vec<u8>, Stream>, name: &[u8]) -> usize {
        let stream = streams.get(name).unwrap_or(plain);
        stream.last_cycles().count().max(1)
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
        let stream = Self::stream(&mut self.plain, &mut self.streams, name);
        tally(&mut self.input, finds.cycle(&found, stream), false);
    }

    fn note_given_up(&mut self) {
        for lost in std::mem::take(&mut self.repair.given_up) {
            self.damaged(lost.line_number, lost.why.to_owned(), &lost.start);
        }
    }

    /// After each read: text held back for a cut line that does not go on is let go.
    pub(super) fn idle(&mut self, finds: &mut dyn Finds) {
        if self.foreign {
            self.hold.idle(self.repair.waits(), finds);
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
            self.damaged(self.line, "the log ends inside the line".to_owned(), &text.body);
        }
        self.repair.finish();
        self.note_given_up();
        for beginning in std::mem::take(&mut self.beginnings) {
            self.damaged_beginning(beginning);
        }
        for strange in std::mem::take(&mut self.strange) {
            self.input.quoted += strange.held.len() as u64;
        }
        if self.foreign {
            self.hold.release(finds);
        }
        self.input.newest_first = self.plain.newest_first() || self.streams.values().any(Stream::newest_first);
    }

    /// Whether the lines of a process could always be told from those of others.
    pub(super) fn approximate(&self, stream: &[u8], process: u32) -> bool {
        self.streams
            .get(stream)
            .unwrap_or(&self.plain)
            .approximate(process)
    }
}

/// True where the text before a gc line begins with a piece of another one: not a prefix, but a cut line.
fn holds_piece(before: &[u8]) -> bool {
    parse::rejoin::is_piece(before)
        || parse::diagnose(before).is_some()
        || memchr::memmem::find(before, NEEDLE).is_some()
}

/// Whether a text starts as some whole line before `at` does.
fn seen_whole(bytes: &[u8], at: usize, depth: Depth, text: &[u8]) -> bool {
    let shape = start_shape(text);
    physical_lines_before(bytes, at).any(|(_, line)| start_shape(&unwrap(line, depth).body) == shape)
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
    if end == 0 { prefix.to_vec() } else { prefix[..end].to_vec() }
}

/// The physical lines that end at or before `at`, nearest first, with where each starts.
fn physical_lines_before(bytes: &[u8], at: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut end = at;
    let stop = at.saturating_sub(HISTORY);
    std::iter::from_fn(move || {
        if end <= stop {
            return None;
        }
        let start = memchr::memrchr(b'\n', &bytes[stop..end - 1]).map_or(stop, |i| stop + i + 1);
        let line = &bytes[start..end];
        end = start;
        Some((start, line))
    })
}
