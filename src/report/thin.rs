//! Fewer points and values where there are many processes, without losing a peak.

use super::{Measures, TimelinePoint};

impl TimelinePoint {
    /// Joins the point with the one after it: cycles add up, everything else keeps its worst.
    pub fn join(&mut self, next: &Self) {
        let start_ns = self.start_ns;
        if self.cycles == 0 {
            *self = *next;
        } else if next.cycles > 0 {
            let high = |a: &mut f64, b: f64| *a = a.max(b);
            self.cycles += next.cycles;
            high(
                &mut self.gc_frequency_per_second,
                next.gc_frequency_per_second,
            );
            self.pause_p50_ns = self.pause_p50_ns.max(next.pause_p50_ns);
            self.pause_p99_ns = self.pause_p99_ns.max(next.pause_p99_ns);
            self.pause_max_ns = self.pause_max_ns.max(next.pause_max_ns);
            high(&mut self.stop_cpu_ratio, next.stop_cpu_ratio);
            high(&mut self.assist_cpu_ratio, next.assist_cpu_ratio);
            high(&mut self.background_cpu_ratio, next.background_cpu_ratio);
            high(&mut self.idle_cpu_ratio, next.idle_cpu_ratio);
            self.heap_start_max_bytes = self.heap_start_max_bytes.max(next.heap_start_max_bytes);
            self.heap_end_max_bytes = self.heap_end_max_bytes.max(next.heap_end_max_bytes);
            self.heap_live_min_bytes = self.heap_live_min_bytes.min(next.heap_live_min_bytes);
            self.heap_live_max_bytes = self.heap_live_max_bytes.max(next.heap_live_max_bytes);
            self.heap_goal_min_bytes = match (self.heap_goal_min_bytes, next.heap_goal_min_bytes) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            self.heap_goal_max_bytes = self.heap_goal_max_bytes.max(next.heap_goal_max_bytes);
            high(
                &mut self.allocation_bytes_per_second,
                next.allocation_bytes_per_second,
            );
        }
        self.start_ns = start_ns;
        self.end_ns = self.end_ns.max(next.end_ns);
    }
}

/// Joins neighbours two by two, where they stand; one without a neighbour stays.
pub(crate) fn halve<T: Copy>(values: &mut Vec<T>, join: impl Fn(&mut T, &T)) {
    let mut kept = 0;
    for at in (0..values.len()).step_by(2) {
        let mut value = values[at];
        if let Some(next) = values.get(at + 1) {
            join(&mut value, next);
        }
        values[kept] = value;
        kept += 1;
    }
    values.truncate(kept);
}

/// Moves values to a place of their size. Where they are it would be cut off behind them, and what is left would fit nobody.
fn fit<T: Copy>(values: &mut Vec<T>) {
    if values.len() < values.capacity() {
        *values = values.to_vec();
    }
}

impl Measures {
    /// Leaves at most so many points of the timeline, and so many values of the pause histogram.
    pub fn thin(&mut self, most: usize) {
        while self.timeline.len() > most.max(1) {
            halve(&mut self.timeline, TimelinePoint::join);
        }
        while self.pause_histogram.len() > most.max(1) {
            // Neighbouring values count as the greater of them.
            halve(
                &mut self.pause_histogram,
                |(value, count), &(greater, more)| {
                    *value = greater;
                    *count += more;
                },
            );
        }
        fit(&mut self.timeline);
        fit(&mut self.pause_histogram);
    }
}
