//! What a rule looks at.

use std::cell::OnceCell;

use super::{Completeness, Cost, Reading, Signs, Thresholds, contention};
use crate::measure::{Interval, Polled, Totals};
use crate::stats::Counts;
use crate::units::{MICROSECOND, percent};
use crate::window::{Churn, Growth, Window};

/// What a rule looks at: the figures of a window, or of the whole run, of one process.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The window.
    pub window: Window<'a>,
    /// The run so far.
    pub run: Interval<'a>,
    /// Its pauses, ns.
    pub run_pauses: &'a Counts<MICROSECOND>,
    /// Swings of the goal over the last minute (of the whole run: since the warm-up).
    pub churn: Churn,
    /// The same of twice the live heap: how the goal would swing if GOGC were constant at 100.
    pub live_churn: Churn,
    /// Growth of the live heap since the start-up.
    pub growth: Growth,
    /// What the goals show of GOGC.
    pub gogc: GogcView,
    /// The goal that a memory limit leaves, MiB, if a limit sets it.
    pub limited_goal_mib: Option<f64>,
    /// GOMEMLIMIT if the user states it, MiB.
    pub memory_limit_mib: Option<f64>,
    /// CPUs as the user states them.
    pub stated_cpus: Option<f64>,
    /// The Go version is before 1.9, as far as is known.
    pub before_1_9: bool,
    /// The Go version is before 1.19, as far as is known: it has neither a memory limit nor a GC CPU limiter.
    pub before_1_19: bool,
    /// The goal certainly follows from GOGC as it does since Go 1.9.
    pub goals_certain: bool,
    /// The cycles come from gc lines; else only their numbers, ends and pauses are known.
    pub traced: bool,
    /// What polls show, if the cycles come from polls: of the run so far.
    pub polled: Option<Polled>,
    /// Forced cycles are those of a test or benchmark harness.
    pub harness: bool,
    /// The program was started by gcpressure.
    pub child: bool,
    /// Cycles of the process seen so far.
    pub cycles_seen: u64,
    /// Figures that several rules need.
    pub cached: &'a Cached,
    /// What is missing from the log; known at the end of the stream.
    pub completeness: Option<Completeness>,
    /// The view is of the whole run.
    pub whole_run: bool,
}

/// Figures that several rules need, computed on first use.
#[derive(Debug, Clone, Default)]
pub struct Cached {
    signs: OnceCell<Option<Signs>>,
    cost: OnceCell<Cost>,
    pause_p50_ns: OnceCell<u64>,
}

impl Cached {
    /// For another window of the same time: only the signs of the host stay.
    pub fn of_the_same_host(&self) -> Self {
        Self {
            signs: self.signs.clone(),
            ..Self::default()
        }
    }
}

/// What the goals of a run show of GOGC.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GogcView {
    /// The GOGC that nine goals of ten agree with, percent, from and to.
    pub steady: Option<(f64, f64)>,
    /// How often at least three goals in a row agreed on another GOGC.
    pub changes: u64,
    /// A quarter of the goals or more do not follow from the GOGC of the others.
    pub unsteady: bool,
    /// Goals that allow a conclusion.
    pub cycles: u64,
}

impl<'a> View<'a> {
    /// The run so far as a window, for what it costs; its pauses are those of the window looked at.
    pub fn run_window(&self) -> Window<'a> {
        let cpu = self.run.gc_cpu(self.window.trust);
        Window {
            interval: self.run,
            reach: self.run,
            reach_cycles: self.cycles_seen,
            cpu,
            reach_cpu: cpu,
            ..self.window
        }
    }
}

impl View<'_> {
    /// Signs that the host makes stops long, in what is looked at or in the whole run.
    pub(super) fn signs(&self) -> Option<Signs> {
        *self.cached.signs.get_or_init(|| contention::signs(self))
    }

    /// Median of the pause in the window, ns.
    pub(super) fn pause_p50_ns(&self) -> u64 {
        let median = || self.window.pauses.quantile(500);
        *self.cached.pause_p50_ns.get_or_init(median)
    }

    /// What collecting costs in what is looked at.
    pub(super) fn cost(&self) -> Cost {
        *self.cached.cost.get_or_init(|| Cost::of(self))
    }

    /// GC CPU over the cycles of `reach` as a share of the available CPUs: the estimate if it is certain enough to grade, else
    /// the lower bound.
    pub(super) fn gc_cpu_floor(&self) -> Option<f64> {
        let cpu = self.window.reach_cpu?;
        Some((cpu.floor() * self.cpu_factor()).min(1.0))
    }

    /// ` and collecting takes 12% of the CPU`, if that is known.
    pub(super) fn and_collecting_takes(&self) -> String {
        self.gc_cpu_floor()
            .map(|cpu| format!(" and collecting takes {} of the CPU", percent(cpu)))
            .unwrap_or_default()
    }

    /// What a share of GOMAXPROCS x time is multiplied with to be one of the available CPUs.
    pub(super) fn cpu_factor(&self) -> f64 {
        self.window.reach.to_cpus(self.window.trust)
    }

    /// Mark assists over the cycles of `reach` as a share of the available CPUs.
    pub(super) fn assists(&self) -> Option<f64> {
        self.of_cpus(|totals| totals.assist_cpu_ns)
    }

    /// CPU of marking, assists included, as a share of the available CPUs: what collecting takes without its stops, whose length
    /// depends on the host and the program.
    pub(super) fn marking(&self) -> Option<f64> {
        self.of_cpus(Totals::marking_cpu_ns)
    }

    /// A total over the cycles of `reach` as a share of the available CPUs.
    pub(super) fn of_cpus(&self, total: impl Fn(&Totals) -> u64) -> Option<f64> {
        let ratio = self.window.reach.cpu_ratio(total)?;
        Some((ratio * self.cpu_factor()).min(1.0))
    }

    /// Without the host's share, GC CPU would not reach `threshold`: stops that the host made long, a mark that it held up, or
    /// time in which a quota kept all threads from running.
    pub(super) fn is_hosts_cpu(&self, threshold: f64) -> bool {
        if contention::stalled_mark(self).is_some() {
            return true;
        }
        let Some(marking) = self.marking() else {
            return false;
        };
        // A thread is charged for the time in which a quota keeps it from running.
        let quota = if self.has_quota() {
            self.cpu_factor()
        } else {
            1.0
        };
        self.signs().is_some() && marking / quota < threshold
    }

    /// The user states fewer CPUs than GOMAXPROCS.
    pub(super) fn has_quota(&self) -> bool {
        let procs = f64::from(self.window.tally.gomaxprocs.1);
        self.stated_cpus.is_some_and(|cpus| cpus + 0.5 < procs)
    }

    /// The time looked at, s.
    pub(super) fn seconds(&self) -> f64 {
        self.window.interval.seconds()
    }

    /// What polls show of the whole run, with 4 cycles over 5 s: less is no evidence.
    pub(super) fn polled_run(&self) -> Option<Polled> {
        let polled = self.polled.filter(|_| self.whole_run)?;
        (polled.cycles >= 4 && polled.span_ns >= 5_000_000_000).then_some(polled)
    }

    /// The program forced at least half of the cycles.
    pub(super) const fn forced_dominates(&self) -> bool {
        self.window.tally.forced * 2 >= self.window.tally.cycles
    }

    /// Before Go 1.9, where a forced cycle marked while the program was stopped.
    pub(super) const fn before_1_9(&self) -> bool {
        self.before_1_9 || self.window.tally.full_stop_max_ns > 0
    }

    /// Four cycles and 5 s, or eight cycles and 1 s if the cumulative percentage determines GC CPU to within 3 points.
    pub(super) fn cpu_evidence(&self) -> bool {
        let (cycles, seconds) = (self.window.reach_cycles, self.window.reach.seconds());
        let narrow = || self.window.reach_cpu.is_some_and(|cpu| cpu.width <= 0.03);
        (cycles >= 4 && seconds >= 5.0) || (cycles >= 8 && seconds >= 1.0 && narrow())
    }

    /// The reading of a share of the CPU or of the time with fewer cycles than that, or none: too little for a finding, but over
    /// 5 s and more enough to say that there is none.
    pub(super) fn rare(&self, value: Option<f64>, thresholds: &Thresholds) -> Reading {
        let value = match value {
            None if self.window.reach_cycles == 0 => 0.0,
            None => return Reading::NoEvidence,
            Some(value) => value,
        };
        if self.window.reach.seconds() >= 5.0 && value < thresholds.least() {
            Reading::quiet(value)
        } else {
            Reading::NoEvidence
        }
    }
}
