//! What collecting costs: the one place where that is put into classes.

pub(super) mod contention;

use super::View;

/// How much collecting costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Next to nothing.
    None,
    /// A little.
    Small,
    /// Enough to hurt.
    Material,
}

/// GC CPU as a share of the CPUs had, stops of the collector as a share of the time, and mark assists as a share of the CPUs
/// had, below which each costs nothing and from which on it is material. Set on 93 programs that ran on 2 CPUs.
const NOTHING: [f64; 3] = [0.005, 0.001, 0.001];
const MATERIAL: [f64; 3] = [0.10, 0.03, 0.05];

/// Cores and share of the time below which frequent cycles are cheap.
const CHEAP_CORES: f64 = 0.02;
const CHEAP_STOPS: f64 = 0.001;

/// What collecting costs over a stretch; `None` is unknown, never nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// GC CPU as a share of the CPUs had: the estimate where it is pinned down, else the lower bound.
    pub gc_cpu: Option<f64>,
    /// GC CPU in cores.
    pub cores: Option<f64>,
    /// Stops as a share of the time, those that the host makes long counted as long as most are.
    pub stops: Option<f64>,
    /// Mark assists as a share of the CPUs had.
    pub assists: Option<f64>,
}

impl Cost {
    /// The cost of what the view looks at.
    pub fn of(view: &View<'_>) -> Self {
        let reach = &view.window.reach;
        let to_cpus = reach.to_cpus(view.window.trust);
        let of_cpus = |ratio: f64| (ratio * to_cpus).min(1.0);
        let stops = reach.wall_ratio(|mark| mark.stop_ns);
        // Where stops cost nothing, it does not matter whose they are.
        let host = stops.is_some_and(|stops| stops >= NOTHING[1]) && view.signs().is_some();
        let typical = || {
            let stops = view.pause_p50_ns() as f64 * reach.cycles() as f64;
            stops / (reach.looked_ns as f64).max(1.0)
        };
        let floor = view.window.reach_cpu.map(|cpu| cpu.floor());
        let procs = reach.processors().map(|(procs, _)| procs);
        Self {
            gc_cpu: floor.map(of_cpus).map(|share| match view.marking() {
                Some(marking) if host => share.min(marking),
                _ => share,
            }),
            cores: floor.zip(procs).map(|(ratio, procs)| ratio * procs),
            stops: stops.map(|stops| match host {
                true => stops.min(typical()),
                false => stops,
            }),
            assists: reach.cpu_ratio(|mark| mark.assist_cpu_ns).map(of_cpus),
        }
    }

    /// The class; `None` where it is unknown, which lowers no severity.
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
        let below = |share: Option<f64>, limit: f64| share.is_some_and(|share| share < limit);
        below(self.cores, CHEAP_CORES) && below(self.stops, CHEAP_STOPS)
    }
}
