//! Stops that the collector makes long, and stops that the host makes long.
//!
//! A stop ends when every running goroutine has been stopped; since Go 1.8 it does no work that grows with the heap. So a
//! stop is long because a thread did not get to run, or because the program is slow to stop. Stops that are equally long in
//! each cycle, be it 60 ms, are the program's own; stops that scatter are the host's.

use crate::measure::{Interval, Totals};
use crate::rules::{View, cpu_count};
use crate::stats::{Ranked, at_least};
use crate::units::{Unit, duration, percent};

/// A stop this many times the typical one is likely the host's.
const FAR: u64 = 100;

/// Stops scatter if their p99 is at least this many times their p10.
const SCATTER: u64 = 8;

/// Marking that takes less than this share of the CPU does not make stops long.
const CHEAP_MARKING: f64 = 0.05;

/// CPUs that GOMAXPROCS counts on and the program does not have.
const LACKING: f64 = 0.6;

/// Live heaps up to this size take about the same time to mark, MiB.
const SMALL_MIB: u64 = 16;

/// Cycles needed to know a typical mark.
const OTHERS: u64 = 20;

/// For stops below this only GOMAXPROCS and marking are looked at: they cost too little, ns.
const SHORT_NS: u64 = 1_000_000;

/// Fewer stops than these are single events.
pub(in crate::rules) const FEW: u64 = 3;

/// A figure that shows that threads wait for a CPU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Signs {
    /// A stop over a hundred times the typical one: the typical one, and how many times, rounded down to hundreds.
    Far(u64, u64),
    /// GOMAXPROCS, and the CPUs of the program.
    Lacking(f64, f64),
    /// The share of the CPU that marking takes.
    CheapMarking(f64),
    /// A mark over a hundred times as long as the others: its length, and the average of the others, ns.
    Stalled(u64, u64),
}

impl Signs {
    /// In words, after "since".
    pub fn words(&self) -> String {
        match *self {
            Self::Far(typical, times) => format!(
                "most stops are short (p50 {}) and a few over {times} times longer, as when the kernel does not run a thread",
                duration(typical)
            ),
            Self::Lacking(procs, cpus) => format!(
                "GOMAXPROCS is {} but the program has {}, so threads wait for a CPU",
                Unit::Count.format(procs),
                cpu_count(cpus)
            ),
            Self::Stalled(longest, typical) => format!(
                "one mark took {} and the others {}, as when the process does not run",
                duration(longest),
                duration(typical)
            ),
            Self::CheapMarking(share) => format!(
                "marking itself is cheap ({} of the CPU), so the heap is not what makes the stops long",
                percent(share)
            ),
        }
    }
}

/// The first sign in what is looked at, else in the whole run.
pub(in crate::rules) fn signs(view: &View<'_>) -> Option<Signs> {
    let window = &view.window;
    let longest = window.pauses.max();
    let stalled = || stalled_mark(view).map(|(longest, typical)| Signs::Stalled(longest, typical));
    if longest < SHORT_NS {
        return lacking(view, &window.interval).or_else(stalled);
    }
    // A p99 does not show a single stall among many cycles.
    let p99 = match window.pauses.at_least(longest as f64 / 2.0) < FEW {
        true => longest,
        false => window.pauses.quantile(990),
    };
    let here = in_interval(
        view,
        p99,
        |from| window.pauses.at_least(from as f64),
        || view.pause_p50_ns(),
        view.window.tally.cycles,
        &window.interval,
    )
    .or_else(stalled);
    if here.is_some() || view.whole_run {
        return here;
    }
    let sorted = view.run_pauses.sorted();
    let run = Ranked::of(&sorted);
    let mut p99 = run.quantile(990);
    if at_least(&sorted, longest / 2) < FEW {
        p99 = p99.max(longest);
    }
    in_interval(
        view,
        p99,
        |from| at_least(&sorted, from),
        || run.quantile(500),
        view.cycles_seen,
        &view.run,
    )
}

/// Fewer CPUs than GOMAXPROCS counts on.
fn lacking(view: &View<'_>, interval: &Interval<'_>) -> Option<Signs> {
    let (procs, cpus) = interval.processors()?;
    (view.window.trust.cpus && procs - cpus >= LACKING).then_some(Signs::Lacking(procs, cpus))
}

/// The sign in the `all` pauses of an interval: `at_least` counts those of that many ns or more.
fn in_interval(
    view: &View<'_>,
    p99: u64,
    at_least: impl Fn(u64) -> u64,
    median: impl Fn() -> u64,
    all: u64,
    interval: &Interval<'_>,
) -> Option<Signs> {
    // Counting is cheaper than finding the median.
    if at_least(p99 / FAR + 1) * 2 <= all {
        let p50 = median();
        if p50 > 0 && p99 / p50 >= FAR {
            return Some(Signs::Far(p50, p99 / p50 / FAR * FAR));
        }
    }
    if let Some(lacking) = lacking(view, interval) {
        return Some(lacking);
    }
    // GC CPU holds marking.
    let polled = || view.polled?.gc_cpu_ratio;
    let marking = interval.cpu_ratio(Totals::marking_cpu_ns).or_else(polled)?;
    if marking >= CHEAP_MARKING || view.before_1_9() {
        return None;
    }
    let scatter = at_least(p99 / SCATTER + 1) * 10 <= all * 9 || marks_scatter(view);
    scatter.then_some(Signs::CheapMarking(marking))
}

/// Marking takes long at times and is short at others over a live heap of about the same size: it too waits for a CPU.
fn marks_scatter(view: &View<'_>) -> bool {
    let (shortest, longest) = view.window.tally.mark_ns;
    view.window.tally.cycles >= 4
        && longest >= shortest.saturating_mul(SCATTER)
        && has_steady_heap(view)
}

/// The live heaps of the window take about the same time to mark.
fn has_steady_heap(view: &View<'_>) -> bool {
    let (least, most) = view.window.tally.live_mib;
    most <= least.saturating_mul(2).max(SMALL_MIB)
}

/// A mark so much longer than the others on average that the process cannot have run: its length and the average of the others,
/// ns. `None` if there is none, or if it marked a larger heap than the others.
pub(in crate::rules) fn stalled_mark(view: &View<'_>) -> Option<(u64, u64)> {
    if !view.traced {
        return None;
    }
    let (_, longest) = view.window.tally.mark_ns;
    let others = view.run.seen().checked_sub(1)?;
    let marking = view.run.sum(|totals| totals.mark_ns);
    let typical = marking.saturating_sub(longest).checked_div(others)?;
    let in_reach = view.window.reach.sum(|totals| totals.mark_ns);
    (others >= OTHERS
        && longest >= typical.saturating_mul(FAR)
        && longest >= in_reach / 2
        && has_steady_heap(view))
    .then_some((longest, typical))
}
