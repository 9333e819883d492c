//! Cut gc lines: noticed, shown to the lane of their stream, put together or counted as damaged.

use std::collections::HashMap;

use memchr::memmem::Finder;

use super::super::lane::{Lane, Torn};
use super::super::unwrap::{Unwrapped, unwrap};
use super::{CREDIT, Finds, Found, Reader, tally};
use crate::input::{HISTORY, Text};
use crate::parse::rejoin::{self, Claim, Mended};
use crate::parse::{self, NEEDLE};

/// Lines put together of which the places are remembered.
const CLAIMED: usize = 512;
/// Work on a cut line before any piece is looked at, in the units of the credit.
const TORN: i64 = 8;
/// Why a cut line counts as damaged.
const NOT_FOUND: &str = "its other pieces were not found";
/// Streams told apart by their prefix at the same time; the one that was silent longest makes room for a new one.
const STREAMS: usize = 512;

impl Reader {
    /// Before where in the input nothing is looked at again once `at` is reached: what happens must not depend on how much
    /// is held by chance.
    pub(in crate::pipeline) fn looks_back_to(&self, at: u64) -> u64 {
        at.saturating_sub(HISTORY as u64)
            .max(self.plain.oldest_end())
    }

    /// The lane of a stream.
    pub(super) fn lane<'a>(
        plain: &'a mut Lane,
        lanes: &'a mut HashMap<Vec<u8>, Box<Lane>>,
        name: &[u8],
    ) -> &'a mut Lane {
        if name.is_empty() {
            return plain;
        }
        if !lanes.contains_key(name) {
            lanes.insert(name.to_vec(), Box::new(Lane::named()));
        }
        // Not the entry, which wants a name of its own at every line.
        lanes.get_mut(name).map_or(plain, Box::as_mut)
    }

    /// Makes room for a stream that is new: the one that was silent longest is closed.
    pub(super) fn room(&mut self, name: &[u8], finds: &mut dyn Finds) {
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
            self.lost(lane.close());
            self.newest_first |= lane.stream.newest_first();
            for process in lane.stream.processes() {
                finds.close(process);
            }
        }
    }

    /// A whole gc line of the stream follows: what was cut before it is complete, or damaged.
    pub(super) fn before_whole(&mut self, name: &[u8], wall: Option<&str>, finds: &mut dyn Finds) {
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        if lane.is_active() {
            for (line, number) in lane.before_whole() {
                self.mended(&line, number, name, wall, finds);
            }
        }
    }

    /// A gc line of a stream ended at `end` of the input.
    pub(super) fn ended(&mut self, name: &[u8], end: u64, whole: bool) {
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        lane.ended(end, whole);
        if lane.is_active() && whole {
            self.settle(name);
        }
    }

    /// After a line was shown to a lane: what it gives up is damaged.
    pub(super) fn settle(&mut self, name: &[u8]) {
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        self.credit -= lane.work();
        let lost = lane.settle(self.credit < 0);
        if !lane.is_active() {
            self.active = self.active.saturating_sub(1);
        }
        self.lost(lost);
    }

    /// Torn lines that are given up.
    fn lost(&mut self, lines: impl IntoIterator<Item = Torn>) {
        for torn in lines {
            self.damaged(torn.line, NOT_FOUND, &torn.text);
        }
    }

    /// A line with ` ms clock, ` that is no whole gc line: behind a strange prefix, quoted, cut, or foreign.
    pub(super) fn odd_line(
        &mut self,
        around: Text<'_>,
        at: usize,
        line: &[u8],
        unwrapped: &Unwrapped<'_>,
        finds: &mut dyn Finds,
    ) {
        let offset = around.base + at as u64;
        let text = parse::trim_end(&unwrapped.body);
        let quoted = starts(&self.head, text)
            .filter(|start| *start > 0)
            .find_map(|start| {
                parse::cycle_at(&text[start..]).map(|(cycle, rest)| (start, cycle, rest))
            });
        if let Some((start, cycle, [])) = quoted
            && !self.holds_piece(&text[..start])
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
        // Not the trimmed text: a line may be cut right behind ` ms clock, `.
        let whole = unwrapped.body.as_ref();
        let torn = behind_piece
            || starts(&self.finder, whole)
                .take_while(|needle| quoted.as_ref().is_none_or(|(start, ..)| needle < start))
                .any(|needle| {
                    rejoin::reaches(whole, needle + NEEDLE.len())
                        || self.holds_piece(&whole[..needle])
                });
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
    }

    /// True where the text before a gc line begins with a piece of another one: not a prefix, but a cut line.
    fn holds_piece(&self, before: &[u8]) -> bool {
        rejoin::is_piece(before)
            || parse::diagnose(before).is_some()
            || self.finder.find(before).is_some()
    }

    /// A torn line: its stream is read from where the gc line can have begun.
    pub(super) fn torn(
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
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        if !lane.is_active() && self.credit < 0 {
            self.damaged(self.line, NOT_FOUND, beginning);
            return;
        }
        let torn = Torn {
            offset,
            line: self.line,
            text: beginning.to_vec(),
        };
        self.credit -= TORN;
        if lane.is_active() {
            let late = lane.activate(torn);
            self.lost(late);
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
            self.credit -= 1 + lane.work();
            if self.credit < 0 {
                break;
            }
            let line = unwrap(line, depth);
            if line.stream.as_ref() != name
                || parse::whole_cycle(parse::trim_end(&line.body)).is_some()
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
        self.lost(late);
        for (line, number) in found {
            self.mended(&line, number, name, unwrapped.wall.as_deref(), finds);
        }
    }

    /// Shows a line to the cut lines that wait in its stream.
    pub(super) fn show(&mut self, unwrapped: &Unwrapped<'_>, offset: u64, finds: &mut dyn Finds) {
        let name = unwrapped.stream.as_ref();
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        if !lane.is_active() {
            return;
        }
        let mended = lane.show(offset, &unwrapped.body);
        let waits_for = lane.earliest().unwrap_or(offset + 1);
        let any = !mended.is_empty();
        for (line, number) in mended {
            self.credit = self
                .credit
                .saturating_add(CREDIT / 256)
                .min(CREDIT.max(self.credit));
            self.mended(&line, number, name, unwrapped.wall.as_deref(), finds);
            // Not where it was decided: the next one may have begun since.
            let end = line.claims.last().map_or(offset, |claim| claim.line);
            self.ended(name, end + 1, false);
        }
        if any && self.foreign && self.lanes.is_empty() {
            self.hold.release_before(waits_for, finds);
        }
        self.settle(name);
    }

    pub(super) fn mended(
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
        let lane = Self::lane(&mut self.plain, &mut self.lanes, name);
        tally(&mut self.input, finds.cycle(&found, &mut lane.stream), true);
    }
}

/// Where `finder` finds its text: what its own iterator gives, which copies the finder first.
fn starts<'f>(finder: &'f Finder<'_>, text: &'f [u8]) -> impl Iterator<Item = usize> + 'f {
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
