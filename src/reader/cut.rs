//! Cut gc lines: noticed, shown to the lane of their stream, put together or counted as damaged.

use memchr::memmem::Finder;

use super::damage::DAMAGED_PLACES;
use super::stream_state::{StreamState, StreamStates, Torn};
use super::unproven::{Ahead, Glued, glued};
use super::{Finds, Found, Reader, tally};
use crate::event::{Event, GcCycle, Note};
use crate::input::{HISTORY, Text};
use crate::repair::{self, Claim, Mended};
use crate::trace::{self, NEEDLE};
use crate::wrapping::{Unwrapped, unwrap, without_end};

/// Lines put together of which the places are remembered.
const CLAIMED: usize = 512;
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
            .max(self.plain.oldest_end())
            .max(self.floor)
    }

    /// The lane of a stream.
    pub(crate) fn lane<'a>(
        plain: &'a mut StreamState,
        named: &'a mut StreamStates,
        name: &[u8],
    ) -> &'a mut StreamState {
        match name {
            [] => plain,
            _ => named.of(name).unwrap_or(plain),
        }
    }

    /// Makes room for a stream that is new: the one that was silent longest is closed.
    pub(crate) fn room(&mut self, name: &[u8], finds: &mut dyn Finds) {
        if name.is_empty() || self.named.len() < STREAMS || self.named.get(name).is_some() {
            return;
        }
        let Some(oldest) = self.named.silent_longest() else {
            return;
        };
        self.before_whole(&oldest, None, finds);
        if let Some(mut lane) = self.named.remove(&oldest) {
            self.active -= usize::from(lane.is_active());
            self.lost(lane.close(), NOT_FOUND);
            self.newest_first |= lane.stream.newest_first();
            for process in lane.stream.processes() {
                finds.close(process);
            }
        }
    }

    /// A whole gc line of the stream follows: what was cut before it is complete, or damaged.
    pub(crate) fn before_whole(&mut self, name: &[u8], wall: Option<&str>, finds: &mut dyn Finds) {
        let lane = Self::lane(&mut self.plain, &mut self.named, name);
        if lane.is_active() {
            for (line, number) in lane.before_whole() {
                self.mended(&line, number, name, wall, finds);
            }
        }
    }

    /// A gc line of a stream ended at `end` of the input.
    pub(crate) fn ended(&mut self, name: &[u8], end: u64, whole: bool) {
        let lane = Self::lane(&mut self.plain, &mut self.named, name);
        lane.ended(end, whole);
        if lane.is_active() && whole {
            self.budget.refill(end);
            self.settle(name);
        }
    }

    /// After a line was shown to a lane: what it gives up is damaged.
    pub(crate) fn settle(&mut self, name: &[u8]) {
        let lane = Self::lane(&mut self.plain, &mut self.named, name);
        self.budget.spend(lane.work());
        let lost = lane.settle(self.budget.is_spent());
        if !lane.is_active() {
            self.active = self.active.saturating_sub(1);
        }
        self.lost(lost, NOT_FOUND);
    }

    /// Torn lines that are given up, and why.
    pub(crate) fn lost(&mut self, lines: impl IntoIterator<Item = Torn>, why: &str) {
        for torn in lines {
            self.damaged(torn.source, torn.line, why, &torn.text);
            let breaks = torn.breaks.map(|at| (torn.source, torn.line, at));
            self.breaks.extend(breaks);
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
        let waits = Self::lane(&mut self.plain, &mut self.named, stream).is_active();
        if !waits && let Some(glued) = glued(text) {
            self.glued_lines(&glued, text, unwrapped, offset, finds);
            return true;
        }
        let within = self.within(text);
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
                    _ if self.learned.is_known(&shape) => Ahead::Proof,
                    Some(from) => self.ahead(around, from, unwrapped, (&shape, &within.cycle)),
                    None => Ahead::Nothing,
                };
                if ahead == Ahead::Later {
                    return false;
                }
                if ahead == Ahead::Proof || self.learned.in_a_row(&shape, &within.cycle) {
                    within
                        .newer
                        .iter()
                        .for_each(|newer| self.newer_field(newer));
                    self.learned.prove(shape);
                    self.before_whole(&unwrapped.stream, unwrapped.wall.as_deref(), finds);
                    if self.foreign {
                        self.hold.cycle(finds);
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
            self.input.quoted += 1;
        } else if !torn {
            self.input.other_lines += 1;
        }
        self.pass(line, offset, unwrapped, finds);
        if torn {
            self.torn(around, at, unwrapped, finds);
        }
        if self.active > 0 {
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
        if self.foreign {
            self.hold.cycle(finds);
        }
        for _ in 0..glued.notices {
            self.count(Event::Note(Note::ForcedNotice), &unwrapped.stream, finds);
        }
        for (start, end, cycle) in &glued.cycles {
            let place = offset + *start as u64;
            self.emit(cycle, &text[*start..*end], unwrapped, place, true, finds);
        }
    }

    /// Whether a line that is cut open will only be counted: no work on it is paid for, and nobody wants its text.
    pub(crate) fn is_given_up(&self, line: &[u8]) -> bool {
        self.budget.is_spent()
            && self.active == 0
            && self.partial.is_empty()
            && !self.foreign
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
        self.damaged(
            self.source,
            self.line,
            NOT_FOUND,
            &body[..body.len().min(120)],
        );
    }

    /// The first gc line in a text that begins with another one, or with none: where it begins, and what is behind it.
    fn quoted<'t>(&self, text: &'t [u8]) -> Option<(usize, GcCycle, &'t [u8])> {
        if text.len() <= trace::SHORTEST {
            return None;
        }
        starts(&self.head, text)
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
                .is_some_and(|behind| self.finder.find(behind).is_some())
    }

    /// True where the text before a gc line begins with a piece of another one: not a prefix, but a cut line.
    fn holds_piece(&self, before: &[u8]) -> bool {
        trace::is_ours(before) || repair::is_piece(before) || self.finder.find(before).is_some()
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
        let lane = Self::lane(&mut self.plain, &mut self.named, name);
        if !lane.is_active() && self.budget.is_spent() {
            self.give_up(beginning);
            return;
        }
        let kept = self.breaks.len() < DAMAGED_PLACES;
        let torn = Torn {
            breaks: kept.then(|| trace::break_of(&unwrapped.body)).flatten(),
            offset,
            source: self.source,
            line: self.line,
            text: beginning.to_vec(),
        };
        self.budget.spend(TORN);
        if lane.is_active() {
            let late = lane.activate(torn);
            self.lost(late, NOT_FOUND);
            return;
        }
        self.depth = depth;
        self.active += 1;
        lane.begin();
        let held = |position: u64| position.max(oldest).min(offset);
        let begins = held(lane.begins());
        let from = held(lane.learnt()).min(begins);
        let mut found = Vec::new();
        // With the byte before: it tells whether a line begins there.
        let (bytes, base) = text.back_to(from.saturating_sub(1), at);
        let from = usize::try_from(from.saturating_sub(base)).unwrap_or(0);
        for (start, line) in lines_between(&bytes, from, bytes.len()) {
            // Lines read again are work too; hostile input would have them read again for every line.
            self.budget.spend(1 + lane.work());
            if self.budget.is_spent() {
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
                lane.learn(offset, &line.body);
            } else {
                found.extend(lane.show(offset, &line.body));
            }
        }
        let late = lane.activate(torn);
        self.lost(late, NOT_FOUND);
        for (line, number) in found {
            self.mended(&line, number, name, unwrapped.wall.as_deref(), finds);
        }
    }

    /// Shows a line to the cut lines that wait in its stream.
    pub(crate) fn show(&mut self, unwrapped: &Unwrapped<'_>, offset: u64, finds: &mut dyn Finds) {
        let name = unwrapped.stream.as_ref();
        let lane = Self::lane(&mut self.plain, &mut self.named, name);
        if !lane.is_active() {
            return;
        }
        let mended = lane.show(offset, &unwrapped.body);
        let waits_for = lane.earliest().unwrap_or(offset + 1);
        let any = !mended.is_empty();
        for (line, number) in mended {
            self.budget.reward();
            self.mended(&line, number, name, unwrapped.wall.as_deref(), finds);
            // Not where it was decided: the next one may have begun since.
            let end = line.claims.last().map_or(offset, |claim| claim.line);
            self.ended(name, end + 1, false);
        }
        if any && self.foreign && self.named.is_empty() {
            self.hold.release_before(waits_for, finds);
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
        // Lines are read again for the beginning of another cut line: what was put together then is no duplicate.
        let claimed = |claim: &Claim| self.claimed.contains(&claim.line);
        if mended.claims.iter().all(claimed) {
            return;
        }
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
            line: number.unwrap_or(self.line),
            offset: at.saturating_sub(self.source_start),
            stream: name,
            wall,
            repaired: true,
        };
        let lane = Self::lane(&mut self.plain, &mut self.named, name);
        tally(&mut self.input, finds.cycle(&found, &mut lane.stream), true);
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
