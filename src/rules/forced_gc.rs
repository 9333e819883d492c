//! Cycles that the program asks for.

use super::*;

rule! {
    /// The share of cycles marked `(forced)`: runtime.GC, debug.FreeOSMemory, goroutine-leak profiles. Warning from 10 %,
    /// critical from 50 %, if there are at least 2 a minute. Without a measurable cost it is `info`, and it is critical only if
    /// collecting costs the program a material share (10 % of the CPU, 3 % of the time in stops, or 5 % of the CPU in assists).
    /// The runtime's two-minute cycle is not marked so and does
    /// not count.
    ///
    /// Why: a forced cycle marks the whole live heap whether or not there is anything to gain, and its caller waits for it.
    ///
    /// Needs 4 cycles.
    ///
    /// In the output of `go test` or benchmarks the harness forces cycles (testing/benchmark.go calls runtime.GC before each
    /// benchmark): no more than `info`.
    ///
    /// What to do: find the caller and drop the call. If it is there to return memory to the system, set GOMEMLIMIT instead.
    id: "forced-gc",
    summary: "the program forces cycles itself",
    unit: Unit::Ratio,
    warning: Some(0.10),
    critical: Some(0.50),
    evidence: "4 cycles; 2 forced cycles a minute",
    needs_lines: false,
    judge,
    cap,
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let tally = &view.window.tally;
    if !view.traced {
        // Which cycles were forced is not known, only how many.
        let share = view.polled_run().and_then(|polled| polled.forced_ratio());
        return share.map_or(Reading::NoEvidence, |share| {
            Reading::graded(share, thresholds)
        });
    }
    if tally.cycles < 4 {
        return Reading::NoEvidence;
    }
    Reading::graded(tally.share(tally.forced), thresholds)
}

fn cap(view: &View<'_>, severity: Severity) -> Cap {
    if view.harness {
        Cap::at(Some(Severity::Info), Some(CappedBy::Harness))
    } else if per_minute(view) < 2.0 {
        Cap::QUIET
    } else {
        Cap::by_cost(view, severity)
    }
}

fn per_minute(view: &View<'_>) -> f64 {
    let (forced, _, seconds) = counts(view);
    forced as f64 * 60.0 / seconds.max(1e-9)
}

/// Forced cycles, all cycles, and their time, s.
fn counts(view: &View<'_>) -> (u64, u64, f64) {
    match view.polled {
        Some(polled) => {
            let seconds = polled.span_ns as f64 / 1e9;
            (polled.forced.unwrap_or(0), polled.cycles, seconds)
        }
        None => {
            let tally = &view.window.tally;
            (tally.forced, tally.cycles, view.seconds())
        }
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let (forced, cycles, _) = counts(view);
    Explanation::new(format!(
        "{} of {} cycles are forced by the program (threshold {}), {:.0} a minute: each marks the whole live heap and its caller waits for it",
        percent(crossing.value),
        cycles,
        percent(crossing.threshold),
        per_minute(view),
    ))
    .advise(advice::CALLER)
    .advise("to give memory back to the system set GOMEMLIMIT instead")
    .figure("cycles", cycles as f64)
    .figure("forced_cycles", forced as f64)
    .figure("forced_per_minute", per_minute(view))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;

    fn forced(nth: u64, period_ms: u64) -> crate::rules::tests::Case {
        healthy(100, period_ms).each(move |number, cycle| cycle.forced = number % nth == 0)
    }

    #[test]
    fn fires_and_stays_silent() {
        let dear = forced(1, 100).each(|_, cycle| cycle.mark_background_cpu_ns = 80 * MS);
        assert_eq!(dear.severity(&RULE), Some(Severity::Critical));
        assert_eq!(forced(1, 100).severity(&RULE), Some(Severity::Warning));
        assert_eq!(forced(1, 100).capped_by(&RULE), Some(CappedBy::Cost));
        let cheap = forced(1, 5_000).each(|_, cycle| cycle.mark_background_cpu_ns = MS);
        assert_eq!(cheap.severity(&RULE), Some(Severity::Info));
        let harness = forced(1, 100).in_harness();
        assert_eq!(harness.severity(&RULE), Some(Severity::Info));
        assert_eq!(harness.capped_by(&RULE), Some(CappedBy::Harness));
        assert_eq!(forced(5, 100).severity(&RULE), Some(Severity::Warning));
        assert_eq!(forced(20, 100).severity(&RULE), None);
        forced(20, 100).gate(&RULE, 0.04, 0.06);
        assert_eq!(forced(1, 60_000).severity(&RULE), None, "one a minute");
    }

    #[test]
    fn the_two_minute_cycle_is_not_forced() {
        let periodic = healthy(10, 10_000).with_notices();
        assert_eq!(periodic.severity(&RULE), None);
    }
}
