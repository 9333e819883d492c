//! The state of one stream of the input: its processes, and the gc line that is cut open in it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use foldhash::fast::RandomState;

use crate::error::ParseError;
use crate::process::Stream;
use crate::repair::{Knowledge, LineRepair, Mended};
use crate::trace::automaton::State;
use crate::trace::cycle::GcCycle;

/// Lines after which a cut gc line is given up.
const PATIENCE: u32 = 4_096;
/// Ends of gc lines remembered: with several processes a line may have been cut open before others ended.
const ENDS: usize = 16;

/// Bytes before the end of a gc line in which one that is cut open then has begun.
const NEAR: u64 = 64 * 1024;

/// Torn lines kept at the same time.
const TORN: usize = 64;

/// A line with ` ms clock, ` that is not a whole gc line.
#[derive(Debug)]
pub(crate) struct Torn {
    /// Position in the input.
    pub(crate) offset: u64,
    /// Its source, and its line there.
    pub(crate) source: usize,
    pub(crate) line: u64,
    /// Where it breaks off, if it begins as a gc line.
    pub(crate) breaks: Option<(State, ParseError)>,
    /// Its beginning.
    pub(crate) text: Vec<u8>,
}

impl Knowledge for Stream {
    fn head(&self, number: u64, start_ns: Option<u64>) -> Option<u32> {
        self.head_cost(number, start_ns)
    }
    fn cycle(&self, cycle: &GcCycle) -> Option<u32> {
        self.cycle_cost(cycle)
    }
    fn alone(&self) -> bool {
        self.alive() <= 1
    }
}

/// The state of one stream.
#[derive(Debug, Default)]
pub(crate) struct StreamState {
    /// Which process a cycle is of.
    pub(crate) stream: Stream,
    repair: LineRepair,
    /// A gc line is cut open.
    active: bool,
    waited: u32,
    /// Ends of the last gc lines: the next one goes to `seen`, modulo their number.
    ends: [u64; ENDS],
    seen: usize,
    /// Nothing before it is read again.
    oldest: u64,
    /// Position up to which the starts of whole lines were learned.
    learned: u64,
    torn: VecDeque<Torn>,
    used: u64,
}

impl StreamState {
    /// The state of a stream with a name, one of many.
    pub(crate) fn named() -> Self {
        Self {
            stream: Stream::named(),
            ..Self::default()
        }
    }

    /// A gc line of it was seen at this time.
    pub(crate) const fn touch(&mut self, now: u64) {
        self.used = now;
    }

    /// True while the lines of this stream are needed for repair.
    pub(crate) fn is_active(&self) -> bool {
        self.active
    }

    /// The earliest position at which a gc line that is cut open now can have begun.
    pub(crate) fn begins(&self) -> u64 {
        let several = if self.stream.alive() > 1 {
            2 * self.stream.alive()
        } else {
            0
        };
        let known = self.seen.min(ENDS);
        match known.min(1 + several) {
            0 => 0,
            back => self.ends[(self.seen - back) % ENDS],
        }
    }

    /// Where the last gc line ended; 0 if there was none.
    pub(crate) fn last_end(&self) -> u64 {
        match self.seen {
            0 => 0,
            seen => self.ends[(seen - 1) % ENDS],
        }
    }

    /// The position before which no gc line that is cut open now can have begun, whatever processes there are.
    pub(crate) const fn oldest_end(&self) -> u64 {
        self.oldest
    }

    /// The position up to which the starts of lines are known.
    pub(crate) const fn learned(&self) -> u64 {
        self.learned
    }

    /// Learns from a whole line of other text.
    pub(crate) fn learn(&mut self, offset: u64, body: &[u8]) {
        self.repair.learn(body);
        self.learned = offset + 1;
    }

    /// Reads a line. Repaired lines come with the number of the line that holds their clock times.
    pub(crate) fn show(&mut self, offset: u64, body: &[u8]) -> Vec<(Mended, Option<u64>)> {
        let mended = self.repair.line(offset, body, &self.stream);
        self.mended(mended)
    }

    /// The first line that a cut gc line may still claim a piece of.
    pub(crate) fn earliest(&self) -> Option<u64> {
        self.repair.earliest()
    }

    /// A torn line was read: from now on every line is needed. Returns the oldest torn line if there are too many.
    pub(crate) fn activate(&mut self, torn: Torn) -> Option<Torn> {
        self.torn.push_back(torn);
        self.active = true;
        self.waited = 0;
        (self.torn.len() > TORN).then(|| self.torn.pop_front())?
    }

    /// Resets the repair before the lines in which a torn line can have begun.
    pub(crate) fn begin(&mut self) {
        self.repair.reset();
    }

    /// A gc line ended at `end`.
    #[inline]
    pub(crate) fn ended(&mut self, end: u64, whole: bool) {
        let place = &mut self.ends[self.seen % ENDS];
        let gone = std::mem::replace(place, end);
        self.seen += 1;
        self.oldest = self.oldest.max(gone).max(end.saturating_sub(NEAR));
        if !whole {
            // Foreign lines do not start like lines that held pieces.
            self.learned = self.learned.max(end);
        }
    }

    /// A whole gc line follows, or the end of the log: returns the lines that are complete by now.
    pub(crate) fn before_whole(&mut self) -> Vec<(Mended, Option<u64>)> {
        let mended = self.repair.whole_line(&self.stream);
        self.mended(mended)
    }

    /// Removes the torn lines that were repaired.
    fn mended(&mut self, mended: Vec<Mended>) -> Vec<(Mended, Option<u64>)> {
        let number = |line: Mended| {
            let claimed = |torn: &Torn| line.claims.iter().any(|claim| claim.line == torn.offset);
            let number = self
                .torn
                .iter()
                .find(|torn| claimed(torn))
                .map(|torn| torn.line);
            self.torn.retain(|torn| !claimed(torn));
            (line, number)
        };
        mended.into_iter().map(number).collect()
    }

    /// The work on cut lines since the last call.
    pub(crate) const fn work(&mut self) -> i64 {
        self.repair.work()
    }

    /// After a line was read: the torn lines that are given up; all of them if the budget is `spent`.
    pub(crate) fn settle(&mut self, spent: bool) -> Vec<Torn> {
        self.waited += 1;
        if self.repair.is_open() && self.waited <= PATIENCE && !spent {
            return Vec::new();
        }
        self.close()
    }

    /// Gives up what is open.
    pub(crate) fn close(&mut self) -> Vec<Torn> {
        self.repair.reset();
        self.active = false;
        if let Some(last) = self.torn.back() {
            self.learned = self.learned.max(last.offset + 1);
        }
        std::mem::take(&mut self.torn).into()
    }
}

/// The states of streams with a name.
#[derive(Debug, Default)]
pub(crate) struct StreamStates {
    named: HashMap<Vec<u8>, Box<StreamState>, RandomState>,
    /// Each of them once, with the time of its last use or an earlier one, and its number; the longest silent first.
    silent: BinaryHeap<Reverse<(u64, u64, Vec<u8>)>>,
    /// Streams so far.
    made: u64,
}

impl StreamStates {
    pub(crate) fn len(&self) -> usize {
        self.named.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// In no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &StreamState> {
        self.named.values().map(Box::as_ref)
    }

    /// The names of all, in their order.
    pub(crate) fn names(&self) -> Vec<Vec<u8>> {
        let mut names: Vec<Vec<u8>> = self.named.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn get(&self, name: &[u8]) -> Option<&StreamState> {
        self.named.get(name).map(Box::as_ref)
    }

    /// The state of a name, which may be new.
    pub(crate) fn of(&mut self, name: &[u8]) -> Option<&mut StreamState> {
        // Not `entry`, for which the name would be copied at every line.
        if !self.named.contains_key(name) {
            self.named
                .insert(name.to_vec(), Box::new(StreamState::named()));
            self.silent.push(Reverse((0, self.made, name.to_vec())));
            self.made += 1;
        }
        self.named.get_mut(name).map(Box::as_mut)
    }

    /// The name of the stream that was silent longest, which is then to be removed.
    pub(crate) fn silent_longest(&mut self) -> Option<Vec<u8>> {
        while let Some(Reverse((known, made, name))) = self.silent.pop() {
            match self.named.get(&name) {
                Some(state) if state.used > known => {
                    self.silent.push(Reverse((state.used, made, name)));
                }
                Some(_) => return Some(name),
                None => {}
            }
        }
        None
    }

    pub(crate) fn remove(&mut self, name: &[u8]) -> Option<Box<StreamState>> {
        self.named.remove(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lane_that_was_silent_longest_makes_room() {
        let mut named = StreamStates::default();
        for name in [&b"a"[..], b"b", b"c", b"d"] {
            assert!(named.of(name).is_some());
        }
        for (name, now) in [(b"b", 1), (b"d", 2), (b"b", 3)] {
            if let Some(state) = named.of(name) {
                state.touch(now);
            }
        }
        let mut gone = Vec::new();
        while let Some(name) = named.silent_longest() {
            assert!(named.remove(&name).is_some());
            gone.push(name);
        }
        // Those without any gc line first, in the order in which they came.
        assert_eq!(gone, [b"a", b"c", b"d", b"b"]);
        assert!(named.is_empty());
    }
}
