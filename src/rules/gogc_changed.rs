//! Goals that no constant GOGC explains.

use super::*;

rule! {
    /// How often GOGC or the memory limit seems to have changed: groups of heap goals that the GOGC of the goals before does not
    /// explain, plus automatic cycles that began below every heap trigger. `info` from 1.
    ///
    /// Each goal allows an interval of GOGC, 100 x (goal - live heap before) / (live heap + stacks + globals), widened by the
    /// truncation to whole MiB. Three goals that agree with each other and with none before mean that debug.SetGCPercent was
    /// called, or that a memory limit took over. A single one may come from a large allocation, which lifts the goal.
    ///
    /// Go 1.18 and 1.19 print the stack space held, which widens the interval. Before Go 1.9 the goal was computed
    /// differently, so logs of Go up to 1.17 are judged only with `--go`.
    ///
    /// Why: it explains other findings. A goal that follows a memory limit leaves less room as the live heap grows.
    ///
    /// Needs 5 goals over live heaps of at least 8 MiB: in smaller heaps the truncation is too coarse. Judged over the run.
    id: "gogc-changed",
    summary: "GOGC changed, or a memory limit took over",
    unit: Unit::Count,
    info: Some(1.0),
    evidence: "5 goals over live heaps of at least 8 MiB",
    judged: Judged::Run,
    judge,
    explanation,
}

fn changes(view: &View<'_>) -> u64 {
    view.gogc.changes.saturating_add(view.window.tally.early)
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    if view.gogc.cycles < 5 || !view.goals_certain {
        return Reading::NoEvidence;
    }
    Reading::graded(changes(view) as f64, thresholds)
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let what = if view.limited_goal_mib.is_some() {
        "the goal stays flat while the live heap grows, so a memory limit (GOMEMLIMIT) drives it"
    } else {
        "debug.SetGCPercent or debug.SetMemoryLimit was called, or a memory limit took over"
    };
    Explanation::new(format!(
        "GOGC or the memory limit changed {} (threshold {:.0}): the heap goals follow from another GOGC than before; {what}",
        pause_p99::times(changes(view)),
        crossing.threshold,
    ))
    .advise("if that is not on purpose, find who sets it: grep for SetGCPercent and SetMemoryLimit, GOGC and GOMEMLIMIT in the environment")
    .figure("gogc_changes", view.gogc.changes as f64)
    .figure("early_cycles", view.window.tally.early as f64)
    .figure("goals", view.gogc.cycles as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::healthy;
    use crate::severity::Severity;

    #[test]
    fn fires_and_stays_silent() {
        let tuned = healthy(40, 1_000).each(|number, cycle| {
            if number > 20 {
                cycle.heap_goal_mib = 62;
            }
        });
        assert_eq!(tuned.severity(&RULE), Some(Severity::Info));
        assert_eq!(healthy(40, 1_000).severity(&RULE), None);
        tuned.gate(&RULE, 1.0, 50.0);
        assert_eq!(
            healthy(5, 1_000).reading(&RULE),
            Reading::NoEvidence,
            "four goals"
        );
    }
}
