//! Stops of the collector against stops of the host.
//!
//! A stop ends when every running goroutine has been stopped; since Go 1.8 it does no work that grows with the heap. So a
//! stop is long because a thread did not get to run, or because the program is slow to stop. Even stops of 60 ms in each
//! cycle are no host's; stops that scatter are.

use super::View;
use crate::measure::Stretch;
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

/// Fewer stops than these are single events.
pub(super) const FEW: u64 = 3;

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
                super::cpus_had(cpus)
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
pub(super) fn signs(view: &View<'_>) -> Option<Signs> {
    let window = &view.window;
    let longest = window.pauses.max();
    let few = window.pauses.at_least(longest as f64 / 2.0) < FEW;
    let here = Stops {
        p10: window.pauses.quantile(100),
        p50: window.pauses.quantile(500),
        // A single stall among many cycles leaves their p99 alone.
        p99: if few {
            longest
        } else {
            window.pauses.quantile(990)
        },
    };
    if let Some(sign) = in_stretch(view, &here, &window.stretch) {
        return Some(sign);
    }
    if let Some((longest, typical)) = stalled_mark(view) {
        return Some(Signs::Stalled(longest, typical));
    }
    if view.whole_run {
        return None;
    }
    let sorted = view.run_pauses.sorted();
    let run = crate::stats::Ranked::of(&sorted);
    let mut all = Stops {
        p10: run.quantile(100),
        p50: run.quantile(500),
        p99: run.quantile(990),
    };
    if crate::stats::at_least(&sorted, longest / 2) < FEW {
        all.p99 = all.p99.max(longest);
    }
    in_stretch(view, &all, &view.run)
}

/// Quantiles of the pause, ns.
struct Stops {
    p10: u64,
    p50: u64,
    p99: u64,
}

fn in_stretch(view: &View<'_>, stops: &Stops, stretch: &Stretch<'_>) -> Option<Signs> {
    if stops.p50 > 0 && stops.p99 / stops.p50 >= FAR {
        return Some(Signs::Far(stops.p50, stops.p99 / stops.p50 / FAR * FAR));
    }
    if let Some((procs, cpus)) = stretch.processors()
        && view.window.trust.cpus
        && procs - cpus >= LACKING
    {
        return Some(Signs::Lacking(procs, cpus));
    }
    let mark =
        stretch.cpu_ratio(|mark| mark.assist_cpu_ns.saturating_add(mark.background_cpu_ns))?;
    let scatter = stops.p99 >= stops.p10.saturating_mul(SCATTER) || marks_scatter(view);
    (mark < CHEAP_MARKING && scatter && !view.before_1_9()).then_some(Signs::CheapMarking(mark))
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
pub(super) fn stalled_mark(view: &View<'_>) -> Option<(u64, u64)> {
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
