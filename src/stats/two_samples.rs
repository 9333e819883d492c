//! Two groups of runs against each other, one number a run: medians, the exact Mann-Whitney test, intervals, effect size.
//!
//! The run is the unit: values inside one run depend on each other, and two runs of the same program differ by more than
//! their values say. So nothing here takes single events, but for [`fisher`], which describes and never decides.

use std::cmp::Ordering;

use statrs::distribution::{
    Binomial, ContinuousCDF, DiscreteCDF, Hypergeometric, HypergeometricError, Normal,
};

/// Up to this many values in both groups together the Mann-Whitney test is exact (the counts fit 64 bits); beyond, normal.
pub const EXACT_UP_TO: usize = 64;

/// The result of a Mann-Whitney test (H. B. Mann and D. R. Whitney 1947).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// Pairs in which the second group's value is the larger; a tie is half a pair.
    pub u: f64,
    /// Two-sided p-value: twice the smaller tail, at most 1.
    pub p: f64,
    /// From the permutation distribution of the midranks, ties and all; else from its normal approximation.
    pub exact: bool,
}

/// Tests whether either group tends to the larger values; `None` if a group is empty.
///
/// Up to [`EXACT_UP_TO`] values the distribution over all ways to assign the midranks is counted by dynamic programming.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Option<MannWhitney> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let ranks = doubled_midranks(first, second);
    let (of_first, of_second) = ranks.split_at(first.len());
    let u = u(of_second);
    let exact = ranks.len() <= EXACT_UP_TO;
    let p = if exact {
        // Choosing the smaller group is less work; the tails are the same.
        let hand = if first.len() < second.len() {
            of_first
        } else {
            of_second
        };
        exact_p(&ranks, hand.len(), hand.iter().sum())
    } else {
        normal_p(&ranks, first.len(), second.len(), u)
    };
    Some(MannWhitney { u, p, exact })
}

/// The smallest two-sided p-value that groups of these sizes can give, when they do not overlap: 2 / C(n + m, n).
pub fn smallest_p(first: usize, second: usize) -> f64 {
    let few = first.min(second);
    let ways: f64 = (1..=few)
        .map(|i| float(first + second - few + i) / float(i))
        .product();
    (2.0 / ways).min(1.0)
}

/// U of a group from its doubled midranks: their sum less the smallest sum that this many ranks can have.
fn u(ranks: &[usize]) -> f64 {
    let sum: usize = ranks.iter().sum();
    float(sum - ranks.len() * (ranks.len() + 1)) / 2.0
}

/// Twice the rank of each value among all of both groups, ties sharing their mean rank: integers.
fn doubled_midranks(first: &[f64], second: &[f64]) -> Vec<usize> {
    let mut order: Vec<(f64, usize)> = first.iter().chain(second).copied().zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0; order.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| a.0.total_cmp(&b.0) == Ordering::Equal) {
        for &(_, at) in tied {
            ranks[at] = 2 * before + tied.len() + 1;
        }
        before += tied.len();
    }
    ranks
}

/// The number of ways to choose `hand` of the ranks with each possible sum.
fn ways(ranks: &[usize], hand: usize) -> Vec<u64> {
    let most: usize = ranks.iter().sum();
    let mut ways = vec![vec![0_u64; most + 1]; hand + 1];
    ways[0][0] = 1;
    for &rank in ranks {
        // Larger selections first, so that each rank is used once.
        for size in (1..=hand).rev() {
            let (smaller, larger) = ways.split_at_mut(size);
            let with = larger[0].iter_mut().skip(rank);
            for (with, without) in with.zip(&smaller[size - 1]) {
                *with += without;
            }
        }
    }
    ways.swap_remove(hand)
}

fn exact_p(ranks: &[usize], hand: usize, observed: usize) -> f64 {
    let ways = ways(ranks, hand);
    let all: u64 = ways.iter().sum();
    let (below, from) = ways.split_at(observed);
    let lower: u64 = below.iter().sum::<u64>() + from.first().unwrap_or(&0);
    let upper: u64 = from.iter().sum();
    (2.0 * lower.min(upper) as f64 / all as f64).min(1.0)
}

/// With the variance corrected for ties, and for continuity by half a pair.
fn normal_p(ranks: &[usize], first: usize, second: usize, u: f64) -> f64 {
    let mut sorted = ranks.to_vec();
    sorted.sort_unstable();
    let ties: f64 = sorted
        .chunk_by(|a, b| a == b)
        .map(|tied| float(tied.len()).powi(3) - float(tied.len()))
        .sum();
    let (n, pairs) = (float(ranks.len()), float(first) * float(second));
    let variance = pairs / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    let distance = ((u - pairs / 2.0).abs() - 0.5).max(0.0);
    (2.0 * Normal::standard().sf(distance / variance.sqrt())).min(1.0)
}

/// Cliff's delta: how much more often the second group's value is the larger than the smaller, over all pairs, -1 to 1.
/// `None` if a group is empty.
pub fn cliffs_delta(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let ranks = doubled_midranks(first, second);
    let u = u(&ranks[first.len()..]);
    Some(2.0 * u / (float(first.len()) * float(second.len())) - 1.0)
}

/// The middle value, or the mean of the two middle ones; `None` without values.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// The narrowest pair of order statistics, as far from either end, that holds the median of the population with at least
/// this confidence, whatever its shape; `None` if not even the smallest and largest value do (below 6 for 95 %).
pub fn median_interval(values: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let coin = Binomial::new(0.5, sorted.len() as u64).ok()?;
    let cut = (0..sorted.len() / 2)
        .take_while(|&cut| 2.0 * coin.cdf(cut as u64) <= 1.0 - confidence)
        .last()?;
    Some((*sorted.get(cut)?, *sorted.get(sorted.len() - 1 - cut)?))
}

/// The interval of the factor between two groups of values >= 0 that the Mann-Whitney test at this confidence leaves: of
/// all second / first the order statistics that its distribution names (J. L. Hodges and E. L. Lehmann 1963, on logarithms).
///
/// Without ties it holds 1 exactly if the test finds no difference. The upper end is infinite if the first group holds 0.
/// `None` if the groups are too small for the confidence (below 4 each for 95 %) or too large to pair (a million pairs).
pub fn ratio_interval(first: &[f64], second: &[f64], confidence: f64) -> Option<(f64, f64)> {
    const PAIRS: usize = 1_000_000;
    let pairs = first.len().checked_mul(second.len())?;
    if pairs > PAIRS {
        return None;
    }
    let cut = critical(first.len(), second.len(), (1.0 - confidence) / 2.0)?;
    let mut ratios: Vec<f64> = first
        .iter()
        .flat_map(|base| second.iter().map(|new| ratio(*base, *new)))
        .collect();
    ratios.sort_by(f64::total_cmp);
    Some((*ratios.get(cut)?, *ratios.get(pairs.checked_sub(cut + 1)?)?))
}

/// How many times the first value the second is: 1 for two zeros, infinite over a zero.
pub fn ratio(first: f64, second: f64) -> f64 {
    match (first > 0.0, second > 0.0) {
        (true, _) => second / first,
        (false, true) => f64::INFINITY,
        (false, false) => 1.0,
    }
}

/// The largest U with P(U <= it) at most `tail`, without ties; `None` if there is none.
fn critical(first: usize, second: usize, tail: f64) -> Option<usize> {
    if first == 0 || second == 0 {
        return None;
    }
    let few = first.min(second);
    if first + second > EXACT_UP_TO {
        let pairs = float(first) * float(second);
        let spread = (pairs * float(first + second + 1) / 12.0).sqrt();
        let edge = pairs / 2.0 - 0.5 + Normal::standard().inverse_cdf(tail) * spread;
        return (0..=first * second)
            .take_while(|&u| float(u) <= edge)
            .last();
    }
    let ranks: Vec<usize> = (1..=first + second).collect();
    let ways = ways(&ranks, few);
    let all: u64 = ways.iter().sum();
    ways.iter()
        .skip(few * (few + 1) / 2)
        .scan(0, |below, ways| {
            *below += ways;
            Some(*below)
        })
        .take_while(|&below| below as f64 <= tail * all as f64)
        .enumerate()
        .map(|(u, _)| u)
        .last()
}

/// Fisher's exact test of two shares, `hits` of `n` each: two-sided p-value, twice the smaller tail. 1 if `n` is 0 or less than
/// `hits`.
pub fn fisher(first: (u64, u64), second: (u64, u64)) -> f64 {
    let tails = |(hits, n): (u64, u64), (other_hits, other_n): (u64, u64)| {
        let drawn = Hypergeometric::new(n + other_n, hits + other_hits, n)?;
        let upper = hits.checked_sub(1).map_or(1.0, |below| drawn.sf(below));
        Ok::<_, HypergeometricError>((2.0 * drawn.cdf(hits).min(upper)).min(1.0))
    };
    if first.1 == 0 || second.1 == 0 || first.0 > first.1 || second.0 > second.1 {
        return 1.0;
    }
    tails(first, second).unwrap_or(1.0)
}

/// The p-values of several tests, raised so that the chance of any false alarm among them stays that of a single test
/// (S. Holm 1979); in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut highest = 0.0_f64;
    for (rank, at) in order.into_iter().enumerate() {
        highest = highest.max((p[at] * float(p.len() - rank)).min(1.0));
        adjusted[at] = highest;
    }
    adjusted
}

fn float(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests;
