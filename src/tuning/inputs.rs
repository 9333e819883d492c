//! The cycles of one process, summed up in stretches.

use crate::measure::{Step, Totals, Trigger, Trust};
use crate::trace::cycle::{Format, GcCycle};

/// Stretches that are kept; at twice as many neighbors are put together.
const STRETCHES: usize = 16;

/// Cycles whose largest ratio of allocation to marking the pacer goes by (`lastConsMark` in runtime/mgcpacer.go, and the newest).
const REMEMBERED: usize = 5;

/// Share of GOMAXPROCS that the pacer plans for background marking (`gcBackgroundUtilization`).
const BACKGROUND: f64 = 0.25;

/// Sums over a stretch of neighboring cycles. Sizes in whole MiB, as printed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Sums {
    /// Cycles of which the one before was seen and that had a goal.
    pub(super) cycles: u64,
    /// Live heap that the cycle's goal was set from.
    pub(super) live: u64,
    /// Its square.
    pub(super) live_squared: u64,
    /// Stacks and globals, likewise.
    pub(super) roots: u64,
    pub(super) goal: u64,
    /// Heap at start less the live heap before.
    pub(super) used: u64,
    /// Heap at end less the live heap before: all that was allocated.
    pub(super) allocated: u64,
    /// Heap at end less heap at start: what was allocated while marking.
    pub(super) while_marking: u64,
    /// What the pacer keeps free for marking: MiB by the printed sizes, and s of allocation by the time of marking.
    pub(super) runway: f64,
    pub(super) runway_s: f64,
    pub(super) most_live: u64,
    pub(super) most_while_marking: u64,
    pub(super) peak: u64,
    /// Cycles that no heap goal started: forced, or by the two-minute timer.
    pub(super) not_by_heap: u64,
}

impl Sums {
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.cycles, other.cycles),
            (&mut self.live, other.live),
            (&mut self.live_squared, other.live_squared),
            (&mut self.roots, other.roots),
            (&mut self.goal, other.goal),
            (&mut self.used, other.used),
            (&mut self.allocated, other.allocated),
            (&mut self.while_marking, other.while_marking),
            (&mut self.not_by_heap, other.not_by_heap),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.runway += other.runway;
        self.runway_s += other.runway_s;
        self.most_live = self.most_live.max(other.most_live);
        self.most_while_marking = self.most_while_marking.max(other.most_while_marking);
        self.peak = self.peak.max(other.peak);
    }
}

/// Neighboring cycles, and the totals at the end of the last; while cycles are still added, at that of the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) sums: Sums,
    pub(super) to: Totals,
}

/// What the next cycle is measured against, MiB.
#[derive(Debug, Clone, Copy)]
struct Before {
    number: u64,
    live: u64,
    roots: u64,
}

/// The cycles of one process in order, summed up in bounded memory whatever their number.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    before: Option<Before>,
    /// What each of the newest cycles would have the pacer keep free, MiB and s.
    runways: [(f64, f64); REMEMBERED],
    /// The cycles in stretches of as many each; the last may have fewer.
    stretches: Vec<Stretch>,
    /// Neighbors were put together this often: a stretch has two to this power of cycles.
    halvings: u32,
    /// Cycles in the last stretch.
    filled: u64,
    format: Option<Format>,
}

impl Inputs {
    /// Takes the next cycle that has a gc line, with what the meter made of it.
    pub fn observe(&mut self, cycle: &GcCycle, step: &Step, totals: &Totals) {
        let linked = self
            .before
            .filter(|before| cycle.number.checked_sub(before.number) == Some(1));
        let sums = match (linked, cycle.goal_mib()) {
            (Some(before), Some(goal)) => self.sums(cycle, &before, goal, step),
            _ => Sums::default(),
        };
        self.before = Some(Before {
            number: cycle.number,
            live: cycle.heap_live_mib,
            roots: cycle.stacks_mib.saturating_add(cycle.globals_mib),
        });
        self.format = Some(cycle.format);
        self.keep(sums, totals);
    }

    fn sums(&mut self, cycle: &GcCycle, before: &Before, goal: u64, step: &Step) -> Sums {
        let while_marking = cycle.heap_end_mib.saturating_sub(cycle.heap_start_mib);
        let weight = runway(cycle);
        let marking = cycle.concurrent_mark_ns as f64 / 1e9;
        self.runways.rotate_left(1);
        if let Some(newest) = self.runways.last_mut() {
            *newest = (weight * while_marking as f64, weight * marking);
        }
        Sums {
            cycles: 1,
            live: before.live,
            live_squared: before.live.saturating_mul(before.live),
            roots: before.roots,
            goal,
            used: cycle.heap_start_mib.saturating_sub(before.live),
            allocated: cycle.heap_end_mib.saturating_sub(before.live),
            while_marking,
            runway: self
                .runways
                .iter()
                .fold(0.0, |most, (mib, _)| most.max(*mib)),
            runway_s: self.runways.iter().fold(0.0, |most, (_, s)| most.max(*s)),
            most_live: before.live,
            most_while_marking: while_marking,
            peak: cycle.heap_end_mib,
            not_by_heap: u64::from(matches!(step.trigger, Trigger::Forced | Trigger::Periodic)),
        }
    }

    /// Adds a cycle to the last stretch; at its end begins another one.
    fn keep(&mut self, sums: Sums, totals: &Totals) {
        let length = 1 << self.halvings.min(63);
        match self.stretches.last_mut() {
            Some(last) if self.filled < length => {
                last.sums.add(&sums);
                self.filled += 1;
                if self.filled == length {
                    last.to = *totals;
                }
            }
            _ => {
                if self.stretches.len() == 2 * STRETCHES {
                    self.halve();
                }
                let to = *totals;
                self.stretches.push(Stretch { sums, to });
                self.filled = 1;
            }
        }
    }

    fn halve(&mut self) {
        let pairs = self.stretches.chunks_exact(2).filter_map(|pair| {
            let [first, second] = pair else { return None };
            let mut both = *second;
            both.sums.add(&first.sums);
            Some(both)
        });
        self.stretches = pairs.collect();
        self.halvings += 1;
    }

    /// The stretches, the last of which ends at `end`.
    pub(super) fn stretches(&self, end: &Totals) -> Vec<Stretch> {
        let mut stretches = self.stretches.clone();
        if let Some(last) = stretches.last_mut() {
            last.to = *end;
        }
        stretches
    }

    pub(super) const fn format(&self) -> Option<Format> {
        self.format
    }
}

/// What the log, or else the user, shows of the setting that the program ran with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown {
    /// The GOGC that the user states, or nine of ten goals agree with, percent, from and to.
    pub gogc: Option<(f64, f64)>,
    /// A memory limit sets the goals.
    pub limited: bool,
    /// The memory limit as the user states it, MiB.
    pub limit: Option<f64>,
    /// The start of the run that the user leaves out, ns.
    pub warmup_ns: Option<u64>,
    /// Which sums can be relied on.
    pub trust: Trust,
}

/// The room that the pacer keeps free between trigger and goal because of this cycle, over what the cycle allocated while marking: at
/// equal CPU, what the program allocates for each byte marked, times the CPU that it has for each CPU of planned marking, 3 (`endCycle`
/// and `commit` in runtime/mgcpacer.go; what is to be marked is what was marked, so both cancel out). `u` is the CPU of planned marking
/// and assists, `i` that of idle marking, as shares of GOMAXPROCS while marking.
fn runway(cycle: &GcCycle) -> f64 {
    let capacity = cycle.concurrent_mark_ns as f64 * f64::from(cycle.gomaxprocs);
    if capacity <= 0.0 {
        return 0.0;
    }
    let u = BACKGROUND + cycle.mark_assist_cpu_ns as f64 / capacity;
    let i = cycle.mark_idle_cpu_ns as f64 / capacity;
    // Assists that take all: any runway is too short.
    (1.0 - BACKGROUND) / BACKGROUND * (u + i) / (1.0 - u).max(1e-3)
}
