//! The run as a series of points, thinned without losing a peak.

use crate::measure::{Interval, Totals};
use crate::report::TimelinePoint;
use crate::report::thin::halve;
use crate::trace::cycle::AnyCycle;
use crate::units::MIB;
use crate::window::{Pane, PaneRow, Pauses, Tally};

/// Most points; when there are more, neighbours are joined in pairs. Half of what the report allows, so that a process
/// stays small.
const MAX_POINTS: usize = 1_000;

/// Cycles that are no burst.
const FEW: u64 = 2;

/// Points in time, oldest first, without a gap between them: together they are the run.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    points: Vec<TimelinePoint>,
    /// Where the next point begins.
    start_ns: u64,
    /// Panes per point: 1, 2, 4 and so on.
    stride: u64,
    pending: u64,
    most: usize,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            start_ns: 0,
            stride: 0,
            pending: 0,
            most: MAX_POINTS,
        }
    }
}

impl Timeline {
    /// The first cycle of the log.
    pub(super) const fn begin(&mut self, cycle: AnyCycle<'_>) {
        self.start_ns = if cycle.number == 1 {
            0
        } else {
            cycle.instant_ns()
        };
        self.stride = 1;
    }

    /// Keeps at most this many points from now on.
    pub(super) const fn limit(&mut self, most: usize) {
        self.most = if most < MAX_POINTS { most } else { MAX_POINTS };
    }

    /// Adds the panes of one hop, which ends at `at`, as a point; the silence before it as another. `last` if the run
    /// ends.
    pub(super) fn close(&mut self, panes: PaneRow<'_>, at: u64, last: bool) {
        let mut tally = Tally::default();
        let mut ends: Option<(&Pane, &Pane)> = None;
        for pane in panes.iter() {
            tally.merge(&pane.tally);
            ends = Some((ends.map_or(pane, |ends| ends.0), pane));
        }
        let begins = ends.map_or(if last { at } else { self.start_ns }, |(first, _)| {
            first.start_ns
        });
        // One or two cycles count for the time since the cycle before: alone they would look like a burst.
        if begins > self.start_ns && (tally.cycles == 0 || tally.cycles > FEW) {
            // Lines that are missing may be from this time.
            let lost = ends.is_some_and(|(first, newest)| {
                Interval::whole(&first.before, &newest.last).is_withheld()
            });
            let share = (!lost).then_some(0.0);
            self.push(nothing(self.start_ns, begins, share));
            self.start_ns = begins;
        }
        let Some((first, newest)) = ends else {
            return;
        };
        let interval = Interval {
            from: &first.before,
            to: &newest.last,
            looked_ns: at.saturating_sub(self.start_ns),
        };
        let pauses = panes.pauses(tally.cycles);
        let point = point((self.start_ns, at), &interval, &tally, &pauses);
        // The run may end right after a hop has begun: a cycle in 10 ms is no 100 a second.
        let width = |point: &TimelinePoint| point.end_ns.saturating_sub(point.start_ns);
        match self.points.last_mut() {
            Some(before) if last && width(before) > 2 * width(&point) => before.join(&point),
            _ => self.push(point),
        }
        self.start_ns = at;
    }

    fn push(&mut self, point: TimelinePoint) {
        if self.points.is_empty() {
            // Many processes of a log never have more.
            self.points.reserve_exact(2);
        }
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

    /// The points, the CPU of the stops times `stops`, and that of marking times `marking`.
    pub(super) fn finish(mut self, stops: f64, marking: f64) -> Vec<TimelinePoint> {
        let times = |ratio: &mut Option<f64>, factor: f64| {
            *ratio = ratio.map(|ratio| (ratio * factor).min(1.0));
        };
        for point in &mut self.points {
            times(&mut point.stop_cpu_ratio, stops);
            times(&mut point.mark_assist_cpu_ratio, marking);
            times(&mut point.mark_background_cpu_ratio, marking);
            times(&mut point.mark_idle_cpu_ratio, 1.0);
        }
        // A thousand processes may be kept.
        self.points.shrink_to_fit();
        self.points
    }
}

/// Time without a cycle in the log: each share of it is `share`.
fn nothing(start_ns: u64, end_ns: u64, share: Option<f64>) -> TimelinePoint {
    TimelinePoint {
        start_ns,
        end_ns,
        stop_cpu_ratio: share,
        mark_assist_cpu_ratio: share,
        mark_background_cpu_ratio: share,
        mark_idle_cpu_ratio: share,
        allocation_bytes_per_second: share,
        ..TimelinePoint::default()
    }
}

fn point(
    (start_ns, end_ns): (u64, u64),
    interval: &Interval<'_>,
    tally: &Tally,
    pauses: &Pauses<'_>,
) -> TimelinePoint {
    let bytes = |mib: u64| mib.saturating_mul(MIB);
    let cpu = |total: fn(&Totals) -> u64| interval.cpu_sum(total);
    // Without gc lines the smallest live heap is above the largest.
    let traced = tally.live_mib.0 <= tally.live_mib.1;
    let goal = |mib: u64| (tally.goal_mib.1 > 0).then(|| bytes(mib));
    let size = |mib: u64| traced.then(|| bytes(mib));
    let allocated = interval.allocated_mib();
    TimelinePoint {
        start_ns,
        end_ns,
        cycles: tally.cycles,
        gc_frequency_per_second: interval.rate().unwrap_or(0.0),
        pause_p50_ns: pauses.quantile(500),
        pause_p99_ns: pauses.quantile(990),
        pause_max_ns: pauses.max(),
        stop_cpu_ratio: cpu(|totals| totals.stop_cpu_ns),
        mark_assist_cpu_ratio: cpu(|totals| totals.assist_cpu_ns),
        mark_background_cpu_ratio: cpu(|totals| totals.background_cpu_ns),
        mark_idle_cpu_ratio: cpu(|totals| totals.idle_cpu_ns),
        heap_start_max_bytes: size(tally.heap_start_max_mib),
        heap_end_max_bytes: size(tally.heap_end_max_mib),
        heap_live_min_bytes: size(tally.live_mib.0),
        heap_live_max_bytes: size(tally.live_mib.1),
        heap_goal_min_bytes: goal(tally.goal_mib.0),
        heap_goal_max_bytes: goal(tally.goal_mib.1),
        allocation_bytes_per_second: allocated
            .filter(|_| interval.looked_ns > 0)
            .map(|mib| mib * MIB as f64 / interval.seconds()),
    }
}
