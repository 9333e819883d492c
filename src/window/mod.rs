//! Panes and sliding windows of event time.
//!
//! A pane covers a fixed stretch of program time (the hop) and keeps the totals at its first and last cycle and a
//! value -> count map of the pauses; a window is the panes that lie in it. So a window costs as much memory for a million
//! cycles as for a hundred, sums over it are the difference of two marks, and its percentiles are exact.
//! A cycle belongs to the pane in which it *ends*, the instant at which its line is printed.

mod churn;
mod growth;
mod pane;
#[cfg(test)]
mod tests;
mod values;

pub use churn::{Churn, Swings};
pub use growth::{Growth, LiveTrend};
pub use pane::{Pane, Tally};
pub use values::{Pauses, Row};

use std::collections::VecDeque;

use crate::measure::{GcCpu, Mark, Step, Stretch, Trust};
use crate::stats::{Counted, Counts, Fresh, MovingMedian, Ranked};
use crate::trace::cycle::GcCycle;
use crate::units::MICROSECOND;
use pane::{Before, Gone};

/// Most panes in a window: a longer window gets longer panes.
pub const MAX_PANES: u64 = 60;

/// The adaptive warm-up is rounded down to multiples of this, ns.
const WARMUP_STEP_NS: u64 = 100_000_000;

/// The longest adaptive warm-up, ns.
const MAX_WARMUP_NS: u64 = 2_000_000_000;

/// What it leaves of a run at least, ns: rules that look for 1 s are to have that.
const KEPT_NS: u64 = 1_000_000_000;

/// Panes kept to be used again.
const SPARE: usize = 2;

/// Cycles that slow programs are judged by.
const REACH_CYCLES: usize = 4;

/// Those, and the one before them.
const RECENT: usize = REACH_CYCLES + 1;

/// How far back those may lie, ns.
const REACH_NS: u64 = 60_000_000_000;

/// Length of window and pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Program time: ns a pane, panes a window.
    Time {
        /// The hop.
        pane_ns: u64,
        /// How many make a window.
        panes: u64,
    },
    /// GC cycles: cycles a pane, panes a window.
    Cycles {
        /// Cycles between two evaluations.
        pane: u64,
        /// How many make a window.
        panes: u64,
    },
}

impl Length {
    /// A window of `window` ns that moves by `hop` ns: the window rounded up to a multiple of the hop, the hop stretched
    /// where there would be more than [`MAX_PANES`].
    pub fn time(window: u64, hop: u64) -> Self {
        let hop = hop
            .max(1_000_000)
            .max(window.div_ceil(MAX_PANES))
            .min(u64::MAX / (2 * MAX_PANES));
        Self::Time {
            pane_ns: hop,
            panes: window.div_ceil(hop).clamp(1, MAX_PANES),
        }
    }

    /// A window of `window` cycles that moves by a fifth of itself, rounded up to a multiple of that.
    pub fn cycles(window: u64) -> Self {
        let pane = window.div_ceil(5).max(1);
        Self::Cycles {
            pane,
            panes: window.div_ceil(pane).max(1),
        }
    }
}

/// The start of the run that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warmup {
    /// min(2 s, a quarter of the run so far), rounded down to 100 ms; a run of little more than 1 s keeps 1 s.
    Adaptive,
    /// Until here, ns of program time.
    Until(u64),
}

impl Warmup {
    /// Cycles that ended before this are left out of a window judged at `at`, ns of program time.
    pub fn end_ns(self, at: u64) -> u64 {
        match self {
            Self::Adaptive => {
                let spare = at.saturating_sub(KEPT_NS);
                (at / 4).min(MAX_WARMUP_NS).min(spare) / WARMUP_STEP_NS * WARMUP_STEP_NS
            }
            Self::Until(end) => end,
        }
    }

    /// The last instant up to `at` at which it may end, whenever a window is judged; 0 where there is none.
    fn may_end_before(self, at: u64) -> u64 {
        match self {
            Self::Adaptive => at.min(MAX_WARMUP_NS) / WARMUP_STEP_NS * WARMUP_STEP_NS,
            Self::Until(end) if at < end => 0,
            Self::Until(end) => end,
        }
    }

    /// The first such instant after `at`; `u64::MAX` where there is none.
    fn may_end_after(self, at: u64) -> u64 {
        match self {
            Self::Adaptive if at < MAX_WARMUP_NS => (at / WARMUP_STEP_NS + 1) * WARMUP_STEP_NS,
            Self::Until(end) if at < end => end,
            Self::Adaptive | Self::Until(_) => u64::MAX,
        }
    }

    /// True where no window judged after `at` sees another end.
    fn is_final(self, at: u64) -> bool {
        self != Self::Adaptive || at / 4 >= MAX_WARMUP_NS
    }
}

/// What a rule looks at: a stretch of one process, summed up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window<'a> {
    /// Where the window begins, ns of program time: not before the end of the warm-up.
    pub start_ns: u64,
    /// Where it ends, ns of program time.
    pub end_ns: u64,
    /// Its cycles and its time: what sums and ratios run over.
    pub stretch: Stretch<'a>,
    /// The same, reaching back to the last four cycles of the last 60 s where the window holds fewer.
    pub reach: Stretch<'a>,
    /// Cycles that `reach` takes in.
    pub reach_cycles: u64,
    /// Counts, smallest and largest figures of the cycles in it.
    pub tally: Tally,
    /// Pauses, ns.
    pub pauses: Pauses<'a>,
    /// Median of live heap / next goal, 1/1000, over the cycles of `reach`; `None` where none could tell.
    pub headroom_use: Option<u64>,
    /// GC CPU over `stretch`.
    pub cpu: Option<GcCpu>,
    /// GC CPU over `reach`.
    pub reach_cpu: Option<GcCpu>,
    /// What can be relied on in the sums.
    pub trust: Trust,
}

/// The values of a whole run, from its first cycle on.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// Pauses, ns.
    pub pauses: &'a Counts<MICROSECOND>,
    /// Live heap / next goal, 1/1000.
    pub headroom: &'a Counts<1>,
}

/// The panes of one process.
#[derive(Debug, Clone)]
pub struct Panes {
    length: Length,
    warmup: Warmup,
    /// Boxed, as those to use again: one goes and one comes with each evaluation, and each is half a KB.
    panes: VecDeque<Box<Pane>>,
    /// A cycle that ends here or later opens a pane, ns of program time.
    pane_end_ns: u64,
    /// Windows of cycles judged so far.
    hop: u64,
    /// Panes that left the window while the warm-up may still end in them: one for each instant at which it may.
    held: Vec<Pane>,
    /// Panes to use again, with their memory.
    #[expect(clippy::vec_box, reason = "they come and go in their boxes")]
    spare: Vec<Box<Pane>>,
    /// Pauses of the newest pane that it has not counted yet, ns.
    fresh: Fresh,
    /// Live heap / next goal of all panes, 1/1000.
    headroom: MovingMedian,
    /// All panes that left the window after the warm-up, as one.
    gone: Option<Box<Gone>>,
    /// All panes that left.
    left: Tally,
    /// Values of the panes that left as part of the warm-up.
    before: Option<Box<Before>>,
    /// The next evaluation, ns of program time.
    next_ns: u64,
    /// Where the log begins to tell, ns of program time.
    origin_ns: u64,
    /// Totals up to the last cycles, and the headroom that each used: a ring.
    recent: [(Mark, Option<u64>); RECENT],
    /// All cycles there were: the next one's place in the ring is this, modulo its length.
    seen: usize,
}

impl Panes {
    /// Windows of this length over a process that is about to start. Nothing is allocated before the first cycle.
    pub fn new(length: Length, warmup: Warmup) -> Self {
        Self {
            length,
            warmup,
            panes: VecDeque::new(),
            pane_end_ns: 0,
            hop: 0,
            held: Vec::new(),
            spare: Vec::new(),
            fresh: Fresh::default(),
            headroom: MovingMedian::default(),
            gone: None,
            left: Tally::default(),
            before: None,
            next_ns: match length {
                Length::Time { pane_ns, .. } => pane_ns,
                Length::Cycles { .. } => u64::MAX,
            },
            origin_ns: 0,
            recent: [(Mark::default(), None); RECENT],
            seen: 0,
        }
    }

    /// The log tells of the process from `origin` on, and its first cycle ends at `end`: nothing before is evaluated.
    pub fn begin(&mut self, origin: u64, end: u64) {
        self.origin_ns = origin;
        if let Length::Time { pane_ns, .. } = self.length {
            self.next_ns = (end / pane_ns).saturating_add(1).saturating_mul(pane_ns);
        }
    }

    /// The evaluation that is due before a cycle that ended at `end_ns` may be pushed, if one is.
    #[inline]
    pub fn due(&self, end_ns: u64) -> Option<u64> {
        (end_ns >= self.next_ns).then_some(self.next_ns)
    }

    /// True where the last push completed a hop of cycles: the window is to be evaluated now.
    pub fn full(&self) -> bool {
        match self.length {
            Length::Time { .. } => false,
            Length::Cycles { pane, .. } => {
                let hop = self.panes.iter().rev();
                let hop = hop.take_while(|last| last.hop == self.hop);
                hop.map(|last| last.tally.cycles).sum::<u64>() >= pane
            }
        }
    }

    /// Takes the next cycle, with the totals up to it, the limiter's fill in it (1/1000) and the wall-clock time of its
    /// line.
    #[inline]
    pub fn push(
        &mut self,
        cycle: &GcCycle,
        step: &Step,
        mark: &Mark,
        limiter: u64,
        wall: Option<&str>,
    ) {
        let end = mark.end_ns;
        if end >= self.pane_end_ns {
            self.open(end);
        }
        if let Some(pane) = self.panes.back_mut() {
            if pane.tally.cycles == 0 {
                let last = self.seen.wrapping_sub(1) % RECENT;
                pane.before = before(&self.recent[last].0, mark);
            }
            pane.push(cycle, step, limiter, wall);
            if let Some(share) = step.headroom_use {
                self.headroom.push(share, &mut pane.headroom);
            }
        }
        self.recent[self.seen % RECENT] = (*mark, step.headroom_use);
        self.seen = self.seen.wrapping_add(1);
        if !self.fresh.push(cycle.pause_ns()) {
            self.count();
        }
    }

    /// Counts what the newest pane has not counted yet, and finds the medians.
    pub fn settle(&mut self) {
        self.headroom.settle();
        self.count();
    }

    fn count(&mut self) {
        if let Some(pane) = self.panes.back_mut().filter(|_| !self.fresh.is_empty()) {
            pane.last = self.recent[self.seen.wrapping_sub(1) % RECENT].0;
            pane.pauses.take(&mut self.fresh);
        }
    }

    /// All cycles there were.
    pub fn total(&self) -> Tally {
        let mut total = self.left;
        let all = self.held.iter().chain(self.panes.iter().map(Box::as_ref));
        all.for_each(|pane| total.merge(&pane.tally));
        total
    }

    #[cold]
    fn open(&mut self, end: u64) {
        self.count();
        // Neither does a pane of cycles reach over an instant at which the warm-up may end.
        let cut = self.warmup.may_end_after(end);
        let (start_ns, end_ns) = match self.length {
            Length::Time { pane_ns, .. } => {
                let start = end / pane_ns * pane_ns;
                let first = start.max(self.warmup.may_end_before(end));
                (first, start.saturating_add(pane_ns).min(cut))
            }
            Length::Cycles { .. } => (end, u64::MAX),
        };
        self.pane_end_ns = end_ns.min(cut);
        let mut pane = self.spare.pop().unwrap_or_default();
        pane.reset(start_ns, end_ns, self.hop);
        if self.panes.is_empty() {
            // Many processes of a log never come further than one.
            self.panes.reserve_exact(1);
        }
        self.panes.push_back(pane);
        if matches!(self.length, Length::Cycles { .. }) {
            self.let_go(end);
        }
    }

    /// Where the window that is judged at `at` begins: the length of the window back, after the warm-up.
    fn start(&self, at: u64) -> u64 {
        let warm = self.warmup.end_ns(at);
        match self.length {
            // Before the next evaluation is due its window is already the current one.
            Length::Time { pane_ns, panes } => self
                .next_ns
                .saturating_sub(pane_ns.saturating_mul(panes))
                .max(warm),
            Length::Cycles { .. } => warm,
        }
    }

    /// Whether a pane lies before the window that begins at `start`.
    fn is_before(&self, pane: &Pane, start: u64) -> bool {
        pane.start_ns < start || self.has_left(pane)
    }

    /// Whether a pane of cycles has more of them behind it than a window holds.
    fn has_left(&self, pane: &Pane) -> bool {
        match (self.length, self.panes.back()) {
            (Length::Cycles { panes, .. }, Some(last)) => last.hop - pane.hop >= panes,
            _ => false,
        }
    }

    /// The window that ends at `at`: an evaluation that is due, or the end of the stream. [`Panes::settle`] goes before.
    pub fn window(&self, at: u64, trust: Trust) -> Window<'_> {
        let start = self.start(at);
        let row = Row::after(&self.panes, |pane| self.is_before(pane, start));
        let mut sum = Summary::default();
        row.iter().for_each(|pane| sum.add(pane));
        let start_ns = match self.length {
            Length::Time { .. } => start.max(self.origin_ns),
            Length::Cycles { .. } => sum.ends.map_or(start, |(first, _)| first.start_ns),
        };
        let front = self.panes.front();
        let all = front.is_none_or(|pane| !self.is_before(pane, start));
        let headroom = if all {
            self.headroom.get()
        } else {
            row.median(|pane| &pane.headroom).0
        };
        let mut values = Values {
            pauses: row.pauses(sum.tally.cycles),
            headroom,
            trust,
        };
        let looked = (start_ns, at);
        if sum.tally.cycles >= REACH_CYCLES as u64 {
            return sum.window(looked, &sum, looked, values);
        }
        let warm = self.warmup.end_ns(at).max(at.saturating_sub(REACH_NS));
        let mut reach = Summary::default();
        let mut shares = [None; REACH_CYCLES];
        let kept = self.seen.min(REACH_CYCLES);
        for seen in self.seen - kept..self.seen {
            let (mark, share) = &self.recent[seen % RECENT];
            if mark.end_ns < warm {
                continue;
            }
            if reach.tally.cycles == 0 {
                let last = match seen.checked_sub(1) {
                    Some(last) => &self.recent[last % RECENT].0,
                    None => &Mark::START,
                };
                let first = if is_linked(last, mark) { last } else { mark };
                reach.extend(first, mark);
            }
            reach.extend(mark, mark);
            shares[usize::try_from(reach.tally.cycles).unwrap_or(0) % REACH_CYCLES] = *share;
            reach.tally.cycles += 1;
        }
        let back = reach.ends.map_or(start_ns, |(first, _)| first.end_ns);
        let back = back.max(warm).max(self.origin_ns).min(start_ns);
        // None comes before all others.
        shares.sort_unstable();
        let told = shares.iter().flatten().count();
        values.headroom = shares[REACH_CYCLES - told..]
            .get(told.div_ceil(2).saturating_sub(1))
            .copied()
            .flatten();
        sum.window(looked, &reach, (back, at), values)
    }

    /// Everything since the warm-up as one window that ends at `at`, with room for its pauses. [`Panes::settle`] goes
    /// before.
    pub fn run<'a>(
        &'a self,
        at: u64,
        trust: Trust,
        whole: Whole<'_>,
        pauses: &'a mut Vec<Counted>,
    ) -> Window<'a> {
        let warm = self.warmup.end_ns(at);
        let mut sum = Summary::default();
        if let Some(gone) = &self.gone {
            sum.ends = Some((&gone.before, &gone.last));
            sum.tally = gone.tally;
        }
        let mut before = self.before.as_deref().cloned().unwrap_or_default();
        for pane in self.held.iter().chain(self.panes.iter().map(Box::as_ref)) {
            if pane.start_ns >= warm {
                sum.add(pane);
            } else {
                before.add(pane);
            }
        }
        *pauses = whole.pauses.without(&before.pauses);
        let headroom = whole.headroom.without(&before.headroom);
        let values = Values {
            pauses: Pauses::of(pauses),
            headroom: Ranked::of(&headroom).median(),
            trust,
        };
        let looked = (warm.max(self.origin_ns), at);
        sum.window(looked, &sum, looked, values)
    }

    /// The panes of the window that is judged at `at`, each as a window of its own with the wall-clock time of its first cycle,
    /// oldest first.
    pub fn each(&self, at: u64, trust: Trust) -> impl Iterator<Item = (Window<'_>, Option<&str>)> {
        let start = self.start(at);
        let panes = self
            .panes
            .iter()
            .filter(move |pane| !self.is_before(pane, start));
        panes.map(move |pane| {
            let row = Row::of(std::slice::from_ref(pane));
            let mut sum = Summary::default();
            sum.add(pane);
            let looked = (pane.start_ns.max(self.origin_ns), pane.end_ns.min(at));
            let values = Values {
                pauses: row.pauses(sum.tally.cycles),
                headroom: row.median(|pane| &pane.headroom).0,
                trust,
            };
            (sum.window(looked, &sum, looked, values), pane.walls().0)
        })
    }

    /// The panes since the evaluation before the one that is due, oldest first. [`Panes::settle`] goes before.
    pub fn closing(&self) -> Row<'_> {
        match self.length {
            Length::Time { pane_ns, .. } => {
                let from = self.next_ns.saturating_sub(pane_ns);
                Row::after(&self.panes, |pane| pane.start_ns < from)
            }
            Length::Cycles { .. } => Row::after(&self.panes, |pane| pane.hop < self.hop),
        }
    }

    /// The wall-clock times of the first and the last cycle of the window that is judged at `at`, or of the run, where the
    /// log has them.
    pub fn walls(&self, at: u64, whole_run: bool) -> (Option<&str>, Option<&str>) {
        let start = self.start(at);
        let held = self.held.iter().filter(|_| whole_run);
        let mut panes = held.chain(self.panes.iter().map(Box::as_ref));
        let now = panes.find(|pane| whole_run || !self.is_before(pane, start));
        let first = match self.gone.as_deref().filter(|_| whole_run) {
            Some(gone) => pane::wall(&gone.first_wall),
            None => now.and_then(|pane| pane.walls().0),
        };
        (first, self.panes.back().and_then(|pane| pane.walls().1))
    }

    /// Goes on to the next evaluation after one at `at`; drops the panes that no later window holds.
    pub fn pass(&mut self, at: u64) {
        self.count();
        self.pane_end_ns = 0;
        match self.length {
            Length::Time { pane_ns, .. } => {
                self.next_ns = self.next_ns.saturating_add(pane_ns);
                self.let_go(at);
            }
            // The window stays what it is until the next cycle comes.
            Length::Cycles { .. } => self.hop += 1,
        }
    }

    /// Drops the panes that no window from `at` on holds.
    fn let_go(&mut self, at: u64) {
        let warm = self.warmup.end_ns(at);
        let is_final = self.warmup.is_final(at);
        if is_final && !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            held.iter().for_each(|pane| self.add_up(pane, warm));
        }
        let start = match self.length {
            Length::Time { .. } => self.start(at),
            Length::Cycles { .. } => 0,
        };
        while let Some(pane) = self.panes.front()
            && self.is_before(pane, start)
            && let Some(pane) = self.panes.pop_front()
        {
            self.headroom.remove(&pane.headroom);
            if is_final {
                self.add_up(&pane, warm);
                // One goes for each that comes; the short ones of the warm-up are many and go at once.
                if self.spare.len() < SPARE {
                    self.spare.push(pane);
                }
            } else {
                self.hold(*pane);
            }
        }
    }

    /// Keeps a pane of which the warm-up may still take all or nothing.
    fn hold(&mut self, pane: Pane) {
        let part = |pane: &Pane| self.warmup.may_end_before(pane.start_ns);
        match self.held.last_mut() {
            Some(last) if part(last) == part(&pane) => last.append(&pane),
            _ => self.held.push(pane),
        }
    }

    /// Adds a pane that has left to the run after the warm-up, or to the warm-up.
    fn add_up(&mut self, pane: &Pane, warm: u64) {
        self.left.merge(&pane.tally);
        if pane.start_ns >= warm {
            let first = || Box::new(Gone::new(pane));
            self.gone.get_or_insert_with(first).add(pane);
        } else {
            self.before.get_or_insert_default().add(pane);
        }
    }

    /// Nothing is left that a window could hold: evaluations before the last one up to `end_ns` may be left out. Gives how
    /// many those are, and when the last of them was due, ns of program time.
    pub fn skip(&mut self, end_ns: u64) -> (u64, u64) {
        let Length::Time { pane_ns, .. } = self.length else {
            return (0, 0);
        };
        let hops = end_ns.saturating_sub(self.next_ns) / pane_ns;
        self.next_ns = self.next_ns.saturating_add(hops * pane_ns);
        (hops, self.next_ns.saturating_sub(pane_ns))
    }

    /// Program time between two evaluations, and that a window covers, ns; 0 for windows of cycles.
    pub fn hop_and_window_ns(&self) -> (u64, u64) {
        match self.length {
            Length::Time { pane_ns, panes } => (pane_ns, pane_ns.saturating_mul(panes)),
            Length::Cycles { .. } => (0, 0),
        }
    }
}

/// The totals before a cycle: at the last one that was seen, which the default stands for where the process starts with the
/// cycle; where cycles are missing between the two, nothing is known but the totals at the cycle itself.
fn before(last: &Mark, mark: &Mark) -> Mark {
    if is_linked(last, mark) { *last } else { *mark }
}

const fn is_linked(last: &Mark, mark: &Mark) -> bool {
    matches!(mark.number.checked_sub(last.number), Some(1)) && last.seen + 1 == mark.seen
}

/// The values of a window: its pauses, the median of its headroom.
struct Values<'a> {
    pauses: Pauses<'a>,
    headroom: Option<u64>,
    trust: Trust,
}

/// Panes added up.
#[derive(Debug, Clone, Copy, Default)]
struct Summary<'m> {
    ends: Option<(&'m Mark, &'m Mark)>,
    tally: Tally,
}

impl<'m> Summary<'m> {
    fn extend(&mut self, before: &'m Mark, last: &'m Mark) {
        let before = self.ends.map_or(before, |ends| ends.0);
        self.ends = Some((before, last));
    }

    fn add(&mut self, pane: &'m Pane) {
        if pane.tally.cycles > 0 {
            self.extend(&pane.before, &pane.last);
            self.tally.merge(&pane.tally);
        }
    }

    /// Its cycles in the time from `start` to `end`, ns of program time. Where the totals begin with its own first cycle,
    /// the time does too.
    fn stretch(&self, (start, end): (u64, u64)) -> Stretch<'m> {
        let looked_ns = |from: u64| end.saturating_sub(start.max(from));
        match self.ends {
            Some((from, to)) => Stretch {
                from,
                to,
                looked_ns: looked_ns(from.end_ns),
            },
            None => Stretch {
                looked_ns: looked_ns(0),
                ..Stretch::default()
            },
        }
    }

    fn window(
        &self,
        looked: (u64, u64),
        reach: &Self,
        reached: (u64, u64),
        values: Values<'m>,
    ) -> Window<'m> {
        let trust = values.trust;
        let (stretch, far) = (self.stretch(looked), reach.stretch(reached));
        let cpu = stretch.gc_cpu(trust);
        Window {
            start_ns: looked.0,
            end_ns: looked.1,
            stretch,
            reach: far,
            cpu,
            reach_cpu: if far == stretch {
                cpu
            } else {
                far.gc_cpu(trust)
            },
            reach_cycles: reach.tally.cycles,
            tally: self.tally,
            pauses: values.pauses,
            headroom_use: values.headroom,
            trust,
        }
    }
}
