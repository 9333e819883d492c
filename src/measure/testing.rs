//! Cycles for tests.

use crate::trace::cycle::{BLANK, GcCycle};

/// One millisecond, ns.
pub(crate) const MS: u64 = 1_000_000;

/// A healthy cycle of Go 1.18+: stops of 90 and 10 us, 5 ms of marking on a quarter of 4 Ps, 39 -> 42 -> 20 MB, goal 41.
pub(crate) const fn cycle(number: u64, start_ms: u64) -> GcCycle {
    GcCycle {
        number,
        start_ns: start_ms * MS,
        sweep_termination_ns: 90_000,
        concurrent_mark_ns: 5 * MS,
        mark_termination_ns: 10_000,
        sweep_termination_cpu_ns: 360_000,
        mark_assist_cpu_ns: 100_000,
        mark_background_cpu_ns: 5 * MS,
        mark_idle_cpu_ns: 2 * MS,
        mark_termination_cpu_ns: 40_000,
        heap_start_mib: 39,
        heap_end_mib: 42,
        heap_live_mib: 20,
        heap_goal_mib: 41,
        gomaxprocs: 4,
        ..BLANK
    }
}

/// `count` healthy cycles, one every `period_ms`.
pub(crate) fn steady(count: u64, period_ms: u64) -> Vec<GcCycle> {
    (1..=count)
        .map(|number| cycle(number, number * period_ms))
        .collect()
}

/// Sets the cumulative percentages to what the CPU fields come to.
pub(crate) fn with_percent(mut cycles: Vec<GcCycle>) -> Vec<GcCycle> {
    let mut cpu = 0_u128;
    for cycle in &mut cycles {
        cpu += u128::from(
            cycle.sweep_termination_cpu_ns
                + cycle.mark_assist_cpu_ns
                + cycle.mark_background_cpu_ns
                + cycle.mark_termination_cpu_ns,
        );
        let capacity = u128::from(cycle.end_ns()) * u128::from(cycle.gomaxprocs);
        cycle.cumulative_cpu_percent = i64::try_from(cpu * 100 / capacity.max(1)).unwrap_or(100);
    }
    cycles
}
