//! What collecting costs, and the classes that severities depend on.

pub(super) mod contention;

use super::View;

/// How much collecting costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing measurable.
    None,
    /// A little.
    Small,
    /// Enough to hurt.
    Material,
}

/// Below these shares nothing is lost, and from the others on the cost is material: GC CPU and mark assists as shares of the
/// available CPUs, stops as a share of the time. Set on 93 programs that ran on 2 CPUs.
const NOTHING: [f64; 3] = [0.005, 0.001, 0.001];
const MATERIAL: [f64; 3] = [0.10, 0.03, 0.05];

/// Cores and share of the time in stops below which frequent cycles are cheap.
const CHEAP_CORES: f64 = 0.02;
const CHEAP_STOPS: f64 = 0.001;

/// What collecting costs over an interval; `None` is unknown, never nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// GC CPU as a share of the available CPUs: the estimate if it is certain enough to grade, else the lower bound.
    pub gc_cpu: Option<f64>,
    /// GC CPU in cores.
    pub cores: Option<f64>,
    /// Stops as a share of the time; those that the host makes long are counted at the length of a typical one.
    pub stops: Option<f64>,
    /// Mark assists as a share of the available CPUs.
    pub assists: Option<f64>,
}

impl Cost {
    /// The cost of what the view looks at.
    pub fn of(view: &View<'_>) -> Self {
        let reach = &view.window.reach;
        let stops = reach.wall_ratio(|totals| totals.stop_ns);
        // The signs of the host do not matter if stops cost nothing.
        let host = stops.is_some_and(|stops| stops >= NOTHING[1]) && view.signs().is_some();
        let typical = || {
            let stops = view.pause_p50_ns() as f64 * reach.cycles() as f64;
            stops / (reach.looked_ns as f64).max(1.0)
        };
        let marking = if host { view.marking() } else { None };
        let procs = reach.processors().map(|(procs, _)| procs);
        let cpu = view.window.reach_cpu;
        let polled = view.polled.and_then(|polled| polled.gc_cpu_ratio);
        Self {
            gc_cpu: view
                .gc_cpu_floor()
                .map(|share| share.min(marking.unwrap_or(share)))
                .or(polled),
            cores: cpu.zip(procs).map(|(cpu, procs)| cpu.floor() * procs),
            stops: stops.map(|stops| if host { stops.min(typical()) } else { stops }),
            // GC CPU holds the assists: a bound, where it is below what would be material.
            assists: view
                .assists()
                .or(polled.filter(|share| *share < MATERIAL[2])),
        }
    }

    /// The class; `None` if it is unknown, which lowers no severity.
    pub fn class(&self) -> Option<Class> {
        let shares = [self.gc_cpu, self.stops, self.assists];
        let any = |limits: [f64; 3]| {
            let mut pairs = shares.iter().zip(limits);
            pairs.any(|(share, limit)| share.is_some_and(|share| share >= limit))
        };
        if any(MATERIAL) {
            Some(Class::Material)
        } else if shares.iter().any(Option::is_none) {
            None
        } else if any(NOTHING) {
            Some(Class::Small)
        } else {
            Some(Class::None)
        }
    }

    /// Under 0.02 cores, and the program is stopped under 0.1 % of the time.
    pub fn is_cheap(&self) -> bool {
        self.cores.is_some_and(|cores| cores < CHEAP_CORES)
            && self.stops.is_some_and(|stops| stops < CHEAP_STOPS)
    }
}
