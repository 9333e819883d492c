//! Heaps that end above their goal.

use super::*;

rule! {
    /// The share of cycles whose heap at end is at least 10 % and 2 MiB above the goal. Warning from 10 %, critical from
    /// 50 %.
    ///
    /// Why: the pacer aims at the goal and allows itself a tenth more. Beyond that, allocation was faster than marking: memory
    /// peaks above what GOGC or GOMEMLIMIT promise.
    ///
    /// Needs 10 cycles. Smaller overshoots are normal and not counted.
    ///
    /// False alarms: small heaps with large objects. Without a measurable cost it is `info`, and it is critical only if collecting
    /// costs the program a material share (10 % of the CPU, 3 % of the time in stops, or 5 % of the CPU in assists).
    ///
    /// What to do: smooth bursts of large allocations; if a memory limit sets the goal, see low-headroom.
    id: "overshoot",
    summary: "heaps end well above their goal",
    unit: Unit::Ratio,
    warning: Some(0.10),
    critical: Some(0.50),
    evidence: "10 cycles",
    judge,
    cap: Cap::by_cost,
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let tally = &view.window.tally;
    if tally.cycles < 10 {
        return Reading::NoEvidence;
    }
    Reading::graded(tally.share(tally.overshoots), thresholds)
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let tally = &view.window.tally;
    Explanation::new(format!(
        "{} of {} cycles end with a heap at least 10 % above the goal (threshold {}): allocation outruns marking, so memory peaks above what GOGC and GOMEMLIMIT promise",
        percent(crossing.value),
        tally.cycles,
        percent(crossing.threshold),
    ))
    .advise("find large and bursty allocations: go tool pprof -sample_index=alloc_space http://HOST/debug/pprof/allocs")
    .advise(advice::REUSE)
    .figure("cycles", tally.cycles as f64)
    .figure("cycles_above_goal", tally.overshoots as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;
    use crate::severity::Severity;

    fn above(nth: u64, heap_end: u64) -> crate::rules::tests::Case {
        healthy(100, 100).each(move |number, cycle| {
            if number % nth == 0 {
                cycle.heap_end_mib = heap_end;
            }
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        let dear = above(2, 60).each(|_, cycle| cycle.mark_background_cpu_ns = 80 * MS);
        assert_eq!(dear.severity(&RULE), Some(Severity::Critical));
        assert_eq!(above(2, 60).severity(&RULE), Some(Severity::Warning));
        let cheap = above(2, 60).each(|_, cycle| {
            (cycle.mark_background_cpu_ns, cycle.mark_assist_cpu_ns) = (MS, 0);
            (cycle.sweep_termination_ns, cycle.sweep_termination_cpu_ns) = (20_000, 80_000);
        });
        assert_eq!(cheap.severity(&RULE), Some(Severity::Info));
        assert_eq!(above(5, 60).severity(&RULE), Some(Severity::Warning));
        assert_eq!(above(20, 60).severity(&RULE), None);
        assert_eq!(
            above(2, 44).severity(&RULE),
            None,
            "44 over a goal of 41 is within the pacer's tenth"
        );
        above(20, 60).gate(&RULE, 0.04, 0.06);
    }
}
