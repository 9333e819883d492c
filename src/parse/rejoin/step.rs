//! One line, read in all ways that the readings so far allow.
//!
//! The line is walked from left to right over the places where a piece may begin: its start, and every end of a piece
//! behind which another writer's piece can stand. At each place only the cheapest readings go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::shapes::{Shapes, Start, worth};
use super::{Claim, Fragment, Knowledge, Mended, REACH, Reading, cheapest};
use crate::event::GcCycle;
use crate::parse::gc;
use crate::parse::number::{seconds, uint};
use crate::parse::token::{self, Boundary, START, State, Walk};

/// Gc lines that may be cut open at the same time in one reading.
const OPEN: usize = 8;
/// Pieces in one line.
const PIECES: usize = 24;
/// Readings held before the cheapest of them are chosen: a matter of memory alone.
const ROOM: usize = 96;
/// Walks through the grammar that one line is worth.
const WALKS: u64 = 16_384;

/// What it is worth that a line ends where the grammar does.
pub(super) const LINE_END: i32 = 6;
/// A gc line that begins.
const HEAD: i32 = 6;
/// Foreign text between two operands: few gc lines are cut, and each at few of its places. In bits, as all costs.
const CUT: i32 = 5;
/// Another process's piece between two operands.
const SWITCH: i32 = 6;
/// A gc line that is never ended.
const ABANDONED: i32 = 24;
/// A number cut at its point: no known text starts so, and it would be text of which nothing else is known.
const POINT: i32 = 12;

/// A reading of the line up to some byte.
#[derive(Clone)]
struct Place {
    reading: Reading,
    /// The gc line whose piece ends here.
    after: Option<usize>,
    pieces: usize,
}

/// What came of a line.
pub(super) struct Outcome {
    pub(super) readings: Vec<Reading>,
    /// Cost of the cheapest reading that was not followed for want of room.
    pub(super) dropped: i32,
    pub(super) walks: u64,
}

pub(super) struct Step<'a> {
    line: u64,
    /// The line's place among those the weaver took in.
    place: u64,
    body: &'a [u8],
    known: &'a dyn Knowledge,
    shapes: &'a Shapes,
    /// What the bytes before each place are worth.
    worth: Vec<i32>,
    places: BTreeMap<usize, Vec<Place>>,
    next: Vec<Reading>,
    least: i32,
    dropped: i32,
    walks: u64,
}

impl<'a> Step<'a> {
    pub(super) fn new(
        (line, place): (u64, u64),
        body: &'a [u8],
        known: &'a dyn Knowledge,
        shapes: &'a Shapes,
    ) -> Self {
        Self {
            line,
            place,
            body,
            known,
            shapes,
            worth: worth(body),
            places: BTreeMap::new(),
            next: Vec::new(),
            least: i32::MAX,
            dropped: i32::MAX,
            walks: 0,
        }
    }

    /// Reads the line in every way that goes on from one of `readings`.
    pub(super) fn run(mut self, readings: Vec<Reading>) -> Outcome {
        let start = |reading| Place {
            reading,
            after: None,
            pieces: 0,
        };
        self.places
            .insert(0, readings.into_iter().map(start).collect());
        while let Some((at, mut places)) = self.places.pop_first() {
            self.dropped = self
                .dropped
                .min(cheapest(&mut places, |place| &place.reading));
            for place in places {
                self.read(at, place);
            }
        }
        Outcome {
            readings: self.next,
            dropped: self.dropped,
            walks: self.walks,
        }
    }

    /// Reads on from a place: an open gc line goes on, a new one begins, or the rest is foreign.
    fn read(&mut self, at: usize, place: Place) {
        if self.walks > WALKS || place.pieces == PIECES {
            self.dropped = self.dropped.min(place.reading.cost);
        } else {
            for index in 0..place.reading.open.len() {
                if place.after != Some(index) {
                    self.go_on(&place, index, at);
                }
            }
            if self.body[at..].starts_with(b"gc ") {
                self.begin(&place, at);
            }
        }
        let mut reading = place.reading;
        // What stands behind a piece was paid for as such when the piece ended.
        if place.pieces == 0 {
            reading.cost += self.foreign(0);
            self.keep(reading);
        }
    }

    /// What it costs that the line is foreign from byte `at` on.
    fn foreign(&self, at: usize) -> i32 {
        let rest = self.worth[self.body.len()] - self.worth[at];
        self.shapes.foreign(&self.body[at..], rest)
    }

    fn worth_keeping(&self, reading: &Reading) -> bool {
        reading.cost <= self.least.saturating_add(REACH)
    }

    /// A reading of the whole line.
    fn keep(&mut self, reading: Reading) {
        if !self.worth_keeping(&reading) {
            self.dropped = self.dropped.min(reading.cost);
            return;
        }
        self.least = self.least.min(reading.cost);
        self.next.push(reading);
        if self.next.len() > ROOM {
            let dropped = cheapest(&mut self.next, |reading| reading);
            self.dropped = self.dropped.min(dropped);
        }
    }

    /// Reads on in an open gc line.
    fn go_on(&mut self, place: &Place, index: usize, at: usize) {
        let rest = &self.body[at..];
        let fragment = &place.reading.open[index];
        if token::may_end(fragment.state) && rest.is_empty() {
            // The line feed of the cut line: alone on its line, or behind another writer's piece.
            let mut fragment = Fragment::clone(fragment);
            fragment.claims.push(Claim {
                line: self.line,
                start: at,
                end: at,
            });
            self.finish(&place.reading, Some(index), fragment, 0);
        } else if token::can_start(fragment.state, rest) {
            let walk = Walk::new(rest, fragment.state, true);
            self.walks += 1;
            self.pieces(place, Some(index), fragment, at, &walk);
        }
    }

    /// Reads the head of a new gc line.
    fn begin(&mut self, place: &Place, at: usize) {
        let walk = Walk::new(&self.body[at..], START, true);
        self.walks += 1;
        let mut place = place.clone();
        place.reading.cost += HEAD;
        let open = place.reading.open.len();
        if open > 0 && (self.known.alone() || open == OPEN) {
            // One process ends a line before it begins the next.
            place.reading.cost += ABANDONED * i32::try_from(open).unwrap_or(i32::MAX);
            place.reading.open.clear();
            place.after = None;
        }
        self.pieces(&place, None, &Fragment::default(), at, &walk);
    }

    /// Every way to end a piece of `fragment` that starts at byte `at`.
    fn pieces(
        &mut self,
        place: &Place,
        index: Option<usize>,
        fragment: &Fragment,
        at: usize,
        walk: &Walk,
    ) {
        for boundary in walk.boundaries.iter().rev() {
            let end = at + boundary.at;
            let behind = &self.body[end..];
            let mut longer = fragment.clone();
            longer.text.extend_from_slice(&self.body[at..end]);
            longer.state = boundary.state;
            longer.last = self.place;
            longer.claims.push(Claim {
                line: self.line,
                start: at,
                end,
            });
            let Some(head) = self.head_cost(&longer, fragment.state) else {
                continue;
            };
            if token::may_end(longer.state) && self.cycle(&longer.text).is_none() {
                continue;
            }
            let cost = head - (self.worth[end] - self.worth[at]);
            if behind.is_empty() && token::may_end(longer.state) {
                self.finish(&place.reading, index, longer.clone(), cost);
            }
            let mut reading = place.reading.clone();
            reading.cost += cost;
            let index = index.unwrap_or(reading.open.len());
            let longer = Arc::new(longer);
            match reading.open.get_mut(index) {
                Some(open) => *open = longer,
                None => reading.open.push(longer),
            }
            self.behind(reading, index, place.pieces + 1, end, *boundary);
        }
    }

    /// What stands behind a piece: another writer's piece, or foreign text.
    fn behind(
        &mut self,
        mut reading: Reading,
        index: usize,
        pieces: usize,
        end: usize,
        boundary: Boundary,
    ) {
        let behind = &self.body[end..];
        let continues = |(i, other): (usize, &Arc<Fragment>)| {
            i != index
                && (token::can_start(other.state, behind)
                    || (behind.is_empty() && token::may_end(other.state)))
        };
        let begins = behind.starts_with(b"gc ") && !self.known.alone();
        if begins || reading.open.iter().enumerate().any(continues) {
            let mut reading = reading.clone();
            reading.cost += SWITCH;
            let place = Place {
                reading,
                after: Some(index),
                pieces,
            };
            let places = self.places.entry(end).or_default();
            places.push(place);
            if places.len() > ROOM {
                let dropped = cheapest(places, |place| &place.reading);
                self.dropped = self.dropped.min(dropped);
            }
        }
        if boundary.split && behind.starts_with(b".") {
            reading.cost += POINT;
        }
        reading.cost += CUT + self.foreign(end);
        // Only a reading that is followed is told what stands behind.
        if self.worth_keeping(&reading) {
            Arc::make_mut(&mut reading.open[index])
                .behind
                .push(Start::of(behind));
        }
        self.keep(reading);
    }

    /// What a gc line's number and start cost, as soon as a piece holds them.
    fn head_cost(&self, fragment: &Fragment, before: State) -> Option<i32> {
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
        let cost = if before >= 2 { 0 } else { cost };
        Some(i32::try_from(cost).unwrap_or(i32::MAX))
    }

    /// The cycle that a whole text states, and what it costs; `None` if it cannot be.
    fn cycle(&self, text: &[u8]) -> Option<(GcCycle, u32)> {
        let (_, cycle) = gc::cycle(text).ok()?;
        Some((cycle, self.known.cycle(&cycle)?))
    }

    /// A gc line read to its end: a cycle, if its text is one and it can be.
    fn finish(&mut self, reading: &Reading, index: Option<usize>, fragment: Fragment, cost: i32) {
        let Some((cycle, fit)) = self.cycle(&fragment.text) else {
            return;
        };
        let mut reading = reading.clone();
        if let Some(index) = index {
            reading.open.remove(index);
        }
        reading.cost += cost - LINE_END + i32::try_from(fit).unwrap_or(i32::MAX);
        reading.done.push(Arc::new(Mended {
            cycle,
            text: fragment.text,
            claims: fragment.claims,
            behind: fragment.behind,
            strain: fit,
        }));
        self.keep(reading);
    }
}
