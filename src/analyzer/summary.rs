//! The whole-run measures of one process.

use super::ProcessAnalyzer;
use crate::measure::{Mark, Stretch};
use crate::report::{Distribution, Measures, Size};
use crate::rules::Cause;
use crate::stats::{Counts, Ranked};
use crate::units::{MIB, from_f64};

/// MiB a cycle below which truncation to whole MiB (up to 1 MiB a cycle, which does not average out) may take the figure
/// off by more than the 7 % that it is good for.
const RESOLVED_MIB: f64 = 10.0;

/// Cycles that an allocation rate needs.
const RESOLVED_CYCLES: u64 = 8;

impl ProcessAnalyzer {
    pub(super) fn measures(self) -> Measures {
        if self.is_empty() {
            return Measures::default();
        }
        let first = self.first_mark;
        let mark = *self.meter.mark();
        // Totals begin at 0 with the process, if the log does.
        let run = Stretch {
            from: if first.number == 1 {
                &Mark::START
            } else {
                &first
            },
            to: &mark,
        };
        let starts = Stretch {
            from: &first,
            to: &mark,
        };
        let cpu = run.gc_cpu(self.meter.fields_exact());
        let gc_cpu_withheld = run.is_withheld() && cpu.is_none();
        let cpu = cpu.unwrap_or_default();
        let seconds = run.seconds();
        let assist = run.cpu_ratio(|mark| mark.assist_cpu_ns).unwrap_or(0.0);
        let background = run.cpu_ratio(|mark| mark.background_cpu_ns).unwrap_or(0.0);

        let allocated = run.allocated_mib();
        let cycles = run.cycles();
        let bytes = |mib: f64| from_f64((mib * MIB as f64).max(0.0));
        let allocation = allocated.unwrap_or(0.0);
        let started_ns = first.start_ns;
        let churn = self.goal_legs.total();
        let minutes = seconds / 60.0;
        let per_minute = |total: f64| if minutes > 0.0 { total / minutes } else { 0.0 };
        let last = mark.end_ns;
        let counts = &self.counts;
        let total = self.panes.total();

        Measures {
            started_ns,
            duration_ns: last.saturating_sub(started_ns),
            gomaxprocs: total.gomaxprocs,
            gc_frequency_per_second: starts.frequency(),
            period: distribution(&counts.period),
            period_mean_ns: starts
                .to
                .start_ns
                .saturating_sub(starts.from.start_ns)
                .checked_div(starts.cycles()),
            pause: distribution(&counts.pause),
            stop: distribution(&counts.stop),
            concurrent_mark: distribution(&counts.mark),
            gc_cpu_ratio: cpu.ratio,
            gc_cpu_ratio_low: cpu.low,
            gc_cpu_ratio_high: cpu.high,
            mark_assist_cpu_ratio: assist,
            mark_idle_cpu_ratio: run.cpu_ratio(|mark| mark.idle_cpu_ns).unwrap_or(0.0),
            mark_duty_ratio: run.wall_ratio(|mark| mark.mark_ns).unwrap_or(0.0),
            stw_ratio: run.wall_ratio(|mark| mark.stop_ns).unwrap_or(0.0),
            allocation_bytes: bytes(allocation),
            allocation_bytes_per_second: if seconds > 0.0 {
                allocation * MIB as f64 / seconds
            } else {
                0.0
            },
            allocation_resolved: allocated.is_some()
                && cycles >= RESOLVED_CYCLES
                && allocation >= RESOLVED_MIB * cycles as f64
                // Forced cycles come at the same point of the program each time, and with it the same truncation.
                && total.forced * 2 < total.cycles,
            allocation_bytes_low: bytes(allocation - cycles as f64),
            allocation_bytes_high: bytes(allocation + cycles as f64),
            live_heap: size(&counts.live, self.first_live, self.last_sizes.0),
            heap_goal: self
                .first_goal
                .map(|goal| size(&counts.goal, goal, self.last_sizes.1.unwrap_or(goal))),
            heap_goal_churn_per_minute: per_minute(churn),
            heap_goal_reversals: self.goal_legs.turns(),
            goal_churn_cause: (self.goal_legs.turns() > 0)
                .then(|| Cause::of(churn, self.live_legs.total(), self.gogc.changes()).name()),
            mmu: self.mmu.curve(last.saturating_sub(self.origin_ns)),
            implied_gogc: self.gogc.range(),
            gogc_changes: self.gogc.changes(),
            limit_regime: self.limit_regime,
            early_cycles: total.early,
            peak_window: self.peak,
            pause_histogram: counts.pause.sorted(),
            percentiles_exact: counts.pause.is_exact()
                && counts.stop.is_exact()
                && counts.mark.is_exact()
                && counts.period.is_exact(),
            sums_estimated: run.seen() < cycles,
            sums_withheld: run.is_withheld(),
            gc_cpu_withheld,
            mark_assist_share: (assist + background > 0.0).then(|| assist / (assist + background)),
            headroom_use_p50: median(&counts.headroom).map(|share| share as f64 / 1000.0),
            overshoot_ratio: total.share(total.overshoots),
            min_heap_ratio: total.share(total.min_heap),
            cpus_seen: median(&counts.cpus).map(|cpus| cpus as f64 / 10.0),
            limiter_bucket_max: total.limiter_max as f64 / 1000.0,
            live_trend_bytes_per_second: self.trend.slope(last).map(|slope| slope * MIB as f64),
            timeline: self.timeline.finish(),
        }
    }
}

fn distribution<const UNIT: u64>(counts: &Counts<UNIT>) -> Distribution {
    let totals = counts.totals();
    let values = counts.sorted();
    let ranked = Ranked::of(&values);
    // Values that had to be rounded down may have come below the smallest.
    let quantile = |per_mille| ranked.quantile(per_mille).max(totals.min);
    Distribution {
        count: totals.count,
        min: totals.min,
        p50: quantile(500),
        p90: quantile(900),
        p99: quantile(990),
        p999: quantile(999),
        max: totals.max,
        sum: totals.sum,
    }
}

fn size(counts: &Counts<1>, first: u64, last: u64) -> Size {
    let bytes = |mib: u64| mib.saturating_mul(MIB);
    let totals = counts.totals();
    Size {
        first: bytes(first),
        last: bytes(last),
        min: bytes(totals.min),
        p50: bytes(median(counts).unwrap_or(0).max(totals.min)),
        max: bytes(totals.max),
    }
}

fn median(counts: &Counts<1>) -> Option<u64> {
    Ranked::of(&counts.sorted()).median()
}
