//! A live heap that nearly fills its goal.

use super::*;

rule! {
    /// The median of live heap / next heap goal: 50 % at GOGC=100, 80 % at GOGC=25, near 100 % if a memory limit leaves no room.
    /// Warning from 80 % if there is a cycle every 2 s or more often; critical from 90 % if in addition GC CPU is at least 5 %
    /// and a memory limit sets the goal.
    ///
    /// Why: the room between the live heap and its goal is what the program may allocate before the next cycle. With hardly any
    /// left, one cycle follows the other, and a live heap 2 % larger decides between working and thrashing.
    ///
    /// Needs 4 cycles (in the window, or the last four of 60 s). Cycles with the smallest possible goal do not count.
    ///
    /// False alarms: a small GOGC on purpose.
    ///
    /// What to do: raise GOMEMLIMIT or shrink the live heap. With GOGC=off the limit is the only goal, so set GOGC as well.
    id: "low-headroom",
    summary: "the live heap nearly fills its goal",
    unit: Unit::Ratio,
    warning: Some(0.80),
    critical: Some(0.90),
    evidence: "4 cycles; a cycle every 2 s",
    judge,
    cap,
    explanation,
}

/// Cycles per second below which the room does not matter.
const SELDOM: f64 = 0.5;

/// GC CPU below which a lack of room is not critical.
const CHEAP: f64 = 0.05;

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let window = &view.window;
    match window.headroom_use {
        Some(share) if window.reach_cycles >= 4 => {
            Reading::graded(share as f64 / 1000.0, thresholds)
        }
        // No goal above the smallest one: nothing to fill.
        None if window.tally.cycles >= 4 => Reading::quiet(0.0),
        _ => Reading::NoEvidence,
    }
}

fn cap(view: &View<'_>, _: Severity) -> Cap {
    let frequency = view.window.reach.frequency();
    if frequency.is_some_and(|rate| rate < SELDOM) {
        Cap::QUIET
    } else if view.limited_goal_mib.is_none() {
        Cap::at(Some(Severity::Warning), None)
    } else if view.gc_cpu_floor().is_some_and(|cpu| cpu < CHEAP) {
        Cap::at(Some(Severity::Warning), Some(CappedBy::Cost))
    } else {
        Cap::NONE
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let limited = view.limited_goal_mib.is_some();
    let holder = match (limited, view.memory_limit_mib) {
        (true, Some(limit)) => format!("GOMEMLIMIT ({limit:.0} MiB)"),
        (true, None) => "a memory limit (GOMEMLIMIT)".to_owned(),
        (false, _) => match view.gogc.steady {
            Some((low, high)) if high < 60.0 => {
                format!("GOGC of about {:.0}", f64::midpoint(low, high))
            }
            _ => "GOGC".to_owned(),
        },
    };
    let found = Explanation::new(format!(
        "the live heap fills {} of the heap goal (threshold {}){}: {holder} leaves so little room that the next cycle soon starts",
        percent(crossing.value),
        percent(crossing.threshold),
        view.and_collecting_takes(),
    ));
    let found = if limited {
        found
            .advise("raise GOMEMLIMIT: leave at least a third of it above the live heap")
            .advise("shrink the live heap: go tool pprof -sample_index=inuse_space http://HOST/debug/pprof/heap")
            .advise("with GOGC=off the limit is the only goal: set GOGC=100 beside it, so that a cycle too many is the worst that happens")
    } else {
        found.advise(advice::ROOM)
    };
    found
        .figure("gc_cpu_ratio", view.gc_cpu_floor())
        .figure("cycles", view.window.reach_cycles as f64)
        .figure("gc_frequency_per_second", view.window.reach.frequency())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;

    fn filled(live: u64, cpu_ms: u64, period_ms: u64) -> crate::rules::tests::Case {
        healthy(100, period_ms).each(move |_, cycle| {
            cycle.heap_live_mib = live;
            cycle.heap_goal_mib = 100;
            cycle.mark_background_cpu_ns = cpu_ms * MS;
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        let limited = filled(97, 60, 100);
        assert_eq!(limited.severity(&RULE), Some(Severity::Critical));
        assert_eq!(filled(85, 60, 100).severity(&RULE), Some(Severity::Warning));
        assert_eq!(filled(70, 60, 100).severity(&RULE), None);
        filled(70, 60, 100).gate(&RULE, 0.69, 0.71);
    }

    #[test]
    fn critical_takes_a_cost_and_a_limit() {
        let cheap = filled(97, 4, 100);
        assert_eq!(cheap.severity(&RULE), Some(Severity::Warning), "1 % CPU");
        assert_eq!(cheap.capped_by(&RULE), Some(CappedBy::Cost));
        let gogc = filled(92, 60, 100);
        assert_eq!(gogc.severity(&RULE), Some(Severity::Warning), "GOGC=9");
        let seldom = filled(97, 2_000, 3_000);
        assert_eq!(seldom.severity(&RULE), None, "a cycle every 3 s");
        assert_eq!(
            seldom.severity_at(&RULE, 0.1),
            Some(Severity::Critical),
            "a threshold of the user's is judged as it is set"
        );
    }

    #[test]
    fn a_stated_limit_is_named() {
        let message = filled(95, 60, 100).limited(128).explanation(&RULE).message;
        assert!(message.contains("GOMEMLIMIT (128 MiB)"), "{message}");
    }
}
