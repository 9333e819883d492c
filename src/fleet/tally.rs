//! What the cycles of a process add up to: integers, and exact counts of the printed values.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::merge::fit;
use super::row::{Count, Row};
use crate::pipeline::{CycleRow, WallTime};
use crate::trace::cycle::{GcCycle, WRAPPED_NS};
use crate::units::{MIB, MICROSECOND, MILLISECOND};

/// A process while its cycles come.
#[derive(Default)]
pub(super) struct Tracked {
    /// Number and start of the last cycle with a clock.
    previous: Option<(u64, u64)>,
    /// Number of the last cycle.
    last_number: Option<u64>,
    /// The latest end of a cycle, whole ms: differences of it add up to the span.
    end_ms: Option<u64>,
    whole: Part,
    /// By their starts, s since 1970.
    buckets: BTreeMap<i64, Part>,
}

/// All cycles of a process, or those in a bucket of wall time.
#[derive(Default)]
pub(super) struct Part {
    first_cycle: u64,
    last_cycle: u64,
    started_ns: u64,
    last_started_ns: u64,
    ended_ns: u64,
    started_wall: Option<String>,
    ended_wall: Option<String>,
    gomaxprocs_min: u32,
    gomaxprocs_max: u32,
    cycles: u64,
    /// Cycles whose clock did not wrap around.
    timed: u64,
    missing: u64,
    forced: u64,
    repaired: u64,
    span_ms: u64,
    capacity_ms: u128,
    pause_ns: u128,
    mark_ns: u128,
    stop_cpu_ns: u128,
    assist_cpu_ns: u128,
    background_cpu_ns: u128,
    idle_cpu_ns: u128,
    pause_max_ns: u64,
    live_max_mib: u64,
    goal_max_mib: Option<u64>,
    live_sum_mib: u128,
    goal_sum_mib: u128,
    goal_cycles: u64,
    periods: Counts,
    pauses: Counts,
    stops: Counts,
    marks: Counts,
}

/// What one cycle adds besides its own figures.
#[derive(Clone, Copy)]
struct Step {
    missing: u64,
    /// `None` where the cycle's clock wrapped around.
    elapsed_ms: Option<u64>,
    /// Start to start of neighbors.
    period_ns: Option<u64>,
}

impl Tracked {
    /// Takes in the next cycle of a log. One whose clock wrapped around is counted, and enters no sum, as in the report.
    pub(super) fn observe(&mut self, row: &CycleRow<'_>, bucket_seconds: Option<i64>) {
        let Some(cycle) = row.cycle.traced else {
            return;
        };
        let mut step = Step {
            missing: self.last_number.map_or(0, |last| {
                cycle.number.saturating_sub(last).saturating_sub(1)
            }),
            elapsed_ms: None,
            period_ns: None,
        };
        self.last_number = Some(cycle.number);
        if cycle.wrapped() || cycle.end_ns() >= WRAPPED_NS {
            self.previous = None;
        } else {
            let start_ms = cycle.start_ns / MILLISECOND;
            // Printed starts are cut to whole ms, so a cycle may seem to end before the one before it.
            let from = self.end_ms.unwrap_or(start_ms);
            let end = from.max(cycle.end_ns() / MILLISECOND);
            self.end_ms = Some(end);
            step.elapsed_ms = Some(end - from);
            step.period_ns = self
                .previous
                .filter(|(number, _)| cycle.number.checked_sub(*number) == Some(1))
                .map(|(_, start)| cycle.start_ns.saturating_sub(start));
            self.previous = Some((cycle.number, cycle.start_ns));
        }
        self.whole.observe(row, cycle, step);
        if let Some(length) = bucket_seconds
            && let Some(at) = row.wall_time.and_then(WallTime::parse)
            && let Some(ns) = at.unix_ns()
        {
            let seconds = (ns / 1_000_000_000).cast_signed();
            let start = seconds - seconds % length;
            self.buckets
                .entry(start)
                .or_default()
                .observe(row, cycle, step);
        }
    }

    /// The whole process, and its buckets by time.
    pub(super) fn parts(self) -> (Part, BTreeMap<i64, Part>) {
        (self.whole, self.buckets)
    }
}

impl Part {
    fn observe(&mut self, row: &CycleRow<'_>, cycle: &GcCycle, step: Step) {
        if self.cycles == 0 {
            self.first_cycle = cycle.number;
            self.started_wall = row.wall_time.map(str::to_owned);
        }
        self.last_cycle = cycle.number;
        self.cycles += 1;
        self.missing = self.missing.saturating_add(step.missing);
        self.forced += u64::from(cycle.forced);
        self.repaired += u64::from(row.repaired);
        if let Some(wall) = row.wall_time {
            let ended = self.ended_wall.get_or_insert_default();
            ended.clear();
            ended.push_str(wall);
        }
        if let Some(elapsed_ms) = step.elapsed_ms {
            self.measure(cycle, elapsed_ms, step.period_ns);
        }
    }

    fn measure(&mut self, cycle: &GcCycle, elapsed_ms: u64, period_ns: Option<u64>) {
        if self.timed == 0 {
            self.started_ns = cycle.start_ns;
            self.gomaxprocs_min = cycle.gomaxprocs;
        }
        self.timed += 1;
        self.last_started_ns = cycle.start_ns;
        self.ended_ns = self.ended_ns.max(cycle.end_ns());
        self.gomaxprocs_min = self.gomaxprocs_min.min(cycle.gomaxprocs);
        self.gomaxprocs_max = self.gomaxprocs_max.max(cycle.gomaxprocs);
        self.span_ms += elapsed_ms;
        self.capacity_ms += u128::from(elapsed_ms) * u128::from(cycle.gomaxprocs);
        let pause_ns = cycle.pause_ns();
        self.pause_ns += u128::from(pause_ns);
        self.mark_ns += u128::from(cycle.concurrent_mark_ns);
        self.stop_cpu_ns +=
            u128::from(cycle.sweep_termination_cpu_ns) + u128::from(cycle.mark_termination_cpu_ns);
        self.assist_cpu_ns += u128::from(cycle.mark_assist_cpu_ns);
        self.background_cpu_ns += u128::from(cycle.mark_background_cpu_ns);
        self.idle_cpu_ns += u128::from(cycle.mark_idle_cpu_ns);
        self.pause_max_ns = self.pause_max_ns.max(pause_ns);
        self.live_max_mib = self.live_max_mib.max(cycle.heap_live_mib);
        self.live_sum_mib += u128::from(cycle.heap_live_mib);
        if let Some(goal) = cycle.goal_mib() {
            self.goal_max_mib = self.goal_max_mib.max(Some(goal));
            self.goal_sum_mib += u128::from(goal);
            self.goal_cycles += 1;
        }
        if let Some(period) = period_ns {
            self.periods.record(period);
        }
        self.pauses.record(pause_ns);
        self.stops.record(cycle.sweep_termination_ns);
        self.stops.record(cycle.mark_termination_ns);
        self.marks.record(cycle.concurrent_mark_ns);
    }

    /// Writes the figures to a row; or the name of one that is too large. Figures of time are null without a clock.
    pub(super) fn write(self, row: &mut Row) -> Result<(), &'static str> {
        let timed = self.timed > 0;
        let figure = |name, value: u128| fit(name, value).map(|value| timed.then_some(value));
        let us = u128::from(MICROSECOND);
        let mib = u128::from(MIB);
        row.first_cycle = Some(fit("first_cycle", self.first_cycle.into())?);
        row.last_cycle = Some(fit("last_cycle", self.last_cycle.into())?);
        row.cycles = Some(self.cycles);
        // The report knows it of a whole process.
        let missing = row.cycles_missing.unwrap_or(self.missing);
        row.cycles_missing = Some(fit("cycles_missing", missing.into())?);
        row.forced_cycles = Some(self.forced);
        row.repaired_cycles = Some(self.repaired);
        row.started_wall = self.started_wall;
        row.ended_wall = self.ended_wall;
        row.started_ns = timed.then_some(self.started_ns);
        row.last_started_ns = timed.then_some(self.last_started_ns);
        row.ended_ns = timed.then_some(self.ended_ns);
        row.gomaxprocs_min = timed.then_some(self.gomaxprocs_min.into());
        row.gomaxprocs_max = timed.then_some(self.gomaxprocs_max.into());
        row.span_ms = timed.then_some(self.span_ms);
        row.cpu_capacity_ms = figure("cpu_capacity_ms", self.capacity_ms)?;
        row.pause_sum_us = figure("pause_sum_us", self.pause_ns / us)?;
        row.mark_sum_us = figure("mark_sum_us", self.mark_ns / us)?;
        row.stop_cpu_us = figure("stop_cpu_us", self.stop_cpu_ns / us)?;
        row.mark_assist_cpu_us = figure("mark_assist_cpu_us", self.assist_cpu_ns / us)?;
        row.mark_background_cpu_us = figure("mark_background_cpu_us", self.background_cpu_ns / us)?;
        row.mark_idle_cpu_us = figure("mark_idle_cpu_us", self.idle_cpu_ns / us)?;
        row.pause_max_ns = timed.then_some(self.pause_max_ns);
        row.heap_live_max_bytes =
            figure("heap_live_max_bytes", u128::from(self.live_max_mib) * mib)?;
        row.heap_live_sum_mib = figure("heap_live_sum_mib", self.live_sum_mib)?;
        if let Some(goal) = self.goal_max_mib {
            row.heap_goal_max_bytes = figure("heap_goal_max_bytes", u128::from(goal) * mib)?;
            row.heap_goal_sum_mib = figure("heap_goal_sum_mib", self.goal_sum_mib)?;
        }
        row.heap_goal_cycles = timed.then_some(self.goal_cycles);
        for (name, bytes) in [
            ("allocation_low_bytes", row.allocation_low_bytes),
            ("allocation_high_bytes", row.allocation_high_bytes),
        ] {
            fit(name, bytes.unwrap_or(0).into())?;
        }
        row.period_counts = self.periods.sorted();
        row.pause_counts = self.pauses.sorted();
        row.stop_counts = self.stops.sorted();
        row.mark_counts = self.marks.sorted();
        Ok(())
    }
}

/// How often each value was seen, exactly, however many values there are.
#[derive(Default)]
struct Counts(HashMap<u64, u64, FixedState>);

impl Counts {
    #[inline]
    fn record(&mut self, value: u64) {
        *self.0.entry(value).or_default() += 1;
    }

    /// Each value with its count, ascending.
    fn sorted(self) -> Vec<Count> {
        let counts = self.0.into_iter();
        let mut counts: Vec<_> = counts
            .map(|(value_ns, count)| Count { value_ns, count })
            .collect();
        counts.sort_unstable();
        counts
    }
}
