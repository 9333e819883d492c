//! Too many cycles per second.

use super::*;

rule! {
    /// How many GC cycles the runtime starts by itself per second. Warning from 10/s, critical from 40/s (one every 100 ms, one
    /// every 25 ms), on any number of CPUs.
    ///
    /// Measured by the cycle numbers, so missing lines hide nothing: cycles divided by all the time looked at, silence
    /// included, times the share of cycles that the program did not force.
    ///
    /// Why: each cycle stops the world twice, switches write barriers on and may make allocating goroutines assist. At 10/s
    /// every request of 100 ms meets a cycle. Frequent cycles cost latency before they cost much CPU.
    ///
    /// Needs 20 cycles over 2 s, 50 over 1 s, or 4 over 5 s. Fewer cycles over 2 s or more are evidence of a low frequency.
    /// Silent if at least half of the cycles are forced by the program: see forced-gc.
    ///
    /// If the cycles cost nothing measurable (under 0.5 % of the CPU, 0.1 % of the time in stops, 0.1 % of the CPU in assists),
    /// a warning becomes `info`. If they take under 0.02 cores and 0.1 % of the time, critical becomes a warning: frequent
    /// but cheap. A threshold of your own, such as `--max gc-frequency=5/s`, counts whatever they cost.
    ///
    /// What to do: allocate less (pprof -sample_index=alloc_objects), or let the heap grow further between cycles (GOGC,
    /// GOMEMLIMIT).
    id: "gc-frequency",
    summary: "GC cycles follow each other too fast",
    unit: Unit::PerSecond,
    warning: Some(10.0),
    critical: Some(40.0),
    evidence: "20 cycles over 2 s, 50 over 1 s, or 4 over 5 s",
    needs_lines: false,
    judge,
    cap,
    explanation,
}

/// Automatic cycles per second.
pub(super) fn frequency(view: &View<'_>) -> Option<f64> {
    let tally = &view.window.tally;
    Some(view.window.interval.frequency()? * tally.share(tally.automatic()))
}

/// Enough cycles over enough time to call them frequent.
pub(super) fn evidence(view: &View<'_>) -> bool {
    let (cycles, seconds) = (view.window.interval.cycles(), view.seconds());
    (cycles >= 20 && seconds >= 2.0)
        || (cycles >= 50 && seconds >= 1.0)
        || (cycles >= 4 && seconds >= 5.0)
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    match frequency(view) {
        Some(value) if evidence(view) => Reading::graded(value, thresholds),
        _ => {
            // Hardly any cycle in a window that is long enough: certainly rare.
            let seconds = view.seconds();
            let most = (view.window.interval.cycles() as f64 + 1.0) / seconds.max(1e-9);
            if seconds >= 2.0 && most < thresholds.least() {
                Reading::quiet(view.window.tally.automatic() as f64 / seconds)
            } else {
                Reading::NoEvidence
            }
        }
    }
}

fn cap(view: &View<'_>, severity: Severity) -> Cap {
    if view.forced_dominates() {
        return Cap::QUIET;
    }
    let cost = view.cost();
    match severity {
        Severity::Critical if cost.is_cheap() => {
            Cap::at(Some(Severity::Warning), Some(CappedBy::Cost))
        }
        Severity::Warning if cost.class() == Some(Class::None) => {
            Cap::at(Some(Severity::Info), Some(CappedBy::Cost))
        }
        _ => Cap::NONE,
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let period_ns = 1e9 / crossing.value;
    let cpu = view.gc_cpu_floor();
    let cost = match cpu {
        Some(cpu) if cpu < 0.02 => format!(
            "; they cost only {} of the CPU, so what they cost is latency (stops, write barriers, assists), not throughput",
            percent(cpu)
        ),
        Some(cpu) => format!("; they take {} of the CPU", percent(cpu)),
        None => String::new(),
    };
    let mut found = Explanation::new(format!(
        "{} GC cycles, one every {} (threshold {}): a request of 100 ms meets {:.0} of them{cost}",
        rate(crossing.value),
        ns(period_ns),
        rate(crossing.threshold),
        (crossing.value / 10.0).max(1.0),
    ));
    let min_heap = view.window.tally.share(view.window.tally.min_heap) >= 0.5;
    if min_heap {
        found = found.advise(
            "the heap is at its 4 MiB minimum, where any GOGC below a few hundred collects for nothing: try GOGC=400, or GOGC=off with GOMEMLIMIT as the bound",
        );
    }
    found = found.advise(advice::ALLOCATIONS).advise(advice::REUSE);
    if !min_heap {
        found = found.advise(advice::less_often(view));
    }
    found
        .figure("cycles", view.window.interval.cycles() as f64)
        .figure("forced_cycles", view.window.tally.forced as f64)
        .figure("period_mean_ns", period_ns)
        .figure("gc_cpu_ratio", cpu)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;

    #[test]
    fn fires_and_stays_silent() {
        let often = healthy(600, 20);
        assert_eq!(often.severity(&RULE), Some(Severity::Critical));
        assert_eq!(healthy(200, 60).severity(&RULE), Some(Severity::Warning));
        let seldom = healthy(100, 200);
        assert_eq!(seldom.severity(&RULE), None);
        seldom.gate(&RULE, 4.9, 5.1);
    }

    #[test]
    fn frequent_but_cheap_is_a_warning_and_ten_a_second_without_cost_are_worth_knowing() {
        let cheap = |period_ms: u64| {
            healthy(12_000 / period_ms, period_ms).each(|_, cycle| {
                (cycle.sweep_termination_ns, cycle.sweep_termination_cpu_ns) = (5_000, 20_000);
                (cycle.mark_termination_ns, cycle.mark_termination_cpu_ns) = (2_000, 8_000);
                (cycle.mark_assist_cpu_ns, cycle.mark_background_cpu_ns) = (0, 150_000);
            })
        };
        assert_eq!(cheap(20).severity(&RULE), Some(Severity::Warning));
        assert_eq!(cheap(20).capped_by(&RULE), Some(CappedBy::Cost));
        assert_eq!(cheap(80).severity(&RULE), Some(Severity::Info));
        assert_eq!(
            cheap(20).severity_at(&RULE, 5.0),
            Some(Severity::Critical),
            "--max 5/s"
        );
        assert_eq!(cheap(80).severity_at(&RULE, 5.0), Some(Severity::Critical));
    }

    #[test]
    fn silence_counts() {
        // 120 cycles in 2.5 s, then one at 10 s.
        let mut burst = healthy(121, 20).each(|_, cycle| cycle.mark_background_cpu_ns = 20 * MS);
        burst.cycles[120].start_ns = 10_000 * MS;
        let Reading::Judged {
            value, severity, ..
        } = burst.reading(&RULE)
        else {
            panic!("{:?}", burst.reading(&RULE));
        };
        assert!(
            (value - 12.0).abs() < 0.2 && severity == Some(Severity::Warning),
            "{value}"
        );
    }

    #[test]
    fn a_sampled_log_is_judged_by_its_numbers() {
        let mut sampled = healthy(600, 20);
        sampled.cycles.retain(|cycle| cycle.number % 50 == 0);
        assert_eq!(sampled.severity(&RULE), Some(Severity::Critical));
    }

    #[test]
    fn the_message_says_what_it_costs() {
        let cheap = healthy(600, 20).each(|_, cycle| cycle.mark_background_cpu_ns = 0);
        assert!(cheap.explanation(&RULE).message.contains("cost only"));
        let dear = healthy(600, 20).each(|_, cycle| cycle.mark_background_cpu_ns = 20 * MS);
        assert!(dear.explanation(&RULE).message.contains("they take"));
    }

    #[test]
    fn forced_cycles_are_the_programs_own() {
        let forced = healthy(600, 20).each(|number, cycle| cycle.forced = number % 5 != 0);
        assert_eq!(forced.severity(&RULE), None);
        let some = healthy(600, 20).each(|number, cycle| cycle.forced = number % 3 == 0);
        assert!(
            matches!(some.reading(&RULE), Reading::Judged { value, .. } if (value - 33.3).abs() < 0.2)
        );
    }

    #[test]
    fn a_higher_gogc_is_no_advice_where_a_memory_limit_binds() {
        let limited = healthy(600, 20).each(|number, cycle| {
            // The goal stays where it is while the live heap rises.
            cycle.heap_live_mib = 50 + number.saturating_sub(585) * 3;
            cycle.heap_goal_mib = 100;
        });
        let advice = limited.explanation(&RULE).advice.join("\n");
        assert!(advice.contains("raise GOMEMLIMIT, or shrink"), "{advice}");
        assert!(!advice.contains("GOGC=200"), "{advice}");
        let free = healthy(600, 20).explanation(&RULE).advice.join("\n");
        assert!(free.contains("GOGC=200"), "{free}");
    }

    #[test]
    fn missing_lines_change_nothing() {
        let mut lossy = healthy(600, 20);
        lossy.cycles.retain(|cycle| cycle.number % 7 != 0);
        assert!(
            matches!(lossy.reading(&RULE), Reading::Judged { value, .. } if (value - 50.0).abs() < 0.1)
        );
    }

    #[test]
    fn a_burst_is_too_little_and_silence_is_enough() {
        assert_eq!(
            healthy(10, 50).reading(&RULE),
            Reading::NoEvidence,
            "half a second"
        );
        assert_eq!(healthy(2, 13).reading(&RULE), Reading::NoEvidence);
        assert!(matches!(
            healthy(3, 2_000).reading(&RULE),
            Reading::Judged { severity: None, .. }
        ));
    }
}
