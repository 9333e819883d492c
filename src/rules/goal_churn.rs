//! A heap goal that swings.

use super::*;
use crate::units::{MIB, bytes};

rule! {
    /// How far the heap goal swings up and down: doublings and halvings per minute, over the last minute (or the window, if that
    /// is longer). Warning from 10/min, critical from 40/min, with at least 3 turns.
    ///
    /// Measured as swings from turning point to turning point: a turn counts once the goal has come back from its extreme by a
    /// factor of 1.5 and by 16 MiB; a swing counts |log2(end / start)|. So growth in one direction is no churn, and neither is
    /// the jitter of small heaps.
    ///
    /// Why: when the goal swings, cycles come close together at its low points and memory peaks at its high ones; requests see
    /// a different collector from minute to minute.
    ///
    /// Needs 5 s. The message says what swings: the live heap itself, GOGC or the memory limit (no constant GOGC explains
    /// the goals), or bursts of allocation during marking, which the runtime counts as live.
    ///
    /// False alarms: phases of batch and cron jobs swing the goal too, often cheaply. Without a measurable cost it is `info`, and
    /// it is critical only if collecting costs the program a material share (10 % of the CPU, 3 % of the time in stops, or 5 % of
    /// the CPU in assists).
    ///
    /// What to do: give the heap a floor and a ceiling (GOMEMLIMIT with a higher GOGC), rebuild caches in parts rather than
    /// at once, stop changing GOGC in a loop.
    id: "goal-churn",
    summary: "the heap goal swings up and down",
    unit: Unit::PerMinute,
    warning: Some(10.0),
    critical: Some(40.0),
    evidence: "5 s of goals; 3 turns of at least 16 MiB and 1.5x",
    judge,
    cap: Cap::by_cost,
    explanation,
}

/// What makes the goal swing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The live heap swings with it.
    LiveHeap,
    /// No constant GOGC explains the goals.
    GogcOrLimit,
    /// What is allocated during marking counts as live until the next cycle.
    AllocationBursts,
}

impl Cause {
    /// The name in data.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LiveHeap => "live-heap",
            Self::GogcOrLimit => "gogc-or-limit",
            Self::AllocationBursts => "allocation-bursts",
        }
    }

    /// From the churn of the goal, the churn of the live heap, and whether no constant GOGC explains the goals.
    pub fn of(goal: f64, live: f64, gogc_unsteady: bool) -> Self {
        if live >= goal / 4.0 {
            Self::LiveHeap
        } else if gogc_unsteady {
            Self::GogcOrLimit
        } else {
            Self::AllocationBursts
        }
    }
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let churn = &view.churn;
    let (_, highest) = view.window.tally.goal_mib;
    if churn.seconds < 5.0 || (view.window.tally.cycles > 0 && highest == 0) {
        Reading::NoEvidence
    } else if churn.reversals >= 3 {
        Reading::graded(churn.per_minute, thresholds)
    } else {
        Reading::quiet(churn.per_minute)
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let live = view.live_churn.per_minute;
    let (because, first) = match Cause::of(view.churn.per_minute, live, view.gogc.unsteady) {
        Cause::LiveHeap => (
            "the live heap itself swings",
            "rebuild caches and batches in parts instead of all at once, and drop the old one before building the new one",
        ),
        Cause::GogcOrLimit => (
            "GOGC or the memory limit is being changed, since no constant GOGC explains the goals",
            "find who calls debug.SetGCPercent or debug.SetMemoryLimit in a loop and set one value",
        ),
        Cause::AllocationBursts => (
            "bursts allocated while marking count as live until the next cycle",
            "spread the bursts, or allocate less in them: go tool pprof -sample_index=alloc_space http://HOST/debug/pprof/allocs",
        ),
    };
    let (low, high) = view.window.tally.goal_mib;
    let range = if low <= high {
        let size = |mib: u64| bytes(mib.saturating_mul(MIB));
        format!(" between {} and {}", size(low), size(high))
    } else {
        String::new()
    };
    Explanation::new(format!(
        "the heap goal doubles or halves {} times a minute and turned {} times in {:.0} s{range} (threshold {}): {because}, so cycles bunch up at the low points and memory peaks at the high ones",
        Unit::Count.format(crossing.value),
        view.churn.reversals,
        view.churn.seconds,
        Unit::PerMinute.format(crossing.threshold),
    ))
    .advise(first)
    .advise("give the goal a floor and a ceiling: set GOMEMLIMIT to what the program may use and raise GOGC")
    .figure("reversals", view.churn.reversals as f64)
    .figure("live_heap_churn_per_minute", live)
    .figure("gogc_changes", view.gogc.changes as f64)
    .figure("seconds", view.churn.seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;
    use crate::severity::Severity;

    fn swing(goals: [u64; 2], every: u64) -> crate::rules::tests::Case {
        healthy(120, 500).each(move |number, cycle| {
            let high = (number / every).is_multiple_of(2);
            cycle.heap_goal_mib = if high { goals[1] } else { goals[0] };
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        // Two doublings every second.
        let dear = swing([40, 160], 2).each(|_, cycle| cycle.mark_background_cpu_ns = 300 * MS);
        assert_eq!(dear.severity(&RULE), Some(Severity::Critical));
        let small = swing([40, 160], 2).each(|_, cycle| cycle.mark_background_cpu_ns = 20 * MS);
        assert_eq!(small.severity(&RULE), Some(Severity::Warning));
        assert_eq!(
            swing([40, 160], 2).severity(&RULE),
            Some(Severity::Info),
            "it costs nothing"
        );
        // One doubling every 5 s.
        let seldom = swing([40, 80], 10).each(|_, cycle| cycle.mark_background_cpu_ns = 300 * MS);
        assert_eq!(seldom.severity(&RULE), Some(Severity::Warning));
        let calm = swing([40, 80], 30);
        assert_eq!(calm.severity(&RULE), None);
        calm.gate(&RULE, 2.0, 6.0);
    }

    #[test]
    fn small_heaps_and_growth_are_no_churn() {
        assert_eq!(
            swing([4, 8], 2).severity(&RULE),
            None,
            "4 and 8 MiB is jitter"
        );
        let growing = healthy(120, 500).each(|number, cycle| cycle.heap_goal_mib = 10 * number);
        assert_eq!(growing.severity(&RULE), None);
        let turns = healthy(120, 500).each(|number, cycle| {
            cycle.heap_goal_mib = if !(40..=80).contains(&number) {
                4000
            } else {
                20
            };
        });
        assert_eq!(turns.severity(&RULE), None, "two turns only");
        assert_eq!(healthy(3, 500).reading(&RULE), Reading::NoEvidence);
    }

    #[test]
    fn the_message_names_what_swings() {
        let live =
            swing([40, 160], 2).each(|_, cycle| cycle.heap_live_mib = cycle.heap_goal_mib / 2);
        assert!(
            live.explanation(&RULE)
                .message
                .contains("the live heap itself swings")
        );
        let gogc = swing([60, 160], 2).each(|_, cycle| cycle.heap_start_mib = 50);
        assert!(
            gogc.explanation(&RULE)
                .message
                .contains("GOGC or the memory limit is being changed")
        );
        assert_eq!(Cause::of(40.0, 0.0, false), Cause::AllocationBursts);
    }
}
