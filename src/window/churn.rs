//! Swings of the heap goal over the last minute.

use crate::stats::ZigZag;

/// Swings of a series over some time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Churn {
    /// Doublings and halvings per minute.
    pub per_minute: f64,
    /// Turning points.
    pub reversals: u64,
    /// The time, s.
    pub seconds: f64,
}

impl Churn {
    /// The legs that began and turned between `start` and `end`, ns of program time, and the one that has not turned yet;
    /// nothing without a turn, since growth in one direction is no churn.
    pub fn between(legs: &ZigZag, start: u64, end: u64) -> Self {
        let seconds = end.saturating_sub(start) as f64 / 1e9;
        let (mut reversals, mut size) = (0_u64, 0.0);
        for leg in legs.legs().rev().take_while(|leg| leg.start >= start) {
            reversals += 1;
            size += leg.size;
        }
        if reversals > 0 {
            size += legs.open_leg().map_or(0.0, |leg| leg.size);
        }
        Self {
            per_minute: if seconds > 0.0 {
                size * 60.0 / seconds
            } else {
                0.0
            },
            reversals,
            seconds,
        }
    }
}
