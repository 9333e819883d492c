//! Which process a cycle belongs to.
//!
//! A gc line does not name its process. Lines with different prefixes are of different processes; with one prefix (or none) processes
//! are distinguished by what is true of every single process: its numbers are consecutive, its clock does not go back, its cycles do
//! not overlap, its P seldom changes, and its heap at start is no smaller than the live heap of the cycle before. A line is printed
//! when its cycle ends, so the ends of all cycles, each on the clock of its process, also follow one another in real time.

use std::cmp::Reverse;

use crate::trace::cycle::GcCycle;
use continuity::{FORMAT_STRAIN, HEAP_STRAIN, OPEN, SLACK_NS, Track, end_of, instant, narrowed};
use duplicates::{Seen, fingerprint};
pub use plausible::stop_processors;
use plausible::{beyond, own_cost, percent_off, starts_too_early};

mod continuity;
mod duplicates;
mod plausible;

/// Cycles remembered to recognize a line that was shipped twice, each as a 64-bit hash.
const REMEMBERED: usize = 2_048;
/// The same in a stream with a name: there may be a thousand streams.
const REMEMBERED_NAMED: usize = 128;
/// Cycles after which a process that printed none of them is no longer counted as alive.
const LATELY: u64 = 64;
/// Of two processes that a line after a gap may belong to, one whose number is this many times further away is ruled out.
const FAR: u64 = 16;
/// Cycles after a gap within which one of the missing numbers shows that two processes print.
pub const AHEAD: usize = 8;
/// Neighboring cycles in falling order, and none in rising order, that show that a stream runs newest line first.
const FALLING: u64 = 3;

/// Where a cycle belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// The next cycle of a known process; `missing` numbers were skipped.
    Next {
        /// The process.
        process: u32,
        /// Cycle numbers between the last one and this one.
        missing: u64,
        /// From the end of the last one to the start of this one, ns.
        silent_ns: u64,
        /// The cycles placed in this process since its last gap are of another one, with this number: their cycle numbers were
        /// higher, and the older sequence continues here.
        split: Option<u32>,
    },
    /// The first cycle seen of a new process.
    First {
        /// The process.
        process: u32,
        /// A process that was closed to make room.
        closed: Option<u32>,
    },
    /// Seen before: the line was shipped twice.
    Duplicate,
}

/// A process as it was before a gap in its numbers: the numbers after the gap may be another's.
#[derive(Debug)]
struct Gap {
    before: Track,
    /// The first cycle after the gap.
    number: u64,
    start_ns: u64,
    heap_start_mib: u64,
    /// Count of placed cycles when it was placed.
    placed: u64,
}

/// The processes behind one prefix.
#[derive(Debug)]
pub struct Stream {
    tracks: Vec<Track>,
    /// The last gap.
    gap: Option<Box<Gap>>,
    /// `go build` and `go vet` print their output a package at a time, each after a header.
    by_package: bool,
    /// Real time of the last line, ns, on the first process's clock.
    now: i64,
    placed: u64,
    seen: Seen,
    /// Neighbours in falling and in rising order, and the number and start of the last cycle.
    falling: u64,
    rising: u64,
    previous: (u64, u64),
    /// It is the output of a test or benchmark harness.
    pub harness: bool,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            tracks: Vec::new(),
            gap: None,
            by_package: false,
            now: i64::MIN,
            placed: 0,
            seen: Seen::last(REMEMBERED),
            falling: 0,
            rising: 0,
            // No number comes before or after it.
            previous: (u64::MAX / 2, 0),
            harness: false,
        }
    }
}

impl Stream {
    /// A stream with a name, one of many: it remembers less.
    pub fn named() -> Self {
        Self {
            seen: Seen::last(REMEMBERED_NAMED),
            ..Self::default()
        }
    }

    /// The processes followed.
    pub fn processes(&self) -> impl Iterator<Item = u32> {
        self.tracks.iter().map(|t| t.process)
    }

    /// Finds the process of a cycle. `fresh` returns the number of a new process.
    #[inline(always)]
    pub fn place(&mut self, cycle: &GcCycle, fresh: &mut dyn FnMut() -> u32) -> Placement {
        let hash = fingerprint(cycle);
        match &self.tracks[..] {
            // The usual case: the next cycle of the only process.
            [track] if track.goes_on_with(cycle) => {
                // It is the neighbor of the last cycle of the stream.
                self.rising += u64::from(cycle.start_ns >= track.last.start_ns);
                self.next(0, cycle, hash)
            }
            _ => self.place_among(cycle, hash, fresh),
        }
    }

    #[inline(never)]
    fn place_among(
        &mut self,
        cycle: &GcCycle,
        hash: u64,
        fresh: &mut dyn FnMut() -> u32,
    ) -> Placement {
        // Only a number that is not new to the stream can be a duplicate: most lines need no search.
        let repeated = self.tracks.iter().any(|t| t.last.number >= cycle.number);
        if repeated && self.seen.contains(hash) {
            return Placement::Duplicate;
        }
        self.watch_order(cycle);
        if let Some(index) = self.choose_next(cycle) {
            return self.next(index, cycle, hash);
        }
        if let Some(index) = self.split_by(cycle) {
            return self.split(index, cycle, hash, fresh());
        }
        if let Some(index) = self.choose_across_gap(cycle) {
            self.gap = Some(Box::new(Gap {
                before: self.tracks[index].clone(),
                number: cycle.number,
                start_ns: cycle.start_ns,
                heap_start_mib: cycle.heap_start_mib,
                placed: self.placed,
            }));
            let placement = self.next(index, cycle, hash);
            self.tracks[index].run_from = cycle.number;
            return placement;
        }
        self.remember(cycle, hash);
        self.open(cycle, fresh())
    }

    /// The process to whose last gap the cycle belongs by its number, if the cycles after the gap cannot have come after it: they are of
    /// another process.
    fn split_by(&self, cycle: &GcCycle) -> Option<usize> {
        let gap = self.gap.as_ref()?;
        let before = &gap.before;
        let lately = self.placed - gap.placed <= AHEAD as u64;
        let left_out = before.last.number < cycle.number && cycle.number < gap.number;
        // Lines that were shipped out of order have a clock and heaps that fit in between.
        let in_order = cycle.end_ns() <= gap.start_ns.saturating_add(SLACK_NS)
            && cycle.heap_live_mib <= gap.heap_start_mib.saturating_add(1);
        if !(lately && left_out && before.admits_across_gap(cycle)) || in_order {
            return None;
        }
        self.tracks.iter().position(|t| t.process == before.process)
    }

    /// The cycles after the last gap of a track are of another process, and the cycle is the next of those before.
    fn split(&mut self, index: usize, cycle: &GcCycle, hash: u64, other: u32) -> Placement {
        let Some(gap) = self.gap.take() else {
            return self.next(index, cycle, hash);
        };
        let first = (gap.number, gap.start_ns);
        let mut track = std::mem::replace(&mut self.tracks[index], gap.before);
        (track.process, track.first) = (other, first);
        if self.tracks.len() < OPEN {
            self.tracks.push(track);
        }
        let mut placement = self.next(index, cycle, hash);
        if let Placement::Next { split, .. } = &mut placement {
            *split = Some(other);
        }
        placement
    }

    /// The header of a package's output: the next cycles are of another process.
    pub fn header(&mut self) {
        self.by_package = true;
        if let Some(last) = self.tracks.iter_mut().max_by_key(|track| track.used) {
            last.ended = true;
        }
    }

    fn remember(&mut self, cycle: &GcCycle, hash: u64) {
        self.previous = (cycle.number, cycle.start_ns);
        self.seen.push(hash);
        self.placed += 1;
    }

    /// The cycle is the next of a track.
    #[inline(always)]
    fn next(&mut self, index: usize, cycle: &GcCycle, hash: u64) -> Placement {
        self.remember(cycle, hash);
        let track = &mut self.tracks[index];
        let missing = cycle.number - track.last.number - 1;
        let silent_ns = cycle.start_ns.saturating_sub(track.end_ns);
        // Soon only one number is left.
        if track.stops.0 != track.stops.1 || track.last.gomaxprocs != cycle.gomaxprocs {
            track.stops = narrowed(track, cycle);
        }
        track.last = *cycle;
        track.used = self.placed;
        track.end_ns = end_of(cycle, track.end_ns);
        let end = instant(track.end_ns);
        let at = track.offset.saturating_add(end);
        if at >= self.now {
            self.now = at;
        } else {
            track.offset = self.now.saturating_sub(end);
        }
        Placement::Next {
            process: track.process,
            missing,
            silent_ns,
            split: None,
        }
    }

    /// The track that the cycle continues with the next number.
    fn choose_next(&mut self, cycle: &GcCycle) -> Option<usize> {
        let now = self.now;
        let follows = |i: &usize| cycle.follows(&self.tracks[*i].last);
        let next: Vec<usize> = (0..self.tracks.len()).filter(follows).collect();
        if next.is_empty() {
            return None;
        }
        let strain = |i: &usize| self.tracks[*i].strain(cycle, now);
        let admits = |i: &usize| self.tracks[*i].admits(cycle) && strain(i) < FORMAT_STRAIN;
        // Of packages, the one that printed last comes first.
        let rank = |i: &usize| {
            let track = &self.tracks[*i];
            let by_package = self
                .by_package
                .then_some((track.ended, Reverse(track.used)));
            let misfit = strain(i) / HEAP_STRAIN;
            (misfit, by_package, strain(i))
        };
        let Some(best) = next.iter().copied().filter(admits).min_by_key(rank) else {
            let counts_on = |i: &usize| self.tracks[*i].counts_on_to(cycle);
            let lately = |i: &usize| self.tracks[*i].used;
            return next.into_iter().filter(counts_on).max_by_key(lately);
        };
        let rival = |i: &usize| {
            let track = &self.tracks[*i];
            let could = admits(i)
                && strain(i) < HEAP_STRAIN
                && !percent_off(&track.last, cycle).out_of_reach;
            *i != best && could && self.overlaps(*i, best)
        };
        if !self.by_package && next.iter().any(rival) {
            self.tracks[best].approximate = true;
        }
        Some(best)
    }

    /// The track that the cycle continues across a gap: that of the nearest number, preferably one that may still print. Of several,
    /// the one that printed last.
    fn choose_across_gap(&mut self, cycle: &GcCycle) -> Option<usize> {
        if cycle.number == 1 {
            return None;
        }
        let alive = |i: &usize| self.tracks[*i].may_be_alive(self.now, self.placed);
        let distance = |i: &usize| cycle.number - self.tracks[*i].last.number;
        let admits = (0..self.tracks.len()).filter(|i| self.tracks[*i].admits_across_gap(cycle));
        let admits: Vec<usize> = admits.collect();
        let rank = |i: &usize| (!alive(i), distance(i), Reverse(self.tracks[*i].used));
        let best = admits.iter().copied().min_by_key(rank)?;
        let near = distance(&best).saturating_mul(FAR);
        let rival = |i: &usize| *i != best && alive(i) && distance(i) < near;
        if admits.iter().any(rival) {
            self.tracks[best].approximate = true;
        }
        Some(best)
    }

    /// Whether two tracks were both alive lately, so that a line could be of either.
    fn overlaps(&self, one: usize, other: usize) -> bool {
        let (a, b) = (&self.tracks[one], &self.tracks[other]);
        a.used.abs_diff(b.used) <= 2 * OPEN as u64
            && a.may_be_alive(self.now, self.placed)
            && b.may_be_alive(self.now, self.placed)
    }

    fn open(&mut self, cycle: &GcCycle, process: u32) -> Placement {
        let mut closed = None;
        if self.tracks.len() == OPEN
            && let Some(index) = (0..self.tracks.len()).min_by_key(|i| self.tracks[*i].used)
        {
            closed = Some(self.tracks.swap_remove(index).process);
        }
        let end_ns = end_of(cycle, 0);
        let end = instant(end_ns);
        if self.now == i64::MIN {
            self.now = end;
        }
        if self.tracks.is_empty() {
            // Most streams are of one process, and there may be hundreds of them.
            self.tracks.reserve_exact(1);
        }
        self.tracks.push(Track {
            process,
            last: *cycle,
            first: (cycle.number, cycle.start_ns),
            run_from: cycle.number,
            ended: false,
            end_ns,
            stops: stop_processors(cycle).unwrap_or((1, u64::MAX)),
            offset: self.now.saturating_sub(end),
            used: self.placed,
            approximate: false,
        });
        Placement::First { process, closed }
    }

    fn watch_order(&mut self, cycle: &GcCycle) {
        let (number, start) = self.previous;
        if cycle.number == number.wrapping_add(1) {
            self.rising += u64::from(cycle.start_ns >= start);
        } else if cycle.number.wrapping_add(1) == number && cycle.start_ns <= start {
            self.falling += 1;
        }
    }

    /// True if the stream runs newest line first.
    pub fn newest_first(&self) -> bool {
        self.falling >= FALLING && self.falling > 4 * self.rising
    }

    /// Whether the process's lines could not always be distinguished from another's.
    pub fn approximate(&self, process: u32) -> bool {
        self.tracks
            .iter()
            .any(|t| t.process == process && t.approximate)
    }

    /// Processes that printed lately.
    pub fn alive(&self) -> usize {
        let lately = self.placed.saturating_sub(LATELY);
        self.tracks.iter().filter(|t| t.used >= lately).count()
    }

    /// The cost of the next gc line having this number, and this start if it is known: 0 if expected, about 3 if unusual, 12 if strange,
    /// `None` if impossible.
    pub fn head_cost(&self, number: u64, start_ns: Option<u64>) -> Option<u32> {
        let cost = |track: &Track| {
            let last = &track.last;
            let late = start_ns.is_some_and(|start| start.saturating_add(SLACK_NS) < track.end_ns);
            match number.checked_sub(last.number) {
                _ if late => None,
                None | Some(0) => None,
                Some(1) => Some(0),
                Some(2..=8) => Some(6),
                Some(_) => Some(12),
            }
        };
        let first = match (number, self.tracks.is_empty()) {
            (1, true) => Some(0),
            (_, true) => Some(6),
            (1, false) => Some(10),
            _ => None,
        };
        self.tracks.iter().filter_map(cost).chain(first).min()
    }

    /// The cost of this cycle being the next one, in the units of [`Stream::head_cost`].
    pub fn cycle_cost(&self, cycle: &GcCycle) -> Option<u32> {
        let (low, high) = stop_processors(cycle)?;
        let own = own_cost(cycle)?;
        let cost = |track: &Track| {
            let last = &track.last;
            if !track.admits(cycle) || (self.tracks.len() == 1 && last.format != cycle.format) {
                return None;
            }
            let cost_of = |unusual: bool, cost: u32| u32::from(unusual) * cost;
            let gap = cost_of(!cycle.follows(last), 6);
            let shape = cost_of(last.format != cycle.format, 24);
            let processors = cost_of(last.gomaxprocs != cycle.gomaxprocs, 12);
            // The number of processors stopped is the same in every stop of a process whose P stays.
            let same_stops = low <= track.stops.1 && high >= track.stops.0;
            let stops = cost_of(processors == 0 && !same_stops, 12);
            let shrunk = last.heap_live_mib > cycle.heap_start_mib.saturating_add(1);
            let heap = cost_of(shrunk, 8);
            let trigger = cost_of(gap == 0 && starts_too_early(last, cycle), 8);
            let percent = cost_of(percent_off(last, cycle).hundredths > 150, 8);
            // Live heaps, goals and stacks seldom change by large factors from one cycle to the next.
            let few = |mib: u64, some: u64| mib.saturating_mul(3).saturating_add(some);
            let goal = last.goal_mib().unwrap_or(0);
            let goal = goal.max(last.heap_live_mib.saturating_mul(2));
            let change = beyond(last.heap_live_mib, few(cycle.heap_live_mib, 8))
                + beyond(cycle.stacks_mib, few(last.stacks_mib, 2))
                + beyond(cycle.goal_mib().unwrap_or(0), few(goal, 8));
            let globals = cost_of(last.globals_mib != cycle.globals_mib, 8);
            Some(gap + shape + processors + stops + heap + trigger + percent + change + globals)
        };
        let first = match (cycle.number, self.tracks.is_empty()) {
            (_, true) => Some(0),
            (1, false) => Some(6),
            _ => None,
        };
        self.tracks
            .iter()
            .filter_map(cost)
            .chain(first)
            .min()
            .map(|cost| cost + own)
    }
}

#[cfg(test)]
mod tests;
