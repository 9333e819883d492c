//! The smallest heap there is.

use super::*;

rule! {
    /// The share of cycles at the smallest heap goal that the runtime allows (4 MiB x GOGC / 100), if cycles are frequent too.
    /// Warning from 50 % with 10 or more cycles per second and a measurable cost; never critical by itself.
    ///
    /// Why: a program that allocates fast over a nearly empty heap collects all the time and frees next to nothing. It is the
    /// cheapest GC problem to fix.
    ///
    /// Needs 20 cycles over 2 s. A goal of up to 5 MiB counts as the smallest; with `--gogc` the smallest is computed.
    ///
    /// False alarms: short benchmarks.
    ///
    /// What to do: GOGC=400, or GOGC=off with GOMEMLIMIT as the bound. A ballast is no longer needed.
    id: "min-heap",
    summary: "frequent cycles over a nearly empty heap",
    unit: Unit::Ratio,
    warning: Some(0.5),
    evidence: "20 cycles over 2 s; 10 automatic cycles per second",
    judge,
    cap,
    explanation,
}

/// Automatic cycles per second from which on they are frequent.
const FREQUENT: f64 = 10.0;

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let tally = &view.window.tally;
    let value = tally.share(tally.min_heap);
    match gc_frequency::frequency(view) {
        Some(_) if gc_frequency::evidence(view) => Reading::graded(value, thresholds),
        // Few cycles are not frequent, whatever the heap.
        _ if tally.cycles > 0 && view.seconds() >= 2.0 => Reading::quiet(value),
        _ => Reading::NoEvidence,
    }
}

fn cap(view: &View<'_>, severity: Severity) -> Cap {
    let frequent = gc_frequency::frequency(view).is_some_and(|rate| rate >= FREQUENT);
    if !frequent || view.forced_dominates() {
        return Cap::QUIET;
    }
    Cap::by_cost(view, severity)
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let frequency = gc_frequency::frequency(view);
    Explanation::new(format!(
        "{} of the cycles (threshold {}) run at the smallest heap goal there is, {}: the heap is nearly empty, so they collect for next to nothing",
        percent(crossing.value),
        percent(crossing.threshold),
        rate(frequency.unwrap_or(f64::NAN)),
    ))
    .advise(advice::GROW)
    .advise(advice::ALLOCATIONS)
    .figure("cycles", view.window.tally.cycles as f64)
    .figure("gc_frequency_per_second", frequency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::healthy;

    fn empty(period_ms: u64) -> crate::rules::tests::Case {
        healthy(200, period_ms).each(|_, cycle| {
            cycle.heap_live_mib = 0;
            cycle.heap_goal_mib = 4;
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(empty(50).severity(&RULE), Some(Severity::Warning));
        assert_eq!(empty(200).severity(&RULE), None, "seldom");
        assert_eq!(healthy(200, 50).severity(&RULE), None, "not empty");
        empty(50).gate(&RULE, 0.5, 1.1);
        assert_eq!(
            empty(200).severity_at(&RULE, 0.1),
            Some(Severity::Critical),
            "a threshold of the user's is judged as it is set"
        );
    }
}
