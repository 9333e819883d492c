//! Stops add up.

use super::*;

rule! {
    /// The share of time in which the world is stopped: the sum of all stops in the window divided by its time. Warning from 1 %,
    /// critical from 5 %.
    ///
    /// Why: it is the chance that a request arrives during a stop. Healthy programs stay below 0.2 %.
    ///
    /// Needs 10 cycles. Since Go 1.23 it is an upper bound: a stop includes the time to reach it, during which some goroutines
    /// still run.
    ///
    /// With signs of CPU contention (see pause-p99) it is a warning at most, and the message says that the collector is most likely
    /// not the reason.
    ///
    /// What to do: if the stops are short, fewer cycles (see gc-frequency); if they are long, shorter stops (see pause-p99).
    id: "pause-budget",
    summary: "stops add up to a noticeable share of the time",
    unit: Unit::Ratio,
    warning: Some(0.01),
    critical: Some(0.05),
    evidence: "10 cycles",
    needs_lines: false,
    judge,
    cap: |view, _| pause_p99::at_most(view, None),
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    match view.window.interval.wall_ratio(|totals| totals.stop_ns) {
        Some(value) if view.window.tally.cycles >= 10 => Reading::graded(value, thresholds),
        _ => Reading::NoEvidence,
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let pauses = &view.window.pauses;
    let (p50, p99) = (pauses.quantile(500), pauses.quantile(990));
    let hosts = view.signs().map(|signs| {
        format!(
            ": most likely not the garbage collector, since {}",
            signs.words()
        )
    });
    Explanation::new(format!(
        "stops take {} of the time (threshold {}; {}, pause p50 {}, p99 {}), so that share of requests starts by waiting{}",
        percent(crossing.value),
        percent(crossing.threshold),
        counted(pauses.count(), "cycle"),
        duration(p50),
        duration(p99),
        hosts.unwrap_or_default(),
    ))
    .advise_each(pause_p99::remedies(view))
    .figure("cycles", pauses.count() as f64)
    .figure("pause_p50_ns", p50 as f64)
    .figure("pause_p99_ns", p99 as f64)
    .figure("cpu_contention_signs", flag(view.signs().is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;

    fn stops(us: u64) -> crate::rules::tests::Case {
        healthy(100, 100).each(move |_, cycle| cycle.sweep_termination_ns = us * 1_000)
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(stops(6_000).severity(&RULE), Some(Severity::Critical));
        assert_eq!(stops(2_000).severity(&RULE), Some(Severity::Warning));
        assert_eq!(stops(500).severity(&RULE), None);
        stops(500).gate(&RULE, 0.004, 0.006);
        let few = healthy(9, 100).each(|_, cycle| cycle.sweep_termination_ns = 6 * MS);
        assert_eq!(few.reading(&RULE), Reading::NoEvidence);
    }
}
