//! The figures at the worst of a finding, by which its cause is recognized.

use crate::rules::{Cost, Signs, View, gc_frequency};
use crate::window::Growth;

/// The figures of the window (or run) from which a finding has its severity. `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Situation {
    /// What collecting costs.
    pub cost: Cost,
    /// With more Ps than CPUs, GC CPU is an upper bound.
    pub at_most: bool,
    /// Background marking and assists, as a share of the available CPUs.
    pub marking: Option<f64>,
    /// Stops, as a share of the available CPUs.
    pub stop_cpu: Option<f64>,
    /// Automatic cycles per second.
    pub frequency: Option<f64>,
    /// Share of the cycles that the program forced, and their share of the time stopped.
    pub forced: (f64, Option<f64>),
    /// The time looked at, s.
    pub seconds: f64,
    /// Forced cycles.
    pub forced_cycles: u64,
    /// The forced cycles are those of a test or benchmark harness.
    pub harness: bool,
    /// Share of the cycles with the smallest goal.
    pub min_heap: f64,
    /// Live heap / heap goal, the median.
    pub headroom_use: Option<f64>,
    /// The goal that a memory limit leaves, MiB, if a limit sets it.
    pub limited_goal_mib: Option<f64>,
    /// GOMEMLIMIT if the user states it, MiB.
    pub memory_limit_mib: Option<f64>,
    /// The GOGC that the goals agree with, percent, from and to.
    pub gogc: Option<(f64, f64)>,
    /// Longest pause, ns.
    pub pause_max_ns: u64,
    /// All stops as a share of the time.
    pub stopped: Option<f64>,
    /// Signs that the host makes stops long.
    pub signs: Option<Signs>,
    /// The user states fewer CPUs than GOMAXPROCS.
    pub throttled: bool,
    /// Growth of the live heap.
    pub growth: Growth,
    /// Largest live heap, MiB.
    pub live_mib: u64,
    /// Doublings and halvings of the heap goal per minute.
    pub churn_per_minute: f64,
}

impl Situation {
    /// What the view shows.
    pub fn of(view: &View<'_>) -> Self {
        let (window, tally) = (&view.window, &view.window.tally);
        let stop_ns = window.interval.sum(|totals| totals.stop_ns);
        let forced_stops = tally.forced_stop_ns as f64 / stop_ns as f64;
        Self {
            cost: view.cost(),
            at_most: view.cpu_factor() > 1.05,
            marking: view.marking(),
            stop_cpu: view.of_cpus(|totals| totals.stop_cpu_ns),
            frequency: gc_frequency::frequency(view),
            forced: (
                tally.share(tally.forced),
                (stop_ns > 0).then_some(forced_stops.min(1.0)),
            ),
            seconds: view.seconds(),
            forced_cycles: tally.forced,
            harness: view.harness,
            min_heap: tally.share(tally.min_heap),
            headroom_use: window.headroom_use.map(|share| share as f64 / 1000.0),
            limited_goal_mib: view.limited_goal_mib,
            memory_limit_mib: view.memory_limit_mib,
            gogc: view.gogc.steady,
            pause_max_ns: window.pauses.max(),
            stopped: window.interval.wall_ratio(|totals| totals.stop_ns),
            signs: view.signs(),
            throttled: view.has_quota(),
            growth: view.growth,
            live_mib: tally.live_mib.1,
            churn_per_minute: view.churn.per_minute,
        }
    }
}
