//! The cycles of one process, summed up in stretches.

use crate::measure::{Gogc, Known, Limit, Meter, Step, Totals, Trigger, Trust};
use crate::settings::Settings;
use crate::trace::cycle::{AnyCycle, Format, GcCycle};
use crate::units::MIB;

/// Stretches that are kept; at twice as many neighbors are put together.
const STRETCHES: usize = 32;

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

/// Neighboring cycles, and the totals at the end of the last.
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

/// Takes the cycles of one process in order, in bounded memory whatever their number.
#[derive(Debug, Clone)]
pub struct Inputs {
    meter: Meter,
    limit: Limit,
    gogc: Gogc,
    before: Option<Before>,
    /// What each of the newest cycles would have the pacer keep free, MiB and s.
    runways: [(f64, f64); REMEMBERED],
    /// The cycles in stretches of `length` each; the last may have fewer.
    stretches: Vec<Stretch>,
    length: u64,
    /// Cycles in the last stretch.
    filled: u64,
    format: Option<Format>,
    stated: Stated,
}

/// What the user states about the program.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stated {
    pub(super) gogc: Option<f64>,
    pub(super) limit_mib: Option<f64>,
    pub(super) warmup_ns: Option<u64>,
}

impl Inputs {
    /// A process of which nothing has been seen.
    pub fn new(settings: &Settings) -> Self {
        let gogc = settings.gogc.map(f64::from);
        let limit_mib = settings.memory_limit.map(|bytes| bytes as f64 / MIB as f64);
        Self {
            meter: Meter::new(Known {
                gogc: settings.gogc,
                go_version: settings.go_version,
                cpus: settings.cpus_milli,
            }),
            limit: Limit::new(limit_mib, gogc),
            gogc: Gogc::default(),
            before: None,
            runways: [(0.0, 0.0); REMEMBERED],
            stretches: Vec::new(),
            length: 1,
            filled: 0,
            format: None,
            stated: Stated {
                gogc,
                limit_mib,
                warmup_ns: settings.warmup_ns,
            },
        }
    }

    /// Takes the next cycle; one of a source without gc lines shows no sizes, so it only counts.
    pub fn observe(&mut self, cycle: AnyCycle<'_>) {
        if cycle.wrapped() {
            self.meter.skip();
            self.before = None;
            return;
        }
        let step = self.meter.observe(cycle);
        let before = self.before.take();
        let mut sums = Sums::default();
        if let Some(line) = cycle.traced {
            let linked = before.filter(|before| line.number.checked_sub(before.number) == Some(1));
            if let (Some(before), Some(goal)) = (linked, line.goal_mib()) {
                sums = self.sums(line, &before, goal, &step);
            }
            self.before = Some(Before {
                number: line.number,
                live: line.heap_live_mib,
                roots: line.stacks_mib.saturating_add(line.globals_mib),
            });
            self.format = Some(line.format);
        }
        self.keep(sums);
    }

    fn sums(&mut self, cycle: &GcCycle, before: &Before, goal: u64, step: &Step) -> Sums {
        if let Some(implied) = step.gogc {
            self.gogc.observe(implied);
        }
        let exact = goal > cycle.heap_start_mib.saturating_add(1);
        self.limit.observe(before.live, goal, exact);
        let while_marking = cycle.heap_end_mib.saturating_sub(cycle.heap_start_mib);
        self.runways.rotate_left(1);
        if let Some(newest) = self.runways.last_mut() {
            let weight = runway(cycle);
            let marking = cycle.concurrent_mark_ns as f64 / 1e9;
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
    fn keep(&mut self, sums: Sums) {
        let to = *self.meter.totals();
        match self.stretches.last_mut() {
            Some(last) if self.filled < self.length => {
                last.sums.add(&sums);
                last.to = to;
                self.filled += 1;
            }
            _ => {
                if self.stretches.len() == 2 * STRETCHES {
                    self.halve();
                }
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
        self.length = self.length.saturating_mul(2);
    }

    pub(super) fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    pub(super) const fn stated(&self) -> &Stated {
        &self.stated
    }

    /// The GOGC that nine of ten goals agree with, percent.
    pub(super) fn implied_gogc(&self) -> Option<(f64, f64)> {
        self.gogc.steady()
    }

    /// A memory limit sets the goals.
    pub(super) fn limited(&self) -> bool {
        self.limit.rules()
    }

    pub(super) fn trust(&self) -> Trust {
        self.meter.trust()
    }

    pub(super) const fn format(&self) -> Option<Format> {
        self.format
    }

    /// Cycles seen.
    pub const fn cycles_seen(&self) -> u64 {
        self.meter.totals().seen
    }
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
