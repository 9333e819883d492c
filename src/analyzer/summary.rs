//! The whole-run measures of one process.

use super::ProcessAnalyzer;
use crate::measure::Interval;
use crate::report::{
    self, Distribution, Measures, MinMax, Mmu, PERIOD_BOUNDS_NS, PauseCount, Period, Running, Size,
    Traced,
};
use crate::rules::ChurnCause as Cause;
use crate::stats::{Counted, Counts, Ranked};
use crate::units::{MIB, from_f64};

/// MiB per cycle below which truncation to whole MiB (up to 1 MiB per cycle, which does not average out) may be an error of more
/// than 7 %.
const RESOLVED_MIB: f64 = 10.0;

/// Cycles that an allocation rate needs.
const RESOLVED_CYCLES: u64 = 8;

impl ProcessAnalyzer {
    pub(super) fn measures(self) -> Measures {
        if self.is_empty() {
            return Measures::default();
        }
        // What only gc lines show.
        let traced = self.format.is_some();
        let first = self.first_totals;
        let totals = *self.meter.totals();
        let trust = self.meter.trust();
        let run = self.run(totals.end_ns);
        let starts = Interval::whole(&first, &totals);
        let cpu = run.gc_cpu(trust);
        let processors = run.processors();
        let to_cpus = run.to_cpus(trust);
        let seconds = run.seconds();
        let assist = run.cpu_ratio(|totals| totals.assist_cpu_ns);
        let background = run.cpu_ratio(|totals| totals.background_cpu_ns);

        let allocated = run.allocated_mib();
        let polled = self.polled.unwrap_or_default();
        let polled_seconds = polled.span_ns as f64 / 1e9;
        let cycles = run.cycles();
        let bytes = |mib: f64| from_f64((mib * MIB as f64).max(0.0));
        let started_ns = first.start_ns;
        let churn = self.goal_legs.total();
        let minutes = seconds / 60.0;
        let per_minute = |total: f64| if minutes > 0.0 { total / minutes } else { 0.0 };
        let last = totals.end_ns;
        let counts = &self.counts;
        let total = self.panes.total();
        let period = distribution(&counts.period);
        let [ms1, ms10, ms100, s1] = self.mmu.curve(last.saturating_sub(self.origin_ns));
        let pauses = counts.pause.sorted().into_iter();
        let trend = self.trend.slope(self.origin_ns);

        // Since Go 1.23 the CPU fields of the stops hold more than the runtime charges; if the log's percentages are higher than the
        // fields, the fields lack something. These factors make the timeline's GC CPU agree with that of the run.
        let stops = run.cpu_ratio(|totals| totals.stop_cpu_ns).unwrap_or(0.0);
        let marking = assist
            .zip(background)
            .map(|(assist, background)| assist + background);
        let (stops_times, marking_times) = match (cpu, marking) {
            (Some(cpu), Some(marking)) if marking > cpu.high => (0.0, cpu.high / marking),
            (Some(cpu), Some(marking)) if marking + stops > cpu.high => {
                ((cpu.high - marking) / stops, 1.0)
            }
            (Some(cpu), Some(marking)) if marking + stops > 0.0 => {
                let times = (cpu.low / (marking + stops)).max(1.0);
                (times, times)
            }
            _ => (1.0, 1.0),
        };

        Measures {
            started_ns,
            duration_ns: last.saturating_sub(started_ns),
            gomaxprocs: traced.then_some(MinMax {
                min: total.gomaxprocs.0,
                max: total.gomaxprocs.1,
            }),
            gc_frequency_per_second: starts.frequency_by_starts(),
            period_ns: Period {
                count: period.count,
                min: period.min,
                p50: period.p50,
                p90: period.p90,
                p99: period.p99,
                max: period.max,
                mean: starts
                    .to
                    .start_ns
                    .saturating_sub(starts.from.start_ns)
                    .checked_div(starts.cycles()),
            },
            pause_ns: distribution(&counts.pause),
            stop_ns: traced.then(|| distribution(&counts.stop)),
            concurrent_mark_ns: traced.then(|| distribution(&counts.totals)),
            gc_cpu_ratio: cpu.map(|cpu| cpu.ratio).or(polled.gc_cpu_ratio),
            gc_cpu_ratio_low: cpu.map(|cpu| cpu.low).or(polled.gc_cpu_ratio),
            gc_cpu_ratio_high: cpu.map(|cpu| cpu.high).or(polled.gc_cpu_ratio),
            gc_cpu_since_start_ratio: polled.gc_cpu_since_start_ratio,
            gc_cpu_cores: cpu
                .zip(processors)
                .map(|(cpu, (procs, _))| cpu.ratio * procs),
            cpus: processors.map(|(_, cpus)| cpus).filter(|_| trust.cpus),
            gc_cpu_ratio_of_cpus: cpu
                .map(|cpu| (cpu.ratio * to_cpus).min(1.0))
                .or(polled.gc_cpu_ratio),
            mark_assist_cpu_ratio: assist,
            mark_idle_cpu_ratio: run.cpu_ratio(|totals| totals.idle_cpu_ns),
            mark_duty_ratio: run.wall_ratio(|totals| totals.mark_ns).filter(|_| traced),
            stw_ratio: run.wall_ratio(|totals| totals.stop_ns),
            allocation_bytes: allocated.map(bytes).or(polled.allocated_bytes),
            allocation_bytes_per_second: allocated
                .filter(|_| seconds > 0.0)
                .map(|mib| mib * MIB as f64 / seconds)
                .or(polled
                    .allocated_bytes
                    .filter(|_| polled_seconds > 0.0)
                    .map(|bytes| bytes as f64 / polled_seconds)),
            allocation_resolved: polled.allocated_bytes.is_some()
                || allocated.is_some_and(|mib| mib >= RESOLVED_MIB * cycles as f64)
                && cycles >= RESOLVED_CYCLES
                // Forced cycles come at the same point of the program each time, and with it the same truncation.
                && total.forced * 2 < total.cycles,
            allocation_bytes_low: allocated
                .map(|mib| bytes(mib - cycles as f64))
                .or(polled.allocated_bytes),
            allocation_bytes_high: allocated
                .map(|mib| bytes(mib + cycles as f64))
                .or(polled.allocated_bytes),
            live_heap_bytes: traced.then(|| size(&counts.live, self.first_live, self.last_sizes.0)),
            heap_goal_bytes: self
                .first_goal
                .map(|goal| size(&counts.goal, goal, self.last_sizes.1.unwrap_or(goal))),
            heap_goal_churn_per_minute: traced.then(|| per_minute(churn)),
            heap_goal_reversals: traced.then(|| self.goal_legs.turns()),
            heap_goal_churn_cause: (self.goal_legs.turns() > 0)
                .then(|| Cause::of(churn, self.live_legs.total(), self.gogc.is_unsteady()).name()),
            mmu: traced.then_some(Mmu {
                ms1,
                ms10,
                ms100,
                s1,
            }),
            implied_gogc: self
                .gogc
                .range()
                .map(|(low, high)| report::Interval { low, high }),
            gogc_changes: traced.then(|| self.gogc.changes()),
            limit_regime: traced.then_some(self.limit_regime),
            early_cycles: traced.then_some(total.early),
            peak_window: self.peak,
            pause_histogram: pauses
                .map(|(pause_ns, cycles)| PauseCount { pause_ns, cycles })
                .collect(),
            percentiles_exact: counts.pause.is_exact()
                && counts.stop.is_exact()
                && counts.totals.is_exact()
                && counts.period.is_exact(),
            sums_estimated: run.seen() < cycles,
            mark_assist_share_ratio: assist.zip(background).and_then(|(assist, background)| {
                let all = assist + background;
                (all > 0.0).then(|| assist / all)
            }),
            headroom_use_p50_ratio: median(&counts.headroom).map(|share| share as f64 / 1000.0),
            overshoot_ratio: traced.then(|| total.share(total.overshoots)),
            min_heap_ratio: traced.then(|| total.share(total.min_heap)),
            cpus_seen: processors
                .filter(|_| trust.cpus && self.settings.cpus_milli.is_none())
                .map(|(_, cpus)| cpus),
            limiter_bucket_max_ratio: traced.then(|| total.limiter_max as f64 / 1000.0),
            live_trend_bytes_per_second: trend.map(|slope| slope * MIB as f64),
            running: Running {
                period_buckets: at_most(&counts.period.sorted()),
                period_sum_ns: period.sum,
                traced: traced.then(|| Traced {
                    stop_cpu_ns: totals.stop_cpu_ns,
                    mark_assist_cpu_ns: totals.assist_cpu_ns,
                    mark_background_cpu_ns: totals.background_cpu_ns,
                    mark_idle_cpu_ns: totals.idle_cpu_ns,
                    allocated_bytes: self.allocated_mib.unsigned_abs().saturating_mul(MIB),
                    gomaxprocs: self.last_gomaxprocs,
                }),
            },
            timeline: self.timeline.finish(stops_times, marking_times),
        }
    }
}

fn distribution<const UNIT: u64>(counts: &Counts<UNIT>) -> Distribution {
    let summary = counts.summary();
    let values = counts.sorted();
    let ranked = Ranked::of(&values);
    // Values that had to be rounded down may have come below the smallest.
    let quantile = |per_mille| ranked.quantile(per_mille).max(summary.min);
    Distribution {
        count: summary.count,
        min: summary.min,
        p50: quantile(500),
        p90: quantile(900),
        p99: quantile(990),
        p999: quantile(999),
        max: summary.max,
        sum: summary.sum,
    }
}

/// How many values are at most each of the bounds.
fn at_most(values: &[Counted]) -> [u64; PERIOD_BOUNDS_NS.len()] {
    PERIOD_BOUNDS_NS.map(|bound| {
        let below = values.iter().take_while(|(value, _)| *value <= bound);
        below.map(|(_, count)| count).sum()
    })
}

fn size(counts: &Counts<1>, first: u64, last: u64) -> Size {
    let bytes = |mib: u64| mib.saturating_mul(MIB);
    let summary = counts.summary();
    Size {
        first: bytes(first),
        last: bytes(last),
        min: bytes(summary.min),
        p50: bytes(median(counts).unwrap_or(0).max(summary.min)),
        max: bytes(summary.max),
    }
}

fn median(counts: &Counts<1>) -> Option<u64> {
    Ranked::of(&counts.sorted()).median()
}
