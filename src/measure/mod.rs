//! A cycle and the ones before it: derived measures.
//!
//! [`Meter`] takes the cycles of one process in order and keeps running [`Totals`]; the difference of two is an [`Interval`],
//! from which every ratio follows. So a window costs two copies of the totals, whatever its length and however many cycles it
//! holds.

mod cpus;
mod gogc;
mod interval;
mod limiter;
mod mmu;
mod polled;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use cpus::{CPU, Cpus};
pub use gogc::{Gogc, Limit};
pub use interval::{GcCpu, Interval, MAX_MISSING, Totals, Trust};
pub use limiter::Limiter;
pub use mmu::{MMU_WINDOWS_NS, Mmu};
pub use polled::Polled;

use crate::trace::cycle::{AnyCycle, Format, GcCycle, resolution_ns};

/// Up to this goal, MiB, the heap is the smallest there is (4 MiB at GOGC=100, printed as 4, or 5 up to Go 1.17).
pub const MIN_HEAP_GOAL_MIB: u64 = 5;

/// The timer starts a cycle after two minutes without one; less the error of truncation, ns.
pub const PERIODIC_NS: u64 = 119_900_000_000;

/// What is known of the program besides its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    /// GOGC, percent.
    pub gogc: Option<u32>,
    /// The Go version, as (1, minor).
    pub go_version: Option<(u32, u32)>,
    /// CPUs that the program has, 1/1000.
    pub cpus: Option<u64>,
}

/// Why a cycle began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The heap reached its trigger.
    Heap,
    /// `runtime.GC`, `debug.FreeOSMemory`, a goroutine-leak profile.
    Forced,
    /// There was none for two minutes.
    Periodic,
    /// Automatic, and below every heap trigger: GOGC or the memory limit had been changed.
    Early,
}

/// The figures of one cycle, besides its part of the totals: those are [`Meter::totals`]. A source without gc lines shows trigger and
/// period only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Why it began.
    pub trigger: Trigger,
    /// Start to start (end to end where starts are unknown), ns; `None` if the cycle before is missing.
    pub period_ns: Option<u64>,
    /// Live heap before it / its goal, in 1/1000; `None` in the minimum heap, without a goal, after a gap.
    pub headroom_use: Option<u64>,
    /// The GOGC that its goal agrees with, percent, from and to; `None` if the goal does not show it.
    pub gogc: Option<(f64, f64)>,
    /// The goal is the smallest there is.
    pub min_heap: bool,
    /// The heap at end was 10 % and 2 MiB above the goal.
    pub overshoots: bool,
}

/// Follows the cycles of one process. Integers only; saturating; allocates nothing.
#[derive(Debug, Clone)]
pub struct Meter {
    known: Known,
    cpus: Cpus,
    min_heap_goal_mib: u64,
    totals: Totals,
    previous: Option<Previous>,
    notice: bool,
}

/// What the next cycle is measured against.
#[derive(Debug, Clone, Copy)]
struct Previous {
    number: u64,
    instant_ns: u64,
    sizes: Option<Sizes>,
}

/// The sizes of its gc line.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    heap_live_mib: u64,
    stacks_mib: u64,
    globals_mib: u64,
    format: Format,
}

impl From<&GcCycle> for Sizes {
    #[inline]
    fn from(cycle: &GcCycle) -> Self {
        Self {
            heap_live_mib: cycle.heap_live_mib,
            stacks_mib: cycle.stacks_mib,
            globals_mib: cycle.globals_mib,
            format: cycle.format,
        }
    }
}

impl Meter {
    /// A process of which nothing has been seen.
    pub fn new(known: Known) -> Self {
        let min_heap_goal_mib = known
            .gogc
            .map_or(MIN_HEAP_GOAL_MIB, |gogc| 4 * u64::from(gogc) / 100 + 1);
        let since_1_10 = known.go_version.map(|version| version >= (1, 10));
        Self {
            known,
            cpus: Cpus::new(known.cpus, since_1_10),
            min_heap_goal_mib,
            totals: Totals::default(),
            previous: None,
            notice: false,
        }
    }

    /// A `GC forced` line stood before the next cycle: the two-minute timer starts it.
    pub const fn forced_notice(&mut self) {
        self.notice = true;
    }

    /// A cycle that cannot be measured (its clock wrapped) comes here.
    pub const fn skip(&mut self) {
        self.previous = None;
        self.notice = false;
    }

    /// The totals so far.
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Takes the next cycle.
    #[inline]
    pub fn observe(&mut self, cycle: AnyCycle<'_>) -> Step {
        // Printed starts are cut to whole ms, so a cycle may seem to begin or even end before the one before it ended.
        let end_ns = cycle.end_ns.max(self.totals.end_ns);
        let elapsed = end_ns - self.totals.end_ns;
        let previous = self.previous;
        let before = previous
            .as_ref()
            .filter(|previous| cycle.number.checked_sub(previous.number) == Some(1));
        let instant_ns = cycle.instant_ns();
        let period_ns = before.map(|previous| instant_ns.saturating_sub(previous.instant_ns));
        let totals = &mut self.totals;
        totals.number = cycle.number;
        totals.start_ns = instant_ns;
        totals.end_ns = end_ns;
        totals.seen += 1;
        add(&mut totals.stop_ns, cycle.pause_ns);
        self.previous = Some(Previous {
            number: cycle.number,
            instant_ns,
            sizes: cycle.traced.map(Sizes::from),
        });
        let step = match cycle.traced {
            Some(line) => {
                let before = before.and_then(|previous| previous.sizes.as_ref());
                self.measure(line, before, elapsed, period_ns)
            }
            None => Step {
                trigger: match elapsed >= PERIODIC_NS && period_ns.is_some() {
                    true => Trigger::Periodic,
                    false => Trigger::Heap,
                },
                period_ns,
                headroom_use: None,
                gogc: None,
                min_heap: false,
                overshoots: false,
            },
        };
        self.notice = false;
        step
    }

    /// What the gc line of a cycle adds; `before` is of the cycle before it.
    #[inline]
    fn measure(
        &mut self,
        cycle: &GcCycle,
        before: Option<&Sizes>,
        elapsed: u64,
        period_ns: Option<u64>,
    ) -> Step {
        let trigger = self.trigger(cycle, before, elapsed);
        let goal = cycle.goal_mib();
        let min_heap = goal.is_some_and(|goal| goal <= self.min_heap_goal_mib);
        let cpus = self.cpus.observe(cycle);

        let totals = &mut self.totals;
        totals.percent = cycle.cumulative_cpu_percent;
        totals.capacity_ns += u128::from(elapsed) * u128::from(cycle.gomaxprocs);
        totals.had_ns += u128::from(elapsed) * u128::from(cpus);
        let stop_cpu = cycle
            .sweep_termination_cpu_ns
            .saturating_add(cycle.mark_termination_cpu_ns);
        add(&mut totals.stop_cpu_ns, stop_cpu);
        add(&mut totals.assist_cpu_ns, cycle.mark_assist_cpu_ns);
        add(&mut totals.background_cpu_ns, cycle.mark_background_cpu_ns);
        add(&mut totals.idle_cpu_ns, cycle.mark_idle_cpu_ns);
        let truncated = resolution_ns(cycle.sweep_termination_cpu_ns)
            + resolution_ns(cycle.mark_assist_cpu_ns)
            + resolution_ns(cycle.mark_background_cpu_ns)
            + resolution_ns(cycle.mark_termination_cpu_ns);
        add(&mut totals.truncated_cpu_ns, truncated);
        add(&mut totals.mark_ns, cycle.concurrent_mark_ns);
        // From the end of one mark to the end of the next the heap grows by exactly what was allocated.
        let live_before = match before {
            Some(previous) => Some(previous.heap_live_mib),
            None => (totals.seen == 1 && cycle.number == 1).then_some(0),
        };
        if let Some(live) = live_before {
            totals.linked += 1;
            totals.allocated_mib = totals
                .allocated_mib
                .saturating_add(signed(cycle.heap_end_mib))
                .saturating_sub(signed(live));
        }
        let followed = before.zip(goal).filter(|_| !min_heap);
        Step {
            trigger,
            period_ns,
            headroom_use: followed
                .map(|(previous, goal)| previous.heap_live_mib.saturating_mul(1000) / goal.max(1)),
            gogc: followed
                .and_then(|(previous, goal)| gogc::implied(previous, goal, cycle.heap_start_mib)),
            min_heap,
            overshoots: goal.is_some_and(|goal| overshoots(cycle.heap_end_mib, goal)),
        }
    }

    /// Which sums can be relied on.
    pub fn trust(&self) -> Trust {
        let sizes = self.previous.and_then(|previous| previous.sizes);
        Trust {
            fields_exact: match self.known.go_version {
                Some(version) => version <= (1, 22),
                None => sizes.is_some_and(|sizes| sizes.format < Format::Go1_18),
            },
            cpus: self.cpus.known(),
        }
    }

    fn trigger(&self, cycle: &GcCycle, before: Option<&Sizes>, elapsed: u64) -> Trigger {
        if cycle.forced {
            return Trigger::Forced;
        }
        if self.notice {
            return Trigger::Periodic;
        }
        let Some((previous, goal)) = before.zip(cycle.goal_mib()) else {
            return Trigger::Heap;
        };
        let live = previous.heap_live_mib;
        // A goal is below the sentinel of 2^40.
        let room = goal.saturating_sub(live);
        // The lowest heap trigger lies 45/64 of the way from the live heap to the goal (up to Go 1.17: 0.6). Printed sizes are
        // truncated, so a heap that is printed as large as that may be above it.
        let below = |share: u64| cycle.heap_start_mib < live.saturating_add(room * share / 64);
        let below = below(45) && (cycle.format >= Format::Go1_18 || below(38));
        match (below, elapsed >= PERIODIC_NS) {
            (true, true) => Trigger::Periodic,
            // In small heaps the truncation is as large as the room.
            (true, false) if goal >= 8 => Trigger::Early,
            _ => Trigger::Heap,
        }
    }
}

#[inline]
const fn add(total: &mut u64, amount: u64) {
    *total = total.saturating_add(amount);
}

fn signed(mib: u64) -> i64 {
    i64::try_from(mib).unwrap_or(i64::MAX)
}

/// A heap at end well above the goal: by the 10 % that the pacer grants itself, and by more than rounding.
const fn overshoots(heap_end_mib: u64, goal_mib: u64) -> bool {
    let over = heap_end_mib.saturating_sub(goal_mib);
    over >= 2 && over.saturating_mul(10) >= goal_mib
}
