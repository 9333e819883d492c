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
    let truncated = if previous.format < Format::Go1_18 {
        1.0
    } else {
        3.0
    };
    // Go 1.18 and 1.19 print the stack space held, of which only a part counts towards the goal.
    let (live, goal) = (float(live), float(goal));
    let most = live + float(previous.globals_mib) + float(previous.stacks_mib) + truncated;
    let least = live + float(previous.globals_mib);
    let room = goal - live;
    let low = 100.0 * larger(room - 1.0, 0.0) / most;
    let high = 100.0 * larger(room + 1.0, 0.0) / least;
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

/// Goals that agree with each other, and not with those before, before GOGC counts as changed: a single large allocation
/// lifts a goal too.
const CONFIRMED: u64 = 3;

/// The GOGC that the goals since the last change agree with.
#[derive(Debug, Clone, Copy)]
pub struct Gogc {
    /// From and to; without bounds before the first goal.
    range: (f64, f64),
    /// The same of the goals that did not agree with it, and how many agree with each other.
    other: (f64, f64),
    others: u64,
    cycles: u64,
    odd: u64,
    changes: u64,
}

impl Default for Gogc {
    fn default() -> Self {
        Self {
            range: ANY,
            other: ANY,
            others: 0,
            cycles: 0,
            odd: 0,
            changes: 0,
        }
    }
}

/// Every GOGC.
const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

impl Gogc {
    /// Takes what one goal allows.
    #[inline]
    pub fn observe(&mut self, implied: (f64, f64)) {
        self.cycles += 1;
        let both = meet(self.range, implied);
        if both.0 <= both.1 {
            self.range = both;
        } else {
            self.disagree(implied);
        }
    }

    #[cold]
    fn disagree(&mut self, implied: (f64, f64)) {
        self.odd += 1;
        let both = meet(self.other, implied);
        (self.other, self.others) = if both.0 <= both.1 {
            (both, self.others + 1)
        } else {
            (implied, 1)
        };
        if self.others == CONFIRMED {
            self.changes += 1;
            (self.range, self.other, self.others) = (self.other, ANY, 0);
        }
    }

    /// The interval in percent; `None` where the goals disagree or none could tell.
    pub fn range(&self) -> Option<(f64, f64)> {
        (self.cycles > 0 && self.odd == 0).then_some(self.range)
    }

    /// The same where nine goals of ten agree.
    pub fn steady(&self) -> Option<(f64, f64)> {
        (self.cycles > 0 && self.odd * 10 <= self.cycles).then_some(self.range)
    }

    /// How often at least three goals agreed on a GOGC that none since the last change allowed.
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// A quarter of the goals or more do not follow from the GOGC of the others.
    pub const fn is_unsteady(&self) -> bool {
        self.odd * 4 >= self.cycles && self.odd > 0
    }

    /// Goals that could tell.
    pub const fn cycles(&self) -> u64 {
        self.cycles
    }
}

/// What two intervals have in common; empty where the first bound exceeds the second.
fn meet(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    (larger(one.0, other.0), smaller(one.1, other.1))
}

/// Below this implied GOGC, percent, only a memory limit can set the goal.
const LIMITED_GOGC: f64 = 5.0;

/// The share of a stated limit from which on a goal is the limit's: stacks, the runtime's own memory and what is free between
/// objects count towards it as well.
const MET: f64 = 0.7;

/// An implied GOGC of at least this share of the largest is the same GOGC: sizes are whole MiB.
const AS_LARGE: f64 = 0.8;

/// A goal up to this many times an earlier one is flat.
const FLAT: f64 = 1.1;

/// Whether a memory limit, not GOGC, sets the heap goal.
///
/// It does where the user states a limit and the goal reaches it; where the GOGC that the goal implies is below 5; and where
/// that falls below half of the largest while the goal is flat or falling since the largest was last seen: GOGC's own goal
/// would have moved with the live heap (heapGoalInternal in runtime/mgcpacer.go takes the smaller of the two).
#[derive(Debug, Clone, Copy, Default)]
pub struct Limit {
    /// As the user states it, MiB.
    stated_mib: Option<f64>,
    /// The largest implied GOGC, and the newest goal that implied it, MiB.
    largest: f64,
    level: f64,
    /// The last eight goals that could tell, the newest in the lowest bit: set where a limit ruled.
    ruled: u8,
    told: u32,
    goal_mib: u64,
}

impl Limit {
    /// With the limit that the user states, MiB.
    pub fn new(stated_mib: Option<f64>) -> Self {
        Self {
            stated_mib,
            ..Self::default()
        }
    }

    /// Takes the live heap that a goal was set from, and the goal, MiB.
    #[inline]
    pub fn observe(&mut self, live_mib: u64, goal_mib: u64) {
        if live_mib < MIN_LIVE_MIB {
            return;
        }
        let (live, goal) = (float(live_mib), float(goal_mib));
        let gogc = 100.0 * larger(goal - live, 0.0) / live;
        if gogc >= self.largest * AS_LARGE {
            self.level = goal;
            self.largest = larger(self.largest, gogc);
        }
        // In small heaps one MiB of truncation is more than half of the room.
        let fell = gogc + 100.0 / live < self.largest / 2.0;
        let half = fell && goal <= self.level * FLAT;
        let stated = self.stated_mib.is_some_and(|limit| goal >= limit * MET);
        let ruled = gogc < LIMITED_GOGC || half || stated;
        self.ruled = (self.ruled << 1) | u8::from(ruled);
        self.told = self.told.saturating_add(1);
        self.goal_mib = goal_mib;
    }

    /// True where a limit ruled three of the last four to eight goals out of four.
    pub const fn rules(&self) -> bool {
        let told = if self.told < 8 { self.told } else { 8 };
        told >= 4 && self.ruled.count_ones() * 4 >= told * 3
    }

    /// The goal that the limit leaves, MiB, where it rules.
    pub fn goal_mib(&self) -> Option<f64> {
        self.rules().then_some(self.goal_mib as f64)
    }
}
