//! Panes added up to a window.

use super::pane::{Pane, Tally};
use super::values::Pauses;
use crate::measure::{GcCpu, Interval, Totals, Trust};

/// What a rule looks at: some time of one process, summed up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window<'a> {
    /// Where the window begins, ns of program time: not before the end of the warm-up.
    pub start_ns: u64,
    /// Where it ends, ns of program time.
    pub end_ns: u64,
    /// Its cycles and its time, from which sums and ratios are computed.
    pub interval: Interval<'a>,
    /// The same, but reaching back to the last four cycles of the last 60 s if the window holds fewer.
    pub reach: Interval<'a>,
    /// Cycles in `reach`.
    pub reach_cycles: u64,
    /// Counts, smallest and largest figures of the cycles in it.
    pub tally: Tally,
    /// Pauses, ns.
    pub pauses: Pauses<'a>,
    /// Median of live heap / next goal, 1/1000, over the cycles of `reach`; `None` if no cycle had both.
    pub headroom_use: Option<u64>,
    /// GC CPU over `interval`.
    pub cpu: Option<GcCpu>,
    /// GC CPU over `reach`.
    pub reach_cpu: Option<GcCpu>,
    /// Which of the sums can be relied on.
    pub trust: Trust,
}

/// Totals before the first and at the last cycle of some panes, and their counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary<'m> {
    pub(super) ends: Option<(&'m Totals, &'m Totals)>,
    pub(super) tally: Tally,
}

impl<'m> Summary<'m> {
    /// The sum of some panes.
    pub(super) fn of(panes: impl Iterator<Item = &'m Pane>) -> Self {
        let mut sum = Self::default();
        panes.for_each(|pane| sum.add(pane));
        sum
    }

    pub(super) fn add(&mut self, pane: &'m Pane) {
        if pane.tally.cycles > 0 {
            self.extend(&pane.before, &pane.last);
            self.tally.merge(&pane.tally);
        }
    }

    /// Adds the cycles between two totals to the interval.
    pub(super) fn extend(&mut self, before: &'m Totals, last: &'m Totals) {
        let before = self.ends.map_or(before, |ends| ends.0);
        self.ends = Some((before, last));
    }

    /// Its cycles in the time from `start` to `end`, ns of program time. If its totals begin at its own first cycle, the time
    /// does too.
    fn interval(&self, (start, end): (u64, u64)) -> Interval<'m> {
        let (from, to) = self.ends.unwrap_or((&Totals::START, &Totals::START));
        Interval {
            from,
            to,
            looked_ns: end.saturating_sub(start.max(from.end_ns)),
        }
    }

    /// The window over the time `looked` at; `reach` is the sum that reaches back, over the time `reached`.
    pub(super) fn window(
        &self,
        looked: (u64, u64),
        (reach, reached): (&Self, (u64, u64)),
        pauses: Pauses<'m>,
        headroom_use: Option<u64>,
        trust: Trust,
    ) -> Window<'m> {
        let (interval, far) = (self.interval(looked), reach.interval(reached));
        let cpu = interval.gc_cpu(trust);
        Window {
            start_ns: looked.0,
            end_ns: looked.1,
            interval,
            reach: far,
            reach_cycles: reach.tally.cycles,
            tally: self.tally,
            pauses,
            headroom_use,
            cpu,
            reach_cpu: if far == interval {
                cpu
            } else {
                far.gc_cpu(trust)
            },
            trust,
        }
    }
}
