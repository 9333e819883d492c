//! One line, read in all ways that the readings so far allow.
//!
//! The line is walked from left to right over the places where a piece may begin: its start, and every end of a piece
//! behind which another writer's piece can stand. At each place only the cheapest readings go on.

use std::collections::BTreeMap;

use super::shapes::Shapes;
use super::{Claim, Fragment, Knowledge, Mended, REACH, Reading, UNCLAIMED, cheapest};
use crate::parse::gc;
use crate::parse::number::{seconds, uint};
use crate::parse::token::{self, Boundary, START, State, Walk};

/// Gc lines that may be cut open at the same time in one reading.
const OPEN: usize = 8;
/// Pieces in one line.
const PIECES: usize = 24;
/// Walks through the grammar that one line is worth.
const WALKS: u64 = 16_384;

/// Ending a piece although the text goes on to match.
const EARLY: u32 = 8;
/// The same, where what goes on can hardly be other text.
const EARLY_DISTINCTIVE: u32 = 20;
/// The same, where the text behind starts as whole lines of the stream do.
const EARLY_KNOWN: u32 = 2;
/// Another writer's piece behind a piece.
const SWITCH: u32 = 3;
/// The same, although the text goes on to match.
const EARLY_SWITCH: u32 = 8;
/// The same, although it goes on to the end of the gc line.
const COMPLETE_SWITCH: u32 = 24;
/// Foreign text that starts as no whole line seen so far.
const STRANGE: u32 = 5;
/// Taking the start of a line for a piece although whole lines of the stream start so.
const LOOKALIKE: u32 = 6;
/// Each operand of a line that continues a gc line and is left to the foreign text.
const OPERAND: u32 = 3;
/// A second line cut open in a stream of one process.
const SECOND: u32 = 30;

/// A reading of the line up to some byte.
struct Place {
    reading: Reading,
    /// The gc line whose piece ends here.
    after: Option<usize>,
    pieces: usize,
    /// What it costs that the rest of the line is foreign.
    foreign: u32,
    /// What it costs that another writer's piece follows.
    switch: u32,
}

/// What came of a line.
pub(super) struct Outcome {
    pub(super) readings: Vec<Reading>,
    /// Cost of the cheapest reading that was not followed for want of room.
    pub(super) dropped: u32,
    pub(super) walks: u64,
}

pub(super) struct Step<'a> {
    pub(super) line: u64,
    pub(super) body: &'a [u8],
    pub(super) known: &'a dyn Knowledge,
    pub(super) shapes: &'a Shapes,
    shape_known: bool,
    /// The line can only be of a gc line, whichever: asked at most once.
    elsewhere: Option<bool>,
    places: BTreeMap<usize, Vec<Place>>,
    next: Vec<Reading>,
    least: u32,
    dropped: u32,
    walks: u64,
}

impl<'a> Step<'a> {
    pub(super) fn new(line: u64, body: &'a [u8], known: &'a dyn Knowledge, shapes: &'a Shapes) -> Self {
        Self {
            line,
            body,
            known,
            shapes,
            shape_known: shapes.knows(body),
            elsewhere: None,
            places: BTreeMap::new(),
            next: Vec::new(),
            least: u32::MAX,
            dropped: u32::MAX,
            walks: 0,
        }
    }

    /// Reads the line in every way that goes on from one of `readings`.
    pub(super) fn run(mut self, readings: Vec<Reading>) -> Outcome {
        let start = |reading| Place { reading, after: None, pieces: 0, foreign: 0, switch: 0 };
        self.places.insert(0, readings.into_iter().map(start).collect());
        while let Some((at, mut places)) = self.places.pop_first() {
            self.dropped = self.dropped.min(cheapest(&mut places, |place| &place.reading));
            for place in places {
                self.read(at, place);
            }
        }
        Outcome { readings: self.next, dropped: self.dropped, walks: self.walks }
    }

    /// Reads on from a place.
    fn read(&mut self, at: usize, place: Place) {
        let mut unclaimed = 0;
        if self.walks > WALKS {
            self.dropped = self.dropped.min(place.reading.cost);
        } else {
            for index in 0..place.reading.open.len() {
                if place.after != Some(index) {
                    unclaimed = unclaimed.max(self.go_on(&place, index, at));
                }
            }
            if self.body[at..].starts_with(b"gc ") {
                unclaimed = unclaimed.max(self.begin(&place, at));
            } else if place.pieces == 0 && unclaimed == 0 && self.of_another() {
                unclaimed = UNCLAIMED;
            }
        }
        // Behind a piece short matches happen in foreign text; only what can be nothing else counts.
        if place.pieces > 0 && unclaimed < UNCLAIMED {
            unclaimed = 0;
        }
        let mut reading = place.reading;
        reading.cost += place.foreign + unclaimed;
        self.keep(reading);
    }

    /// A reading of the whole line.
    fn keep(&mut self, reading: Reading) {
        if reading.cost > self.least.saturating_add(REACH) {
            self.dropped = self.dropped.min(reading.cost);
            return;
        }
        self.least = self.least.min(reading.cost);
        self.next.push(reading);
    }

    /// Reads on in an open gc line. Returns what it costs to leave the text to others.
    fn go_on(&mut self, place: &Place, index: usize, at: usize) -> u32 {
        let rest = &self.body[at..];
        let fragment = &place.reading.open[index];
        if token::may_end(fragment.state) && rest.is_empty() {
            // The line feed of the cut line: alone on its line, or behind another writer's piece.
            let mut fragment = fragment.clone();
            fragment.claims.push(Claim { line: self.line, start: at, end: at });
            self.finish(&place.reading, Some(index), fragment, place.switch);
            // Where blank lines are foreign too, this may be one, and ` (forced)` still to come.
            // With one process the next gc line will tell; with several nothing will.
            let either = self.shape_known && self.known.alone();
            return if either { 0 } else { UNCLAIMED };
        }
        if !token::can_start(fragment.state, rest) {
            return 0;
        }
        let walk = Walk::new(rest, fragment.state, true);
        self.walks += 1;
        // A line feed alone behind the last operand would have been the line's own.
        let lookalike = if place.pieces == 0 && self.shape_known { LOOKALIKE } else { 0 };
        self.pieces(place, Some(index), fragment, at, &walk, lookalike);
        let whole = walk.last().is_some_and(|b| b.at == rest.len() && token::may_end(b.state));
        if whole || walk.distinctive(fragment.state) {
            UNCLAIMED
        } else if place.pieces == 0 && self.shape_known {
            0
        } else {
            let operands = walk.boundaries.iter().filter(|b| !b.split).count();
            u32::try_from(operands).unwrap_or(u32::MAX).min(5) * OPERAND
        }
    }

    /// Reads the head of a new gc line. Returns what it costs to leave the text to others.
    fn begin(&mut self, place: &Place, at: usize) -> u32 {
        if place.reading.open.len() == OPEN {
            self.dropped = self.dropped.min(place.reading.cost);
            return 0;
        }
        let walk = Walk::new(&self.body[at..], START, true);
        self.walks += 1;
        let second = if place.reading.open.is_empty() || !self.known.alone() { 0 } else { SECOND };
        self.pieces(place, None, &Fragment::default(), at, &walk, second);
        if walk.distinctive(START) { UNCLAIMED } else { 0 }
    }

    /// Every way to end a piece of `fragment` that starts at byte `at`.
    fn pieces(&mut self, place: &Place, index: Option<usize>, fragment: &Fragment, at: usize, walk: &Walk, cost: u32) {
        let costs = Ends::of(walk, fragment.state, self.body.len() - at);
        for boundary in walk.boundaries.iter().rev() {
            let end = at + boundary.at;
            let behind = &self.body[end..];
            let known = self.shapes.knows(behind);
            if boundary.split && boundary.at < costs.number && !known {
                // Digits inside the line are a number's own, unless a known foreign text starts with them.
                continue;
            }
            let mut longer = fragment.clone();
            longer.text.extend_from_slice(&self.body[at..end]);
            longer.state = boundary.state;
            longer.weak |= place.pieces == 0 && !behind.is_empty() && self.is_weak(walk, fragment.state, *boundary, at, known);
            longer.claims.push(Claim { line: self.line, start: at, end });
            let Some(head) = self.head_cost(&longer, fragment.state) else {
                continue;
            };
            let cost = cost + head + place.switch;
            let ends = behind.is_empty() && token::may_end(longer.state);
            if ends {
                self.finish(&place.reading, index, longer.clone(), cost);
            }
            let mut reading = place.reading.clone();
            let index = index.unwrap_or(reading.open.len());
            match reading.open.get_mut(index) {
                Some(open) => *open = longer,
                None => reading.open.push(longer),
            }
            reading.cost += cost;
            let foreign = if ends && !self.shapes.often_blank() {
                // Where hardly a line is blank, the line feed is the gc line's own.
                UNCLAIMED
            } else {
                costs.foreign(*boundary, known, behind)
            };
            self.behind(reading, index, place.pieces + 1, end, foreign, costs.switch(*boundary));
        }
    }

    /// Whether foreign text could well have given the same piece: the bare head of a gc line or a bare number, or one of
    /// several numbers behind which a known text stands.
    fn is_weak(&self, walk: &Walk, from: State, end: Boundary, at: usize, known: bool) -> bool {
        let bare_head = from == START && end.state <= 2;
        let bare_number = from != START && end.state == from + 1 && token::ends_number(end.state);
        let other_ends = || {
            let same = walk.boundaries.iter().filter(|b| b.state == end.state && b.at != end.at);
            same.map(|b| at + b.at).any(|end| self.shapes.knows(&self.body[end..]))
        };
        let foreign = self.shape_known || (self.shapes.unsettled() && !known);
        (foreign && (bare_head || bare_number)) || other_ends()
    }

    /// What stands behind a piece: another writer's piece, or foreign text.
    fn behind(&mut self, mut reading: Reading, index: usize, pieces: usize, end: usize, foreign: u32, switch: u32) {
        let behind = &self.body[end..];
        let continues = |(i, other): (usize, &Fragment)| {
            i != index && (token::can_start(other.state, behind) || (behind.is_empty() && token::may_end(other.state)))
        };
        let other = behind.starts_with(b"gc ") || reading.open.iter().enumerate().any(continues);
        if other && pieces < PIECES {
            let place = Place { reading, after: Some(index), pieces, foreign, switch };
            self.places.entry(end).or_default().push(place);
            return;
        }
        if other {
            self.dropped = self.dropped.min(reading.cost);
        }
        reading.cost += foreign;
        self.keep(reading);
    }

    /// What a gc line's number and start cost, as soon as a piece holds them.
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

    /// A gc line read to its end: a cycle, if its text is one and it can be.
    fn finish(&mut self, reading: &Reading, index: Option<usize>, fragment: Fragment, cost: u32) {
        let Ok(([], cycle)) = gc::cycle(&fragment.text) else {
            return;
        };
        let Some(fit) = self.known.cycle(&cycle) else {
            return;
        };
        let mut reading = reading.clone();
        if let Some(index) = index {
            reading.open.remove(index);
        }
        reading.cost += cost + fit;
        reading.done.push(Mended { cycle, text: fragment.text, claims: fragment.claims, strain: fit, weak: fragment.weak });
        self.keep(reading);
    }

    /// Whether the line, which no open gc line of a reading continues, can only be of a gc line all the same: then the
    /// reading has overlooked something.
    fn of_another(&mut self) -> bool {
        if let Some(elsewhere) = self.elsewhere {
            return elsewhere;
        }
        let text = self.body;
        let elsewhere = token::continues(text)
            && !self.shape_known
            && token::states_starting(text).any(|state| {
                self.walks += 1;
                let walk = Walk::new(text, state, false);
                let whole = |b: Boundary| b.at == text.len() && token::may_end(b.state);
                walk.distinctive(state) || walk.last().is_some_and(whole)
            });
        self.elsewhere = Some(elsewhere);
        elsewhere
    }
}

/// What it costs to end a piece at the boundaries of a walk.
struct Ends {
    /// How far whole operands go.
    furthest: usize,
    /// Where the last number begins, if the walk ends behind it.
    number: usize,
    early: u32,
    early_known: u32,
    /// The walk ends with the gc line and with the text.
    complete: bool,
}

impl Ends {
    fn of(walk: &Walk, from: State, rest: usize) -> Self {
        let last = walk.last();
        let before_last = |b: &&Boundary| b.split || Some(**b) == last;
        // A text that goes on to the end of the grammar and of the line is no foreign text.
        let complete = last.is_some_and(|b| b.at == rest && token::may_end(b.state));
        let (early, early_known) = match (complete, walk.distinctive(from)) {
            (true, _) => (UNCLAIMED, UNCLAIMED),
            (false, true) => (EARLY_DISTINCTIVE, EARLY_KNOWN),
            (false, false) => (EARLY, EARLY_KNOWN),
        };
        Self {
            furthest: last.map_or(0, |b| b.at),
            number: walk.boundaries.iter().rev().skip_while(before_last).map(|b| b.at).next().unwrap_or(0),
            early,
            early_known,
            complete,
        }
    }

    /// The text behind the boundary is foreign; `known`: whole lines start as it does.
    const fn foreign(&self, boundary: Boundary, known: bool, behind: &[u8]) -> u32 {
        if boundary.split && !known && matches!(behind, [b'.', ..]) {
            // `0` and `.51 of`: a number is not cut at its point.
            STRANGE + EARLY_DISTINCTIVE
        } else if boundary.split && boundary.at < self.number {
            1
        } else if boundary.at < self.furthest && !boundary.split {
            if known { self.early_known } else { self.early }
        } else if known {
            0
        } else {
            STRANGE
        }
    }

    /// The text behind the boundary is another writer's.
    const fn switch(&self, boundary: Boundary) -> u32 {
        match boundary.at < self.furthest && !boundary.split {
            true if self.complete => COMPLETE_SWITCH,
            true => EARLY_SWITCH,
            false => SWITCH,
        }
    }
}
