//! Goroutines that must mark before they may allocate.

use super::*;

rule! {
    /// The share of the available CPU time that mark assists take. Warning from 3 %, critical from 10 %.
    ///
    /// Why: when goroutines allocate faster than the background workers mark, the runtime makes the allocating goroutine mark
    /// first. That is latency in the very requests that allocate; 2 to 7 % has been reported to hurt tail latencies of
    /// databases.
    ///
    /// Measured over the same cycles as gc-cpu, from the assist field of the gc lines; the runtime leaves less than 5 us per P
    /// and cycle out of that field. Needs 4 cycles over 5 s, or 8 over 1 s where the cumulative percentage determines GC CPU to
    /// within 3 points.
    ///
    /// False alarms: a program that waits for a CPU assists more, because its background workers do not get to run.
    ///
    /// What to do: smooth allocation bursts, allocate less, give the heap more room (GOGC). Go before 1.21 assists more.
    id: "assist-pressure",
    summary: "allocating goroutines are made to mark",
    unit: Unit::Ratio,
    warning: Some(0.03),
    critical: Some(0.10),
    evidence: "4 cycles over 5 s, or 8 over 1 s with the cumulative percentage to 3 points",
    judge,
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    match view.assists() {
        Some(value) if view.cpu_evidence() => Reading::graded(value, thresholds),
        value => view.rare(value, thresholds),
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let background = view.of_cpus(|totals| totals.background_cpu_ns);
    let share = background.map(|ratio| crossing.value / (crossing.value + ratio).max(1e-12));
    let of_marking = share
        .map(|share| format!(" and do {} of the marking", percent(share)))
        .unwrap_or_default();
    Explanation::new(format!(
        "mark assists take {} of the CPU (threshold {}){of_marking}: goroutines that allocate are made to mark first, which is latency of the requests they serve",
        percent(crossing.value),
        percent(crossing.threshold),
    ))
    .advise("find the bursts: go tool pprof -sample_index=alloc_space http://HOST/debug/pprof/allocs, and allocate less or more evenly there")
    .advise(advice::less_often(view))
    .advise("with Go before 1.21, upgrade: its pacer assists less")
    .figure("mark_assist_share", share)
    .figure("mark_background_cpu_ratio", background)
    .figure("cycles", view.window.reach_cycles as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;
    use crate::severity::Severity;

    fn assists(ms: u64) -> crate::rules::tests::Case {
        healthy(100, 100).each(move |_, cycle| cycle.mark_assist_cpu_ns = ms * MS)
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(assists(50).severity(&RULE), Some(Severity::Critical));
        assert_eq!(assists(16).severity(&RULE), Some(Severity::Warning));
        assert_eq!(assists(8).severity(&RULE), None, "2 %");
        assists(4).gate(&RULE, 0.009, 0.011);
    }
}
