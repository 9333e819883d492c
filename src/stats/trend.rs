//! Is a series rising, and how fast: Mann-Kendall (H. B. Mann 1945, M. G. Kendall 1955) and Theil-Sen (P. K. Sen 1968).

use statrs::distribution::{ContinuousCDF, Normal};

/// The result of a Mann-Kendall test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Kendall's tau-a of value against order, -1 to 1; ties pull it towards 0.
    pub tau: f64,
    /// Two-sided p-value, normal approximation with the variance corrected for ties.
    pub p: f64,
}

/// Tests a series for a monotone trend; `None` for fewer than 4 values or if all are equal. O(n^2).
pub fn mann_kendall(values: &[u64]) -> Option<Trend> {
    if values.len() < 4 {
        return None;
    }
    let mut score = 0_i64;
    for (at, early) in values.iter().enumerate() {
        for late in values.iter().skip(at + 1) {
            score += match late.cmp(early) {
                std::cmp::Ordering::Greater => 1,
                std::cmp::Ordering::Equal => 0,
                std::cmp::Ordering::Less => -1,
            };
        }
    }
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let ties: f64 = sorted
        .chunk_by(|a, b| a == b)
        .map(|group| spread(group.len() as f64))
        .sum();
    let n = values.len() as f64;
    let variance = (spread(n) - ties) / 18.0;
    if variance <= 0.0 {
        return None;
    }
    let score = score as f64;
    // The continuity correction moves the score one step towards 0.
    let z = (score.abs() - 1.0).max(0.0) / variance.sqrt();
    Some(Trend {
        tau: score / (n * (n - 1.0) / 2.0),
        p: (2.0 * Normal::standard().sf(z)).min(1.0),
    })
}

/// The median of the slopes between all pairs of points, in units of y per unit of x; `None` without two different x.
pub fn theil_sen(points: &[(f64, f64)]) -> Option<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (at, early) in points.iter().enumerate() {
        for late in points.iter().skip(at + 1) {
            let run = late.0 - early.0;
            if run.abs() > 0.0 {
                slopes.push((late.1 - early.1) / run);
            }
        }
    }
    if slopes.is_empty() {
        return None;
    }
    let even = slopes.len().is_multiple_of(2);
    let middle = slopes.len() / 2;
    let (below, &mut upper, _) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = if even {
        below.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    } else {
        upper
    };
    Some(f64::midpoint(lower, upper))
}
