//! Minimum mutator utilisation, counting stops only.

use std::collections::VecDeque;

/// The windows of [`Mmu`]: 1, 10, 100 and 1000 ms, in ns.
pub const MMU_WINDOWS_NS: [u64; 4] = [1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// Starts are printed in whole ms, so stops that end within the same ms cannot be told apart in time.
const RESOLUTION_NS: u64 = 1_000_000;

/// The least share of any window of a given length that the program had to itself (P. Cheng, G. Blelloch 2001), counting
/// only the stops, since the log gives no instant at which an assist fell.
///
/// The worst window of a length ends where a stop ends. What all stops of the last second come to bounds what a window
/// ending now can hold, and so do two buckets of 100 ms for the windows up to that length; stops are added up only where
/// the bound is worse than the worst so far, which is seldom, and only there, or where the room is full, are those older
/// than a second dropped. Stops of the same ms are joined, which bounds the memory by the longest window (1,000 entries,
/// and what the queue grows by) whatever the rate.
#[derive(Debug, Clone, Default)]
pub struct Mmu {
    /// (end, stopped ns), oldest first: those of the last second, and older ones that were not dropped yet.
    stops: VecDeque<(u64, u64)>,
    /// All of them added up.
    kept: u64,
    /// Where the current bucket ends, and what was stopped in it and in the one before, ns.
    bucket: (u64, u64, u64),
    /// Where the ms of the newest stop ends.
    next_ms: u64,
    worst: [u64; 4],
    /// The least of those up to the length of a bucket that can still get worse.
    worst_near: u64,
}

const BUCKET_NS: u64 = MMU_WINDOWS_NS[2];

impl Mmu {
    /// Takes the next stop: its end in ns of program time and its length.
    #[inline]
    pub fn observe(&mut self, end: u64, length: u64) {
        if length == 0 {
            return;
        }
        match self.stops.back_mut() {
            // In the same ms as the last, or before.
            Some(last) if end < self.next_ms => {
                last.0 = last.0.max(end);
                last.1 = last.1.saturating_add(length);
            }
            _ => {
                if self.stops.len() == self.stops.capacity() {
                    self.drop_old(end);
                }
                self.stops.push_back((end, length));
                self.next_ms = (end / RESOLUTION_NS + 1) * RESOLUTION_NS;
            }
        }
        self.kept = self.kept.saturating_add(length);
        if end >= self.bucket.0 {
            let next = (end / BUCKET_NS + 1) * BUCKET_NS;
            let adjacent = self.bucket.0 == next - BUCKET_NS;
            self.bucket = (next, 0, if adjacent { self.bucket.1 } else { 0 });
        }
        self.bucket.1 = self.bucket.1.saturating_add(length);
        let near = self.bucket.1.saturating_add(self.bucket.2);
        if near > self.worst_near || self.kept > self.worst[3] {
            self.look(end, near);
        }
    }

    /// A window may be worse than the worst so far.
    #[cold]
    fn look(&mut self, end: u64, near: u64) {
        self.drop_old(end);
        let near = near.min(self.kept);
        for ((worst, window), bound) in self
            .worst
            .iter_mut()
            .zip(MMU_WINDOWS_NS)
            .zip([near, near, near, self.kept])
        {
            if bound > *worst && *worst < window {
                *worst = (*worst).max(stopped(&self.stops, window));
            }
        }
        let open = |(worst, window): (&u64, u64)| (*worst < window).then_some(*worst);
        let near = self.worst[..3].iter().zip(MMU_WINDOWS_NS).filter_map(open);
        self.worst_near = near.min().unwrap_or(u64::MAX);
    }

    /// Drops what no window that ends at `end` or later holds.
    #[cold]
    fn drop_old(&mut self, end: u64) {
        let longest = MMU_WINDOWS_NS[MMU_WINDOWS_NS.len() - 1];
        while let Some(&(gone, length)) = self.stops.front()
            && gone.saturating_add(longest) <= end
        {
            self.kept = self.kept.saturating_sub(length);
            self.stops.pop_front();
        }
    }

    /// The utilisation in the worst window of each length of [`MMU_WINDOWS_NS`], 0 to 1, in a run of `duration` ns; a run
    /// shorter than a window is taken as the window.
    pub fn curve(&self, duration: u64) -> [f64; 4] {
        let mut curve = [1.0; 4];
        for ((value, window), worst) in curve.iter_mut().zip(MMU_WINDOWS_NS).zip(self.worst) {
            let window = window.min(duration.max(1));
            *value = 1.0 - (worst.min(window) as f64 / window as f64);
        }
        curve
    }
}

/// What was stopped in the window that ends with the last stop, ns.
#[cold]
fn stopped(stops: &VecDeque<(u64, u64)>, window: u64) -> u64 {
    let end = stops.back().map_or(0, |last| last.0);
    let start = end.saturating_sub(window);
    let mut sum = 0_u64;
    for &(end, length) in stops.iter().rev() {
        if end <= start {
            break;
        }
        // The oldest stop may stick out of the window on its left.
        sum = sum.saturating_add(length.min(end - start));
    }
    sum.min(window)
}
