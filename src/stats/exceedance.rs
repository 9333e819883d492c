//! How likely it is by chance that this many of a few values lie beyond a bound.

use statrs::distribution::{Binomial, DiscreteCDF};

/// P(K >= `k`) for K binomial with `n` trials of probability `p`; 1 for `k` = 0, 0 for `k` > `n` or an invalid `p`.
pub fn binomial_tail(k: u64, n: u64, p: f64) -> f64 {
    match (k.checked_sub(1), Binomial::new(p, n)) {
        (None, _) => 1.0,
        (Some(_), Err(_)) => 0.0,
        (Some(_), Ok(_)) if k > n => 0.0,
        (Some(below), Ok(distribution)) => distribution.sf(below),
    }
}
