//! Stops of the collector against stops of the host.
//!
//! A stop ends when every running goroutine has been stopped; since Go 1.8 it does no work that grows with the heap. So a
//! stop is long because a thread did not get to run, or because the program is slow to stop. Even stops of 60 ms in each
//! cycle are no host's; stops that scatter are.

use crate::measure::Stretch;
use crate::rules::View;
use crate::units::{duration, percent};

/// Of how many typical stops a long one is at least, for the host to be the likely reason.
const FAR: u64 = 100;

/// What the p99 is of the p10 at least where stops scatter.
const SCATTER: u64 = 8;

/// Marking that takes less than this share of the CPU does not make stops long.
const CHEAP_MARKING: f64 = 0.05;

/// CPUs that GOMAXPROCS counts on and the program does not have.
const LACKING: f64 = 0.6;

/// Live heaps up to this size, MiB, are much the same to mark.
const SMALL_MIB: u64 = 16;

/// Cycles that say what is typical.
const OTHERS: u64 = 20;

/// Stops below this cost too little to look further, ns: only GOMAXPROCS and marking are looked at.
const SHORT_NS: u64 = 1_000_000;

/// Fewer stops than these are single events.
pub(in crate::rules) const FEW: u64 = 3;

/// A figure that shows that threads wait for a CPU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Signs {
    /// A stop over a hundred times the typical one: the typical one, and how many times, rounded down to hundreds.
    Far(u64, u64),
    /// GOMAXPROCS, and the CPUs had.
    Lacking(f64, f64),
    /// What marking takes of the CPU.
    CheapMarking(f64),
    /// A mark over a hundred times as long as the others: it, and what the others take on average, ns.
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
                crate::units::Unit::Count.format(procs),
                crate::rules::cpus_had(cpus)
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
    let stalled = || {
        let (longest, typical) = stalled_mark(view)?;
        Some(Signs::Stalled(longest, typical))
    };
    if longest < SHORT_NS {
        return lacking(view, &window.stretch).or_else(stalled);
    }
    let few = window.pauses.at_least(longest as f64 / 2.0) < FEW;
    // A single stall among many cycles leaves their p99 alone.
    let p99 = if few {
        longest
    } else {
        window.pauses.quantile(990)
    };
    let here = in_stretch(
        view,
        p99,
        |from| window.pauses.at_least(from as f64),
        || view.pause_p50_ns(),
        view.window.tally.cycles,
        &window.stretch,
    )
    .or_else(stalled);
    if here.is_some() || view.whole_run {
        return here;
    }
    let sorted = view.run_pauses.sorted();
    let run = crate::stats::Ranked::of(&sorted);
    let mut p99 = run.quantile(990);
    if crate::stats::at_least(&sorted, longest / 2) < FEW {
        p99 = p99.max(longest);
    }
    in_stretch(
        view,
        p99,
        |from| crate::stats::at_least(&sorted, from),
        || run.quantile(500),
        view.cycles_seen,
        &view.run,
    )
}

/// Fewer CPUs than GOMAXPROCS counts on.
fn lacking(view: &View<'_>, stretch: &Stretch<'_>) -> Option<Signs> {
    let (procs, cpus) = stretch.processors()?;
    (view.window.trust.cpus && procs - cpus >= LACKING).then_some(Signs::Lacking(procs, cpus))
}

/// `at_least` counts the pauses from so many ns on, of `all`; `median` is theirs.
fn in_stretch(
    view: &View<'_>,
    p99: u64,
    at_least: impl Fn(u64) -> u64,
    median: impl Fn() -> u64,
    all: u64,
    stretch: &Stretch<'_>,
) -> Option<Signs> {
    // Counting is cheaper than looking for a median.
    if at_least(p99 / FAR + 1) * 2 <= all {
        let p50 = median();
        if p50 > 0 && p99 / p50 >= FAR {
            return Some(Signs::Far(p50, p99 / p50 / FAR * FAR));
        }
    }
    if let Some(lacking) = lacking(view, stretch) {
        return Some(lacking);
    }
    let mark =
        stretch.cpu_ratio(|mark| mark.assist_cpu_ns.saturating_add(mark.background_cpu_ns))?;
    if mark >= CHEAP_MARKING || view.before_1_9() {
        return None;
    }
    let scatter = at_least(p99 / SCATTER + 1) * 10 <= all * 9 || marks_scatter(view);
    scatter.then_some(Signs::CheapMarking(mark))
}

/// Marking takes now long, now short over a live heap of much the same size: marking too waits for a CPU.
fn marks_scatter(view: &View<'_>) -> bool {
    let tally = &view.window.tally;
    let ((shortest, longest), (least, most)) = (tally.mark_ns, tally.live_mib);
    tally.cycles >= 4
        && longest >= shortest.saturating_mul(SCATTER)
        && most <= least.saturating_mul(2).max(SMALL_MIB)
}

/// One mark so much longer than the others are on average that the process cannot have run: the longest, and the others'
/// average, ns. `None` where there is none, or where the heap that it marked was larger than theirs.
pub(in crate::rules) fn stalled_mark(view: &View<'_>) -> Option<(u64, u64)> {
    let tally = &view.window.tally;
    let (_, longest) = tally.mark_ns;
    let (from, to) = (view.run.from, view.run.to);
    let others = to.seen.saturating_sub(from.seen).checked_sub(1)?;
    let marking = to.mark_ns.saturating_sub(from.mark_ns);
    let typical = marking.saturating_sub(longest).checked_div(others)?;
    let in_reach = view
        .window
        .reach
        .to
        .mark_ns
        .saturating_sub(view.window.reach.from.mark_ns);
    let (least, most) = tally.live_mib;
    (others >= OTHERS
        && longest >= typical.saturating_mul(FAR)
        && longest >= in_reach / 2
        && most <= least.saturating_mul(2).max(SMALL_MIB))
    .then_some((longest, typical))
}
