//! What the heap goals say of GOGC and of a memory limit.

use super::Previous;
use crate::event::Format;

/// The live heap from which on a goal tells GOGC: below it, truncation to whole MiB drowns it.
const MIN_LIVE_MIB: u64 = 8;

/// The GOGC, percent, that turns the live heap of `previous` into `goal`, from and to, allowing for the truncation of
/// every size to whole MiB: 100 x (goal - live) / (live + stacks + globals).
pub(super) fn implied(previous: &Previous, goal: u64, heap_start: u64) -> Option<(f64, f64)> {
    let live = previous.heap_live_mib;
    // A goal just above the heap at start was raised to it and says nothing of GOGC.
    if live < MIN_LIVE_MIB || goal <= heap_start.saturating_add(1) {
        return None;
    }
    let base = float(live.saturating_add(previous.roots_mib));
    let truncated = if previous.format < Format::Go1_18 {
        1.0
    } else {
        3.0
    };
    let room = float(goal) - float(live);
    let low = 100.0 * larger(room - 1.0, 0.0) / (base + truncated);
    let high = 100.0 * larger(room + 1.0, 0.0) / base;
    Some((low, high))
}

/// No size in MiB needs the 64th bit, and a float is a third of the instructions without it.
fn float(mib: u64) -> f64 {
    i64::try_from(mib).unwrap_or(i64::MAX) as f64
}

/// Of two that are numbers: one instruction, where `f64::max` looks whether they are.
fn larger(one: f64, other: f64) -> f64 {
    if one > other { one } else { other }
}

fn smaller(one: f64, other: f64) -> f64 {
    if one < other { one } else { other }
}

/// The GOGC that all goals since the last change agree with.
#[derive(Debug, Clone, Copy)]
pub struct Gogc {
    /// From and to; without bounds before the first goal.
    range: (f64, f64),
    cycles: u64,
    changes: u64,
}

impl Default for Gogc {
    fn default() -> Self {
        Self {
            range: (f64::NEG_INFINITY, f64::INFINITY),
            cycles: 0,
            changes: 0,
        }
    }
}

impl Gogc {
    /// Takes what one goal allows.
    #[inline]
    pub fn observe(&mut self, implied: (f64, f64)) {
        self.cycles += 1;
        let low = larger(self.range.0, implied.0);
        let high = smaller(self.range.1, implied.1);
        self.range = (low, high);
        if low > high {
            self.changes += 1;
            self.range = implied;
        }
    }

    /// The interval in percent; `None` where the goals disagree or none could tell.
    pub fn range(&self) -> Option<(f64, f64)> {
        (self.cycles > 0 && self.changes == 0).then_some(self.range)
    }

    /// How often a goal left no GOGC that all goals since the last change agree with.
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Goals that could tell.
    pub const fn cycles(&self) -> u64 {
        self.cycles
    }
}

const REMEMBERED: usize = 8;

/// Whether a memory limit, not GOGC, sets the heap goal: over the last eight cycles the goal stays flat (within 3 %) or
/// falls while the live heap rises.
#[derive(Debug, Clone, Copy, Default)]
pub struct LimitRegime {
    recent: [(u64, u64); REMEMBERED],
    count: usize,
}

impl LimitRegime {
    /// Takes the live heap that a goal was set from, and the goal, MiB.
    #[inline]
    pub const fn observe(&mut self, live: u64, goal: u64) {
        self.recent[self.count % REMEMBERED] = (live, goal);
        self.count = self.count.wrapping_add(1);
    }

    /// True where the last eight goals did not follow the live heap.
    pub fn holds(&self) -> bool {
        if self.count < REMEMBERED {
            return false;
        }
        let (old_live, old_goal) = self.recent[self.count % REMEMBERED];
        let (live, goal) = self.recent[(self.count + REMEMBERED - 1) % REMEMBERED];
        let (low, high) = self
            .recent
            .iter()
            .fold((u64::MAX, 0), |(low, high), &(_, goal)| {
                (low.min(goal), high.max(goal))
            });
        let flat = high - low <= (high / 33).max(1);
        let rising = live >= old_live.saturating_add(2 + old_live / 20);
        rising && goal >= 8 && (flat || goal < old_goal)
    }
}
