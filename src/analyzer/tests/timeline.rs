//! The bins of the timeline against the run.

use proptest::prelude::*;

use super::*;

/// Cycles with bursts and silences, some of them missing.
fn cycles() -> impl Strategy<Value = Vec<GcCycle>> {
    let one = (
        prop_oneof![8 => 10_u64..300, 2 => 300_u64..8_000, 1 => 8_000_u64..90_000],
        0_u64..4_000,
        0_u64..4_000,
        prop_oneof![9 => Just(1_u64), 1 => 2_u64..4],
    );
    (1_u64..3, prop::collection::vec(one, 1..150)).prop_map(|(first, gaps)| {
        let (mut at, mut number) = (0, first - 1);
        let make = |(gap, assist_us, mark_us, step): (u64, u64, u64, u64)| {
            at += gap;
            number += step;
            let mut cycle = cycle(number, at);
            cycle.mark_assist_cpu_ns = assist_us * 1_000;
            cycle.mark_background_cpu_ns = mark_us * 1_000;
            at += 6;
            cycle
        };
        gaps.into_iter().map(make).collect()
    })
}

proptest! {
    #[test]
    fn bins_add_up_to_the_run(cycles in cycles(), most in prop_oneof![Just(1_000_usize), 2_usize..20]) {
        let mut analyzer = ProcessAnalyzer::new(&Arc::new(Settings::default()));
        analyzer.limit_timeline(most);
        let cycles = with_percent(cycles);
        cycles.iter().for_each(|cycle| analyzer.observe(cycle.into(), None));
        let measures = analyzer.finish(&Completeness::default(), None).measures;
        let points = &measures.timeline;
        prop_assert_eq!(points.iter().map(|p| p.cycles).sum::<u64>(), cycles.len() as u64);
        for pair in points.windows(2) {
            prop_assert_eq!(pair[0].end_ns, pair[1].start_ns);
        }
        let (first, last) = (&cycles[0], &cycles[cycles.len() - 1]);
        prop_assert_eq!(points[0].start_ns, if first.number == 1 { 0 } else { first.start_ns });
        prop_assert_eq!(points[points.len() - 1].end_ns, last.end_ns());

        // Without a gap the sums are those of the cycles, rates and shares those of the time.
        let whole = cycles.windows(2).all(|pair| pair[1].number == pair[0].number + 1);
        if whole && first.number == 1 {
            let width = |point: &crate::report::TimelinePoint| (point.end_ns - point.start_ns) as f64;
            let counted: f64 = points.iter().map(|p| p.gc_frequency_per_second * width(p) / 1e9).sum();
            prop_assert!((counted - cycles.len() as f64).abs() < 1e-6 * counted + 1e-6, "{counted}");
            // A cycle of a large share of its bin may be cut at the whole.
            let full = points.iter().any(|p| p.mark_assist_cpu_ratio.is_some_and(|ratio| ratio > 0.99));
            let assists: f64 = points.iter().map(|p| p.mark_assist_cpu_ratio.unwrap() * width(p) * 4.0).sum();
            let sum: u64 = cycles.iter().map(|cycle| cycle.mark_assist_cpu_ns).sum();
            prop_assert!(full || (assists - sum as f64).abs() <= 1e-6 * sum as f64 + 1.0, "{assists} {sum}");
        }
    }
}
