//! Fewer points and values where there are many processes, without losing a peak.

use super::{Measures, PauseCount, TimelinePoint};

impl TimelinePoint {
    /// Joins the point with the one after it: cycles add up, rates and shares are of the time of both, pauses and sizes keep
    /// their worst. So the points of a run add up to the run however many are joined.
    pub fn join(&mut self, next: &Self) {
        let of = |point: &Self| point.end_ns.saturating_sub(point.start_ns) as f64;
        let (first, second) = (of(self), of(next));
        let both = first + second;
        let mean = |a: f64, b: f64| {
            if both > 0.0 {
                (a * first + b * second) / both
            } else {
                a.max(b)
            }
        };
        let known = |a: Option<f64>, b: Option<f64>| Some(mean(a?, b?));
        let sizes = if self.cycles == 0 { *next } else { *self };
        let other = if next.cycles == 0 { sizes } else { *next };
        let least = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        *self = Self {
            start_ns: self.start_ns,
            end_ns: self.end_ns.max(next.end_ns),
            cycles: self.cycles + next.cycles,
            gc_frequency_per_second: mean(
                self.gc_frequency_per_second,
                next.gc_frequency_per_second,
            ),
            pause_p50_ns: self.pause_p50_ns.max(next.pause_p50_ns),
            pause_p99_ns: self.pause_p99_ns.max(next.pause_p99_ns),
            pause_max_ns: self.pause_max_ns.max(next.pause_max_ns),
            stop_cpu_ratio: known(self.stop_cpu_ratio, next.stop_cpu_ratio),
            mark_assist_cpu_ratio: known(self.mark_assist_cpu_ratio, next.mark_assist_cpu_ratio),
            mark_background_cpu_ratio: known(
                self.mark_background_cpu_ratio,
                next.mark_background_cpu_ratio,
            ),
            mark_idle_cpu_ratio: known(self.mark_idle_cpu_ratio, next.mark_idle_cpu_ratio),
            heap_start_max_bytes: sizes.heap_start_max_bytes.max(other.heap_start_max_bytes),
            heap_end_max_bytes: sizes.heap_end_max_bytes.max(other.heap_end_max_bytes),
            heap_live_min_bytes: least(sizes.heap_live_min_bytes, other.heap_live_min_bytes),
            heap_live_max_bytes: sizes.heap_live_max_bytes.max(other.heap_live_max_bytes),
            heap_goal_min_bytes: least(sizes.heap_goal_min_bytes, other.heap_goal_min_bytes),
            heap_goal_max_bytes: sizes.heap_goal_max_bytes.max(other.heap_goal_max_bytes),
            allocation_bytes_per_second: known(
                self.allocation_bytes_per_second,
                next.allocation_bytes_per_second,
            ),
        };
    }

    /// GC CPU / (GOMAXPROCS x time): marking and assists, and stops as the log charges them; `None` where it is unknown.
    pub fn gc_cpu_ratio(&self) -> Option<f64> {
        let (stop, assist, mark) = (
            self.stop_cpu_ratio?,
            self.mark_assist_cpu_ratio?,
            self.mark_background_cpu_ratio?,
        );
        Some((stop + assist + mark).min(1.0))
    }
}

/// Joins neighbors in pairs, in place; a last one without a neighbor stays.
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

/// Moves values to an allocation of their size. Shrinking the old one in place would leave a rest that fits no other use.
fn fit<T: Copy>(values: &mut Vec<T>) {
    if values.len() < values.capacity() {
        *values = values.to_vec();
    }
}

impl Measures {
    /// Leaves at most `most` points of the timeline and values of the pause histogram.
    pub fn thin(&mut self, most: usize) {
        while self.timeline.len() > most.max(1) {
            halve(&mut self.timeline, TimelinePoint::join);
        }
        while self.pause_histogram.len() > most.max(1) {
            // Neighboring values count as the greater of them.
            halve(&mut self.pause_histogram, |count: &mut PauseCount, next| {
                count.pause_ns = next.pause_ns;
                count.cycles += next.cycles;
            });
        }
        fit(&mut self.timeline);
        fit(&mut self.pause_histogram);
    }
}
