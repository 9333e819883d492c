#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use super::*;

/// SplitMix64: repeatable chance.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Above 0, below 1.
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    /// Skewed, as run times are: the median is 1.
    fn log_normal(&mut self, spread: f64) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        (spread * radius * (std::f64::consts::TAU * self.uniform()).cos()).exp()
    }

    fn group(&mut self, n: usize, factor: f64) -> Vec<f64> {
        (0..n).map(|_| factor * self.log_normal(0.3)).collect()
    }
}

/// By definition: U counted over pairs, in every way to choose the second group out of all values.
fn by_enumeration(first: &[f64], second: &[f64]) -> f64 {
    // Doubled, so that a tie counts one and all is in integers.
    let doubled_u = |first: &[f64], second: &[f64]| -> u32 {
        let pairs = first
            .iter()
            .flat_map(|a| second.iter().map(move |b| (a, b)));
        pairs
            .map(|(a, b)| match b.total_cmp(a) {
                Ordering::Greater => 2,
                Ordering::Equal => 1,
                Ordering::Less => 0,
            })
            .sum()
    };
    let observed = doubled_u(first, second);
    let all: Vec<f64> = first.iter().chain(second).copied().collect();
    let (mut lower, mut upper, mut ways) = (0_u32, 0_u32, 0_u32);
    for chosen in 0_u32..1 << all.len() {
        if chosen.count_ones() as usize != second.len() {
            continue;
        }
        let (mut rest, mut hand) = (Vec::new(), Vec::new());
        for (at, value) in all.iter().enumerate() {
            if chosen >> at & 1 == 1 {
                hand.push(*value);
            } else {
                rest.push(*value);
            }
        }
        let u = doubled_u(&rest, &hand);
        ways += 1;
        lower += u32::from(u <= observed);
        upper += u32::from(u >= observed);
    }
    (2.0 * f64::from(lower.min(upper)) / f64::from(ways)).min(1.0)
}

#[test]
fn the_exact_test_is_the_full_enumeration_for_all_sizes_up_to_eight() {
    let mut dice = Dice(7);
    for n in 1..=8 {
        for m in 1..=8 {
            // Few distinct values make ties, many make none.
            for distinct in [3, 1 << 40] {
                let mut group = |n: usize| -> Vec<f64> {
                    (0..n).map(|_| (dice.next() % distinct) as f64).collect()
                };
                let (first, second) = (group(n), group(m));
                let test = mann_whitney(&first, &second).unwrap();
                let expected = by_enumeration(&first, &second);
                assert!(test.exact);
                assert!(
                    (test.p - expected).abs() < 1e-12,
                    "{first:?} {second:?}: {} {expected}",
                    test.p
                );
            }
        }
    }
}

#[test]
fn groups_that_do_not_overlap_give_the_smallest_p() {
    for n in 1..=8_usize {
        for m in 1..=8 {
            let low: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let high: Vec<f64> = (0..m).map(|i| 100.0 + i as f64).collect();
            for (first, second) in [(&low, &high), (&high, &low)] {
                let p = mann_whitney(first, second).unwrap().p;
                assert!((p - smallest_p(n, m)).abs() < 1e-12, "{n} {m}: {p}");
            }
        }
    }
    // 2 / 70 and 2 / 252.
    assert!((smallest_p(4, 4) - 0.028_571_428_6).abs() < 1e-9);
    assert!((smallest_p(5, 5) - 0.007_936_507_9).abs() < 1e-9);
    assert!(smallest_p(3, 3) > 0.05);
}

/// The published critical values of U, two-sided at 0.05 (e.g. in S. Siegel 1956, table K).
#[test]
fn critical_values_are_those_of_the_tables() {
    for (n, m, expected) in [
        (3, 3, None),
        (4, 4, Some(0)),
        (5, 5, Some(2)),
        (6, 6, Some(5)),
        (8, 8, Some(13)),
        (10, 10, Some(23)),
        (5, 10, Some(8)),
        (20, 20, Some(127)),
    ] {
        assert_eq!(critical(n, m, 0.025), expected, "{n} {m}");
        assert_eq!(critical(m, n, 0.025), expected, "{m} {n}");
    }
}

#[test]
fn the_normal_approximation_takes_over_smoothly() {
    let mut dice = Dice(3);
    for shift in [1.0, 1.1, 1.3] {
        let (first, second) = (dice.group(32, 1.0), dice.group(32, shift));
        let exact = mann_whitney(&first, &second).unwrap();
        let ranks = doubled_midranks(&first, &second);
        let normal = normal_p(&ranks, 32, 32, exact.u);
        assert!((exact.p - normal).abs() < 0.005, "{} {normal}", exact.p);
        assert!(
            !mann_whitney(&[first, second.clone()].concat(), &second)
                .unwrap()
                .exact
        );
    }
    assert_eq!(
        mann_whitney(&[1.0; 40], &[1.0; 40]).unwrap().p.to_string(),
        "1"
    );
}

#[test]
fn intervals_cover_as_promised() {
    let mut dice = Dice(11);
    const DRAWS: usize = 2_000;
    for (n, m) in [(6, 6), (10, 10), (20, 7)] {
        let (mut median_held, mut ratio_held, mut alarms) = (0, 0, 0);
        for _ in 0..DRAWS {
            let (first, second) = (dice.group(n, 1.0), dice.group(m, 1.5));
            let (low, high) = median_interval(&first, 0.95).unwrap();
            median_held += usize::from((low..=high).contains(&1.0));
            let (low, high) = ratio_interval(&first, &second, 0.95).unwrap();
            ratio_held += usize::from((low..=high).contains(&1.5));
            let same = dice.group(m, 1.0);
            let p = mann_whitney(&first, &same).unwrap().p;
            alarms += usize::from(p <= 0.05);
            let (low, high) = ratio_interval(&first, &same, 0.95).unwrap();
            assert_eq!(
                p <= 0.05,
                !(low..=high).contains(&1.0),
                "{first:?} {same:?}"
            );
        }
        // Three standard errors of 2,000 draws at 95 % are 1.5 %.
        let least = DRAWS * 935 / 1000;
        assert!(median_held >= least, "{n}: {median_held} of {DRAWS}");
        assert!(ratio_held >= least, "{n} {m}: {ratio_held} of {DRAWS}");
        assert!(alarms <= DRAWS - least, "{n} {m}: {alarms} of {DRAWS}");
    }
}

#[test]
fn small_groups_have_no_interval() {
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    assert_eq!(median_interval(&values, 0.95), Some((1.0, 6.0)));
    assert_eq!(median_interval(&values[..5], 0.95), None);
    assert_eq!(ratio_interval(&values[..3], &values[..3], 0.95), None);
    assert_eq!(
        ratio_interval(&values[..4], &values[..4], 0.95),
        Some((0.25, 4.0))
    );
    assert_eq!(median_interval(&[], 0.95), None);
    assert_eq!(ratio_interval(&[], &values, 0.95), None);
    assert_eq!(mann_whitney(&values, &[]), None);
    assert_eq!(median(&[]), None);
}

#[test]
fn medians_and_effect_sizes() {
    assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    assert_eq!(cliffs_delta(&[1.0, 2.0], &[3.0, 4.0]), Some(1.0));
    assert_eq!(cliffs_delta(&[3.0, 4.0], &[1.0, 2.0]), Some(-1.0));
    assert_eq!(cliffs_delta(&[1.0, 2.0], &[1.0, 2.0]), Some(0.0));
    assert_eq!(ratio(0.0, 0.0).to_string(), "1");
    assert!(ratio(0.0, 1.0).is_infinite());
}

#[test]
fn fisher_is_the_textbooks() {
    // The lady tasting tea (R. A. Fisher 1935): 3 of 4 against 1 of 4, one-sided 17/70.
    assert!((fisher((3, 4), (1, 4)) - 34.0 / 70.0).abs() < 1e-9);
    assert!((fisher((1, 4), (3, 4)) - 34.0 / 70.0).abs() < 1e-9);
    assert!((fisher((0, 10), (0, 20)) - 1.0).abs() < 1e-9);
    assert!(fisher((0, 100), (12, 100)) < 0.001);
    assert!((fisher((2, 1), (0, 0)) - 1.0).abs() < 1e-9);
}

#[test]
fn holm_raises_in_order() {
    let adjusted = holm(&[0.04, 0.01, 0.03]);
    let expected = [0.06, 0.03, 0.06];
    for (adjusted, expected) in adjusted.iter().zip(expected) {
        assert!((adjusted - expected).abs() < 1e-12, "{adjusted} {expected}");
    }
    assert!(holm(&[]).is_empty());
}
