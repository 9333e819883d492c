//! One line, read in every way that continues one of the readings so far.
//!
//! The places where a piece may begin are visited from left to right: the start of the line, and every end of a piece after which
//! another writer's piece can follow. At each place only the cheapest readings are continued.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::shapes::{Shapes, Start, worth};
use super::{Claim, Fragment, Knowledge, Mended, REACH, Reading, cheapest};
use crate::trace::automaton::{NUMBERED, OURS, State};
use crate::trace::cycle::GcCycle;
use crate::trace::number::{seconds, uint};
use crate::trace::pieces::{self, Boundary, Walk};
use crate::trace::{self, automaton};

/// Gc lines that may be cut open at the same time in one reading.
const OPEN: usize = 8;
/// Pieces in one line.
const PIECES: usize = 24;
/// Readings held before the cheapest of them are chosen; this bounds memory only.
const ROOM: usize = 96;
/// Walks through the grammar for one line, at most.
const WALKS: u64 = 16_384;

/// Gain if a line ends where the grammar does.
pub(crate) const LINE_END: i32 = 6;
/// A gc line that begins.
const HEAD: i32 = 6;
/// Foreign text between two operands: few gc lines are cut, and each at few places. In bits, like all costs.
const CUT: i32 = 5;
/// Another process's piece between two operands.
const SWITCH: i32 = 6;
/// A gc line that is never ended.
const ABANDONED: i32 = 24;
/// A number cut at its point: known text does not start like that.
const POINT: i32 = 12;

/// A reading of the line up to a byte.
#[derive(Clone)]
struct Place {
    reading: Reading,
    /// The gc line whose piece ends here.
    after: Option<usize>,
    pieces: usize,
}

/// A piece that a gc line may have in the line, from the current place.
#[derive(Debug, Clone, Copy)]
struct Piece {
    boundary: Boundary,
    /// The cost of the text after it being foreign, once computed.
    foreign: Option<i32>,
}

/// A gc line with one more piece.
struct Grown<'a> {
    /// The gc line before.
    fragment: &'a Fragment,
    /// Its place among those that are open; `None` for one that begins.
    index: Option<usize>,
    text: &'a [u8],
    state: State,
    claim: Claim,
}

impl Grown<'_> {
    /// The open gc line, with the line of this piece and how the foreign text after it starts.
    fn fragment(&self, last: u64, behind: Option<Start>) -> Fragment {
        Fragment {
            text: self.text.to_vec(),
            state: self.state,
            claims: with(&self.fragment.claims, Some(self.claim)),
            behind: with(&self.fragment.behind, behind),
            last,
        }
    }

    /// The complete gc line of a cycle, with the cost of it being the next.
    fn mended(&self, (cycle, strain): (GcCycle, u32)) -> Mended {
        Mended {
            cycle,
            text: self.text.to_vec(),
            claims: with(&self.fragment.claims, Some(self.claim)),
            behind: self.fragment.behind.clone(),
            strain,
        }
    }
}

/// A list with one more item at its end, if there is one.
fn with<T: Copy>(items: &[T], item: Option<T>) -> Vec<T> {
    let mut longer = Vec::with_capacity(items.len() + 1);
    longer.extend_from_slice(items);
    longer.extend(item);
    longer
}

/// Memory used again for each line.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// The walks from the current place: where each started in the grammar, and its pieces.
    walks: Vec<(State, Range<usize>)>,
    pieces: Vec<Piece>,
    /// The text of a gc line with one more piece.
    text: Vec<u8>,
}

impl Room {
    /// The current place has changed.
    fn start(&mut self) {
        self.walks.clear();
        self.pieces.clear();
    }
}

/// The result of reading a line.
pub(crate) struct Outcome {
    pub(crate) readings: Vec<Reading>,
    /// Cost of the cheapest reading that was dropped for lack of room.
    pub(crate) dropped: i32,
    /// Pieces tried.
    pub(crate) work: u64,
}

pub(crate) struct Step<'a> {
    line: u64,
    /// The line's number, as [`super::LineRepair`] counts.
    place: u64,
    body: &'a [u8],
    known: &'a dyn Knowledge,
    shapes: &'a Shapes,
    room: &'a mut Room,
    places: BTreeMap<usize, Vec<Place>>,
    next: Vec<Reading>,
    least: i32,
    dropped: i32,
    walks: u64,
    work: u64,
}

impl<'a> Step<'a> {
    pub(crate) fn new(
        (line, place): (u64, u64),
        body: &'a [u8],
        known: &'a dyn Knowledge,
        shapes: &'a Shapes,
        room: &'a mut Room,
    ) -> Self {
        Self {
            line,
            place,
            body,
            known,
            shapes,
            room,
            places: BTreeMap::new(),
            next: Vec::new(),
            least: i32::MAX,
            dropped: i32::MAX,
            walks: 0,
            work: 0,
        }
    }

    /// Reads the line in every way that continues one of `readings`.
    pub(crate) fn run(mut self, mut readings: Vec<Reading>) -> Outcome {
        let dropped = cheapest(&mut readings, |reading| reading);
        self.dropped = self.dropped.min(dropped);
        self.room.start();
        let foreign = self.shapes.foreign(self.body, worth(self.body));
        for reading in readings {
            let mut place = Place {
                reading,
                after: None,
                pieces: 0,
            };
            self.read(0, &place);
            place.reading.cost += foreign;
            self.keep(place.reading);
        }
        while let Some((at, mut places)) = self.places.pop_first() {
            let dropped = cheapest(&mut places, |place| &place.reading);
            self.dropped = self.dropped.min(dropped);
            self.room.start();
            for place in &places {
                self.read(at, place);
            }
        }
        Outcome {
            readings: self.next,
            dropped: self.dropped,
            work: self.work,
        }
    }

    /// Continues from a place: an open gc line goes on, or a new one begins.
    fn read(&mut self, at: usize, place: &Place) {
        if self.walks > WALKS || place.pieces == PIECES {
            self.dropped = self.dropped.min(place.reading.cost);
            return;
        }
        for index in 0..place.reading.open.len() {
            if place.after != Some(index) {
                self.go_on(place, index, at);
            }
        }
        if self.body[at..].starts_with(b"gc ") {
            self.begin(place, at);
        }
    }

    /// Whether a reading of the whole line with this cost is worth keeping.
    fn admits(&mut self, cost: i32) -> bool {
        let admits = cost <= self.least.saturating_add(REACH);
        if !admits {
            self.dropped = self.dropped.min(cost);
        }
        admits
    }

    /// Keeps a reading of the whole line.
    fn keep(&mut self, reading: Reading) {
        if !self.admits(reading.cost) {
            return;
        }
        self.least = self.least.min(reading.cost);
        self.next.push(reading);
        if self.next.len() > ROOM {
            let dropped = cheapest(&mut self.next, |reading| reading);
            self.dropped = self.dropped.min(dropped);
        }
    }

    /// Continues an open gc line.
    fn go_on(&mut self, place: &Place, index: usize, at: usize) {
        let rest = &self.body[at..];
        let fragment = &place.reading.open[index];
        if automaton::may_end(fragment.state) && rest.is_empty() {
            // The line feed of the cut line: alone on its line, or after another writer's piece.
            if let Some(whole) = self.cycle(&fragment.text) {
                let grown = Grown {
                    fragment,
                    index: Some(index),
                    text: &fragment.text,
                    state: fragment.state,
                    claim: self.claim(at, at),
                };
                self.finish(place, &grown, whole, place.reading.cost);
            }
        } else if pieces::can_start(fragment.state, rest) {
            self.pieces(place, Some(index), fragment, at);
        }
    }

    /// Reads the head of a new gc line.
    fn begin(&mut self, place: &Place, at: usize) {
        let mut place = place.clone();
        place.reading.cost += HEAD;
        let open = place.reading.open.len();
        if open > 0 && (self.known.alone() || open == OPEN) {
            // One process ends a line before it begins the next.
            place.reading.cost += ABANDONED * i32::try_from(open).unwrap_or(i32::MAX);
            place.reading.open.clear();
            place.after = None;
        }
        self.pieces(&place, None, &Fragment::default(), at);
    }

    const fn claim(&self, start: usize, end: usize) -> Claim {
        Claim {
            line: self.line,
            start,
            end,
        }
    }

    /// Walks through the line from byte `at` and `state` on; returns the range of its pieces in the room.
    fn walk(&mut self, at: usize, state: State) -> Range<usize> {
        self.walks += 1;
        // Most readings have the same gc lines open.
        let Room { walks, pieces, .. } = &mut *self.room;
        if let Some((_, walked)) = walks.iter().find(|(from, _)| *from == state) {
            return walked.clone();
        }
        let first = pieces.len();
        Walk::new(&self.body[at..], state).all(|boundary| {
            pieces.push(Piece {
                boundary,
                foreign: None,
            });
        });
        walks.push((state, first..pieces.len()));
        first..pieces.len()
    }

    /// The cost of the line being foreign after a piece; its text is worth `rest`.
    fn foreign(&mut self, piece: usize, behind: &[u8], rest: i32) -> i32 {
        let known = &mut self.room.pieces[piece].foreign;
        *known.get_or_insert_with(|| self.shapes.foreign(behind, rest))
    }

    /// Every way to end a piece of `fragment` that starts at byte `at`.
    fn pieces(&mut self, place: &Place, index: Option<usize>, fragment: &Fragment, at: usize) {
        let walk = self.walk(at, fragment.state);
        self.work += walk.len() as u64;
        let mut text = std::mem::take(&mut self.room.text);
        text.clear();
        text.extend_from_slice(&fragment.text);
        let mut end = at;
        if let Some(last) = self.room.pieces[walk.clone()].last() {
            end += last.boundary.at;
            text.extend_from_slice(&self.body[at..end]);
        }
        let mut piece_worth = worth(&self.body[at..end]);
        let mut rest_worth = worth(&self.body[end..]);
        let mut head = None;
        // From the longest piece down.
        for piece in walk.rev() {
            let boundary = self.room.pieces[piece].boundary;
            let shorter = worth(&self.body[at + boundary.at..end]);
            piece_worth -= shorter;
            rest_worth += shorter;
            end = at + boundary.at;
            text.truncate(fragment.text.len() + boundary.at);
            // The same for all that have the whole head.
            let head = match head {
                Some(head) if boundary.state > OURS => head,
                _ => *head.insert(self.head_cost(&text, fragment.state, boundary.state)),
            };
            let Some(head) = head else {
                continue;
            };
            let grown = Grown {
                fragment,
                index,
                text: &text,
                state: boundary.state,
                claim: self.claim(at, end),
            };
            let cost = place.reading.cost + head - piece_worth;
            if automaton::may_end(boundary.state) {
                let Some(whole) = self.cycle(&text) else {
                    continue;
                };
                if end == self.body.len() {
                    self.finish(place, &grown, whole, cost);
                }
            }
            let foreign = self.foreign(piece, &self.body[end..], rest_worth);
            self.behind(place, &grown, boundary.split, cost, foreign);
        }
        self.room.text = text;
    }

    /// Continues after a piece: with another writer's piece, or foreign text.
    fn behind(&mut self, place: &Place, grown: &Grown<'_>, split: bool, cost: i32, foreign: i32) {
        let (body, last) = (self.body, self.place);
        let end = grown.claim.end;
        let behind = &body[end..];
        let open = &place.reading.open;
        let index = grown.index.unwrap_or(open.len());
        let reading = |cost, foreign| {
            let mut reading = place.reading.clone();
            let longer = Arc::new(grown.fragment(last, foreign));
            match reading.open.get_mut(index) {
                Some(open) => *open = longer,
                None => reading.open.push(longer),
            }
            Reading { cost, ..reading }
        };
        let continues = |(i, other): (usize, &Arc<Fragment>)| {
            i != index
                && (pieces::can_start(other.state, behind)
                    || (behind.is_empty() && automaton::may_end(other.state)))
        };
        let begins = behind.starts_with(b"gc ") && !self.known.alone();
        if begins || open.iter().enumerate().any(continues) {
            let places = self.places.entry(end).or_default();
            places.push(Place {
                reading: reading(cost + SWITCH, None),
                after: Some(index),
                pieces: place.pieces + 1,
            });
            if places.len() > ROOM {
                let dropped = cheapest(places, |place| &place.reading);
                self.dropped = self.dropped.min(dropped);
            }
        }
        let point = if split && behind.starts_with(b".") {
            POINT
        } else {
            0
        };
        let cost = cost + point + CUT + foreign;
        // Most are not kept: no reading is made of those.
        if self.admits(cost) {
            self.keep(reading(cost, Some(Start::of(behind))));
        }
    }

    /// The cost of a gc line's number and start, once a piece holds them.
    fn head_cost(&self, text: &[u8], before: State, state: State) -> Option<i32> {
        if before > OURS || state < NUMBERED || state == before {
            return Some(0);
        }
        let number = uint(text.strip_prefix(b"gc ")?).ok();
        let Some((rest, number)) = number else {
            return Some(0);
        };
        let start = rest
            .strip_prefix(b" @")
            .and_then(|rest| seconds(rest).ok())
            .map(|(_, start)| start);
        if before >= NUMBERED && start.is_none() {
            return Some(0);
        }
        let cost = self.known.head(number, start)?;
        // The cost of the number was added when it was read.
        let cost = if before >= NUMBERED { 0 } else { cost };
        Some(i32::try_from(cost).unwrap_or(i32::MAX))
    }

    /// The cycle of a whole text, and its cost; `None` if impossible.
    fn cycle(&self, text: &[u8]) -> Option<(GcCycle, u32)> {
        let (cycle, _) = trace::cycle_at(text)?;
        Some((cycle, self.known.cycle(&cycle)?))
    }

    /// A gc line read to its end.
    fn finish(&mut self, place: &Place, grown: &Grown<'_>, whole: (GcCycle, u32), cost: i32) {
        let fit = i32::try_from(whole.1).unwrap_or(i32::MAX);
        let cost = cost - LINE_END + fit;
        if !self.admits(cost) {
            return;
        }
        let mut reading = place.reading.clone();
        if let Some(index) = grown.index {
            reading.open.remove(index);
        }
        reading.cost = cost;
        reading.done.push(Arc::new(grown.mended(whole)));
        self.keep(reading);
    }
}
