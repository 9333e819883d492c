//! Whether a cycle can be the next of a process: by its number, its clock, and the values that seldom change.

use super::plausible::{percent_off, stop_processors};
use crate::trace::cycle::{GcCycle, WRAPPED_NS, resolution_ns};

/// Processes followed at the same time in one stream; beyond that the one that was silent longest is closed.
pub(super) const OPEN: usize = 64;
/// Slack for clocks printed in whole milliseconds and phases truncated.
pub(super) const SLACK_NS: u64 = 2_000_000;
/// Starts are truncated to whole milliseconds.
pub(super) const START_RESOLUTION_NS: u64 = 1_000_000;
/// A process that was silent for this many of its periods has ended.
pub(super) const SILENT_PERIODS: i64 = 16;
/// A shorter silence never means that, ns.
pub(super) const SHORTEST_SILENCE_NS: i64 = 50_000_000;
/// Consecutive numbers that outweigh a clock that contradicts them.
pub(super) const CONSECUTIVE: u64 = 20;

#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) process: u32,
    pub(super) last: GcCycle,
    /// The number and start of its first cycle, from which its period follows.
    pub(super) first: (u64, u64),
    /// The number from which on all numbers were consecutive.
    pub(super) run_from: u64,
    /// The header of another package's output followed its last cycle.
    pub(super) ended: bool,
    /// Its end, ns of program time.
    pub(super) end_ns: u64,
    /// Least and greatest number of processors that its stops may have stopped.
    pub(super) stops: (u64, u64),
    /// Real time minus the process's clock, ns: a lower bound, from the order of lines.
    pub(super) offset: i64,
    /// Count of placed cycles when this track was last chosen.
    pub(super) used: u64,
    /// It was chosen among several processes that fitted a line.
    pub(super) approximate: bool,
}

impl Track {
    /// Whether the cycle can come after the last one of this process.
    pub(super) fn admits(&self, cycle: &GcCycle) -> bool {
        cycle.number > self.last.number && cycle.start_ns.saturating_add(SLACK_NS) >= self.end_ns
    }

    /// Whether the cycle has the next number after [`CONSECUTIVE`] consecutive ones: then a clock that contradicts them is broken.
    pub(super) fn counts_on_to(&self, cycle: &GcCycle) -> bool {
        cycle.follows(&self.last)
            && cycle.format == self.last.format
            && self.last.number - self.run_from >= CONSECUTIVE
    }

    /// Whether the cycle can come after a gap: only number, clock and format are the same on both sides of one.
    pub(super) fn admits_across_gap(&self, cycle: &GcCycle) -> bool {
        self.admits(cycle) && self.last.format == cycle.format && !self.too_fast_for(cycle)
    }

    /// Whether the cycles missing before this one would have taken more time than there was.
    pub(super) fn too_fast_for(&self, cycle: &GcCycle) -> bool {
        let gap = cycle.number - self.last.number - 1;
        // Starts are printed in whole ms: up to 1 ms more than they show.
        let elapsed = cycle.start_ns.saturating_sub(self.last.start_ns);
        let elapsed = elapsed.saturating_add(START_RESOLUTION_NS);
        gap > 0 && elapsed / (gap + 1) < 20_000
    }

    /// Whether it may still print: it has not been silent for many of its periods. `now` is real time, `placed` the count of placed
    /// cycles, which is used if no period is known.
    pub(super) fn may_be_alive(&self, now: i64, placed: u64) -> bool {
        let (number, start_ns) = self.first;
        let Some(cycles @ 1..) = self.last.number.checked_sub(number) else {
            return placed.saturating_sub(self.used) <= 2 * OPEN as u64;
        };
        let period = instant(self.end_ns.saturating_sub(start_ns) / cycles);
        let silent = now.saturating_sub(self.offset.saturating_add(instant(self.end_ns)));
        silent
            <= period
                .saturating_mul(SILENT_PERIODS)
                .max(SHORTEST_SILENCE_NS)
    }

    /// Whether the cycle is the next of this process if it is the only one: admitted, without a gap, in the same format.
    pub(super) fn goes_on_with(&self, cycle: &GcCycle) -> bool {
        cycle.follows(&self.last) && cycle.format == self.last.format && self.admits(cycle)
    }

    /// How badly the cycle fits as the next of this process; 0 is a perfect fit. The parts are weighted so that each outweighs all after
    /// it: shape of the line, P, heap, cumulative CPU, lateness.
    pub(super) fn strain(&self, cycle: &GcCycle, now: i64) -> u64 {
        let last = &self.last;
        let heap = last
            .heap_live_mib
            .saturating_sub(cycle.heap_start_mib.saturating_add(1));
        let late = now.saturating_sub(self.offset.saturating_add(instant(cycle.end_ns())));
        let late_ms = u64::try_from(late).unwrap_or(0) / 1_000_000;
        u64::from(last.format != cycle.format) * FORMAT_STRAIN
            + u64::from(last.gomaxprocs != cycle.gomaxprocs) * PROCESSORS_STRAIN
            + heap.saturating_mul(HEAP_STRAIN).min(HEAP_STRAIN * 9)
            + percent_off(last, cycle)
                .hundredths
                .saturating_mul(PERCENT_STRAIN)
                .min(HEAP_STRAIN - PERCENT_STRAIN)
            + late_ms.min(10 * PERCENT_STRAIN)
    }
}

/// A time on a process's clock, ns, as a signed number.
pub(super) fn instant(end_ns: u64) -> i64 {
    i64::try_from(end_ns).unwrap_or(i64::MAX)
}

/// The end of a cycle that follows one that ended at `before`. If one of its times ran backwards, its start is used, unless that did
/// too.
pub(super) fn end_of(cycle: &GcCycle, before: u64) -> u64 {
    match cycle.end_ns() {
        end if end < WRAPPED_NS => end,
        _ if cycle.start_ns < WRAPPED_NS => cycle.start_ns,
        _ => before,
    }
}

/// The range of processors that a process stops, narrowed by one more cycle.
pub(super) fn narrowed(track: &Track, cycle: &GcCycle) -> (u64, u64) {
    if track.last.gomaxprocs == cycle.gomaxprocs && nothing_new(track.stops, cycle) {
        return track.stops;
    }
    narrowed_by(track, cycle)
}

/// Whether the stops of a cycle allow every number of processors from `low` to `high`, without divisions.
#[inline]
pub(super) fn nothing_new((low, high): (u64, u64), cycle: &GcCycle) -> bool {
    let allows = |wall: u64, cpu: u64| {
        wall == 0
            || (cpu < low.saturating_mul(wall.saturating_add(resolution_ns(wall)))
                && cpu.saturating_add(resolution_ns(cpu)) > high.saturating_mul(wall))
    };
    u64::from(cycle.gomaxprocs) >= high
        && allows(cycle.sweep_termination_ns, cycle.sweep_termination_cpu_ns)
        && allows(cycle.mark_termination_ns, cycle.mark_termination_cpu_ns)
}

#[cold]
pub(super) fn narrowed_by(track: &Track, cycle: &GcCycle) -> (u64, u64) {
    let Some((low, high)) = stop_processors(cycle) else {
        return track.stops;
    };
    if track.last.gomaxprocs != cycle.gomaxprocs {
        return (low, high);
    }
    let (low, high) = (low.max(track.stops.0), high.min(track.stops.1));
    if low <= high {
        (low, high)
    } else {
        track.stops
    }
}

/// Strain of a line of another Go version: never the same process.
pub(super) const FORMAT_STRAIN: u64 = 1_000_000_000;
/// Strain of another P: it changes inside a process, but seldom.
pub(super) const PROCESSORS_STRAIN: u64 = 100_000_000;
/// Strain of each MiB by which a heap starts smaller than the live heap before it.
pub(super) const HEAP_STRAIN: u64 = 10_000_000;
/// Strain of each hundredth of a percent between the cumulative GC CPU and where it should be.
pub(super) const PERCENT_STRAIN: u64 = 1_000;
