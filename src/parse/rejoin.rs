//! Cut gc lines put together again.
//!
//! The runtime writes a gc line operand by operand, and whatever else writes to the same stream falls between two of
//! them. A process prints its operands strictly in order, so a line of the stream is: a piece of a gc line (or none),
//! then foreign text to the line feed; with several programs in one stream, pieces of several.
//!
//! [`Weaver`] reads such lines forward and keeps the few best ways to read them. A reading pays for what is unlikely:
//! leaving a line unclaimed that continues a gc line, ending a piece where the text goes on to match, foreign text
//! that starts as no whole line of this stream ever did, a number or a clock that fits no process. A cycle is taken
//! when every reading that costs about as little agrees on it, and its whole text matches the grammar; where two
//! readings differ, none is taken.
//!
//! Rejected: joining greedily at the longest match (foreign text may begin with what the grammar expects next:
//! `4 MB goal, 0` before `2026/11/23`), and searching backwards from ` ms clock, ` for a head that fits (it joins the
//! head of one cycle to the tail of the next when a piece between them is overlooked).

use std::collections::HashSet;

use super::gc;
use super::number::{seconds, uint};
use super::token::{self, START, State, Walk};
use crate::event::GcCycle;

/// Readings kept at the same time.
const READINGS: usize = 48;
/// Gc lines that may be cut open at the same time in one reading.
const OPEN: usize = 8;
/// Pieces in one line.
const PIECES: usize = 6;
/// What a reading may cost more than the best one and still be kept.
const REACH: u32 = 60;
/// What a reading may cost more than the best one and still speak against it.
const MARGIN: u32 = 2;
/// The same where several programs print into the stream.
const WRITERS_MARGIN: u32 = 7;
/// The same where foreign lines begin as pieces do.
const WIDE_MARGIN: u32 = 20;
/// Distinct starts of foreign lines that could be starts of pieces, from which on they are easily mistaken.
const SLIPPERY: usize = 4;

/// A text that can only be of a gc line, left unclaimed.
const UNCLAIMED: u32 = 40;
/// Ending a piece although the text goes on to match.
const EARLY: u32 = 8;
/// The same, where the text behind starts as whole lines of the stream do.
const EARLY_KNOWN: u32 = 2;
/// Foreign text that starts as no whole line seen so far.
const STRANGE: u32 = 5;
/// Taking the start of a line for a piece although whole lines of the stream start so.
const LOOKALIKE: u32 = 6;
/// Each operand of a line that continues a gc line and is left to the foreign text.
const OPERAND: u32 = 3;
/// A second line cut open in a stream of one process.
const SECOND: u32 = 30;

/// Bytes of a line's start that are compared with other lines.
const SHAPE: usize = 16;
/// Starts of lines remembered.
const SHAPES: usize = 4_096;

/// What is known of the processes of a stream.
pub(crate) trait Knowledge {
    /// What it costs that a gc line has this number, and this start where it is known; `None` if it cannot be.
    fn head(&self, number: u64, start_ns: Option<u64>) -> Option<u32>;
    /// What it costs that a cycle, put together, is the next one; `None` if it cannot be.
    fn cycle(&self, cycle: &GcCycle) -> Option<u32>;
    /// Only one process prints into the stream, as far as was seen.
    fn alone(&self) -> bool;
}

/// A stretch of a line that a cut gc line claims for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The line, by whatever the caller counts lines with.
    pub(crate) line: u64,
    /// First byte of the stretch in the line's body.
    pub(crate) start: usize,
    /// Past its last byte.
    pub(crate) end: usize,
}

/// A gc line put together again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mended {
    /// What it says.
    pub(crate) cycle: GcCycle,
    /// The line as the runtime wrote it, without its line feed.
    pub(crate) text: Vec<u8>,
    /// Where its pieces stood, in order.
    pub(crate) claims: Vec<Claim>,
}

/// A gc line cut open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fragment {
    text: Vec<u8>,
    state: State,
    claims: Vec<Claim>,
}

/// One way to read the lines so far.
#[derive(Debug, Clone, Default)]
struct Reading {
    cost: u32,
    open: Vec<Fragment>,
    done: Vec<Mended>,
}

/// The starts of whole lines of a stream.
#[derive(Debug, Default)]
struct Shapes {
    known: HashSet<[u8; SHAPE]>,
    /// How many of them begin as a piece of a gc line can.
    slippery: usize,
}

impl Shapes {
    fn of(text: &[u8]) -> [u8; SHAPE] {
        let mut shape = [0; SHAPE];
        for (to, from) in shape.iter_mut().zip(text) {
            *to = if from.is_ascii_digit() { b'0' } else { *from };
        }
        shape
    }

    fn learn(&mut self, line: &[u8]) {
        let piece = |state| Walk::new(line, state, false).distinctive(state);
        let ours =
            (line.starts_with(b"gc ") && piece(START)) || token::states_starting(line).any(piece);
        if self.known.len() < SHAPES && !ours && self.known.insert(Self::of(line)) {
            self.slippery += usize::from(token::states_starting(line).next().is_some());
        }
    }

    fn knows(&self, text: &[u8]) -> bool {
        self.known.contains(&Self::of(text))
    }
}

/// Reads the lines of one stream while a gc line is cut open in it.
#[derive(Debug, Default)]
pub(crate) struct Weaver {
    readings: Vec<Reading>,
    shapes: Shapes,
    /// Walks through the grammar so far: the measure of the work done.
    pub(crate) walks: u64,
}

impl Weaver {
    /// Remembers how a whole line of the stream starts.
    pub(crate) fn learn(&mut self, line: &[u8]) {
        self.shapes.learn(line);
    }

    /// True while the best reading has a gc line cut open.
    pub(crate) fn is_open(&self) -> bool {
        self.readings
            .first()
            .is_some_and(|r| !r.open.is_empty() || !r.done.is_empty())
    }

    /// Forgets what is open.
    pub(crate) fn reset(&mut self) {
        self.readings.clear();
    }

    /// A whole gc line follows, or nothing more: where one process prints, what is not complete by now never will be.
    /// Returns the gc lines that are.
    pub(crate) fn whole_line(&mut self, known: &dyn Knowledge) -> Vec<Mended> {
        if !known.alone() {
            return Vec::new();
        }
        self.readings.retain(|reading| reading.open.is_empty());
        let taken = self.take(known);
        self.readings.clear();
        taken
    }

    /// Takes in the next line; returns the gc lines that it completes.
    pub(crate) fn line(&mut self, line: u64, body: &[u8], known: &dyn Knowledge) -> Vec<Mended> {
        if self.readings.is_empty() {
            self.readings.push(Reading::default());
        }
        let quiet = self.readings.iter().all(|r| r.open.is_empty());
        if quiet && !may_hold_head(body) {
            self.shapes.learn(body);
            return Vec::new();
        }
        let mut next = Vec::with_capacity(self.readings.len() * 2);
        let shape_known = self.shapes.knows(body);
        for reading in std::mem::take(&mut self.readings) {
            let mut step = Step {
                line,
                body,
                known,
                shapes: &self.shapes,
                shape_known,
                walks: &mut self.walks,
                next: &mut next,
            };
            step.read(&reading, 0, 0);
        }
        self.readings = next;
        self.prune();
        self.take(known)
    }

    /// Keeps the cheapest of equal readings, and the cheapest of all.
    fn prune(&mut self) {
        self.readings.sort_by_key(|r| r.cost);
        let mut kept: Vec<Reading> = Vec::with_capacity(self.readings.len().min(READINGS));
        let limit = self.readings.first().map_or(0, |r| r.cost + REACH);
        for reading in std::mem::take(&mut self.readings) {
            if reading.cost > limit || kept.len() == READINGS {
                break;
            }
            let same = |other: &Reading| {
                other.open.len() == reading.open.len()
                    && other.done.len() == reading.done.len()
                    && other
                        .open
                        .iter()
                        .zip(&reading.open)
                        .all(|(a, b)| a.text == b.text)
                    && other
                        .done
                        .iter()
                        .zip(&reading.done)
                        .all(|(a, b)| a.text == b.text)
            };
            if !kept.iter().any(same) {
                kept.push(reading);
            }
        }
        self.readings = kept;
    }

    /// The cycles that every reading agrees on that costs about as little as the best.
    fn take(&mut self, known: &dyn Knowledge) -> Vec<Mended> {
        let margin = match (self.shapes.slippery < SLIPPERY, known.alone()) {
            (false, _) => WIDE_MARGIN,
            (true, false) => WRITERS_MARGIN,
            (true, true) => MARGIN,
        };
        let mut taken = Vec::new();
        while let Some(best) = self.readings.first()
            && let Some(mended) = best.done.first().cloned()
        {
            let cost = best.cost;
            let has = |reading: &Reading| reading.done.iter().any(|d| d.cycle == mended.cycle);
            // Coming to an end is evidence by itself: an unfinished reading must be as cheap to speak against it.
            let rivals = self
                .readings
                .iter()
                .filter(|r| r.cost <= cost || (r.cost <= cost + margin && !r.done.is_empty()));
            if !rivals.clone().all(has) {
                if rivals.clone().all(|r| !r.done.is_empty()) {
                    // Read to its end in two ways that cannot be told apart: damaged.
                    self.readings.clear();
                }
                break;
            }
            self.readings.retain(has);
            for reading in &mut self.readings {
                reading.done.retain(|d| d.cycle != mended.cycle);
            }
            taken.push(mended);
        }
        if !taken.is_empty() {
            let base = self.readings.first().map_or(0, |r| r.cost);
            for reading in &mut self.readings {
                reading.cost -= base;
            }
        }
        taken
    }
}

/// Whether a gc line can begin in the line.
fn may_hold_head(body: &[u8]) -> bool {
    body.starts_with(b"gc ")
}

/// One line read in all ways that one reading allows.
struct Step<'a> {
    line: u64,
    body: &'a [u8],
    known: &'a dyn Knowledge,
    shapes: &'a Shapes,
    shape_known: bool,
    walks: &'a mut u64,
    next: &'a mut Vec<Reading>,
}

impl Step<'_> {
    /// Reads the line from byte `at` on, where a piece (or foreign text) may begin, after `pieces` pieces.
    fn read(&mut self, reading: &Reading, at: usize, pieces: usize) {
        let rest = &self.body[at..];
        let mut unclaimed = 0;
        for (index, fragment) in reading.open.iter().enumerate() {
            unclaimed = unclaimed.max(self.go_on(reading, index, fragment, at, pieces));
        }
        if rest.starts_with(b"gc ") && reading.open.len() < OPEN {
            unclaimed = unclaimed.max(self.begin(reading, at, pieces));
        } else if pieces == 0 && unclaimed == 0 && self.distinctive_elsewhere(reading, rest) {
            unclaimed = UNCLAIMED;
        }
        // The rest of the line is foreign.
        let mut foreign = reading.clone();
        if pieces == 0 {
            foreign.cost += unclaimed;
        }
        self.next.push(foreign);
    }

    /// Reads on in an open fragment. Returns what it costs to leave the text to others.
    fn go_on(
        &mut self,
        reading: &Reading,
        index: usize,
        fragment: &Fragment,
        at: usize,
        pieces: usize,
    ) -> u32 {
        let rest = &self.body[at..];
        if token::may_end(fragment.state) && rest.is_empty() && pieces == 0 {
            // The line feed of the cut line, alone on its line.
            let mut fragment = fragment.clone();
            fragment.claims.push(Claim {
                line: self.line,
                start: at,
                end: at,
            });
            self.finish(reading, Some(index), fragment, 0);
            // Where blank lines are foreign too, this may be one, and ` (forced)` still to come.
            // With one process the next gc line will tell; with several nothing will.
            let either = self.shape_known && self.known.alone();
            return if either { 0 } else { UNCLAIMED };
        }
        if !token::can_start(fragment.state, rest) {
            return 0;
        }
        let walk = Walk::new(rest, fragment.state, true);
        *self.walks += 1;
        let last = walk.last();
        // A line feed alone behind the last operand would have been the line's own.
        let lookalike = if pieces == 0 && self.shape_known {
            LOOKALIKE
        } else {
            0
        };
        self.pieces(reading, Some(index), fragment, at, pieces, &walk, lookalike);
        let operands = walk.boundaries.iter().filter(|b| !b.split).count();
        let operands = u32::try_from(operands).unwrap_or(u32::MAX);
        let whole = last.is_some_and(|b| b.at == rest.len() && token::may_end(b.state));
        if whole || walk.distinctive(fragment.state) {
            UNCLAIMED
        } else if pieces == 0 && self.shape_known {
            0
        } else {
            operands.min(5) * OPERAND
        }
    }

    /// Reads the head of a new gc line. Returns what it costs to leave the text to others.
    fn begin(&mut self, reading: &Reading, at: usize, pieces: usize) -> u32 {
        let rest = &self.body[at..];
        *self.walks += 1;
        let walk = Walk::new(rest, START, true);
        let fragment = Fragment {
            text: Vec::new(),
            state: START,
            claims: Vec::new(),
        };
        let second = if reading.open.is_empty() || !self.known.alone() {
            0
        } else {
            SECOND
        };
        self.pieces(reading, None, &fragment, at, pieces, &walk, second);
        if walk.distinctive(START) {
            UNCLAIMED
        } else {
            0
        }
    }

    /// Every way to end a piece of `fragment` that starts at byte `at`.
    #[allow(
        clippy::too_many_arguments,
        reason = "a step of the search: where it is and what it costs"
    )]
    fn pieces(
        &mut self,
        reading: &Reading,
        index: Option<usize>,
        fragment: &Fragment,
        at: usize,
        pieces: usize,
        walk: &Walk,
        cost: u32,
    ) {
        let rest = self.body.len() - at;
        let last = walk.last();
        let furthest = last.map_or(0, |b| b.at);
        // Where the last number begins, if the walk ends behind it.
        let furthest_number = walk
            .boundaries
            .iter()
            .rev()
            .skip_while(|b| b.split || Some(**b) == last)
            .map(|b| b.at)
            .next()
            .unwrap_or(0);
        // A text that goes on to the end of the grammar and of the line is no foreign text.
        let complete = last.is_some_and(|b| b.at == rest && token::may_end(b.state));
        let (early, early_known) = match (complete, walk.distinctive(fragment.state)) {
            (true, _) => (UNCLAIMED, UNCLAIMED),
            (false, true) => (UNCLAIMED / 2, EARLY_KNOWN),
            (false, false) => (EARLY, EARLY_KNOWN),
        };
        for boundary in walk.boundaries.iter().rev() {
            let end = at + boundary.at;
            let mut longer = fragment.clone();
            longer.text.extend_from_slice(&self.body[at..end]);
            longer.state = boundary.state;
            longer.claims.push(Claim {
                line: self.line,
                start: at,
                end,
            });
            let Some(head) = self.head_cost(&longer, fragment.state) else {
                continue;
            };
            let behind = &self.body[end..];
            if behind.is_empty() && token::may_end(longer.state) {
                self.finish(reading, index, longer, cost + head);
                continue;
            }
            let known = self.shapes.knows(behind);
            let mut extra = cost + head;
            if boundary.split && boundary.at < furthest_number {
                // Digits inside the line are a number's own, unless a known foreign text starts with them.
                if !known {
                    continue;
                }
                extra += 1;
            } else if boundary.at < furthest && !boundary.split {
                extra += if known { early_known } else { early };
            } else if !known && !behind.is_empty() {
                extra += STRANGE;
            }
            let mut next = reading.clone();
            match index {
                Some(index) => next.open[index] = longer,
                None => next.open.push(longer),
            }
            next.cost += extra;
            // What stands behind the piece may be a piece of another writer's line.
            let other = behind.starts_with(b"gc ")
                || (next.open.len() > 1
                    && next
                        .open
                        .iter()
                        .enumerate()
                        .any(|(i, f)| Some(i) != index && token::can_start(f.state, behind)));
            if other && pieces + 1 < PIECES {
                let mut shared = next.clone();
                // The text behind is a piece, so nothing about it is strange.
                shared.cost = reading.cost + cost + head;
                next.cost += self.read_behind(&shared, index, end, pieces + 1);
            }
            self.next.push(next);
        }
    }

    /// Reads another writer's piece behind a piece: only readings that take one are kept. Returns what it costs to
    /// leave the text unclaimed.
    fn read_behind(
        &mut self,
        reading: &Reading,
        not: Option<usize>,
        at: usize,
        pieces: usize,
    ) -> u32 {
        let mut unclaimed = 0;
        if self.next.len() > 8 * READINGS {
            return unclaimed;
        }
        let not = not.unwrap_or(reading.open.len() - 1);
        for (index, fragment) in reading.open.iter().enumerate() {
            if index != not {
                unclaimed = unclaimed.max(self.go_on(reading, index, fragment, at, pieces));
            }
        }
        if self.body[at..].starts_with(b"gc ") && reading.open.len() < OPEN {
            unclaimed = unclaimed.max(self.begin(reading, at, pieces));
        }
        // Short matches happen in foreign text; only what can be nothing else counts.
        if unclaimed >= UNCLAIMED { UNCLAIMED } else { 0 }
    }

    /// What a fragment's number and start cost, as soon as a piece holds them.
    fn head_cost(&self, fragment: &Fragment, before: State) -> Option<u32> {
        if before > 4 || fragment.state < 2 || fragment.state == before {
            return Some(0);
        }
        let number = uint(fragment.text.strip_prefix(b"gc ")?).ok();
        let Some((rest, number)) = number else {
            return Some(0);
        };
        let start = rest
            .strip_prefix(b" @")
            .and_then(|rest| seconds(rest).ok())
            .map(|(_, start)| start);
        if before >= 2 && start.is_none() {
            return Some(0);
        }
        let cost = self.known.head(number, start)?;
        // The number was paid for when it was read.
        Some(if before >= 2 { 0 } else { cost })
    }

    /// A fragment read to its end: a cycle, if its text is one and it fits.
    fn finish(&mut self, reading: &Reading, index: Option<usize>, fragment: Fragment, cost: u32) {
        let Ok(([], cycle)) = gc::cycle(&fragment.text) else {
            return;
        };
        let Some(fit) = self.known.cycle(&cycle) else {
            return;
        };
        let mut next = reading.clone();
        if let Some(index) = index {
            next.open.remove(index);
        }
        next.cost += cost + fit;
        next.done.push(Mended {
            cycle,
            text: fragment.text,
            claims: fragment.claims,
        });
        self.next.push(next);
    }

    /// Whether a line that no open fragment continues can only be of a gc line all the same: then a reading that
    /// has something open, or nothing, has overlooked something.
    fn distinctive_elsewhere(&mut self, reading: &Reading, text: &[u8]) -> bool {
        if !token::continues(text) || self.shape_known {
            return false;
        }
        let _ = reading;
        token::states_starting(text).any(|state| {
            *self.walks += 1;
            let walk = Walk::new(text, state, false);
            let whole = |b: token::Boundary| b.at == text.len() && token::may_end(b.state);
            walk.distinctive(state) || walk.last().is_some_and(whole)
        })
    }
}

/// True where `text` is a piece of a gc line from its first byte to its last.
pub(crate) fn is_piece(text: &[u8]) -> bool {
    let ends = |state| {
        Walk::new(text, state, true)
            .boundaries
            .iter()
            .any(|b| b.at == text.len())
    };
    (text.starts_with(b"gc ") && ends(START)) || token::states_starting(text).any(ends)
}

/// True where a line starts with a piece of a gc line that reaches over its ` ms clock, ` at `needle`.
pub(crate) fn reaches(text: &[u8], needle: usize) -> bool {
    let over = |state| {
        Walk::new(text, state, false)
            .boundaries
            .iter()
            .any(|b| b.at == needle + token::NEEDLE.len())
    };
    (text.starts_with(b"gc ") && over(START)) || token::states_starting(text).any(over)
}

#[cfg(test)]
mod tests;
