//! The run as a series of points, thinned without losing a peak.

use crate::measure::{Mark, Stretch};
use crate::report::TimelinePoint;
use crate::report::thin::halve;
use crate::units::MIB;
use crate::window::{Pauses, Row, Tally};

/// Most points; when there are more, neighbours are joined in pairs. Half of what the report allows, so that a process
/// stays small.
const MAX_POINTS: usize = 1_000;

/// Points in time, oldest first.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    points: Vec<TimelinePoint>,
    /// Totals at the end of the last point.
    base: Mark,
    /// Where the next point begins.
    start_ns: u64,
    /// Panes a point takes in: 1, 2, 4 and so on.
    stride: u64,
    pending: u64,
    most: usize,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            base: Mark::default(),
            start_ns: 0,
            stride: 0,
            pending: 0,
            most: MAX_POINTS,
        }
    }
}

impl Timeline {
    pub(super) const fn begin(&mut self, origin_ns: u64) {
        self.start_ns = origin_ns;
        self.stride = 1;
    }

    /// Keeps no more than so many points from now on.
    pub(super) const fn limit(&mut self, most: usize) {
        self.most = if most < MAX_POINTS { most } else { MAX_POINTS };
    }

    /// Adds the panes of one hop as a point, or to the last one.
    pub(super) fn close(&mut self, panes: Row<'_>) {
        let mut tally = Tally::default();
        let mut ends: Option<(u64, u64)> = None;
        let mut last = &self.base;
        for pane in panes.iter() {
            tally.merge(&pane.tally);
            last = &pane.last;
            ends = Some((ends.map_or(pane.start_ns, |ends| ends.0), pane.end_ns));
        }
        let Some((start, end)) = ends else {
            return;
        };
        let pauses = panes.pauses(tally.cycles);
        // The pane of the end of the stream, and panes of cycles, end with their last cycle.
        let end = if end == u64::MAX { last.end_ns } else { end };
        let start = start.max(self.start_ns);
        let nothing = (start > self.start_ns).then(|| TimelinePoint {
            start_ns: self.start_ns,
            end_ns: start,
            ..TimelinePoint::default()
        });
        let point = point(
            (start, end),
            &Stretch {
                from: &self.base,
                to: last,
            },
            &tally,
            &pauses,
        );
        self.base = *last;
        self.start_ns = end;
        if let Some(nothing) = nothing {
            self.push(nothing);
        }
        self.push(point);
    }

    fn push(&mut self, point: TimelinePoint) {
        match self.points.last_mut() {
            Some(last) if self.pending > 0 => last.join(&point),
            _ => self.points.push(point),
        }
        self.pending = (self.pending + 1) % self.stride.max(1);
        if self.points.len() > self.most && self.pending == 0 {
            halve(&mut self.points, TimelinePoint::join);
            if self.points.capacity() > 2 * self.most {
                self.points.shrink_to(self.most);
            }
            self.stride = self.stride.max(1).saturating_mul(2);
        }
    }

    pub(super) fn finish(self) -> Vec<TimelinePoint> {
        self.points
    }
}

fn point(
    (start_ns, end_ns): (u64, u64),
    stretch: &Stretch<'_>,
    tally: &Tally,
    pauses: &Pauses<'_>,
) -> TimelinePoint {
    let bytes = |mib: u64| mib.saturating_mul(MIB);
    let cpu = |total: fn(&Mark) -> u64| stretch.cpu_ratio(total).unwrap_or(0.0);
    let goal = |mib: u64| (tally.goal_mib.1 > 0).then(|| bytes(mib));
    TimelinePoint {
        start_ns,
        end_ns,
        cycles: tally.cycles,
        // From end to end, since the first point reaches back to the start of the process.
        gc_frequency_per_second: stretch.cycles() as f64 / stretch.seconds().max(1e-9),
        pause_p50_ns: pauses.quantile(500),
        pause_p99_ns: pauses.quantile(990),
        pause_max_ns: pauses.max(),
        stop_cpu_ratio: cpu(|mark| mark.stop_cpu_ns),
        assist_cpu_ratio: cpu(|mark| mark.assist_cpu_ns),
        background_cpu_ratio: cpu(|mark| mark.background_cpu_ns),
        idle_cpu_ratio: cpu(|mark| mark.idle_cpu_ns),
        heap_start_max_bytes: bytes(tally.heap_start_max_mib),
        heap_end_max_bytes: bytes(tally.heap_end_max_mib),
        heap_live_min_bytes: bytes(tally.live_mib.0),
        heap_live_max_bytes: bytes(tally.live_mib.1),
        heap_goal_min_bytes: goal(tally.goal_mib.0),
        heap_goal_max_bytes: goal(tally.goal_mib.1),
        allocation_bytes_per_second: stretch.allocated_mib().unwrap_or(0.0) * MIB as f64
            / stretch.seconds().max(1e-9),
    }
}
