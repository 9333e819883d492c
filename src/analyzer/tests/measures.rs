//! What is measured of a run, and what is not.

use super::*;
use crate::measure::Polled;
use crate::report::{Interval, MinMax, PauseCount};
use crate::severity::CappedBy;
use crate::trace::cycle::AnyCycle;

#[test]
fn sums_are_not_given_where_too_many_cycles_are_missing() {
    let thinned = |kept: fn(u64) -> bool| {
        let mut cycles = steady(400, 50);
        cycles.retain(|cycle| kept(cycle.number));
        analyze(Settings::default(), cycles).0.measures
    };
    let some = thinned(|number| !number.is_multiple_of(6));
    assert!(some.sums_estimated && some.stw_ratio.is_some() && some.allocation_resolved);
    assert!((some.mark_duty_ratio.unwrap() - 0.1).abs() < 0.001);
    let many = thinned(|number| !number.is_multiple_of(4));
    assert!(
        many.stw_ratio.is_none() && many.allocation_bytes.is_none() && !many.allocation_resolved
    );
    assert_eq!(many.allocation_bytes, None, "not even a rough one");
    // A whole run has percentages that tell its GC CPU.
    assert!(many.gc_cpu_ratio.is_some_and(|ratio| ratio > 0.0));
}

#[test]
fn no_percentile_is_below_the_smallest_value() {
    // More distinct pauses than are kept exactly, so they are rounded down.
    let mut cycles = steady(14_000, 100);
    for cycle in &mut cycles {
        cycle.sweep_termination_ns = 10_001_000 + cycle.number % 5_000;
    }
    let (analysis, _) = analyze(Settings::default(), cycles);
    let pause = &analysis.measures.pause_ns;
    assert!(!analysis.measures.percentiles_exact);
    assert!(
        pause.p50 >= pause.min && pause.p99 <= pause.max,
        "{pause:?}"
    );
}

#[test]
fn the_timeline_is_bounded_and_keeps_its_peaks() {
    let mut cycles = steady(40_000, 1_000);
    cycles[23_456].sweep_termination_ns = 777 * MS;
    cycles[30_000].heap_end_mib = 9_999;
    let (analysis, _) = analyze(Settings::default(), cycles);
    let timeline = &analysis.measures.timeline;
    assert!(
        timeline.len() > 400 && timeline.len() <= 2_000,
        "{}",
        timeline.len()
    );
    assert_eq!(
        timeline.iter().map(|p| p.pause_max_ns).max().unwrap(),
        777 * MS + 10_000
    );
    assert_eq!(
        timeline.iter().map(|p| p.heap_end_max_bytes).max().unwrap(),
        Some(9_999 * MIB)
    );
    assert_eq!(timeline.iter().map(|p| p.cycles).sum::<u64>(), 40_000);
    assert!(
        timeline
            .windows(2)
            .all(|pair| pair[0].end_ns <= pair[1].start_ns)
    );
}

#[test]
fn the_measures_of_a_steady_process() {
    let (analysis, _) = analyze(Settings::default(), steady(100, 500));
    let m = &analysis.measures;
    assert_eq!(
        (m.started_ns, m.duration_ns),
        (500 * MS, 49_500 * MS + 5_100_000)
    );
    assert_eq!(m.gomaxprocs, Some(MinMax { min: 4, max: 4 }));
    assert_eq!(
        (m.period_ns.count, m.period_ns.p50, m.period_ns.mean),
        (99, 500 * MS, Some(500 * MS))
    );
    let stop = m.stop_ns.unwrap();
    assert_eq!((stop.count, stop.max, stop.min), (200, 90_000, 10_000));
    let pause = PauseCount {
        pause_ns: 100_000,
        cycles: 100,
    };
    assert_eq!(m.pause_histogram, [pause]);
    assert!(m.percentiles_exact && !m.sums_estimated && m.allocation_resolved);
    // 42 MiB before the first mark ended, then 22 a cycle.
    assert_eq!(m.allocation_bytes, Some((42 + 99 * 22) * MIB));
    assert_eq!(
        (
            m.live_heap_bytes.unwrap().p50,
            m.heap_goal_bytes.unwrap().max
        ),
        (20 * MIB, 41 * MIB)
    );
    assert!((m.headroom_use_p50_ratio.unwrap() - 0.487).abs() < 1e-9);
    let Interval { low, high } = m.implied_gogc.unwrap();
    assert!(low <= 105.0 && high >= 100.0, "{low} {high}");
    // The worst window of 1 ms ends with the stop of 90 us.
    let mmu = m.mmu.unwrap();
    assert!((mmu.ms1 - 0.91).abs() < 1e-9 && mmu.s1 > 0.999, "{mmu:?}");
    let peak = m.peak_window.unwrap();
    assert!((peak.gc_frequency_per_second - 2.0).abs() < 0.01 && peak.cycles >= 4);
    assert_eq!(
        (
            m.heap_goal_reversals,
            m.heap_goal_churn_cause,
            m.gogc_changes
        ),
        (Some(0), None, Some(0))
    );
    assert_eq!((m.limit_regime, m.early_cycles), (Some(false), Some(0)));
}

#[test]
fn a_clock_that_wrapped_enters_no_measure() {
    let mut cycles = steady(100, 500);
    cycles[50].start_ns = u64::MAX - 5_000;
    cycles[60].concurrent_mark_ns = 1 << 63;
    let (analysis, _) = analyze(Settings::default(), cycles);
    assert_eq!(analysis.measures.pause_ns.count, 98);
    assert_eq!(analysis.measures.concurrent_mark_ns.unwrap().max, 5 * MS);
    assert!(analysis.measures.sums_estimated);
    assert!((analysis.measures.gc_frequency_per_second.unwrap() - 2.0).abs() < 1e-9);
    assert!(
        analysis
            .findings
            .iter()
            .all(|f| f.severity == Severity::Info),
        "{:?}",
        analysis.findings
    );
}

#[test]
fn a_log_that_starts_in_the_middle_tells_nothing_of_the_time_before() {
    let cycles: Vec<GcCycle> = steady(7_300, 500).into_iter().skip(7_200).collect();
    let (analysis, _) = analyze(Settings::default(), cycles);
    let measures = &analysis.measures;
    assert_eq!(measures.started_ns, 7_201 * 500 * MS);
    assert!((measures.gc_frequency_per_second.unwrap() - 2.0).abs() < 1e-9);
    assert!(
        (measures.stw_ratio.unwrap() - 0.000_2).abs() < 1e-6,
        "{:?}",
        measures.stw_ratio
    );
    assert!(measures.timeline.first().unwrap().start_ns >= 3_600_000 * MS);
    assert!(analysis.enough_evidence);
}

#[test]
fn without_gc_lines_what_they_show_is_unknown() {
    let mut analyzer = ProcessAnalyzer::new(&Arc::default());
    for cycle in &steady(100, 20) {
        let untraced = AnyCycle {
            traced: None,
            ..cycle.into()
        };
        analyzer.observe(untraced, None);
    }
    let analysis = analyzer.finish(&Completeness::default(), None);
    let traced = analyze(Settings::default(), steady(100, 20)).0;
    let m = &analysis.measures;
    assert_eq!(m.pause_ns, traced.measures.pause_ns);
    assert_eq!(m.stw_ratio, traced.measures.stw_ratio);
    assert_eq!(m.period_ns.mean, Some(20 * MS), "from end to end");
    assert!((m.gc_frequency_per_second.unwrap() - 50.0).abs() < 1e-9);
    let json = serde_json::to_value(m).unwrap();
    let known = json.as_object().unwrap().iter();
    let known: Vec<_> = known
        .filter(|(_, value)| !value.is_null())
        .map(|(key, _)| key.as_str())
        .collect();
    assert_eq!(
        known,
        [
            "allocation_resolved",
            "duration_ns",
            "gc_frequency_per_second",
            "pause_histogram",
            "pause_ns",
            "peak_window",
            "percentiles_exact",
            "period_ns",
            "started_ns",
            "stw_ratio",
            "sums_estimated",
            "timeline",
        ]
    );
    let point = m.timeline.last().unwrap();
    assert_eq!(
        (point.heap_live_max_bytes, point.gc_cpu_ratio()),
        (None, None)
    );
    // Frequent cycles are found; rules that need a gc line are not judged, so none of them passes either.
    assert_eq!(analysis.findings[0].rule, "gc-frequency");
    for (rule, status) in crate::rules::table().iter().zip(&analysis.rules) {
        let judged = !matches!(status.status, RuleState::NoEvidence);
        let polled = ["gc-cpu", "forced-gc"].contains(&rule.id);
        assert_eq!(judged, !rule.needs_lines && !polled, "{}", rule.id);
    }
}

#[test]
fn what_polls_show_is_judged_over_the_run() {
    let polled = |gc_cpu_ratio, forced| {
        let mut analyzer = ProcessAnalyzer::new(&Arc::default());
        for cycle in &steady(100, 100) {
            // One pause in ten is a long one.
            let pause_ns = if cycle.number % 10 == 0 { 30 * MS } else { MS };
            let untraced = AnyCycle {
                traced: None,
                pause_ns,
                ..cycle.into()
            };
            analyzer.observe(untraced, None);
            analyzer.polled(Polled {
                span_ns: 10_000 * MS,
                cycles: 99,
                forced: Some(forced),
                allocated_bytes: Some(123_456_789),
                gc_cpu_ratio,
                gc_cpu_since_start_ratio: Some(0.01),
                goal_bytes: Some(9 << 20),
            });
        }
        analyzer.finish(&Completeness::default(), None)
    };
    let finding = |analysis: &Analysis, rule: &str| {
        let mut findings = analysis.findings.iter();
        let found = findings.find(|finding| finding.rule == rule);
        found.map(|finding| (finding.severity, finding.capped_by))
    };
    let dear = polled(Some(0.3), 60);
    let critical = Some((Severity::Critical, None));
    assert_eq!(finding(&dear, "gc-cpu"), critical);
    assert_eq!(finding(&dear, "forced-gc"), critical);
    assert_eq!(
        finding(&dear, "pause-p99"),
        critical,
        "no mark was seen to stall"
    );
    assert_eq!(dear.measures.allocation_bytes, Some(123_456_789));
    assert!(dear.measures.allocation_resolved);
    // Where GC takes little CPU, marking does not make a few stops long.
    let cheap = polled(Some(0.02), 0);
    assert_eq!(finding(&cheap, "gc-cpu"), None);
    assert_eq!(finding(&cheap, "forced-gc"), None);
    let capped = finding(&cheap, "pause-p99").unwrap();
    assert_eq!(capped.1, Some(CappedBy::Contention));
    let unknown = polled(None, 0);
    let rule = unknown
        .rules
        .iter()
        .find(|rule| rule.id == "gc-cpu")
        .unwrap();
    assert_eq!(rule.status, RuleState::NoEvidence);
}
