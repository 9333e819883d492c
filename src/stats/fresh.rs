//! Values as they come, before they are sorted into a [`Sample`](super::Sample).

use super::multiple;

/// Up to this many values are only listed: sorting so few is cheaper than counting them.
const FEW: usize = 20;
/// Multiples of the unit below this are counted if there are more values; others are listed.
const COUNTED: usize = 1_024;
/// Counters are allocated this many at a time: there may be hundreds of these lists.
const STEPS: usize = 64;
/// Values that are listed before they have to be taken.
const LISTED: usize = 256;

/// Values in no order, most of them small multiples of `UNIT`. Counting those costs a tenth of sorting if there are many.
/// Nothing is allocated before the first.
#[derive(Debug, Clone, Default)]
pub struct Fresh<const UNIT: u64> {
    /// There are more than a few.
    counting: bool,
    /// Of 0, `UNIT`, 2 `UNIT` and so on.
    counts: Vec<u16>,
    /// Which of those are not 0, a bit each.
    present: [u64; COUNTED / 64],
    others: Vec<u64>,
}

impl<const UNIT: u64> Fresh<UNIT> {
    /// Adds a value. False if all have to be taken before the next one.
    #[inline]
    #[must_use]
    pub fn push(&mut self, value: u64) -> bool {
        if self.counting {
            return self.count(value);
        }
        self.others.push(value);
        if self.others.len() > FEW {
            self.count_all();
        }
        true
    }

    #[cold]
    fn count_all(&mut self) {
        self.counting = true;
        for at in 0..=FEW {
            let _ = self.count(self.others[at]);
        }
        self.others.drain(..=FEW);
    }

    #[inline]
    fn count(&mut self, value: u64) -> bool {
        let at = usize::try_from(multiple::<UNIT>(value)).unwrap_or(usize::MAX);
        if let Some(count) = self.counts.get_mut(at)
            && let Some(present) = self.present.get_mut(at / 64)
        {
            *count += 1;
            *present |= 1 << (at % 64);
            return *count < u16::MAX;
        }
        self.other(value)
    }

    #[cold]
    fn other(&mut self, value: u64) -> bool {
        let at = usize::try_from(value / UNIT).unwrap_or(COUNTED);
        if (self.counts.len()..COUNTED).contains(&at) && value.is_multiple_of(UNIT) {
            let length = (at + 1).next_multiple_of(STEPS);
            self.counts.reserve_exact(length - self.counts.len());
            self.counts.resize(length, 0);
            return self.count(value);
        }
        self.others.push(value);
        self.others.len() < LISTED
    }

    /// True if none was added since they were taken.
    pub const fn is_empty(&self) -> bool {
        !self.counting && self.others.is_empty()
    }

    /// Takes all of them, equal ones together: first those that were counted, then the others, both ascending.
    pub fn take(&mut self, mut each: impl FnMut(u64, u64)) {
        if self.counting {
            self.take_counted(&mut each);
        }
        self.others.sort_unstable();
        self.others.drain(..).for_each(|value| each(value, 1));
    }

    fn take_counted(&mut self, each: &mut impl FnMut(u64, u64)) {
        self.counting = false;
        for (word, present) in self.present.iter_mut().enumerate() {
            while *present != 0 {
                let at = word * 64 + present.trailing_zeros() as usize;
                *present &= *present - 1;
                if let Some(count) = self.counts.get_mut(at) {
                    each(at as u64 * UNIT, u64::from(std::mem::take(count)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What is taken, equal ones together.
    fn taken(fresh: &mut Fresh<1_000>) -> BTreeMap<u64, u64> {
        let mut all = BTreeMap::new();
        fresh.take(|duration, count| *all.entry(duration).or_default() += count);
        all
    }

    #[test]
    fn all_that_came_is_taken_once() {
        let mut fresh = Fresh::<1_000>::default();
        assert!(fresh.is_empty());
        // As they are, and more often than they are only listed.
        for round in 1..=16_u64 {
            for duration in [
                5_000, 70_000, 5_000, 2_000_000, 1_500, 0, 1_023_000, 1_024_000, 1_500,
            ] {
                assert!(fresh.push(duration));
            }
            assert!(!fresh.is_empty());
            let rounds = match round {
                1 | 2 => 1,
                7 | 12 => 5,
                _ => 0,
            };
            if rounds > 0 {
                let counts = [2, 2, 1, 1, 1, 1, 1].map(|count| count * rounds);
                let durations = [1_500, 5_000, 0, 70_000, 1_023_000, 1_024_000, 2_000_000];
                let all = durations.into_iter().zip(counts).collect();
                assert_eq!(taken(&mut fresh), all);
                assert!(fresh.is_empty());
                assert_eq!(taken(&mut fresh), BTreeMap::new());
            }
        }
        assert_eq!(fresh.counts.len(), COUNTED);
    }

    #[test]
    fn it_says_when_it_is_full() {
        let mut fresh = Fresh::<1_000>::default();
        for n in 1..LISTED {
            assert!(fresh.push(u64::MAX), "{n}");
        }
        assert!(!fresh.push(u64::MAX));
        let mut fresh = Fresh::<1_000>::default();
        let most = usize::from(u16::MAX);
        for _ in 1..most {
            assert!(fresh.push(9_000));
        }
        assert!(!fresh.push(9_000));
        assert_eq!(taken(&mut fresh), BTreeMap::from([(9_000, most as u64)]));
        assert!(fresh.push(9_000));
        assert_eq!(taken(&mut fresh), BTreeMap::from([(9_000, 1)]));
    }
}
