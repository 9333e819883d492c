//! Cut gc lines: noticed, shown to the state of their stream, put together or counted as damaged.

use memchr::memmem::Finder;

use super::count::DAMAGED_PLACES;
use super::stream_state::Torn;
use super::unproven::{Ahead, Glued, NOTICE, glued};
use super::{Finds, Found, Reader};
use crate::event::{Event, GcCycle, Note};
use crate::io::{HISTORY, Text};
use crate::repair::{self, Mended};
use crate::trace::{self, NEEDLE};
use crate::wrapping::{Unwrapped, unwrap, without_end};

/// Work on a cut line before any piece is looked at, in the units of the credit.
const TORN: i64 = 8;
/// Why a cut line counts as damaged where the log ends.
pub(crate) const ENDS: &str = "the log ends before its other pieces";
/// Why a cut line counts as damaged.
pub(crate) const NOT_FOUND: &str = "its other pieces were not found";
/// Streams told apart by their prefix at the same time; the one that was silent longest makes room for a new one.
const STREAMS: usize = 512;

impl Reader {
    /// Before where in the input nothing is looked at again once `at` is reached: what happens must not depend on how much
    /// is held by chance.
    pub(crate) fn looks_back_to(&self, at: u64) -> u64 {
        at.saturating_sub(HISTORY as u64)
            .max(self.placer.plain.oldest_end())
            .max(self.scan.floor)
    }

    /// Makes room for a stream that is new: the one that was silent longest is closed.
    pub(crate) fn room(&mut self, name: &[u8], finds: &mut dyn Finds) {
        if name.is_empty()
            || self.placer.named.len() < STREAMS
            || self.placer.named.get(name).is_some()
        {
            return;
        }
        let Some(oldest) = self.placer.named.silent_longest() else {
            return;
        };
        self.before_whole(&oldest, None, finds);
        if let Some(mut state) = self.placer.named.remove(&oldest) {
            self.repair.active -= usize::from(state.is_active());
            self.lost(state.close(), NOT_FOUND);
            self.placer.newest_first |= state.stream.newest_first();
            for process in state.stream.processes() {
                finds.close(process);
            }
        }
    }

    /// A whole gc line of the stream follows: what was cut before it is complete, or damaged.
    pub(crate) fn before_whole(&mut self, name: &[u8], wall: Option<&str>, finds: &mut dyn Finds) {
        let state = self.placer.stream(name);
        if state.is_active() {
            for (line, number) in state.before_whole() {
                self.mended(&line, number, name, wall, finds);
            }
        }
    }

    /// A gc line of a stream ended at `end` of the input.
    pub(crate) fn ended(&mut self, name: &[u8], end: u64, whole: bool) {
        let state = self.placer.stream(name);
        state.ended(end, whole);
        if state.is_active() && whole {
            self.repair.budget.refill(end);
            self.settle(name);
        }
    }

    /// After a line was shown to a state: what it gives up is damaged.
    pub(crate) fn settle(&mut self, name: &[u8]) {
        let state = self.placer.stream(name);
        self.repair.budget.spend(state.work());
        let lost = state.settle(self.repair.budget.is_spent());
        if !state.is_active() {
            self.repair.active = self.repair.active.saturating_sub(1);
        }
        self.lost(lost, NOT_FOUND);
    }

    /// Torn lines that are given up, and why.
    pub(crate) fn lost(&mut self, lines: impl IntoIterator<Item = Torn>, why: &str) {
        for torn in lines {
            self.count.damaged(torn.source, torn.line, why, &torn.text);
            let breaks = torn.breaks.map(|at| (torn.source, torn.line, at));
            self.count.breaks.extend(breaks);
        }
    }

    /// A line with ` ms clock, ` at `needle` of its body that is no whole gc line: behind a strange prefix, quoted, cut, or
    /// foreign. The lines from `behind` on may show which; false where they have to be read first.
    pub(crate) fn odd_line(
        &mut self,
        around: Text<'_>,
        at: usize,
        line: &[u8],
        unwrapped: &Unwrapped<'_>,
        (needle, behind): (usize, Option<usize>),
        finds: &mut dyn Finds,
    ) -> bool {
        let offset = around.base + at as u64;
        let text = trace::trim_end(&unwrapped.body);
        let stream = unwrapped.stream.as_ref();
        let waits = self.placer.stream(stream).is_active();
        let within = self.within(text);
        let begins_whole = within
            .as_ref()
            .is_some_and(|within| within.start == 0 && within.newer.is_none());
        if !waits
            && (begins_whole || text.starts_with(NOTICE))
            && let Some(glued) = glued(text)
        {
            self.glued_lines(&glued, text, unwrapped, offset, finds);
            return true;
        }
        let shape = within.as_ref().and_then(|within| within.shape(text));
        if let (Some(within), Some(shape)) = (&within, shape) {
            let held = self.held(
                &within.cycle,
                &text[within.start..within.end],
                unwrapped,
                offset,
            );
            if within.start > 0 && !self.holds_piece(&text[..within.start]) {
                within
                    .newer
                    .iter()
                    .for_each(|newer| self.newer_field(newer));
                self.unproven(shape, held, unwrapped, finds);
                self.pass(line, offset, unwrapped, finds);
                return true;
            }
            if within.start == 0 {
                let ahead = match behind {
                    _ if self.wrapping.learned.is_known(&shape) => Ahead::Proof,
                    Some(from) => self.ahead(around, from, unwrapped, (&shape, &within.cycle)),
                    None => Ahead::Nothing,
                };
                if ahead == Ahead::Later {
                    return false;
                }
                if ahead == Ahead::Proof || self.wrapping.learned.in_a_row(&shape, &within.cycle) {
                    within
                        .newer
                        .iter()
                        .for_each(|newer| self.newer_field(newer));
                    self.wrapping.learned.prove(shape);
                    self.before_whole(&unwrapped.stream, unwrapped.wall.as_deref(), finds);
                    if self.repair.foreign {
                        self.repair.output.cycle(finds);
                    }
                    let raw = &text[..within.end];
                    self.emit(&within.cycle, raw, unwrapped, offset, false, finds);
                    return true;
                }
            }
        }
        let quoted = within.filter(|within| within.start > 0 && within.newer.is_none());
        let quoted = quoted.map(|within| (within.start, within.cycle, &text[within.end..]));
        // Behind a piece of a cut line a whole one is another writer's, not a quotation.
        let behind_piece =
            matches!(quoted, Some((start, _, [])) if repair::is_piece(&text[..start]));
        // Not the trimmed text: a line may be cut right behind ` ms clock, `.
        let whole = unwrapped.body.as_ref();
        let before_quoted = quoted
            .as_ref()
            .map_or(whole, |(start, ..)| &whole[..*start]);
        let torn = behind_piece || self.is_torn(before_quoted, needle);
        if quoted.is_some() && !behind_piece {
            self.count.input.gc_lines.quoted += 1;
        } else if !torn {
            self.count.input.other_lines += 1;
        }
        self.pass(line, offset, unwrapped, finds);
        if torn {
            self.torn(around, at, unwrapped, finds);
        }
        if self.repair.active > 0 {
            self.show(unwrapped, offset, finds);
        }
        true
    }

    /// Lines of trace without the line feeds between them: each is one.
    fn glued_lines(
        &mut self,
        glued: &Glued,
        text: &[u8],
        unwrapped: &Unwrapped<'_>,
        offset: u64,
        finds: &mut dyn Finds,
    ) {
        if self.repair.foreign {
            self.repair.output.cycle(finds);
        }
        for _ in 0..glued.notices {
            self.event(Event::Note(Note::ForcedNotice), &unwrapped.stream, finds);
        }
        for (start, end, cycle) in &glued.cycles {
            let place = offset + *start as u64;
            self.emit(cycle, &text[*start..*end], unwrapped, place, true, finds);
        }
    }

    /// Whether a line that is cut open will only be counted: no work on it is paid for, and nobody wants its text.
    pub(crate) fn is_given_up(&self, line: &[u8]) -> bool {
        self.repair.budget.is_spent()
            && self.repair.active == 0
            && self.wrapping.partials.is_empty()
            && !self.repair.foreign
            && (line.len() < trace::SHORTEST || !self.has_whole(line))
    }

    /// Whether a line may have a whole gc line in it: with blanks behind it, out of a page, or behind other text.
    fn has_whole(&self, line: &[u8]) -> bool {
        trace::whole_cycle(trace::trim_end(without_end(line))).is_some()
            || memchr::memchr(b'&', line).is_some()
            || self.quoted(line).is_some()
    }

    /// Counts a line that is cut open as damaged.
    pub(crate) fn give_up(&mut self, body: &[u8]) {
        let body = without_end(body);
        self.count.damaged(
            self.count.source,
            self.count.line,
            NOT_FOUND,
            &body[..body.len().min(120)],
        );
    }

    /// The first gc line in a text that begins with another one, or with none: where it begins, and what is behind it.
    fn quoted<'t>(&self, text: &'t [u8]) -> Option<(usize, GcCycle, &'t [u8])> {
        if text.len() <= trace::SHORTEST {
            return None;
        }
        starts(&self.scan.head, text)
            .filter(|start| *start > 0)
            .find_map(|start| {
                trace::cycle_at(&text[start..]).map(|(cycle, rest)| (start, cycle, rest))
            })
    }

    /// Whether a text has ` ms clock, ` where a gc line may have it, or twice; the first one begins at `needle`.
    fn is_torn(&self, text: &[u8], needle: usize) -> bool {
        let Some(before) = text.get(..needle) else {
            return false;
        };
        may_be_cut_open(before)
            || text
                .get(needle + NEEDLE.len()..)
                .is_some_and(|behind| self.scan.finder.find(behind).is_some())
    }

    /// True where the text before a gc line begins with a piece of another one: not a prefix, but a cut line.
    fn holds_piece(&self, before: &[u8]) -> bool {
        trace::is_ours(before)
            || repair::is_piece(before)
            || self.scan.finder.find(before).is_some()
    }

    /// A torn line: its stream is read from where the gc line can have begun.
    pub(crate) fn torn(
        &mut self,
        text: Text<'_>,
        at: usize,
        unwrapped: &Unwrapped<'_>,
        finds: &mut dyn Finds,
    ) {
        let depth = unwrapped.depth;
        let name = unwrapped.stream.as_ref();
        let offset = text.base + at as u64;
        let beginning = &unwrapped.body[..unwrapped.body.len().min(120)];
        let oldest = self.looks_back_to(offset);
        let state = self.placer.stream(name);
        if !state.is_active() && self.repair.budget.is_spent() {
            self.give_up(beginning);
            return;
        }
        let kept = self.count.breaks.len() < DAMAGED_PLACES;
        let torn = Torn {
            breaks: kept.then(|| trace::break_of(&unwrapped.body)).flatten(),
            offset,
            source: self.count.source,
            line: self.count.line,
            text: beginning.to_vec(),
        };
        self.repair.budget.spend(TORN);
        if state.is_active() {
            let late = state.activate(torn);
            self.lost(late, NOT_FOUND);
            return;
        }
        self.wrapping.depth = depth;
        self.repair.active += 1;
        state.begin();
        let held = |position: u64| position.max(oldest).min(offset);
        let begins = held(state.begins());
        let from = held(state.learnt()).min(begins);
        let mut found = Vec::new();
        // With the byte before: it tells whether a line begins there.
        let (bytes, base) = text.back_to(from.saturating_sub(1), at);
        let from = usize::try_from(from.saturating_sub(base)).unwrap_or(0);
        for (start, line) in lines_between(&bytes, from, bytes.len()) {
            // Lines read again are work too; hostile input would have them read again for every line.
            self.repair.budget.spend(1 + state.work());
            if self.repair.budget.is_spent() {
                break;
            }
            let line = unwrap(line, depth);
            if line.stream.as_ref() != name
                || trace::whole_cycle(trace::trim_end(&line.body)).is_some()
            {
                continue;
            }
            let offset = base + start as u64;
            if offset < begins {
                state.learn(offset, &line.body);
            } else {
                found.extend(state.show(offset, &line.body));
            }
        }
        let late = state.activate(torn);
        self.lost(late, NOT_FOUND);
        for (line, number) in found {
            self.mended(&line, number, name, unwrapped.wall.as_deref(), finds);
        }
    }

    /// Shows a line to the cut lines that wait in its stream.
    pub(crate) fn show(&mut self, unwrapped: &Unwrapped<'_>, offset: u64, finds: &mut dyn Finds) {
        let name = unwrapped.stream.as_ref();
        let state = self.placer.stream(name);
        if !state.is_active() {
            return;
        }
        let mended = state.show(offset, &unwrapped.body);
        let waits_for = state.earliest().unwrap_or(offset + 1);
        let any = !mended.is_empty();
        for (line, number) in mended {
            self.repair.budget.reward();
            self.mended(&line, number, name, unwrapped.wall.as_deref(), finds);
            // Not where it was decided: the next one may have begun since.
            let end = line.claims.last().map_or(offset, |claim| claim.line);
            self.ended(name, end + 1, false);
        }
        if any && self.repair.foreign && self.placer.named.is_empty() {
            self.repair.output.release_before(waits_for, finds);
        }
        self.settle(name);
    }

    pub(crate) fn mended(
        &mut self,
        mended: &Mended,
        number: Option<u64>,
        name: &[u8],
        wall: Option<&str>,
        finds: &mut dyn Finds,
    ) {
        if !self.repair.claim(&mended.claims) {
            return;
        }
        let at = mended.claims.first().map_or(0, |claim| claim.line);
        let found = Found {
            cycle: &mended.cycle,
            raw: &mended.text,
            line: number.unwrap_or(self.count.line),
            offset: self.count.place(at),
            stream: name,
            wall,
            repaired: true,
        };
        let state = self.placer.stream(name);
        let fresh = finds.cycle(&found, &mut state.stream);
        self.count.cycle(fresh, true);
    }
}

/// Whether a gc line may be cut open in a line with this text before its first ` ms clock, `.
pub(crate) fn may_be_cut_open(before: &[u8]) -> bool {
    before.is_empty() || trace::is_ours(before) || repair::is_piece(before)
}

/// Where `finder` finds its text: what its own iterator gives, which copies the finder first.
pub(crate) fn starts<'f>(
    finder: &'f Finder<'_>,
    text: &'f [u8],
) -> impl Iterator<Item = usize> + 'f {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = at + finder.find(&text[at..])?;
        at = found + finder.needle().len();
        Some(found)
    })
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
