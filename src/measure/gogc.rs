//! What the heap goals show of GOGC and of a memory limit.

use super::Sizes;
use crate::trace::cycle::Format;

/// From this live heap on a goal shows GOGC: below it, truncation to whole MiB is too coarse.
const MIN_LIVE_MIB: u64 = 8;

/// The GOGC, percent, that turns the live heap of `previous` into `goal`, from and to, allowing for the truncation of
/// every size to whole MiB: 100 x (goal - live) / (live + stacks + globals).
pub(super) fn implied(previous: &Sizes, goal: u64, heap_start: u64) -> Option<(f64, f64)> {
    let live = previous.heap_live_mib;
    // A goal just above the heap at start was raised to it and shows nothing of GOGC.
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

/// No size in MiB needs the 64th bit; converting a signed number takes a third of the instructions.
fn float(mib: u64) -> f64 {
    i64::try_from(mib).unwrap_or(i64::MAX) as f64
}

/// The larger of two values that are not NaN: one instruction, since unlike `f64::max` it need not check that.
fn larger(one: f64, other: f64) -> f64 {
    if one > other { one } else { other }
}

fn smaller(one: f64, other: f64) -> f64 {
    if one < other { one } else { other }
}

/// GOGC counts as changed after this many goals that agree with each other and not with those before: a single large allocation
/// lifts a goal too.
const CONFIRMED: u64 = 3;

/// The GOGC that the goals since the last change agree with.
#[derive(Debug, Clone, Copy)]
pub struct Gogc {
    /// The interval that they share; unbounded before the first goal.
    range: (f64, f64),
    /// The same for the newest goals that do not agree with it.
    other: (f64, f64),
    /// How many of those agree with each other.
    others: u64,
    cycles: u64,
    /// All goals that did not agree.
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
    /// Takes the interval that one goal allows.
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

    /// The interval in percent; `None` if the goals disagree or none allowed a conclusion.
    pub fn range(&self) -> Option<(f64, f64)> {
        (self.cycles > 0 && self.odd == 0).then_some(self.range)
    }

    /// The same, also if up to one goal of ten disagrees.
    pub fn steady(&self) -> Option<(f64, f64)> {
        (self.cycles > 0 && self.odd * 10 <= self.cycles).then_some(self.range)
    }

    /// How often at least three goals agreed on a GOGC that the goals since the last change do not allow.
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// A quarter of the goals or more do not follow from the GOGC of the others.
    pub const fn is_unsteady(&self) -> bool {
        self.odd * 4 >= self.cycles && self.odd > 0
    }

    /// Goals that allowed a conclusion.
    pub const fn cycles(&self) -> u64 {
        self.cycles
    }
}

/// The intersection of two intervals; empty if the first bound exceeds the second.
fn meet(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    (larger(one.0, other.0), smaller(one.1, other.1))
}

/// Below this implied GOGC, percent, only a memory limit can set the goal.
const LIMITED_GOGC: f64 = 5.0;

/// From this share of a stated limit on, a goal may be set by it: stacks, the runtime's own memory and free space between objects
/// count towards the limit as well.
const MET: f64 = 0.7;

/// A goal below this share of the one that GOGC would give is lowered by the stated limit.
const LOWERED: f64 = 0.9;

/// The GOGC of a program that states none, percent.
const DEFAULT_GOGC: f64 = 100.0;

/// Live heaps this far apart, MiB, differ by more than truncation.
const MOVED_MIB: f64 = 3.0;

/// A goal that moves by this share and [`MOVED_MIB`] was moved.
const FLAT: f64 = 0.05;

/// Whether a memory limit, not GOGC, sets the heap goal.
///
/// The runtime takes the smaller of the two (heapGoalInternal in runtime/mgcpacer.go). A goal of GOGC moves with the live
/// heap, by more than that; a goal of a limit stays where it is. So each time the live heap has moved by 3 MiB, the goal
/// either followed or did not. A goal that moves while the live heap does not is a change of GOGC, of the stacks or of the
/// limit: all moves before it are forgotten. Goals that imply a GOGC below 5, and goals near the limit that the user states and
/// below what GOGC gives, are set by the limit as well.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limit {
    /// As the user states it, MiB.
    stated_mib: Option<f64>,
    /// GOGC as the user states it, percent.
    gogc: Option<f64>,
    /// The live heap and the goal that the next ones are compared with, MiB.
    from: Option<(f64, f64)>,
    /// Moves of the live heap; set if the goal did not follow.
    moves: Votes,
    /// Goals; set if they alone show that the limit set them.
    goals: Votes,
    goal_mib: u64,
}

/// The last eight answers, the newest in the lowest bit: set if a limit set the goal.
#[derive(Debug, Clone, Copy, Default)]
struct Votes {
    ruled: u8,
    count: u8,
}

impl Votes {
    fn push(&mut self, ruled: bool) {
        self.ruled = (self.ruled << 1) | u8::from(ruled);
        self.count = (self.count + 1).min(8);
    }

    /// Three quarters of all eight.
    fn agree(self) -> bool {
        self.count >= 4 && self.ruled.count_ones() * 4 >= u32::from(self.count) * 3
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

    /// Takes the live heap that a goal was set from, and the goal, MiB. `exact` is false if the goal was raised to the heap at
    /// the start of its cycle.
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
        // A raised goal still counts if it did not follow: without the raise it would have followed even less.
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

    /// True if a limit set six of the last eight goals, or three of the last four moves of the live heap show it.
    pub fn rules(&self) -> bool {
        self.goals.agree() || self.moves.agree_lately()
    }

    /// The goal that the limit leaves, MiB, if it sets the goal.
    pub fn goal_mib(&self) -> Option<f64> {
        self.rules().then_some(self.goal_mib as f64)
    }
}
