//! A live heap that nearly fills its goal.

use super::{Crossing, Judged, Reading, Thresholds, Told, View, rule};
use crate::units::{Unit, percent};

rule! {
    /// The median of live heap / next heap goal: 50 % at GOGC=100, 80 % at GOGC=25, near 100 % when a memory limit leaves
    /// no room. Warning from 80 %, critical from 90 %, where GC CPU is at least 5 % and there is a cycle every 2 s or more.
    ///
    /// Why: the room between live heap and goal is what the program may allocate before the next cycle. With hardly any
    /// left, cycles follow each other without end, and a live heap 2 % larger decides between working and thrashing.
    ///
    /// Needs 4 cycles (in the window, or the last four of 60 s); goals of the smallest heap do not count.
    ///
    /// False alarms: a small GOGC on purpose, if it also costs 5 % CPU.
    ///
    /// What to do: raise GOMEMLIMIT or shrink the live heap; with GOGC=off a limit is the only goal, so set GOGC as well.
    id: "low-headroom",
    summary: "the live heap nearly fills its goal",
    unit: Unit::Ratio,
    info: None,
    warning: Some(0.80),
    critical: Some(0.90),
    evidence: "4 cycles; GC CPU of at least 5 %, a cycle every 2 s",
    judged: Judged::Windows,
    judge: judge,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let window = &view.window;
    let measured = window
        .headroom_use
        .zip(view.gc_cpu_floor())
        .zip(window.reach.frequency());
    match measured {
        Some(((share, cpu), frequency)) if window.reach_cycles >= 4 => {
            let value = share as f64 / 1000.0;
            if cpu >= 0.05 && frequency >= 0.5 {
                Reading::graded(value, thresholds)
            } else {
                Reading::quiet(value)
            }
        }
        // Without a goal above the smallest one there is nothing to fill.
        None if window.tally.cycles >= 4 && window.headroom_use.is_none() => Reading::quiet(0.0),
        _ => Reading::NoEvidence,
    }
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let cpu = view.gc_cpu_floor().unwrap_or(0.0);
    let limit = match view.memory_limit_mib {
        Some(limit) => format!("GOMEMLIMIT ({limit:.0} MiB)"),
        None if view.limit_regime || view.gogc_changes > 0 => {
            "a memory limit (GOMEMLIMIT)".to_owned()
        }
        None => "a memory limit or a small GOGC".to_owned(),
    };
    Told {
        message: format!(
            "the live heap fills {} of the heap goal (threshold {}) and collecting takes {} of the CPU: {limit} leaves so little room that cycles follow each other without end",
            percent(crossing.value),
            percent(crossing.threshold),
            percent(cpu),
        ),
        advice: vec![
            "raise GOMEMLIMIT: leave at least a third of it above the live heap".into(),
            "shrink the live heap: go tool pprof -sample_index=inuse_space http://HOST/debug/pprof/heap".into(),
            "with GOGC=off the limit is the only goal: set GOGC=100 beside it, so that a cycle too many is the worst that happens".into(),
        ],
        evidence: vec![
            ("gc_cpu_ratio", cpu),
            ("cycles", view.window.reach_cycles as f64),
            ("gc_frequency_per_second", view.window.reach.frequency().unwrap_or(0.0)),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;
    use crate::settings::Severity;

    fn filled(live: u64, cpu_ms: u64, period_ms: u64) -> crate::rules::tests::Case {
        healthy(100, period_ms).each(move |_, cycle| {
            cycle.heap_live_mib = live;
            cycle.heap_goal_mib = 100;
            cycle.mark_background_cpu_ns = cpu_ms * MS;
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(
            filled(95, 60, 100).severity(&RULE),
            Some(Severity::Critical)
        );
        assert_eq!(filled(85, 60, 100).severity(&RULE), Some(Severity::Warning));
        assert_eq!(filled(70, 60, 100).severity(&RULE), None);
        filled(70, 60, 100).gate(&RULE, 0.69, 0.71);
    }

    #[test]
    fn room_matters_only_where_it_costs() {
        assert_eq!(filled(95, 4, 100).severity(&RULE), None, "1 % CPU");
        assert_eq!(
            filled(95, 2_000, 3_000).severity(&RULE),
            None,
            "a cycle every 3 s"
        );
        assert_eq!(
            filled(95, 4, 100).severity_at(&RULE, 0.1),
            None,
            "not at any threshold"
        );
    }

    #[test]
    fn a_stated_limit_is_named() {
        let message = filled(95, 60, 100).limited(128.0).told(&RULE).message;
        assert!(message.contains("GOMEMLIMIT (128 MiB)"), "{message}");
    }
}
