//! Swings of a series that are larger than its jitter: zig-zag legs between turning points.

use std::collections::VecDeque;

/// Most legs that are kept for looking back; the sums count all of them.
pub const MAX_LEGS: usize = 256;

/// One swing, from turning point to turning point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leg {
    /// When it began.
    pub start: u64,
    /// When it turned.
    pub end: u64,
    /// |log2(end / start)| of the values: 1 is a doubling or a halving.
    pub size: f64,
}

/// Follows a series in O(1) and keeps its legs. A turn counts once the value has come back from its extreme by a factor
/// of 1.5 *and* by `step`; smaller moves are jitter. One-way growth never turns, however far it goes.
#[derive(Debug, Clone)]
pub struct ZigZag {
    step: u64,
    pivot: (u64, u64),
    extreme: (u64, u64),
    direction: Direction,
    /// Values from and to that change nothing; none if the first is the larger.
    quiet: (u64, u64),
    legs: VecDeque<Leg>,
    turns: u64,
    total: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    None,
    Flat,
    Up,
    Down,
}

/// No value.
const NONE: (u64, u64) = (1, 0);

impl ZigZag {
    /// Follows a series whose moves below `step` are jitter.
    pub const fn new(step: u64) -> Self {
        Self {
            step,
            pivot: (0, 0),
            extreme: (0, 0),
            direction: Direction::None,
            quiet: NONE,
            legs: VecDeque::new(),
            turns: 0,
            total: 0.0,
        }
    }

    /// Takes the next value. A leg is kept when the turn that ends it is certain; it ends at the extreme, not here.
    #[inline]
    pub fn observe(&mut self, at: u64, value: u64) {
        if value < self.quiet.0 || value > self.quiet.1 {
            self.moves(at, value);
        }
    }

    #[inline(never)]
    fn moves(&mut self, at: u64, value: u64) {
        let far = |low: u64, high: u64| {
            high.saturating_sub(low) >= self.step && high.saturating_mul(2) >= low.saturating_mul(3)
        };
        let (low, high) = (value.min(self.extreme.1), value.max(self.extreme.1));
        match self.direction {
            Direction::None => {
                self.pivot = (at, value);
                self.extreme = (at, value);
                self.direction = Direction::Flat;
            }
            Direction::Flat if far(low, high) => {
                self.direction = if value > self.extreme.1 {
                    Direction::Up
                } else {
                    Direction::Down
                };
                self.extreme = (at, value);
            }
            Direction::Up if value >= self.extreme.1 => self.extreme = (at, value),
            Direction::Down if value <= self.extreme.1 => self.extreme = (at, value),
            Direction::Up if far(low, high) => self.turn(at, value, Direction::Down),
            Direction::Down if far(low, high) => self.turn(at, value, Direction::Up),
            Direction::Flat | Direction::Up | Direction::Down => return,
        }
        self.quiet = self.quiet();
    }

    /// The range of values that are neither a new extreme nor far from this one, which most are: recognized by two comparisons.
    const fn quiet(&self) -> (u64, u64) {
        let extreme = self.extreme.1;
        if extreme == 0 || self.step == 0 || extreme > u64::MAX / 4 || self.step > u64::MAX / 4 {
            return NONE;
        }
        let fall = (extreme + 1).saturating_sub(self.step);
        let low = if fall < 2 * extreme / 3 + 1 {
            fall
        } else {
            2 * extreme / 3 + 1
        };
        let rise = extreme + self.step - 1;
        let high = if rise > (3 * extreme - 1) / 2 {
            rise
        } else {
            (3 * extreme - 1) / 2
        };
        match self.direction {
            Direction::None => NONE,
            Direction::Flat => (low, high),
            Direction::Up => (low, extreme - 1),
            Direction::Down => (extreme + 1, high),
        }
    }

    #[cold]
    fn turn(&mut self, at: u64, value: u64, direction: Direction) {
        let leg = self.leg(self.extreme);
        self.total += leg.size;
        self.turns = self.turns.saturating_add(1);
        if self.legs.len() == MAX_LEGS {
            self.legs.pop_front();
        }
        self.legs.push_back(leg);
        self.pivot = self.extreme;
        self.extreme = (at, value);
        self.direction = direction;
    }

    fn leg(&self, end: (u64, u64)) -> Leg {
        let size = |value: u64| value.max(1) as f64;
        Leg {
            start: self.pivot.0,
            end: end.0,
            size: (size(end.1) / size(self.pivot.1)).log2().abs(),
        }
    }

    /// The leg that has not turned yet; `None` before the first turn, when it may be one-way growth.
    pub fn open_leg(&self) -> Option<Leg> {
        (self.turns > 0).then(|| self.leg(self.extreme))
    }

    /// The legs that ended with a turn, oldest first, at most the last [`MAX_LEGS`].
    pub fn legs(&self) -> impl DoubleEndedIterator<Item = &Leg> {
        self.legs.iter()
    }

    /// Turns since the beginning.
    pub const fn turns(&self) -> u64 {
        self.turns
    }

    /// Sizes of all legs since the beginning, the open one included; 0 without a turn.
    pub fn total(&self) -> f64 {
        self.total + self.open_leg().map_or(0.0, |leg| leg.size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_passed_over_would_have_changed_nothing(
            step in 0_u64..40,
            values in prop::collection::vec(prop_oneof![0_u64..60, 0_u64..2_000, any::<u64>()], 1..300),
        ) {
            let (mut one, mut other) = (ZigZag::new(step), ZigZag::new(step));
            for (at, value) in values.into_iter().enumerate() {
                one.observe(at as u64, value);
                other.moves(at as u64, value);
                prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
            }
        }
    }
}
