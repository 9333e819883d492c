//! Minimum mutator utilisation, counting stops only.

/// The windows of [`Mmu`]: 1, 10, 100 and 1000 ms, in ns.
pub const MMU_WINDOWS_NS: [u64; 4] = [1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// Starts are printed in whole ms, so stops that end within the same ms cannot be told apart in time.
const RESOLUTION_NS: u64 = 1_000_000;

/// The least share of any window of a given length that the program had to itself (P. Cheng, G. Blelloch 2001), counting
/// only the stops, since the log gives no instant at which an assist fell.
///
/// The worst window of a length ends where a stop ends, so each stop is looked at once, with everything that lies within
/// the window before it. Stops of the same ms are joined, which bounds the memory by the longest window (1,000 entries)
/// whatever the rate.
#[derive(Debug, Clone, Default)]
pub struct Mmu {
    /// (end, stopped ns of this entry, stopped ns of all entries up to and including this one).
    stops: Vec<(u64, u64, u64)>,
    stopped: u64,
    /// For each window: how many entries at the front lie wholly before it.
    outside: [usize; 4],
    worst: [u64; 4],
}

impl Mmu {
    /// Takes the next stop: its end in ns of program time and its length.
    pub fn observe(&mut self, end: u64, length: u64) {
        if length == 0 {
            return;
        }
        self.stopped = self.stopped.saturating_add(length);
        match self.stops.last_mut() {
            Some(last) if end / RESOLUTION_NS <= last.0 / RESOLUTION_NS => {
                last.0 = last.0.max(end);
                last.1 = last.1.saturating_add(length);
                last.2 = self.stopped;
            }
            _ => self.stops.push((end, length, self.stopped)),
        }
        let end = self.stops.last().map_or(end, |last| last.0);
        for (at, window) in MMU_WINDOWS_NS.into_iter().enumerate() {
            let start = end.saturating_sub(window);
            let held = &self.stops[self.outside[at].min(self.stops.len())..];
            let skipped = held.iter().take_while(|stop| stop.0 <= start).count();
            self.outside[at] += skipped;
            let Some(&(first_end, first_length, first_total)) = held.get(skipped) else {
                continue;
            };
            // The oldest stop may stick out of the window on its left.
            let inside = first_length.min(first_end - start);
            let stopped = self.stopped.saturating_sub(first_total) + inside;
            self.worst[at] = self.worst[at].max(stopped.min(window));
        }
        // The longest window is the last one: what lies before it lies before all.
        let gone = self.outside[MMU_WINDOWS_NS.len() - 1];
        // Moved when as much goes as stays, so that a move costs no more than a push or two.
        if gone >= 16 && 2 * gone >= self.stops.len() {
            self.stops.drain(..gone);
            for outside in &mut self.outside {
                *outside = outside.saturating_sub(gone);
            }
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
