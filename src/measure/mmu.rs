//! Minimum mutator utilization, counting stops only.

/// The windows of [`Mmu`]: 1, 10, 100 and 1000 ms, in ns.
pub const MMU_WINDOWS_NS: [u64; 4] = [1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// Starts are printed in whole ms, so the order of stops that end within the same ms is unknown.
const RESOLUTION_NS: u64 = 1_000_000;

/// The smallest share of any window of a given length that the program had to itself (P. Cheng, G. Blelloch 2001), counting
/// only the stops, since the log does not say when assists took place.
///
/// The worst window of a length ends where a stop ends. The running sum of all stops, less the sum before the oldest stop still
/// counted, is an upper bound of a window; only if that exceeds the worst so far are the stops that have left the window
/// taken off. So a stop usually costs one comparison. Stops of the same ms are joined, which bounds the memory by the
/// longest window (1,000 entries, and the growth of the list) whatever the rate.
#[derive(Debug, Clone, Default)]
pub struct Mmu {
    /// Oldest first: those of the last second, and older ones that have not been dropped yet.
    stops: Vec<Stop>,
    /// The end of the first stop of the newest ms.
    opened: u64,
    /// All stops added up, ns.
    sum: u64,
    spans: [Span; 4],
    /// The sum up to which no window of any length is worse.
    bound: u64,
}

/// A stop, or several that ended in the same ms.
#[derive(Debug, Clone, Copy)]
struct Stop {
    /// The end, ns of program time.
    end: u64,
    /// All stops before it added up, ns.
    before: u64,
}

/// The windows of one length.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    /// The oldest stop that is counted.
    first: usize,
    /// The sum of all stops before it, ns.
    before: u64,
    /// The longest time stopped in a window, ns; [`FULL`] if that was all of it.
    worst: u64,
    /// The sum up to which no window is worse.
    bound: u64,
}

/// No sum is worse.
const FULL: u64 = u64::MAX;

impl Mmu {
    /// Takes the next stop: its end in ns of program time and its length.
    #[inline]
    pub fn observe(&mut self, end: u64, length: u64) {
        if length == 0 {
            return;
        }
        // No window holds more of a stop.
        let length = length.min(MMU_WINDOWS_NS[3]);
        // In the same ms as the last, or before. Nearly all are further apart, which the first comparison shows without a
        // division.
        if end.saturating_sub(self.opened) < RESOLUTION_NS
            && end / RESOLUTION_NS <= self.opened / RESOLUTION_NS
            && let Some(last) = self.stops.last_mut()
        {
            last.end = last.end.max(end);
        } else {
            if self.stops.len() == self.stops.capacity() {
                self.drop_old(end);
            }
            let before = self.sum;
            self.stops.push(Stop { end, before });
            self.opened = end;
        }
        // At most a second each: no log has enough of them to overflow.
        self.sum = self.sum.wrapping_add(length);
        if self.sum > self.bound {
            self.look();
        }
    }

    #[cold]
    fn look(&mut self) {
        for (span, window) in self.spans.iter_mut().zip(&MMU_WINDOWS_NS) {
            if self.sum > span.bound {
                span.look(&self.stops, *window, self.sum);
            }
        }
        self.bound = self.bound();
    }

    fn bound(&self) -> u64 {
        let bounds = self.spans.iter().map(|span| span.bound);
        bounds.min().unwrap_or(FULL)
    }

    /// Drops what no window that ends at `end` or later holds.
    #[cold]
    fn drop_old(&mut self, end: u64) {
        let mut gone = self.stops.len();
        for (span, window) in self.spans.iter_mut().zip(MMU_WINDOWS_NS) {
            span.leave(&self.stops, end.saturating_sub(window), self.sum);
            span.bound = span.before.saturating_add(span.worst);
            gone = gone.min(span.first);
        }
        self.stops.drain(..gone);
        for span in &mut self.spans {
            span.first -= gone;
        }
        self.bound = self.bound();
    }

    /// The utilization in the worst window of each length of [`MMU_WINDOWS_NS`], 0 to 1, in a run of `duration` ns; a run
    /// shorter than a window is taken as the window.
    pub fn curve(&self, duration: u64) -> [f64; 4] {
        let mut curve = [1.0; 4];
        for ((value, window), span) in curve.iter_mut().zip(MMU_WINDOWS_NS).zip(self.spans) {
            let window = window.min(duration.max(1));
            *value = 1.0 - (span.worst.min(window) as f64 / window as f64);
        }
        curve
    }
}

impl Span {
    /// Checks whether the window that ends with the last stop is worse than the worst so far; `sum` is that of all stops.
    #[inline(never)]
    fn look(&mut self, stops: &[Stop], window: u64, sum: u64) {
        let end = stops.last().map_or(0, |last| last.end);
        let start = end.saturating_sub(window);
        self.leave(stops, start, sum);
        if sum.wrapping_sub(self.before) > self.worst {
            self.add_up(stops, start, window, sum);
        }
        self.bound = self.before.saturating_add(self.worst);
    }

    /// Adds up the window exactly: the oldest stop may begin before it.
    #[cold]
    fn add_up(&mut self, stops: &[Stop], start: u64, window: u64, sum: u64) {
        let stops = stops.iter().skip(self.first);
        let up_to = stops.clone().skip(1).map(|next| next.before);
        let stopped = stops
            .zip(up_to.chain([sum]))
            .map(|(stop, up_to)| up_to.wrapping_sub(stop.before).min(stop.end - start))
            .fold(0, u64::saturating_add);
        self.worst = if stopped < window {
            self.worst.max(stopped)
        } else {
            FULL
        };
    }

    /// Takes off the stops that ended at `start` or before; `sum` is that of all stops.
    fn leave(&mut self, stops: &[Stop], start: u64, sum: u64) {
        let mut first = self.first;
        // A short window usually holds no stop but the last.
        if let [.., before, _] = stops
            && before.end <= start
        {
            first = stops.len() - 1;
        }
        while let Some(stop) = stops.get(first)
            && stop.end <= start
        {
            first += 1;
        }
        self.first = first;
        self.before = stops.get(first).map_or(sum, |stop| stop.before);
    }
}
