//! Swings of the heap goal over the last minute.

use crate::stats::ZigZag;

/// Legs of the goal that ended in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Churn {
    /// Doublings and halvings of the goal per minute.
    pub per_minute: f64,
    /// Times the goal turned round.
    pub reversals: u64,
    /// The stretch, s.
    pub seconds: f64,
}

/// Legs that are looked at only where somebody asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Swings<'a> {
    legs: Option<&'a ZigZag>,
    start: u64,
    end: u64,
}

impl<'a> Swings<'a> {
    /// Legs between `start` and `end`, ns of program time.
    pub const fn between(legs: &'a ZigZag, start: u64, end: u64) -> Self {
        Self {
            legs: Some(legs),
            start,
            end,
        }
    }

    /// What they come to.
    pub fn churn(&self) -> Churn {
        self.legs.map_or_else(Churn::default, |legs| {
            Churn::between(legs, self.start, self.end)
        })
    }
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
