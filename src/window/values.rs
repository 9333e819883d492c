//! The values of the cycles of some panes.

use std::collections::VecDeque;

use super::pane::Pane;
use crate::stats::{Counted, Ranked, at_least, median_of, quantile_of, rank};
use crate::units::from_f64;

/// Neighboring panes, oldest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct PaneRow<'a> {
    /// In order; two parts, since the panes are a ring.
    parts: [&'a [Box<Pane>]; 2],
}

impl<'a> PaneRow<'a> {
    /// The panes after those that are `before`.
    pub(super) fn after(panes: &'a VecDeque<Box<Pane>>, before: impl Fn(&Pane) -> bool) -> Self {
        let (older, newer) = panes.as_slices();
        let late = |part: &'a [Box<Pane>]| {
            let from = part.partition_point(|pane| before(pane));
            part.get(from..).unwrap_or(&[])
        };
        Self {
            parts: [late(older), late(newer)],
        }
    }

    /// These panes.
    pub(super) const fn of(panes: &'a [Box<Pane>]) -> Self {
        Self {
            parts: [panes, &[]],
        }
    }

    /// One after another.
    pub fn iter(self) -> impl Iterator<Item = &'a Pane> + Clone {
        let [older, newer] = self.parts;
        older.iter().chain(newer).map(Box::as_ref)
    }

    /// Their pauses, `count` in all.
    pub fn pauses(self, count: u64) -> Pauses<'a> {
        let last = |pane: &Pane| pane.pauses.values().last().map_or(0, |pair| pair.0);
        Pauses {
            list: &[],
            row: self,
            count,
            max: self.iter().map(last).max().unwrap_or(0),
        }
    }

    /// The median of live heap / next goal, 1/1000; `None` without values.
    pub(super) fn headroom(self) -> Option<u64> {
        median_of(self.iter().map(|pane| pane.headroom.values()))
    }
}

/// The pauses of some panes, or of a whole run, ns.
///
/// Most questions about a window are about its upper end, so the panes are not merged: counting down from the largest pause
/// takes a few steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pauses<'a> {
    list: &'a [Counted],
    row: PaneRow<'a>,
    count: u64,
    max: u64,
}

impl<'a> Pauses<'a> {
    /// Pauses in one list, ascending.
    pub(super) fn of(list: &'a [Counted]) -> Self {
        let ranked = Ranked::of(list);
        Self {
            list,
            row: PaneRow::default(),
            count: ranked.count(),
            max: ranked.max(),
        }
    }

    fn lists(self) -> impl Iterator<Item = &'a [Counted]> + Clone {
        let list = (!self.list.is_empty()).then_some(self.list);
        list.into_iter()
            .chain(self.row.iter().map(|pane| pane.pauses.values()))
    }

    /// Pauses counted.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The longest; 0 if there is none.
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// The nearest-rank quantile; 0 if there is none.
    pub fn quantile(&self, per_mille: u32) -> u64 {
        if rank(self.count, per_mille) == self.count {
            return self.max;
        }
        let mut lists = self.lists();
        match (lists.next(), lists.next()) {
            (Some(only), None) => Ranked::of(only).quantile(per_mille),
            _ => quantile_of(self.lists(), self.count, per_mille),
        }
    }

    /// How many are at or above `least`.
    pub fn at_least(&self, least: f64) -> u64 {
        let least = from_f64(least.ceil());
        if self.max < least {
            return 0;
        }
        self.lists().map(|list| at_least(list, least)).sum()
    }
}
