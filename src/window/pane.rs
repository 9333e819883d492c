//! One pane: a fixed span of program time, summed up.

use crate::measure::{Step, Totals, Trigger};
use crate::stats::{Counted, Sample};
use crate::trace::cycle::{AnyCycle, Format};

/// Counts of cycles by kind, and the smallest and largest figures among them. What only gc lines show stays at its start (0, or a
/// smallest above the largest) without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    // Apart from the heap at end: next to each other the two would be compared as a vector, with twice the instructions.
    /// Largest heap at start, MiB.
    pub heap_start_max_mib: u64,
    /// Cycles.
    pub cycles: u64,
    /// `(forced)` cycles.
    pub forced: u64,
    /// Their stops, ns.
    pub forced_stop_ns: u64,
    /// The longest forced cycle that marked while the program was stopped (Go before 1.9), ns.
    pub full_stop_max_ns: u64,
    /// Cycles of the two-minute timer.
    pub periodic: u64,
    /// Automatic cycles below every heap trigger.
    pub early: u64,
    /// Cycles with the smallest goal there is.
    pub min_heap: u64,
    /// Cycles whose heap at end was 10 % and 2 MiB above the goal.
    pub overshoots: u64,
    /// Cycles with more stack and globals than live heap.
    pub roots: u64,
    /// The most stack and globals in one of those, MiB.
    pub roots_max_mib: u64,
    /// Highest fill of the GC CPU limiter's bucket, 1/1000.
    pub limiter_max: u64,
    /// Shortest and longest concurrent mark, ns.
    pub mark_ns: (u64, u64),
    /// Smallest and largest GOMAXPROCS.
    pub gomaxprocs: (u32, u32),
    /// Largest heap at end, MiB.
    pub heap_end_max_mib: u64,
    /// Smallest and largest live heap, MiB.
    pub live_mib: (u64, u64),
    /// Smallest and largest goal, MiB, sentinels left out; (`u64::MAX`, 0) without any.
    pub goal_mib: (u64, u64),
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            cycles: 0,
            forced: 0,
            forced_stop_ns: 0,
            full_stop_max_ns: 0,
            periodic: 0,
            early: 0,
            min_heap: 0,
            overshoots: 0,
            roots: 0,
            roots_max_mib: 0,
            limiter_max: 0,
            mark_ns: (u64::MAX, 0),
            gomaxprocs: (u32::MAX, 0),
            heap_start_max_mib: 0,
            heap_end_max_mib: 0,
            live_mib: (u64::MAX, 0),
            goal_mib: (u64::MAX, 0),
        }
    }
}

impl Tally {
    /// Counts one cycle.
    #[inline]
    pub fn push(&mut self, cycle: AnyCycle<'_>, step: &Step, limiter: u64) {
        self.cycles += 1;
        if step.trigger != Trigger::Heap {
            self.push_trigger(step.trigger, cycle);
        }
        let Some(cycle) = cycle.traced else {
            return;
        };
        self.min_heap += u64::from(step.min_heap);
        self.overshoots += u64::from(step.overshoots);
        let roots = cycle.stacks_mib.saturating_add(cycle.globals_mib);
        if roots > 0 && roots >= cycle.heap_live_mib {
            self.roots += 1;
            self.roots_max_mib = self.roots_max_mib.max(roots);
        }
        self.limiter_max = self.limiter_max.max(limiter);
        widen(&mut self.mark_ns, cycle.concurrent_mark_ns);
        widen(&mut self.gomaxprocs, cycle.gomaxprocs);
        self.heap_start_max_mib = self.heap_start_max_mib.max(cycle.heap_start_mib);
        self.heap_end_max_mib = self.heap_end_max_mib.max(cycle.heap_end_mib);
        widen(&mut self.live_mib, cycle.heap_live_mib);
        if let Some(goal) = cycle.goal_mib() {
            widen(&mut self.goal_mib, goal);
        }
    }

    #[cold]
    fn push_trigger(&mut self, trigger: Trigger, cycle: AnyCycle<'_>) {
        match trigger {
            Trigger::Heap => {}
            Trigger::Forced => {
                self.forced += 1;
                let stop = cycle.pause_ns;
                self.forced_stop_ns = self.forced_stop_ns.saturating_add(stop);
                if cycle.traced.is_some_and(|line| {
                    line.concurrent_mark_ns < stop && line.format < Format::Go1_18
                }) {
                    self.full_stop_max_ns = self.full_stop_max_ns.max(stop);
                }
            }
            Trigger::Periodic => self.periodic += 1,
            Trigger::Early => self.early += 1,
        }
    }

    /// Adds all that `other` counted.
    pub fn merge(&mut self, other: &Self) {
        self.cycles += other.cycles;
        self.forced += other.forced;
        self.forced_stop_ns = self.forced_stop_ns.saturating_add(other.forced_stop_ns);
        self.full_stop_max_ns = self.full_stop_max_ns.max(other.full_stop_max_ns);
        self.periodic += other.periodic;
        self.early += other.early;
        self.min_heap += other.min_heap;
        self.overshoots += other.overshoots;
        self.roots += other.roots;
        self.roots_max_mib = self.roots_max_mib.max(other.roots_max_mib);
        self.limiter_max = self.limiter_max.max(other.limiter_max);
        self.heap_start_max_mib = self.heap_start_max_mib.max(other.heap_start_max_mib);
        self.heap_end_max_mib = self.heap_end_max_mib.max(other.heap_end_max_mib);
        join(&mut self.mark_ns, other.mark_ns);
        join(&mut self.gomaxprocs, other.gomaxprocs);
        join(&mut self.live_mib, other.live_mib);
        join(&mut self.goal_mib, other.goal_mib);
    }

    /// Cycles that the runtime started by itself because of the heap.
    pub const fn automatic(&self) -> u64 {
        self.cycles
            .saturating_sub(self.forced)
            .saturating_sub(self.periodic)
    }

    /// A count as a share of the cycles; 0 without any.
    pub fn share(&self, count: u64) -> f64 {
        if self.cycles == 0 {
            0.0
        } else {
            count as f64 / self.cycles as f64
        }
    }
}

fn widen<T: Ord + Copy>(range: &mut (T, T), value: T) {
    join(range, (value, value));
}

fn join<T: Ord + Copy>(range: &mut (T, T), other: (T, T)) {
    *range = (range.0.min(other.0), range.1.max(other.1));
}

/// A span of program time.
#[derive(Debug, Clone, Default)]
pub struct Pane {
    /// Where it begins, ns of program time.
    pub start_ns: u64,
    /// Where the next one begins; `u64::MAX` for a pane of cycles.
    pub end_ns: u64,
    /// Windows of cycles judged before it.
    pub(super) hop: u64,
    /// Totals at the cycle before its first, or at the first one itself if that is missing.
    pub before: Totals,
    /// Totals at its last cycle.
    pub last: Totals,
    /// Its cycles.
    pub tally: Tally,
    /// Pauses, ns.
    pub pauses: Sample,
    /// Live heap / next goal, 1/1000.
    pub(super) headroom: Sample,
    first_wall: String,
    last_wall: String,
}

impl Pane {
    pub(super) fn reset(&mut self, start_ns: u64, end_ns: u64, hop: u64) {
        self.start_ns = start_ns;
        self.end_ns = end_ns;
        self.hop = hop;
        self.tally = Tally::default();
        self.pauses.clear();
        self.headroom.clear();
        self.first_wall.clear();
        self.last_wall.clear();
    }

    #[inline]
    pub(super) fn push(
        &mut self,
        cycle: AnyCycle<'_>,
        step: &Step,
        limiter: u64,
        wall: Option<&str>,
    ) {
        self.tally.push(cycle, step, limiter);
        if let Some(wall) = wall {
            // The strings keep their memory from pane to pane.
            if self.first_wall.is_empty() {
                self.first_wall.push_str(wall);
            }
            self.last_wall.clear();
            self.last_wall.push_str(wall);
        }
    }

    /// Adds the pane after it.
    pub(super) fn append(&mut self, later: &Self) {
        self.end_ns = later.end_ns;
        self.last = later.last;
        self.tally.merge(&later.tally);
        self.pauses.merge(&later.pauses);
        self.headroom.merge(&later.headroom);
        if self.first_wall.is_empty() {
            self.first_wall.clone_from(&later.first_wall);
        }
        if !later.last_wall.is_empty() {
            self.last_wall.clone_from(&later.last_wall);
        }
    }

    pub(super) fn walls(&self) -> (Option<&str>, Option<&str>) {
        (wall(&self.first_wall), wall(&self.last_wall))
    }
}

/// A wall-clock time, if there is one.
pub(super) fn wall(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// All panes of the run that left the window after the warm-up, as one, but for their values: those are the values of the run
/// without those of the warm-up.
#[derive(Debug, Clone)]
pub(super) struct PastPanes {
    pub(super) before: Totals,
    pub(super) last: Totals,
    pub(super) tally: Tally,
    pub(super) first_wall: String,
}

impl PastPanes {
    pub(super) fn new(pane: &Pane) -> Self {
        Self {
            before: pane.before,
            last: pane.last,
            tally: Tally::default(),
            first_wall: pane.first_wall.clone(),
        }
    }

    pub(super) fn add(&mut self, later: &Pane) {
        self.last = later.last;
        self.tally.merge(&later.tally);
    }
}

/// The values of the panes of the warm-up.
#[derive(Debug, Clone, Default)]
pub(super) struct WarmupValues {
    pub(super) pauses: Vec<Counted>,
    pub(super) headroom: Vec<Counted>,
}

impl WarmupValues {
    pub(super) fn add(&mut self, pane: &Pane) {
        self.pauses.extend_from_slice(pane.pauses.values());
        self.headroom.extend_from_slice(pane.headroom.values());
    }
}
