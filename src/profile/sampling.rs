//! How far a sampled profile can be trusted.
//!
//! An object of size S is recorded with probability p = 1 - exp(-S/R), R the rate, and its count n is written as n/p.
//! So n = value * p follows, and the variance of the estimate is n(1-p)/p^2: of many small objects the relative
//! error is close to 1/sqrt(n); of objects far larger than the rate, or at a rate of 1, there is none.
//!
//! A limit of every profile: objects under 16 bytes without pointers share blocks, and only the first of a block is ever
//! recorded, even at a rate of 1. Sites that box integers or format numbers show about half their count.

use super::{Profile, Sample, SampleType};

/// The evidence for an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Evidence {
    /// Objects that were recorded.
    pub samples_seen: f64,
    /// The variance of the estimate, in squared objects or bytes.
    pub variance: f64,
}

/// Below this many samples of small objects (the relative error is then above 18 %) a site is not judged.
pub const THIN: f64 = 30.0;

impl Evidence {
    /// The standard error of an estimate divided by its value; `None` if the value is 0.
    #[must_use]
    pub fn relative_error(&self, value: i64) -> Option<f64> {
        (value != 0).then(|| self.variance.sqrt() / (value as f64).abs())
    }

    /// Whether a value has too few samples to be judged.
    #[must_use]
    pub fn is_thin(&self, value: i64) -> bool {
        self.relative_error(value)
            .is_some_and(|error| error > 1.0 / THIN.sqrt())
    }

    /// Adds the evidence for another estimate: the result is that for the sum of both.
    pub fn add(&mut self, other: Self) {
        self.samples_seen += other.samples_seen;
        self.variance += other.variance;
    }
}

impl Profile {
    /// The evidence for one sample's value.
    pub(super) fn evidence(&self, sample: &Sample, kind: SampleType) -> Evidence {
        let (objects, bytes) = (kind.objects().column(), kind.bytes().column());
        let (new, base) = (sample.new[objects], sample.base[objects]);
        let magnitude = (new as f64).abs() + (base as f64).abs();
        let size = match sample.size {
            Some(size) if size > 0 => size as f64,
            _ => {
                let bytes = (sample.new[bytes] as f64).abs() + (sample.base[bytes] as f64).abs();
                if magnitude > 0.0 {
                    bytes / magnitude
                } else {
                    0.0
                }
            }
        };
        let p = if self.rate <= 1 || size <= 0.0 {
            1.0
        } else {
            -(-size / self.rate as f64).exp_m1()
        };
        // What was allocated before the base was taken is in both: the difference is a sample of its own. What was live
        // then need not be the same objects now.
        let alloc = kind.objects() == SampleType::AllocObjects;
        let objects = if alloc && new >= base && base >= 0 {
            new as f64 - base as f64
        } else {
            magnitude
        };
        let seen = objects * p;
        let scale = if kind == kind.objects() { 1.0 } else { size };
        Evidence {
            samples_seen: seen,
            variance: scale * scale * seen * (1.0 - p) / (p * p),
        }
    }
}
