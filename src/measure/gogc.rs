//! What the heap goals say of GOGC and of a memory limit.

use super::Previous;
use crate::trace::cycle::Format;

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

/// The share of a stated limit from which on a goal may be the limit's: stacks, the runtime's own memory and what is free
/// between objects count towards it as well.
const MET: f64 = 0.7;

/// What a goal is of the one that GOGC would give at most, where a stated limit is what lowers it.
const LOWERED: f64 = 0.9;

/// The GOGC of a program that states none, percent.
const DEFAULT_GOGC: f64 = 100.0;

/// Live heaps this far apart, MiB, tell more than truncation.
const MOVED_MIB: f64 = 3.0;

/// A goal that moves by this share and [`MOVED_MIB`] was moved.
const FLAT: f64 = 0.05;

/// Whether a memory limit, not GOGC, sets the heap goal.
///
/// The runtime takes the smaller of the two (heapGoalInternal in runtime/mgcpacer.go). A goal of GOGC moves with the live
/// heap, by more than that; a goal of a limit stays where it is. So each time the live heap has moved by 3 MiB, the goal
/// either followed or did not. A goal that moves while the live heap does not is a change of GOGC, of the stacks or of the
/// limit: what was known until then is forgotten. Goals that imply a GOGC below 5, and goals near the limit that the user
/// states and below what GOGC gives, are the limit's as well.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limit {
    /// As the user states it, MiB.
    stated_mib: Option<f64>,
    /// GOGC as the user states it, percent.
    gogc: Option<f64>,
    /// The live heap and the goal that the next ones are compared with, MiB.
    from: Option<(f64, f64)>,
    /// Moves of the live heap that the goal followed, or not: see [`Votes`].
    moves: Votes,
    /// Goals that could tell by themselves.
    goals: Votes,
    goal_mib: u64,
}

/// The last eight answers, the newest in the lowest bit: set where a limit ruled.
#[derive(Debug, Clone, Copy, Default)]
struct Votes {
    ruled: u8,
    told: u8,
}

impl Votes {
    fn push(&mut self, ruled: bool) {
        self.ruled = (self.ruled << 1) | u8::from(ruled);
        self.told = if self.told < 8 { self.told + 1 } else { 8 };
    }

    /// Three of four of all eight.
    fn agree(self) -> bool {
        self.told >= 4 && self.ruled.count_ones() * 4 >= u32::from(self.told) * 3
    }

    /// Three of the last four.
    fn agree_lately(self) -> bool {
        (self.ruled & 0b1111).count_ones() >= 3
    }
}

impl Limit {
    /// With the limit, MiB, and the GOGC, percent, that the user states.
    pub fn new(stated_mib: Option<f64>, gogc: Option<f64>) -> Self {
        Self {
            stated_mib,
            gogc,
            ..Self::default()
        }
    }

    /// Takes the live heap that a goal was set from, and the goal, MiB. `exact` is false where the goal was raised to the heap
    /// at the start of its cycle.
    #[inline]
    pub fn observe(&mut self, live_mib: u64, goal_mib: u64, exact: bool) {
        if live_mib < MIN_LIVE_MIB {
            return;
        }
        let (live, goal) = (float(live_mib), float(goal_mib));
        self.goal_mib = goal_mib;
        let gogc = 100.0 * larger(goal - live, 0.0) / live;
        let near = |limit: f64| {
            let of_gogc = live * (1.0 + self.gogc.unwrap_or(DEFAULT_GOGC) / 100.0);
            goal >= limit * MET && goal < of_gogc * LOWERED
        };
        self.goals
            .push(gogc < LIMITED_GOGC || self.stated_mib.is_some_and(near));
        let from = *self.from.get_or_insert((live, goal));
        let (by, went) = (live - from.0, goal - from.1);
        // A raised goal that did not follow would have followed less without.
        if !exact && (by < MOVED_MIB || went >= by / 2.0) {
            return;
        }
        if by.abs() >= MOVED_MIB {
            self.moved(by, went, from.1);
            self.from = Some((live, goal));
        } else if went.abs() > larger(from.1 * FLAT, MOVED_MIB) {
            self.moves = Votes::default();
            self.from = Some((live, goal));
        }
    }

    fn moved(&mut self, by: f64, went: f64, goal: f64) {
        let half = by.abs() / 2.0;
        let followed = went * by.signum() >= half;
        if followed || went.abs() <= larger(larger(goal * FLAT, MOVED_MIB), half) {
            self.moves.push(!followed);
        } else {
            self.moves = Votes::default();
        }
    }

    /// True where a limit ruled six of the last eight goals, or three of the last four moves of the live heap.
    pub fn rules(&self) -> bool {
        self.goals.agree() || self.moves.agree_lately()
    }

    /// The goal that the limit leaves, MiB, where it rules.
    pub fn goal_mib(&self) -> Option<f64> {
        self.rules().then_some(self.goal_mib as f64)
    }
}
