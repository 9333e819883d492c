//! One very long stop.

use super::*;
use crate::units::from_f64;

rule! {
    /// The longest pause of a single cycle, both stops together. Warning from 50 ms, critical from 100 ms.
    ///
    /// Why: a percentile dilutes single stops. For the 100 ms of one such stop the program answers nothing.
    ///
    /// Needs one cycle.
    ///
    /// False alarms: a suspended laptop, a frozen container, a debugger, or a host so busy that a thread does not run make such a
    /// stop too. If the figures show signs of that (see pause-p99), fewer than three such stops are `info` and more are a
    /// warning; it is critical only with three stops that no sign explains. Before Go 1.9 a forced cycle is one full stop, and
    /// the message names runtime.GC.
    ///
    /// What to do: record a runtime trace around that time; see pause-p99.
    id: "long-pause",
    summary: "a single cycle stops the program for very long",
    unit: Unit::Nanoseconds,
    warning: Some(50e6),
    critical: Some(100e6),
    evidence: "1 cycle",
    needs_lines: false,
    judge,
    cap,
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    if view.window.pauses.count() == 0 {
        return Reading::NoEvidence;
    }
    Reading::graded(view.window.pauses.max() as f64, thresholds)
}

fn cap(view: &View<'_>, _: Severity) -> Cap {
    let few = RULE
        .warning
        .is_some_and(|least| view.window.pauses.at_least(least) < contention::FEW);
    if few && view.signs().is_some() {
        return Cap::at(Some(Severity::Info), Some(CappedBy::Contention));
    }
    pause_p99::at_most(view, RULE.critical)
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let pauses = &view.window.pauses;
    let above = at_least(&view.run_pauses.sorted(), from_f64(crossing.threshold));
    Explanation::new(format!(
        "a cycle stopped the program for {} (threshold {}, reached by {above} of {} in the run so far){}",
        ns(crossing.value),
        ns(crossing.threshold),
        counted(view.cycles_seen, "cycle"),
        pause_p99::why(view, false),
    ))
    .advise_each(pause_p99::remedies(view))
    .figure("cycles", pauses.count() as f64)
    .figure("cycles_above_threshold", above as f64)
    .figure("pause_p50_ns", pauses.quantile(500) as f64)
    .figure("cpu_contention_signs", flag(view.signs().is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;

    fn one(ms: u64) -> crate::rules::tests::Case {
        healthy(100, 100).each(move |number, cycle| {
            if number == 50 {
                cycle.mark_termination_ns = ms * MS;
            }
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        let each = |ms: u64| healthy(100, 1_000).each(move |_, c| c.sweep_termination_ns = ms * MS);
        assert_eq!(each(120).severity(&RULE), Some(Severity::Critical));
        assert_eq!(each(60).severity(&RULE), Some(Severity::Warning));
        assert_eq!(
            one(120).severity(&RULE),
            Some(Severity::Info),
            "a single stall"
        );
        assert_eq!(one(40).severity(&RULE), None);
        one(40).gate(&RULE, 30e6, 45e6);
        assert!(
            one(120)
                .explanation(&RULE)
                .message
                .contains("reached by 1 of 100 cycles in the run")
        );
    }
}
