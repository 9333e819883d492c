//! The median of small numbers that come and go.

use super::Counted;

/// Larger numbers count as this one: 409 CPUs in tenths, four times a goal in 1/1000.
const MOST: u16 = 4_095;

/// Distinct numbers that a [`Bag`] holds before it looks for equal ones.
const LOOSE: usize = 128;

/// Small numbers in no order, with their counts: as they come, and put together where they get many.
#[derive(Debug, Clone, Default)]
pub struct Bag {
    values: Vec<(u16, u32)>,
}

impl Bag {
    #[inline]
    fn push(&mut self, value: u16) {
        if self.values.len() == self.values.capacity() {
            self.make_room();
        }
        self.values.push((value, 1));
    }

    #[cold]
    fn make_room(&mut self) {
        if self.values.len() < LOOSE {
            self.values.reserve(1);
            return;
        }
        self.values.sort_unstable();
        self.values.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        // Room for as many again, or it would be packed at every number.
        self.values.reserve(self.values.len());
    }

    /// Puts in all numbers of another one.
    pub fn merge(&mut self, other: &Self) {
        for &number in &other.values {
            if self.values.len() == self.values.capacity() {
                self.make_room();
            }
            self.values.push(number);
        }
    }

    /// Forgets all numbers and keeps the memory.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// Numbers with their counts, in no order, some of them more than once.
    pub fn values(&self) -> impl Iterator<Item = Counted> {
        let wide = |&(value, count): &(u16, u32)| (u64::from(value), u64::from(count));
        self.values.iter().map(wide)
    }
}

/// The nearest-rank median of a window that slides: how many numbers there are of each size, and how many lie below the
/// median, which moves on to its neighbour where it is the middle no more. A number that comes or goes costs a few
/// instructions; keeping all of them in order costs ten times as much.
#[derive(Debug, Clone, Default)]
pub struct MovingMedian {
    /// How many there are of each number from `low` on.
    counts: Vec<u32>,
    low: u16,
    value: u16,
    below: u64,
    count: u64,
}

impl MovingMedian {
    /// A number comes, and goes into a bag.
    #[inline]
    pub fn push(&mut self, value: u64, bag: &mut Bag) {
        let value = u16::try_from(value.min(u64::from(MOST))).unwrap_or(MOST);
        bag.push(value);
        let at = self.at(value);
        match self.counts.get_mut(at) {
            Some(count) => *count += 1,
            None => self.widen(value),
        }
        self.below += u64::from(value < self.value);
        self.count += 1;
    }

    /// Where a number is counted, if anywhere.
    #[inline]
    fn at(&self, value: u16) -> usize {
        usize::from(value.wrapping_sub(self.low))
    }

    /// Counts a number that there is no place for: makes one, and for those between it and the others. No place more: there
    /// may be hundreds of these.
    #[cold]
    fn widen(&mut self, value: u16) {
        if self.counts.is_empty() {
            (self.low, self.value) = (value, value);
        }
        let more = usize::from(self.low.saturating_sub(value));
        self.low = self.low.min(value);
        let old = more..more + self.counts.len();
        let mut counts = vec![0; old.end.max(self.at(value) + 1)];
        counts[old].copy_from_slice(&self.counts);
        counts[self.at(value)] = 1;
        self.counts = counts;
    }

    /// The numbers of a bag go.
    pub fn remove(&mut self, bag: &Bag) {
        for &(value, count) in &bag.values {
            let at = self.at(value);
            if let Some(there) = self.counts.get_mut(at) {
                *there = there.saturating_sub(count);
            }
            let below = if value < self.value { count } else { 0 };
            self.below = self.below.saturating_sub(u64::from(below));
            self.count = self.count.saturating_sub(u64::from(count));
        }
    }

    /// Moves to the middle of what is there.
    pub fn settle(&mut self) {
        let rank = self.count.div_ceil(2);
        let of = |value| {
            self.counts
                .get(self.at(value))
                .map_or(0, |count| u64::from(*count))
        };
        let (mut value, mut below) = (self.value, self.below);
        while below >= rank && value > 0 {
            value -= 1;
            below -= of(value);
        }
        while below + of(value) < rank && value < MOST {
            below += of(value);
            value += 1;
        }
        (self.value, self.below) = (value, below);
    }

    /// The median of what was there when it moved last, if anything was.
    pub fn get(&self) -> Option<u64> {
        (self.count > 0).then_some(u64::from(self.value))
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.count
    }
}
