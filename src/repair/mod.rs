//! Cut gc lines put together again.
//!
//! The runtime writes a gc line operand by operand, and other output to the same stream falls between two of them. A process prints
//! its operands strictly in order, so a line of the stream is a piece of a gc line (or none), then foreign text to the line feed; with
//! several programs in one stream, pieces of several.
//!
//! [`LineRepair`] reads such lines forward and keeps the few cheapest readings. The cost of a reading is minus the binary logarithm of
//! its probability, so costs add up: a gc line that begins, a cut, another process's piece; how often lines of this stream start like
//! the foreign text after a piece; how far a cycle's numbers are from what its process can print. Text that a reading explains (the
//! text of a gc line, the rest of a line of a known kind) reduces the cost. A cycle is accepted when all readings of about the least
//! cost agree on it, and its whole text matches the grammar; if two of them differ, neither is accepted.
//!
//! Rejected: joining greedily at the longest match (foreign text may begin with what the grammar expects next: `4 MB goal, 0` before
//! `2026/11/23`), searching backwards from ` ms clock, ` for a head that fits (it joins the head of one cycle to the tail of the next
//! when a piece between them is missed), and rules for single kinds of text (each needs an exception for another kind).

use std::sync::Arc;

use crate::trace::automaton::{self, State};
use crate::trace::cycle::GcCycle;
use crate::trace::pieces;
pub(crate) use delayed_output::{DelayedOutput, ForeignText};
use shapes::{Shapes, Start};
use step::{LINE_END, Room, Step};

pub(crate) mod budget;
mod delayed_output;
mod shapes;
mod step;

/// Readings kept at the same time.
const READINGS: usize = 64;
/// A reading is kept if it costs at most this much more than the best one.
const REACH: i32 = 80;
/// A reading counts against the best one if it costs at most this much more: a chance of one in 256.
const MARGIN: i32 = 8;
/// The same if several processes print: their lines are more easily mistaken for each other's than for foreign text.
const MARGIN_AMONG_MANY: i32 = 14;
/// Lines for which readings that differ are kept, as their other open gc lines may decide between them.
const UNDECIDED: u32 = 16;
/// Lines after which a gc line that nothing continued is given up, if several processes print.
const FORGOTTEN: u64 = 256;
/// Lines after a gc line was given up among several processes for which margins are doubled: its pieces may fit other gc lines.
const STREWN: u32 = 64;
/// A reading is likely if it costs at most this much more than the best one.
const LIKELY: i32 = 4;

/// Work on a line in which no piece is tried, in pieces.
const LINE: i64 = 3;

/// The highest cost of a repaired cycle, in the units of [`Knowledge::cycle`].
const UNUSUAL: u32 = 14;
/// The same if several processes print: a line that is strange for its process may be of two.
const UNUSUAL_AMONG_MANY: u32 = 7;

/// What is known of the processes of a stream.
pub(crate) trait Knowledge {
    /// The cost of a gc line having this number, and this start if it is known; `None` if impossible.
    fn head(&self, number: u64, start_ns: Option<u64>) -> Option<u32>;
    /// The cost of a repaired cycle being the next one; `None` if impossible.
    fn cycle(&self, cycle: &GcCycle) -> Option<u32>;
    /// True if only one process was seen in the stream.
    fn alone(&self) -> bool;
}

/// A part of a line that belongs to a cut gc line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The line, as the caller counts lines.
    pub(crate) line: u64,
    /// First byte of the part in the line's body.
    pub(crate) start: usize,
    /// Past its last byte.
    pub(crate) end: usize,
}

/// A gc line put together again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mended {
    /// The parsed cycle.
    pub(crate) cycle: GcCycle,
    /// The line as the runtime wrote it, without its line feed.
    pub(crate) text: Vec<u8>,
    /// The places of its pieces, in order.
    pub(crate) claims: Vec<Claim>,
    /// How the foreign text after its pieces starts.
    behind: Vec<Start>,
    /// The cost of the line being the next of its process.
    strain: u32,
}

impl Mended {
    /// Whether both claim a byte of the same line.
    fn shares(&self, other: &Self) -> bool {
        self.claims.iter().any(|a| {
            other
                .claims
                .iter()
                .any(|b| a.line == b.line && a.start.max(b.start) < a.end.min(b.end))
        })
    }
}

/// A gc line cut open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Fragment {
    text: Vec<u8>,
    state: State,
    claims: Vec<Claim>,
    /// How the foreign text after its pieces starts.
    behind: Vec<Start>,
    /// The line of its last piece, as [`LineRepair::lines`] counts.
    last: u64,
}

impl Fragment {
    /// Lines since its last piece; 0 if only its line feed is missing.
    fn waits(&self, lines: u64) -> u64 {
        if automaton::may_end(self.state) {
            0
        } else {
            lines - self.last
        }
    }
}

/// One interpretation of the lines so far. Readings share what they have in common.
#[derive(Debug, Clone, Default)]
struct Reading {
    cost: i32,
    open: Vec<Arc<Fragment>>,
    done: Vec<Arc<Mended>>,
}

impl Reading {
    /// A line has passed, the `lines`th. It is more likely that a little other text comes between two operands than many lines of it.
    fn wait(&mut self, lines: u64, alone: bool) {
        for fragment in &self.open {
            let waits = fragment.waits(lines);
            self.cost += i32::from(waits.is_multiple_of(4) && (4..=64).contains(&waits));
        }
        // If several processes print, nothing else shows that a beginning was not one.
        if !alone {
            self.open.retain(|f| f.waits(lines) < FORGOTTEN);
        }
    }

    /// Whether a piece of the line belongs to a gc line.
    fn claims(&self, line: u64) -> bool {
        let claims = |claims: &[Claim]| claims.last().is_some_and(|claim| claim.line == line);
        self.open.iter().any(|f| claims(&f.claims)) || self.done.iter().any(|d| claims(&d.claims))
    }

    /// Whether both have the same text in the same gc lines.
    fn same(&self, other: &Self) -> bool {
        self.open.len() == other.open.len()
            && self.done.len() == other.done.len()
            && self
                .open
                .iter()
                .zip(&other.open)
                .all(|(a, b)| Arc::ptr_eq(a, b) || a.text == b.text)
            && self
                .done
                .iter()
                .zip(&other.done)
                .all(|(a, b)| Arc::ptr_eq(a, b) || a.text == b.text)
    }
}

/// Reads the lines of one stream while a gc line is cut open in it.
#[derive(Debug)]
pub(crate) struct LineRepair {
    readings: Vec<Reading>,
    /// Cost of the cheapest reading that was dropped for lack of room: it might have counted against the others.
    dropped: i32,
    /// Lines read.
    lines: u64,
    /// Lines since readings began to differ.
    undecided: u32,
    /// Lines in which pieces of a gc line that was given up may still follow.
    strewn: u32,
    shapes: Shapes,
    room: Room,
    /// Work not yet accounted for, in pieces of gc lines that were tried.
    work: i64,
}

impl Default for LineRepair {
    fn default() -> Self {
        Self {
            readings: Vec::new(),
            dropped: i32::MAX,
            lines: 0,
            undecided: 0,
            strewn: 0,
            shapes: Shapes::default(),
            room: Room::default(),
            work: 0,
        }
    }
}

impl LineRepair {
    /// Remembers how a whole line of the stream starts.
    pub(crate) fn learn(&mut self, line: &[u8]) {
        self.work += self.shapes.learn(line);
    }

    /// The work since the last call, in pieces of gc lines that were tried.
    pub(crate) const fn work(&mut self) -> i64 {
        std::mem::replace(&mut self.work, 0)
    }

    /// True while the best reading has a gc line cut open.
    pub(crate) fn is_open(&self) -> bool {
        self.readings
            .first()
            .is_some_and(|r| !r.open.is_empty() || !r.done.is_empty())
    }

    /// The first line that a gc line may claim a piece of.
    pub(crate) fn earliest(&self) -> Option<u64> {
        let claims = |reading: &Reading| {
            let open = reading.open.iter().filter_map(|f| f.claims.first());
            let done = reading.done.iter().filter_map(|d| d.claims.first());
            open.chain(done).map(|claim| claim.line).min()
        };
        self.readings.iter().filter_map(claims).min()
    }

    /// Forgets what is open.
    pub(crate) fn reset(&mut self) {
        self.readings.clear();
        self.dropped = i32::MAX;
        self.undecided = 0;
    }

    /// A whole gc line or the end follows: if one process prints, gc lines that are not complete by now never will be. Returns those
    /// that are.
    pub(crate) fn whole_line(&mut self, known: &dyn Knowledge) -> Vec<Mended> {
        if !known.alone() {
            return Vec::new();
        }
        self.readings.retain(|reading| reading.open.is_empty());
        let taken = self.take(true);
        self.reset();
        taken
    }

    /// Reads the next line; returns the gc lines that it completes.
    pub(crate) fn line(&mut self, line: u64, body: &[u8], known: &dyn Knowledge) -> Vec<Mended> {
        if self.readings.is_empty() {
            self.readings.push(Reading::default());
        }
        self.lines += 1;
        self.work += LINE;
        let continues = |f: &Arc<Fragment>| {
            pieces::can_start(f.state, body) || (body.is_empty() && automaton::may_end(f.state))
        };
        let ours =
            body.starts_with(b"gc ") || self.readings.iter().flat_map(|r| &r.open).any(continues);
        if ours {
            let place = (line, self.lines);
            let outcome = Step::new(place, body, known, &self.shapes, &mut self.room)
                .run(std::mem::take(&mut self.readings));
            self.readings = outcome.readings;
            self.work = self.work.saturating_add_unsigned(outcome.work);
            let dropped = cheapest(&mut self.readings, |reading| reading);
            self.dropped = self.dropped.min(outcome.dropped).min(dropped);
        }
        let alone = known.alone();
        for reading in &mut self.readings {
            reading.wait(self.lines, alone);
        }
        self.readings.sort_by_key(|reading| reading.cost);
        // If no likely reading uses a piece of the line, all of it is foreign.
        let likely = self.readings.first().map_or(0, |best| best.cost + LIKELY);
        let claims = |r: &Reading| r.cost <= likely && r.claims(line);
        if !(ours && self.readings.iter().any(claims)) {
            self.learn(body);
        }
        self.take(alone)
    }

    /// The cycles on which all readings agree that cost about as little as the best one.
    fn take(&mut self, alone: bool) -> Vec<Mended> {
        let (unusual, margin) = match alone {
            true => (UNUSUAL, MARGIN),
            false if self.strewn > 0 => (UNUSUAL_AMONG_MANY, 2 * MARGIN_AMONG_MANY),
            false => (UNUSUAL_AMONG_MANY, MARGIN_AMONG_MANY),
        };
        self.strewn = self.strewn.saturating_sub(1);
        let mut taken = Vec::new();
        while let Some(best) = self.readings.first()
            && let Some(mended) = best.done.first().cloned()
        {
            let least = best.cost.saturating_add(margin);
            let has = |reading: &Reading| reading.done.iter().any(|d| d.cycle == mended.cycle);
            let speaks = |r: &&Reading| r.cost <= least;
            let unknown = self.dropped <= least;
            // Only the line feed or ` (forced)` is missing; among several processes maybe ` P`.
            let last = mended.text.iter().rposition(u8::is_ascii_digit);
            let numbers = match alone {
                true => mended.text.as_slice(),
                false => &mended.text[..last.map_or(0, |at| at + 1)],
            };
            let ends = |r: &Reading| has(r) || r.open.iter().any(|o| o.text.starts_with(numbers));
            let agree = |r: &Reading| has(r) || (!alone && ends(r));
            // If blank lines are frequent, ` (forced)` may follow: the next gc line decides.
            let waits = |r: &Reading| r.cost <= least + LINE_END && !has(r) && ends(r);
            let speak = || self.readings.iter().filter(speaks);
            if alone && speak().all(ends) && self.readings.iter().any(waits) {
                break;
            }
            if !unknown && self.readings.iter().filter(speaks).all(agree) {
                self.readings.retain(has);
                for reading in &mut self.readings {
                    reading.done.retain(|d| d.cycle != mended.cycle);
                }
                self.undecided = 0;
                if mended.strain <= unusual {
                    for start in &mended.behind {
                        self.shapes.learn_start(*start);
                    }
                    taken.push(Arc::unwrap_or_clone(mended));
                }
                continue;
            }
            if !unknown
                && self.undecided < UNDECIDED
                && self
                    .readings
                    .iter()
                    .filter(speaks)
                    .any(|r| !r.open.is_empty())
            {
                self.undecided += 1;
                break;
            }
            // Read to its end in several ways, none of which is clearly better: damaged.
            self.undecided = 0;
            self.strewn = STREWN;
            for reading in &mut self.readings {
                reading.done.retain(|d| !d.shares(&mended));
            }
        }
        self.settle();
        taken
    }

    /// Makes costs relative to the best reading.
    fn settle(&mut self) {
        let base = self.readings.first().map_or(0, |reading| reading.cost);
        for reading in &mut self.readings {
            reading.cost -= base;
        }
        if self.dropped != i32::MAX {
            self.dropped = self.dropped.saturating_sub(base);
        }
    }
}

/// Keeps the cheapest of equal readings, and the cheapest of all. Returns the cost of the cheapest one dropped.
fn cheapest<T>(items: &mut Vec<T>, reading: impl Fn(&T) -> &Reading) -> i32 {
    items.sort_by_key(|item| reading(item).cost);
    let limit = items
        .first()
        .map_or(0, |item| reading(item).cost.saturating_add(REACH));
    let mut kept = 0;
    let mut dropped = i32::MAX;
    for at in 0..items.len() {
        let item = reading(&items[at]);
        if items[..kept].iter().any(|other| reading(other).same(item)) {
            continue;
        }
        if item.cost > limit || kept == READINGS {
            dropped = item.cost;
            break;
        }
        items.swap(kept, at);
        kept += 1;
    }
    items.truncate(kept);
    dropped
}

#[cfg(test)]
mod tests;
