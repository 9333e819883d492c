//! Marking nearly all the time.

use super::*;

rule! {
    /// The share of time during which marking is on. Warning from 30 %, critical from 60 % if collecting takes at least 10 % of the
    /// available CPU time (or stops at least 3 % of the time, or assists at least 5 % of the CPU).
    ///
    /// Why: while marking is on, every pointer write goes through a write barrier, a quarter of the CPUs mark, and allocating
    /// goroutines may have to assist. Near 100 % each cycle starts as soon as the one before has ended.
    ///
    /// Measured over the same cycles as gc-cpu. Needs 4 cycles over 5 s, and GC CPU of at least 5 %: with a single P, or on a busy
    /// host, marking takes long without costing much, and that is no pressure.
    ///
    /// What to do: a smaller live heap with fewer pointers is marked faster; a higher GOGC spaces cycles further apart.
    id: "mark-duty",
    summary: "marking is on nearly all the time",
    unit: Unit::Ratio,
    warning: Some(0.30),
    critical: Some(0.60),
    evidence: "4 cycles over 5 s; GC CPU of at least 5 %",
    judge,
    cap,
    explanation,
}

/// GC CPU below which marking takes long without costing much.
const CHEAP: f64 = 0.05;

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let reach = &view.window.reach;
    match reach.wall_ratio(|totals| totals.mark_ns) {
        Some(value) if view.window.reach_cycles >= 4 && reach.seconds() >= 5.0 => {
            Reading::graded(value, thresholds)
        }
        value => view.rare(value, thresholds),
    }
}

fn cap(view: &View<'_>, severity: Severity) -> Cap {
    if view.gc_cpu_floor().is_some_and(|cpu| cpu < CHEAP) {
        return Cap::QUIET;
    }
    if severity > Severity::Info && contention::stalled_mark(view).is_some() {
        return Cap::at(Some(Severity::Info), Some(CappedBy::Contention));
    }
    Cap::by_cost(view, severity)
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    Explanation::new(format!(
        "marking is on {} of the time (threshold {}){}: write barriers and assists slow the program for as long",
        percent(crossing.value),
        percent(crossing.threshold),
        view.and_collecting_takes(),
    ))
    .advise(advice::less_often(view))
    .advise("mark less: a smaller live heap with fewer pointers (go tool pprof -sample_index=inuse_objects http://HOST/debug/pprof/heap)")
    .advise(advice::ALLOCATIONS)
    .figure("gc_cpu_ratio", view.gc_cpu_floor())
    .figure("cycles", view.window.reach_cycles as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;

    fn marking(ms: u64, cpu_ms: u64) -> crate::rules::tests::Case {
        healthy(100, 100).each(move |_, cycle| {
            cycle.concurrent_mark_ns = ms * MS;
            cycle.mark_background_cpu_ns = cpu_ms * MS;
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(marking(80, 60).severity(&RULE), Some(Severity::Critical));
        assert_eq!(marking(40, 40).severity(&RULE), Some(Severity::Warning));
        assert_eq!(marking(20, 40).severity(&RULE), None);
        marking(20, 40).gate(&RULE, 0.19, 0.21);
    }

    #[test]
    fn cheap_marking_that_is_stretched_over_time_is_no_pressure() {
        assert_eq!(marking(80, 4).severity(&RULE), None);
        assert_eq!(
            marking(80, 4).severity_at(&RULE, 0.1),
            Some(Severity::Critical),
            "a threshold of the user's is judged as it is set"
        );
    }
}
