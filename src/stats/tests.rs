#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use proptest::prelude::*;

use super::*;

/// What a log holds: durations on the printed grid, and now and then anything.
fn values() -> impl Strategy<Value = Vec<u64>> {
    let value = prop_oneof![
        8 => (0_u64..300).prop_map(|v| v * 1_000),
        2 => (1_u64..100).prop_map(|v| v * 1_000_000),
        1 => any::<u64>(),
    ];
    prop::collection::vec(value, 1..400)
}

fn nearest_rank(sorted: &[u64], per_mille: u64) -> u64 {
    let rank = (sorted.len() as u64 * per_mille).div_ceil(1000).max(1);
    sorted[usize::try_from(rank - 1).unwrap()]
}

/// Values counted some at a time.
fn sample(values: &[u64]) -> Sample {
    let mut sample = Sample::default();
    let mut fresh = Fresh::<1_000>::default();
    for some in values.chunks(7) {
        assert!(some.iter().all(|value| fresh.push(*value)));
        sample.take(&mut fresh);
    }
    sample
}

proptest! {
    #[test]
    fn percentiles_equal_a_sort(values in values(), cuts in prop::collection::vec(0_usize..400, 0..6)) {
        let mut sorted = values.clone();
        sorted.sort_unstable();

        let mut counts = Counts::<1_000>::default();
        values.iter().for_each(|value| counts.record(*value));
        let all = counts.sorted();

        // The same values in several samples, as a window holds them.
        let mut samples = Vec::new();
        let mut from = 0;
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % values.len()).collect();
        ends.push(values.len());
        ends.sort_unstable();
        for end in ends {
            samples.push(sample(&values[from..end]));
            from = end;
        }
        let lists = || samples.iter().map(Sample::values);
        for per_mille in [1, 10, 250, 500, 900, 990, 999, 1000] {
            let expected = nearest_rank(&sorted, u64::from(per_mille));
            prop_assert_eq!(Ranked::of(&all).quantile(per_mille), expected);
            prop_assert_eq!(quantile_of(lists(), values.len() as u64, per_mille), expected);
        }
        let first = samples[0].values();
        let rest: u64 = counts.without(first).iter().map(|pair| pair.1).sum();
        let taken: u64 = first.iter().map(|pair| pair.1).sum();
        prop_assert_eq!(rest + taken, values.len() as u64);
        let least = sorted[sorted.len() / 2];
        let above = sorted.iter().filter(|value| **value >= least).count() as u64;
        prop_assert_eq!(lists().map(|list| at_least(list, least)).sum::<u64>(), above);
        prop_assert_eq!(at_least(&all, least), above);
        prop_assert_eq!(median_of(lists()), Some(nearest_rank(&sorted, 500)));
        prop_assert_eq!(Ranked::of(&all).max(), *sorted.last().unwrap());
        prop_assert_eq!(counts.summary(), Summary {
            count: sorted.len() as u64,
            sum: sorted.iter().fold(0, |sum: u64, value| sum.saturating_add(*value)),
            min: sorted[0],
            max: *sorted.last().unwrap(),
        });
    }

    #[test]
    fn a_zigzag_of_growth_alone_never_turns(steps in prop::collection::vec(0_u64..1000, 1..200)) {
        let mut legs = ZigZag::new(16);
        let mut value = 4;
        for (at, step) in steps.iter().enumerate() {
            value += step;
            legs.observe(at as u64, value);
        }
        prop_assert_eq!(legs.turns(), 0);
        prop_assert!(legs.total().abs() < f64::EPSILON);
    }
}

#[test]
fn too_many_distinct_values_are_rounded_down_and_say_so() {
    let mut counts = Counts::<1_000>::default();
    let values = || (1..=20_000_u64).map(|value| value * 1_001);
    for value in values() {
        counts.record(value);
    }
    let sample = sample(&values().collect::<Vec<_>>());
    assert!(!counts.is_exact());
    assert!(counts.sorted().len() <= MAX_DISTINCT);
    assert!(sample.values().len() <= MAX_DISTINCT);
    // Count, sum and extremes stay exact.
    assert_eq!(
        counts.summary(),
        Summary {
            count: 20_000,
            sum: values().sum(),
            min: 1_001,
            max: 20_000 * 1_001,
        }
    );
    for values in [counts.sorted(), sample.values().to_vec()] {
        let ranked = Ranked::of(&values);
        assert_eq!(ranked.count(), 20_000);
        let (p50, exact) = (ranked.quantile(500) as f64, 10_000.0 * 1_001.0);
        assert!(p50 <= exact && p50 > 0.9 * exact, "{p50}");
    }
}

#[test]
fn a_value_that_is_known_makes_a_sample_no_coarser() {
    // One more than it holds, of three digits, which is what they are rounded to at first.
    let values = || {
        let decades = (0..5).map(|decade| 10_u64.pow(decade));
        let values = decades.flat_map(|unit| (100..1_000).map(move |digits| digits * unit));
        values.take(MAX_DISTINCT + 1)
    };
    let once = sample(&values().collect::<Vec<_>>());
    let twice = sample(&values().chain([100]).collect::<Vec<_>>());
    assert_eq!(once.values().len(), MAX_DISTINCT + 1);
    assert_eq!(twice.values().len(), MAX_DISTINCT + 1);
}

#[test]
fn multiples_have_places_and_nothing_else() {
    fn check<const UNIT: u64>() {
        for value in (0..5_000).chain((u64::MAX / UNIT - 9)..=u64::MAX / UNIT) {
            assert_eq!(multiple::<UNIT>(value * UNIT), value);
        }
        for value in (0..3 * UNIT.min(5_000)).chain(u64::MAX - 99..=u64::MAX) {
            let is_multiple = value % UNIT == 0;
            assert_eq!(multiple::<UNIT>(value) <= u64::MAX / UNIT, is_multiple);
        }
    }
    check::<1>();
    check::<1_000>();
    check::<100_000>();
    check::<1_000_000>();
}

#[test]
fn an_empty_summary_has_no_values() {
    let none = Ranked::of(&[]);
    assert_eq!(
        (none.quantile(990), none.max(), none.median()),
        (0, 0, None)
    );
    assert_eq!(Counts::<1>::default().summary(), Summary::default());
}

#[test]
fn binomial_tail_agrees_with_tables() {
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
    // P(K >= 3), n = 100, p = 0.01: 1 - 0.99^100 - 100 * 0.01 * 0.99^99 - 4950 * 0.0001 * 0.99^98.
    let none: f64 = 0.99_f64.powi(100);
    let one = 100.0 * 0.01 * 0.99_f64.powi(99);
    let two = 4950.0 * 0.0001 * 0.99_f64.powi(98);
    close(binomial_tail(3, 100, 0.01), 1.0 - none - one - two);
    close(binomial_tail(0, 10, 0.5), 1.0);
    close(binomial_tail(10, 10, 0.5), 1.0 / 1024.0);
    close(binomial_tail(11, 10, 0.5), 0.0);
    close(binomial_tail(1, 10, f64::NAN), 0.0);
}

#[test]
fn trend_tells_rising_from_swinging() {
    let rising: Vec<u64> = (0..20).map(|i| 100 + i * 5).collect();
    let trend = mann_kendall(&rising).unwrap();
    assert!(
        (trend.tau - 1.0).abs() < 1e-12 && trend.p < 1e-6,
        "{trend:?}"
    );

    let swinging: Vec<u64> = (0..20).map(|i| 100 + (i % 4) * 30).collect();
    let trend = mann_kendall(&swinging).unwrap();
    assert!(trend.tau < 0.3 && trend.p > 0.05, "{trend:?}");

    // 1 2 3 4 6 5: S = 15 - 2 = 13, n(n-1)(2n+5)/18 = 28.33, z = 12/5.323 = 2.254, p = 0.0242.
    let trend = mann_kendall(&[1, 2, 3, 4, 6, 5]).unwrap();
    assert!((trend.tau - 13.0 / 15.0).abs() < 1e-12);
    assert!((trend.p - 0.024_17).abs() < 1e-4, "{}", trend.p);

    assert_eq!(mann_kendall(&[7; 30]), None);
    assert_eq!(mann_kendall(&[1, 2, 3]), None);
}

#[test]
fn the_slope_is_the_median_of_all_slopes() {
    let slope = |points: &[(f64, f64)]| theil_sen(points).unwrap();
    assert!((slope(&[(0.0, 0.0), (1.0, 2.0), (2.0, 4.0)]) - 2.0).abs() < 1e-12);
    // Slopes 1, 5, 3, an even number of them after a fourth point.
    assert!((slope(&[(0.0, 0.0), (1.0, 1.0), (2.0, 6.0)]) - 3.0).abs() < 1e-12);
    assert_eq!(theil_sen(&[(1.0, 1.0), (1.0, 2.0)]), None);
    assert_eq!(theil_sen(&[]), None);
}

#[test]
fn legs_are_counted_between_turns() {
    let mut legs = ZigZag::new(16);
    for (at, value) in [100, 200, 400, 200, 100, 400, 395, 390]
        .into_iter()
        .enumerate()
    {
        legs.observe(at as u64, value);
    }
    let sizes: Vec<f64> = legs.legs().map(|leg| leg.size).collect();
    assert_eq!(legs.turns(), 2);
    assert_eq!(sizes, [2.0, 2.0]);
    let ends: Vec<u64> = legs.legs().map(|leg| leg.end).collect();
    assert_eq!(ends, [2, 4]);
    assert!(
        (legs.total() - 6.0).abs() < 1e-12,
        "the open leg counts too"
    );
}

#[test]
fn jitter_is_no_turn() {
    let mut legs = ZigZag::new(16);
    // Doubles, but by less than 16.
    (0..100).for_each(|at| legs.observe(at, 4 + (at % 2) * 8));
    assert_eq!(legs.turns(), 0);
    // Moves by more than 16, but by less than half.
    (0..100).for_each(|at| legs.observe(at, 400 + (at % 2) * 100));
    assert_eq!(legs.turns(), 0);
}

#[test]
fn the_legs_kept_are_bounded() {
    let mut legs = ZigZag::new(16);
    (0..10_000).for_each(|at| legs.observe(at, 100 + (at % 2) * 300));
    assert_eq!(legs.legs().count(), MAX_LEGS);
    assert!(legs.turns() > 9_000);
}
