//! Long stops, too many of them.

use super::*;
use crate::stats::binomial_tail;

rule! {
    /// The pause that one cycle in a hundred exceeds: both stops of a cycle together, as in MemStats.PauseNs, nearest rank
    /// over the printed values. Warning from 5 ms, critical from 25 ms.
    ///
    /// Why: Go aims at less than half a millisecond per stop. No goroutine runs during a pause, so it adds to every request in
    /// flight.
    ///
    /// Needs at least 3 pauses at or above the threshold, and more of them than chance would give if only one in a hundred
    /// were that long (binomial test, 5 %): a plain p99 of 100 cycles is their second longest pause and would alarm in a
    /// third of healthy windows. With fewer than that the finding is `info`: suspected. Judged in each window and at the end over
    /// the whole run, since slow programs have too few cycles in a window.
    ///
    /// A stop ends when the last running thread has stopped, so on a busy or throttled host a stop may be long because a thread
    /// did not get the CPU. Signs of that, in the window or in the whole run: p99 a hundred times p50; fewer CPUs than
    /// GOMAXPROCS; marking that takes under 5 % of the CPU while the stops scatter (p99 at least 8 times p10; from Go 1.9 on).
    /// With one of these signs it is a warning at most, and the message says that the collector is most likely not the reason.
    /// Without any it is critical if at least three stops reach the critical threshold.
    ///
    /// What to do: compare GOMAXPROCS with the CPU quota, look for other load on the host, for cgo calls and for long loops
    /// without calls; record a runtime trace.
    id: "pause-p99",
    summary: "one cycle in a hundred stops the program for long",
    unit: Unit::Nanoseconds,
    warning: Some(5e6),
    critical: Some(25e6),
    evidence: "4 cycles; 3 pauses at or above the threshold, and more than chance would make",
    judged: Judged::WindowsAndRun,
    needs_lines: false,
    judge,
    cap: |view, _| at_most(view, RULE.critical),
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let pauses = &view.window.pauses;
    let count = pauses.count();
    if count == 0 {
        return Reading::NoEvidence;
    }
    let exceeded = |threshold: Option<f64>| {
        threshold.is_some_and(|threshold| {
            let above = pauses.at_least(threshold);
            above >= 3 && binomial_tail(above, count, 0.01) <= 0.05
        })
    };
    let severity = if exceeded(thresholds.critical) {
        Some(Severity::Critical)
    } else if exceeded(thresholds.warning) {
        Some(Severity::Warning)
    } else {
        None
    };
    let value = pauses.quantile(990) as f64;
    match severity {
        // A p99 of fewer cycles means nothing; long-pause reports a single stop.
        None if count < 4 => Reading::NoEvidence,
        None if value >= thresholds.least() => Reading::Suspected(value),
        severity => Reading::Judged {
            value,
            severity,
            capped_by: None,
        },
    }
}

/// The cap of all rules on pauses: a warning if the host shows signs of contention, or if fewer than three stops reach the
/// critical threshold.
pub(super) fn at_most(view: &View<'_>, critical_ns: Option<f64>) -> Cap {
    let pauses = &view.window.pauses;
    let long = critical_ns.map_or(contention::FEW, |threshold| pauses.at_least(threshold));
    if view.signs().is_some() {
        Cap::at(Some(Severity::Warning), Some(CappedBy::Contention))
    } else if long < contention::FEW {
        Cap::at(Some(Severity::Warning), None)
    } else {
        Cap::NONE
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let pauses = &view.window.pauses;
    let above = pauses.at_least(crossing.threshold);
    let p50 = pauses.quantile(500);
    Explanation::new(format!(
        "the pause p99 is {} over {} (threshold {}, reached {}; p50 {}, longest {}){}",
        ns(crossing.value),
        counted(pauses.count(), "cycle"),
        ns(crossing.threshold),
        times(above),
        duration(p50),
        duration(pauses.max()),
        why(view, crossing.suspected),
    ))
    .advise_each(remedies(view))
    .figure("cycles", pauses.count() as f64)
    .figure("cycles_above_threshold", above as f64)
    .figure("pause_p50_ns", p50 as f64)
    .figure("pause_max_ns", pauses.max() as f64)
    .figure("cpu_contention_signs", flag(view.signs().is_some()))
}

/// `once`, `2 times`.
pub(super) fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => counted(count, "time"),
    }
}

/// What long stops mean, in the same words for all rules on pauses.
pub(super) fn why(view: &View<'_>, suspected: bool) -> String {
    let because = match view.signs() {
        _ if view.window.tally.full_stop_max_ns >= FULL_STOP_NS => {
            ": before Go 1.9 a forced cycle (runtime.GC, debug.FreeOSMemory) is one full stop, as long as marking takes"
                .to_owned()
        }
        Some(signs) => format!(
            ": most likely not the garbage collector, since {}; all requests in flight wait either way",
            signs.words()
        ),
        None if view.gc_cpu_floor().is_some_and(|cpu| cpu < 0.05) => {
            ": the program is slow to stop (loops without calls, cgo), and every request in flight waits that long".to_owned()
        }
        None => ": every request in flight waits that long".to_owned(),
    };
    if suspected {
        format!("{because}; too few such stops to grade it")
    } else {
        because
    }
}

/// Full stops from here on are long, ns.
const FULL_STOP_NS: u64 = 5_000_000;

/// What to try, the likeliest first.
pub(super) fn remedies(view: &View<'_>) -> Vec<&'static str> {
    if view.window.tally.full_stop_max_ns >= FULL_STOP_NS {
        return vec![
            advice::CALLER,
            "or build with Go 1.9 or later, where a forced cycle marks beside the program",
        ];
    }
    match view.signs() {
        Some(_) => vec![advice::QUOTA, advice::LOOPS, advice::TRACE],
        None => vec![advice::LOOPS, advice::TRACE, advice::QUOTA],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;

    fn every(nth: u64, ms: u64) -> crate::rules::tests::Case {
        healthy(400, 100).each(move |number, cycle| {
            if number % nth == 0 {
                cycle.sweep_termination_ns = ms * MS;
            }
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        let own = every(1, 50).each(|_, cycle| cycle.mark_background_cpu_ns = 60 * MS);
        assert_eq!(own.severity(&RULE), Some(Severity::Critical));
        let host = every(20, 50);
        assert_eq!(host.severity(&RULE), Some(Severity::Warning), "one in 20");
        assert_eq!(every(20, 6).severity(&RULE), Some(Severity::Warning));
        let short = every(20, 2);
        assert_eq!(short.severity(&RULE), None);
        short.gate(&RULE, 1e6, 3e6);
    }

    #[test]
    fn a_few_long_pauses_are_suspected_only() {
        // One in a hundred is what a p99 allows: no alarm, whatever the p99 of this sample says.
        assert!(every(100, 50).severity(&RULE) < Some(Severity::Warning));
        let two = healthy(40, 100).each(|number, cycle| {
            if number % 20 == 0 {
                cycle.sweep_termination_ns = 50 * MS;
            }
        });
        assert_eq!(two.severity(&RULE), Some(Severity::Info));
        assert!(
            two.explanation(&RULE)
                .message
                .contains("too few such stops to grade it")
        );
        let one = healthy(5, 100).each(|number, cycle| {
            if number == 3 {
                cycle.sweep_termination_ns = 50 * MS;
            }
        });
        let message = one.explanation(&RULE).message;
        assert!(
            message.contains(" over 5 cycles (threshold 5ms, reached once; "),
            "{message}"
        );
    }
}
