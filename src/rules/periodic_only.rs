//! A process that only collects because two minutes have passed.

use super::*;

rule! {
    /// The share of cycles that the runtime's two-minute timer started. `info` from 100 %.
    ///
    /// Why: such a process hardly allocates. There is nothing to do, and nothing to conclude from its other figures.
    ///
    /// Needs 2 cycles. A periodic cycle is recognized by the line `GC forced` before it (its own line carries no `(forced)`), or
    /// by two minutes without a cycle and a heap below every trigger. The first cycle of the process is left out, because the
    /// timer only runs after it.
    id: "periodic-only",
    summary: "only the two-minute timer collects",
    unit: Unit::Ratio,
    info: Some(1.0),
    evidence: "2 periodic cycles",
    judged: Judged::Run,
    needs_lines: false,
    judge,
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let tally = &view.window.tally;
    if tally.cycles < 2 {
        return Reading::NoEvidence;
    }
    let others = tally.cycles - tally.periodic;
    let value = if others <= 1 && tally.periodic >= 2 {
        1.0
    } else {
        tally.share(tally.periodic)
    };
    Reading::graded(value, thresholds)
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    Explanation::new(format!(
        "{} of the cycles after the first come from the two-minute timer (threshold {}): the process hardly allocates",
        percent(crossing.value),
        percent(crossing.threshold),
    ))
    .advise("nothing to do; record while the program is under load")
    .figure("periodic_cycles", view.window.tally.periodic as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::healthy;
    use crate::severity::Severity;

    #[test]
    fn fires_and_stays_silent() {
        let idle = healthy(5, 120_010).with_notices();
        assert_eq!(idle.severity(&RULE), Some(Severity::Info));
        // Known by the clock alone, where the notices were filtered out of the log.
        let quiet = healthy(4, 120_010).each(|_, cycle| cycle.heap_start_mib = 21);
        assert_eq!(quiet.severity(&RULE), Some(Severity::Info));
        assert_eq!(healthy(10, 1_000).severity(&RULE), None);
        idle.gate(&RULE, 0.5, 1.1);
        assert_eq!(healthy(1, 120_010).reading(&RULE), Reading::NoEvidence);
    }
}
