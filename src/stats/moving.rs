//! The median of small numbers that come and go.

use super::Counted;

/// Larger numbers count as this one.
const MOST: u16 = 16_383;

/// Distinct numbers that a [`Bag`] holds before it looks for equal ones.
const LOOSE: usize = 64;

/// Small numbers in no order, with their counts: as they come, and put together where they get many.
#[derive(Debug, Clone, Default)]
pub struct Bag {
    values: Vec<(u16, u32)>,
}

impl Bag {
    #[inline]
    fn push(&mut self, value: u16) {
        if self.values.len() == self.values.capacity() && self.values.len() >= LOOSE {
            self.pack();
        }
        self.values.push((value, 1));
    }

    #[cold]
    fn pack(&mut self) {
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
    /// How many there are of each number.
    counts: Vec<u32>,
    value: usize,
    below: u64,
    count: u64,
}

impl MovingMedian {
    /// A number comes, and goes into a bag.
    #[inline]
    pub fn push(&mut self, value: u64, bag: &mut Bag) {
        let value = u16::try_from(value).map_or(MOST, |value| value.min(MOST));
        bag.push(value);
        let at = usize::from(value);
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
        self.below += u64::from(at < self.value);
        self.count += 1;
    }

    /// The numbers of a bag go.
    pub fn remove(&mut self, bag: &Bag) {
        for &(value, count) in &bag.values {
            let at = usize::from(value);
            if let Some(there) = self.counts.get_mut(at) {
                *there = there.saturating_sub(count);
            }
            let below = if at < self.value { count } else { 0 };
            self.below = self.below.saturating_sub(u64::from(below));
            self.count = self.count.saturating_sub(u64::from(count));
        }
    }

    /// Moves to the middle of what is there.
    pub fn settle(&mut self) {
        let rank = self.count.div_ceil(2);
        let of = |at: usize| self.counts.get(at).map_or(0, |count| u64::from(*count));
        while self.below >= rank && self.value > 0 {
            self.value -= 1;
            self.below -= of(self.value);
        }
        while self.below + of(self.value) < rank {
            self.below += of(self.value);
            self.value += 1;
        }
    }

    /// The median of what was there when it moved last, if anything was.
    pub fn get(&self) -> Option<u64> {
        (self.count > 0).then_some(self.value as u64)
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.count
    }
}
