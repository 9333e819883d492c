//! The terms of the runtime's pacer (runtime/mgcpacer.go). Sizes in MiB.

/// The goal at `GOGC=100` of a heap that has next to nothing live (`defaultHeapMinimum`).
pub(super) const HEAP_MINIMUM: f64 = 4.0;

/// The earliest and the latest trigger, as shares of the way from the live heap to the goal (`minTriggerRatioNum`,
/// `maxTriggerRatioNum` over `triggerRatioDen`).
const EARLIEST: f64 = 45.0 / 64.0;
const LATEST: f64 = 61.0 / 64.0;

/// Share of the memory that a limit leaves to the heap, which stays free (`memoryLimitHeapGoalHeadroomPercent`), and its least amount
/// (`memoryLimitMinHeapGoalHeadroom`).
const HEADROOM: f64 = 0.03;
const LEAST_HEADROOM: f64 = 1.0;

/// The goal by GOGC in percent (`commit`): what is live, and that and the roots once more times GOGC.
pub(super) fn goal_by_gogc(live: f64, roots: f64, gogc: f64) -> f64 {
    let grown = live + (live + roots) * gogc / 100.0;
    grown.max(HEAP_MINIMUM * gogc / 100.0)
}

/// The goal by a memory limit of which `other` is taken by what is not heap (`memoryLimitHeapGoal`), never below the live heap.
pub(super) fn goal_by_limit(live: f64, limit: f64, other: f64) -> f64 {
    let left = (limit - other).max(0.0);
    let goal = left - (left * HEADROOM).max(LEAST_HEADROOM);
    goal.max(live)
}

/// What the pacer goes by for the start of a cycle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Runway {
    /// Go 1.18 and later: the room to keep free, MiB.
    Room(f64),
    /// Up to Go 1.17 a controller moves the trigger until a cycle ends at its goal: the share of the way that it found.
    Share(f64),
}

/// How far the heap grows from the live heap, `way` below the goal, to the start of the next cycle (`trigger`).
pub(super) fn travel(way: f64, runway: Runway) -> f64 {
    match runway {
        Runway::Share(share) => way * share,
        Runway::Room(room) => {
            let latest = (way * LATEST).max(way - HEAP_MINIMUM);
            (way - room).max(way * EARLIEST).min(latest)
        }
    }
}
