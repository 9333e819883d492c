//! Cut gc lines: recognized, passed to the state of their stream, repaired or counted as damaged.

use super::count::{DAMAGED_PLACES, NOT_FOUND, beginning_of};
use super::stream_state::Torn;
use super::{Finds, Found, Reader};
use crate::io::{HISTORY, Text};
use crate::repair::Mended;
use crate::trace;
use crate::wrapping::{Unwrapped, unwrap};

/// Work on a cut line before any piece is tried, in the units of the repair budget.
const TORN: i64 = 8;
/// Streams followed at the same time; the one that was silent longest is closed for a new one.
const STREAMS: usize = 512;

impl Reader {
    /// The earliest position in the input that is read again once `at` is reached: results must not depend on how much the buffer
    /// happens to hold.
    pub(crate) fn looks_back_to(&self, at: u64) -> u64 {
        at.saturating_sub(HISTORY as u64)
            .max(self.placer.plain.oldest_end())
            .max(self.scan.floor)
    }

    /// Makes room for a new stream: the one that was silent longest is closed.
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

    /// A whole gc line of the stream follows: gc lines cut before it are complete, or damaged.
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

    /// After a line was passed to a state: what it gives up is damaged.
    pub(crate) fn settle(&mut self, name: &[u8]) {
        let state = self.placer.stream(name);
        self.repair.budget.spend(state.work());
        let lost = state.settle(self.repair.budget.is_spent());
        if !state.is_active() {
            self.repair.active = self.repair.active.saturating_sub(1);
        }
        self.lost(lost, NOT_FOUND);
    }

    /// Counts torn lines as damaged.
    pub(crate) fn lost(&mut self, lines: impl IntoIterator<Item = Torn>, why: &str) {
        for torn in lines {
            self.count.damaged(torn.source, torn.line, why, &torn.text);
            let breaks = torn.breaks.map(|at| (torn.source, torn.line, at));
            self.count.breaks.extend(breaks);
        }
    }

    /// A torn line: its stream is read again from where the gc line can have begun.
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
        let oldest = self.looks_back_to(offset);
        let state = self.placer.stream(name);
        if !state.is_active() && self.repair.budget.is_spent() {
            self.count.damaged_here(NOT_FOUND, &unwrapped.body);
            return;
        }
        let kept = self.count.breaks.len() < DAMAGED_PLACES;
        let torn = Torn {
            breaks: kept.then(|| trace::break_of(&unwrapped.body)).flatten(),
            offset,
            source: self.count.source,
            line: self.count.line,
            text: beginning_of(&unwrapped.body).to_vec(),
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
        let from = held(state.learned()).min(begins);
        let mut found = Vec::new();
        // With the byte before, which shows whether a line begins there.
        let (bytes, base) = text.back_to(from.saturating_sub(1), at);
        let from = usize::try_from(from.saturating_sub(base)).unwrap_or(0);
        for (start, line) in lines_between(&bytes, from, bytes.len()) {
            // Lines read again are work too: in hostile input they would be read again for every line.
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

    /// Passes a line to the repair of its stream, if a gc line is cut open there.
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
            // Not the line that decided it: the next one may have begun since.
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
        self.report(&found, finds);
    }
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
