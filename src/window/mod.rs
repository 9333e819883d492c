//! Panes and sliding windows of event time.
//!
//! A pane covers a fixed span of program time (the hop) and keeps the totals at its first and last cycle and value -> count
//! lists; a window is the panes that lie in it. So a window costs as much memory for a million cycles as for a hundred, sums
//! over it are the difference of two totals, and its percentiles are exact. A cycle belongs to the pane in which it *ends*, the
//! instant at which its line is printed.

mod churn;
mod growth;
mod length;
mod pane;
mod summary;
#[cfg(test)]
mod tests;
mod values;

pub use churn::Churn;
pub use growth::{Growth, LiveTrend};
pub use length::{Length, MAX_PANES, Warmup};
pub use pane::{Pane, Tally};
pub use summary::Window;
pub use values::{PaneRow, Pauses};

use std::collections::VecDeque;

use crate::measure::{Step, Totals, Trust};
use crate::stats::{Counted, Counts, Fresh, Ranked};
use crate::trace::cycle::AnyCycle;
use crate::units::MICROSECOND;
use pane::{PastPanes, WarmupValues};
use summary::Summary;

/// Panes kept to be used again.
const SPARE: usize = 2;

/// Cycles by which slow programs are judged.
const REACH_CYCLES: usize = 4;

/// Those, and the one before them.
const RECENT: usize = REACH_CYCLES + 1;

/// How far back those may lie, ns.
const REACH_NS: u64 = 60_000_000_000;

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
    /// Boxed, as are the spare ones: they move with each evaluation, and each is half a KB.
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
    /// Pauses of the newest pane that are not in its list yet, ns.
    pauses: Fresh<MICROSECOND>,
    /// The same of its live heaps / next goals, 1/1000.
    headroom: Fresh<1>,
    /// All panes that left the window after the warm-up.
    past: Option<Box<PastPanes>>,
    /// The counts of all panes that left.
    left: Tally,
    /// Values of the panes that left as part of the warm-up.
    warmup_values: Option<Box<WarmupValues>>,
    /// The next evaluation, ns of program time.
    next_ns: u64,
    /// Where the log begins, ns of program time.
    origin_ns: u64,
    /// Totals up to the last cycles, and the headroom that each used: a ring.
    recent: [(Totals, Option<u64>); RECENT],
    /// All cycles so far: the next one's place in the ring is this, modulo its length.
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
            pauses: Fresh::default(),
            headroom: Fresh::default(),
            past: None,
            left: Tally::default(),
            warmup_values: None,
            next_ns: match length {
                Length::Time { pane_ns, .. } => pane_ns,
                Length::Cycles { .. } => u64::MAX,
            },
            origin_ns: 0,
            recent: [(Totals::default(), None); RECENT],
            seen: 0,
        }
    }

    /// The log covers the process from `origin` on, and its first cycle ends at `end`: nothing before is evaluated.
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

    /// True if the last push completed a hop of cycles: the window is to be evaluated now.
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
        cycle: AnyCycle<'_>,
        step: &Step,
        totals: &Totals,
        limiter: u64,
        wall: Option<&str>,
    ) {
        let end = totals.end_ns;
        if end >= self.pane_end_ns {
            self.open(end);
        }
        if let Some(pane) = self.panes.back_mut() {
            if pane.tally.cycles == 0 {
                let last = &self.recent[self.seen.wrapping_sub(1) % RECENT].0;
                pane.before = *before(last, totals);
            }
            pane.push(cycle, step, limiter, wall);
        }
        self.recent[self.seen % RECENT] = (*totals, step.headroom_use);
        self.seen = self.seen.wrapping_add(1);
        let headroom = step.headroom_use;
        let room = headroom.is_none_or(|share| self.headroom.push(share));
        if !self.pauses.push(cycle.pause_ns) || !room {
            self.settle();
        }
    }

    /// Sorts what the newest pane has not in its lists yet. Goes before every question about a window.
    pub fn settle(&mut self) {
        if let Some(pane) = self.panes.back_mut().filter(|_| !self.pauses.is_empty()) {
            pane.last = self.recent[self.seen.wrapping_sub(1) % RECENT].0;
            pane.pauses.take(&mut self.pauses);
            pane.headroom.take(&mut self.headroom);
        }
    }

    /// Counts of all cycles so far.
    pub fn total(&self) -> Tally {
        let mut total = self.left;
        self.all().for_each(|pane| total.merge(&pane.tally));
        total
    }

    /// The panes that are still there, oldest first.
    fn all(&self) -> impl Iterator<Item = &Pane> {
        self.held.iter().chain(self.panes.iter().map(Box::as_ref))
    }

    #[cold]
    fn open(&mut self, end: u64) {
        self.settle();
        // A pane of cycles does not reach over an instant at which the warm-up may end either.
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
            // Many processes of a log never need more than one.
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

    /// True if a pane lies before the window that begins at `start`, or if a window of cycles is full without it.
    fn is_before(&self, pane: &Pane, start: u64) -> bool {
        let full = match (self.length, self.panes.back()) {
            (Length::Cycles { panes, .. }, Some(last)) => last.hop - pane.hop >= panes,
            _ => false,
        };
        pane.start_ns < start || full
    }

    /// The window that ends at `at`: an evaluation that is due, or the end of the stream.
    pub fn window(&self, at: u64, trust: Trust) -> Window<'_> {
        let start = self.start(at);
        let row = PaneRow::after(&self.panes, |pane| self.is_before(pane, start));
        let sum = Summary::of(row.iter());
        let start_ns = match self.length {
            Length::Time { .. } => start.max(self.origin_ns),
            Length::Cycles { .. } => sum.ends.map_or(start, |(first, _)| first.start_ns),
        };
        let pauses = row.pauses(sum.tally.cycles);
        let looked = (start_ns, at);
        if sum.tally.cycles >= REACH_CYCLES as u64 {
            return sum.window(looked, (&sum, looked), pauses, row.headroom(), trust);
        }
        let warm = self.warmup.end_ns(at).max(at.saturating_sub(REACH_NS));
        let mut reach = Summary::default();
        let mut shares = [None; REACH_CYCLES];
        let kept = self.seen.min(REACH_CYCLES);
        for (seen, place) in (self.seen - kept..self.seen).zip(&mut shares) {
            let (totals, share) = &self.recent[seen % RECENT];
            if totals.end_ns < warm {
                continue;
            }
            let last = match seen.checked_sub(1) {
                Some(last) => &self.recent[last % RECENT].0,
                None => &Totals::START,
            };
            reach.extend(before(last, totals), totals);
            reach.tally.cycles += 1;
            *place = *share;
        }
        let back = reach.ends.map_or(start_ns, |(first, _)| first.end_ns);
        let back = back.max(warm).max(self.origin_ns).min(start_ns);
        // None is less than all values.
        shares.sort_unstable();
        let known = shares.iter().flatten().count();
        let median = shares[REACH_CYCLES - known..].get(known.div_ceil(2).saturating_sub(1));
        let headroom = median.copied().flatten();
        sum.window(looked, (&reach, (back, at)), pauses, headroom, trust)
    }

    /// Everything since the warm-up as one window that ends at `at`, with room for its pauses.
    pub fn run<'a>(
        &'a self,
        at: u64,
        trust: Trust,
        whole: Whole<'_>,
        pauses: &'a mut Vec<Counted>,
    ) -> Window<'a> {
        let warm = self.warmup.end_ns(at);
        let mut sum = Summary::default();
        if let Some(past) = &self.past {
            sum.ends = Some((&past.before, &past.last));
            sum.tally = past.tally;
        }
        let mut before = self.warmup_values.as_deref().cloned().unwrap_or_default();
        for pane in self.all() {
            if pane.start_ns >= warm {
                sum.add(pane);
            } else {
                before.add(pane);
            }
        }
        *pauses = whole.pauses.without(&before.pauses);
        let headroom = whole.headroom.without(&before.headroom);
        let headroom = Ranked::of(&headroom).median();
        let looked = (warm.max(self.origin_ns), at);
        sum.window(looked, (&sum, looked), Pauses::of(pauses), headroom, trust)
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
            let row = PaneRow::of(std::slice::from_ref(pane));
            let sum = Summary::of(row.iter());
            let looked = (pane.start_ns.max(self.origin_ns), pane.end_ns.min(at));
            let pauses = row.pauses(sum.tally.cycles);
            let window = sum.window(looked, (&sum, looked), pauses, row.headroom(), trust);
            (window, pane.walls().0)
        })
    }

    /// The panes since the evaluation before the one that is due, oldest first.
    pub fn closing(&self) -> PaneRow<'_> {
        match self.length {
            Length::Time { pane_ns, .. } => {
                let from = self.next_ns.saturating_sub(pane_ns);
                PaneRow::after(&self.panes, |pane| pane.start_ns < from)
            }
            Length::Cycles { .. } => PaneRow::after(&self.panes, |pane| pane.hop < self.hop),
        }
    }

    /// The wall-clock times of the first and the last cycle of the window that is judged at `at`, or of the run, if the
    /// log has them.
    pub fn walls(&self, at: u64, whole_run: bool) -> (Option<&str>, Option<&str>) {
        let start = self.start(at);
        let first = match self.past.as_deref() {
            Some(past) if whole_run => pane::wall(&past.first_wall),
            _ if whole_run => self.all().next().and_then(|pane| pane.walls().0),
            _ => {
                let mut panes = self.panes.iter();
                let first = panes.find(|pane| !self.is_before(pane, start));
                first.and_then(|pane| pane.walls().0)
            }
        };
        (first, self.panes.back().and_then(|pane| pane.walls().1))
    }

    /// Goes on to the next evaluation after one at `at`; drops the panes that no later window holds.
    pub fn pass(&mut self, at: u64) {
        self.settle();
        self.pane_end_ns = 0;
        match self.length {
            Length::Time { pane_ns, .. } => {
                self.next_ns = self.next_ns.saturating_add(pane_ns);
                self.let_go(at);
            }
            // The window stays the same until the next cycle comes.
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

    /// Keeps a pane of which all or nothing may turn out to be warm-up.
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
            let first = || Box::new(PastPanes::new(pane));
            self.past.get_or_insert_with(first).add(pane);
        } else {
            self.warmup_values.get_or_insert_default().add(pane);
        }
    }

    /// No later window holds a cycle before the next one: evaluations before the last one up to `end_ns` may be left out.
    /// Returns how many those are, and when the last of them was due, ns of program time.
    pub fn skip(&mut self, end_ns: u64) -> (u64, u64) {
        let Length::Time { pane_ns, .. } = self.length else {
            return (0, 0);
        };
        let hops = end_ns.saturating_sub(self.next_ns) / pane_ns;
        self.next_ns = self.next_ns.saturating_add(hops * pane_ns);
        (hops, self.next_ns.saturating_sub(pane_ns))
    }

    /// Program time between two evaluations and that of a window, ns; 0 for windows of cycles.
    pub fn hop_and_window_ns(&self) -> (u64, u64) {
        match self.length {
            Length::Time { pane_ns, panes } => (pane_ns, pane_ns.saturating_mul(panes)),
            Length::Cycles { .. } => (0, 0),
        }
    }
}

/// The totals before a cycle: those at the last one seen. If cycles are missing between the two, only the totals at the cycle
/// itself are known.
fn before<'t>(last: &'t Totals, totals: &'t Totals) -> &'t Totals {
    let linked = totals.number.checked_sub(last.number) == Some(1) && last.seen + 1 == totals.seen;
    if linked { last } else { totals }
}
