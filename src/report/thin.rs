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

impl Measures {
    /// Leaves at most so many points of the timeline, and so many values of the pause histogram.
    pub fn thin(&mut self, most: usize) {
        while self.timeline.len() > most.max(1) {
            let mut points = std::mem::take(&mut self.timeline).into_iter();
            while let Some(mut point) = points.next() {
                if let Some(next) = points.next() {
                    point.join(&next);
                }
                self.timeline.push(point);
            }
        }
        while self.pause_histogram.len() > most.max(1) {
            // Neighbouring values count as the greater of them.
            let mut values = std::mem::take(&mut self.pause_histogram).into_iter();
            while let Some((value, count)) = values.next() {
                match values.next() {
                    Some((greater, more)) => self.pause_histogram.push((greater, count + more)),
                    None => self.pause_histogram.push((value, count)),
                }
            }
        }
        self.timeline.shrink_to_fit();
        self.pause_histogram.shrink_to_fit();
    }
}
