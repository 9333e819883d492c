//! Heaps that end above their goal.

use super::{Crossing, Judged, Reading, Thresholds, Told, View, advice, rule};
use crate::units::{Unit, percent};

rule! {
    /// The share of cycles whose heap at end is at least 10 % and 2 MiB above the goal. Warning from 10 %, critical from
    /// 50 %.
    ///
    /// Why: the pacer aims at the goal and allows itself a tenth more. Beyond it, allocation outran marking: memory peaks
    /// above what GOGC or GOMEMLIMIT promise.
    ///
    /// Needs 10 cycles. Small overshoots are normal and not counted.
    ///
    /// False alarms: small heaps with large objects.
    ///
    /// What to do: smooth bursts of large allocations; where a memory limit drives the goal, see low-headroom.
    id: "overshoot",
    summary: "heaps end well above their goal",
    unit: Unit::Ratio,
    info: None,
    warning: Some(0.10),
    critical: Some(0.50),
    evidence: "10 cycles",
    judged: Judged::Windows,
    judge: judge,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let tally = &view.window.tally;
    if tally.cycles < 10 {
        return Reading::NoEvidence;
    }
    Reading::graded(tally.share(tally.overshoots), thresholds)
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let tally = &view.window.tally;
    Told {
        message: format!(
            "{} of {} cycles end with a heap at least 10 % above the goal (threshold {}): allocation outruns marking, so memory peaks above what GOGC and GOMEMLIMIT promise",
            percent(crossing.value),
            tally.cycles,
            percent(crossing.threshold),
        ),
        advice: vec![
            "find large and bursty allocations: go tool pprof -sample_index=alloc_space http://HOST/debug/pprof/allocs".to_owned(),
            advice::REUSE.to_owned(),
        ],
        evidence: vec![
            ("cycles", tally.cycles as f64),
            ("cycles_above_goal", tally.overshoots as f64),
        ],
    }
}
