//! Whether a process can have printed a cycle, by its numbers and those of the cycle before it.

use crate::trace::cycle::{GcCycle, resolution_ns};

/// The cost of the numbers of one line by themselves; `None` if they contradict each other.
pub(super) fn own_cost(cycle: &GcCycle) -> Option<u32> {
    // Both held in 6,990 of 6,990 lines measured.
    if cycle.heap_start_mib > cycle.heap_end_mib || cycle.heap_live_mib > cycle.heap_end_mib {
        return None;
    }
    // No more CPU time than processors have while the cycle lasts. Printed numbers are truncated by a tenth at most.
    let wall = cycle
        .duration_ns()
        .saturating_add(cycle.duration_ns() / 8)
        .saturating_add(100_000);
    let most = wall.saturating_mul(u64::from(cycle.gomaxprocs));
    let marking = [
        cycle.mark_assist_cpu_ns,
        cycle.mark_background_cpu_ns,
        cycle.mark_idle_cpu_ns,
    ];
    if marking.iter().any(|cpu| *cpu > most) {
        return None;
    }
    if cycle.number == 1 && first_percent_unreachable(cycle) {
        return None;
    }
    let goal = cycle.goal_mib().unwrap_or(u64::MAX);
    let heap = beyond(
        cycle.heap_start_mib,
        goal.saturating_mul(2).saturating_add(8),
    ) + beyond(cycle.heap_end_mib, goal.saturating_mul(2).saturating_add(8))
        + beyond(
            cycle.heap_end_mib,
            cycle.heap_start_mib.saturating_mul(2).saturating_add(8),
        );
    // A quarter of the processors mark; on a busy machine fewer.
    let marked = marking
        .iter()
        .fold(0, |sum: u64, cpu| sum.saturating_add(*cpu));
    let quarter = (cycle.concurrent_mark_ns / 4).saturating_mul(u64::from(cycle.gomaxprocs));
    let mark = beyond(quarter, marked.saturating_mul(8).saturating_add(2_000_000));
    Some(heap + mark)
}

/// The cost of a value above what is usual: 4 for each doubling.
pub(super) fn beyond(value: u64, usual: u64) -> u32 {
    match value > usual {
        true => 4 + 4 * (value / usual.max(1)).max(1).ilog2(),
        false => 0,
    }
}

/// Whether the first cycle of a process cannot have used the cumulative GC CPU in its line: all of that is its own.
fn first_percent_unreachable(cycle: &GcCycle) -> bool {
    let processors = i128::from(cycle.gomaxprocs);
    let spent = i128::from(cycle.sweep_termination_cpu_ns)
        + i128::from(cycle.mark_assist_cpu_ns)
        + i128::from(cycle.mark_background_cpu_ns)
        + i128::from(cycle.mark_termination_cpu_ns);
    let most = 100 * (spent + spent / 4 + 100_000);
    percent(cycle) * i128::from(cycle.end_ns()) * processors > most
}

/// The cumulative GC CPU; clamped, as a broken one would overflow products.
fn percent(cycle: &GcCycle) -> i128 {
    i128::from(cycle.cumulative_cpu_percent.clamp(-1_000, 1_000))
}

/// Whether an automatic cycle starts well below where the pacer triggers one: at 45/64 of the way from the live heap to
/// the goal at the earliest (`minTriggerRatioDistance` in runtime/mgcpacer.go of Go 1.18; 0.6 before, since Go 1.10).
pub(super) fn starts_too_early(last: &GcCycle, cycle: &GcCycle) -> bool {
    let Some(goal) = cycle.goal_mib() else {
        return false;
    };
    let runway = goal.saturating_sub(last.heap_live_mib.saturating_add(2));
    !cycle.forced
        && cycle.heap_start_mib.saturating_add(2) < last.heap_live_mib.saturating_add(runway / 2)
}

/// How far the cumulative GC CPU of a cycle is from where it should be after the cycle before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PercentOff {
    /// Distance from the middle of the possible range, in hundredths of a percent; ten times that if it is out of reach.
    pub(super) hundredths: u64,
    /// It is outside the possible range.
    pub(super) out_of_reach: bool,
}

/// The percentage is GC CPU over P times time, truncated, and the line has the CPU time that the cycle added: at most all of it, at
/// least the marking (since Go 1.23 part of the stops is not counted).
pub(super) fn percent_off(last: &GcCycle, cycle: &GcCycle) -> PercentOff {
    if last.gomaxprocs != cycle.gomaxprocs || last.wrapped() || cycle.wrapped() {
        return PercentOff::default();
    }
    let processors = i128::from(cycle.gomaxprocs);
    let past = i128::from(last.end_ns()) * processors;
    let end = (i128::from(cycle.end_ns()) * processors).max(1);
    let before = percent(last);
    let percent = percent(cycle);
    let mark = i128::from(cycle.mark_assist_cpu_ns) + i128::from(cycle.mark_background_cpu_ns);
    let all = mark
        + i128::from(cycle.sweep_termination_cpu_ns)
        + i128::from(cycle.mark_termination_cpu_ns);
    let neighbors = cycle.follows(last);
    // Percent times CPU time, so that nothing is divided before the end. Starts are printed in whole ms.
    let slack = 1_000_000 * processors * (before + 1);
    let least = before * past + 100 * mark - slack;
    let most = (before + 1) * past + 100 * (all + all / 8 + 10_000) + slack;
    let (low, high) = (percent * end, (percent + 1) * end);
    let out_of_reach = if high < least {
        least - high
    } else if low > most && neighbors {
        low - most
    } else {
        0
    };
    let middle = if neighbors {
        ((low + high) - (2 * before + 1) * past - 100 * (mark + all)).abs() / 2
    } else {
        0
    };
    let hundredths = (out_of_reach * 10 + middle) * 100 / end;
    PercentOff {
        hundredths: u64::try_from(hundredths).unwrap_or(u64::MAX),
        out_of_reach: out_of_reach > 0,
    }
}

/// Least and greatest number of processors that the stops of one cycle can have stopped; `None` if the stops contradict each other or
/// the rest of the line.
///
/// In every runtime the CPU time of a stop is its wall time times a whole number of processors, the same for both stops, at most
/// GOMAXPROCS (true for 13,980 of 13,980 stops measured). The printed numbers are truncated, so each is an interval.
pub fn stop_processors(cycle: &GcCycle) -> Option<(u64, u64)> {
    if cycle.cumulative_cpu_percent > 100 {
        return None;
    }
    let stops = [
        (cycle.sweep_termination_ns, cycle.sweep_termination_cpu_ns),
        (cycle.mark_termination_ns, cycle.mark_termination_cpu_ns),
    ];
    let mut low = 1u64;
    let mut high = u64::from(cycle.gomaxprocs.max(1));
    for (wall, cpu) in stops {
        if wall == 0 {
            // Less than a microsecond, on every processor.
            if cpu >= high.saturating_mul(1_000) {
                return None;
            }
            continue;
        }
        let wall_end = wall.saturating_add(resolution_ns(wall));
        let cpu_end = cpu.saturating_add(resolution_ns(cpu));
        // processors * wall_end > cpu and processors * wall < cpu_end.
        low = low.max(cpu / wall_end + 1);
        high = high.min((cpu_end - 1) / wall);
    }
    (low <= high).then_some((low, high))
}
