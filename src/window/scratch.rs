//! The values of the cycles of some panes.

use super::pane::Pane;
use crate::measure::Step;
use crate::stats::{Counted, Ranked, Sliding};

/// Room to rank values in; keep one and use it again.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    pub(super) values: Values,
    /// Headroom of the cycles that a window reaches back to.
    pub(super) reach: Sliding,
    /// The values of a whole run.
    pub(super) run: [Vec<Counted>; 3],
    hop: Sliding,
}

impl Scratch {
    /// The pauses of the panes of one hop.
    pub fn hop<'a>(&'a mut self, mut panes: impl Iterator<Item = &'a Pane>) -> Ranked<'a> {
        let (first, second) = (panes.next(), panes.next());
        if let (Some(only), None) = (first, second) {
            return Ranked::of(only.pauses.values());
        }
        self.hop.clear();
        for pane in first.into_iter().chain(second).chain(panes) {
            self.hop.add(pane.pauses.values());
        }
        self.hop.ranked()
    }
}

/// Values that are summed up in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    /// Pauses, ns.
    pub(super) pauses: Sliding,
    /// Live heap / next goal, 1/1000.
    pub(super) headroom: Sliding,
    /// GOMAXPROCS less the CPUs that stops were charged with, 1/10.
    pub(super) lacking: Sliding,
}

impl Values {
    pub(super) fn clear(&mut self) {
        self.pauses.clear();
        self.headroom.clear();
        self.lacking.clear();
    }

    pub(super) fn add(&mut self, pane: &Pane) {
        self.pauses.add(pane.pauses.values());
        self.headroom.add(pane.headroom.values());
        self.lacking.add(pane.lacking.values());
    }

    pub(super) fn remove(&mut self, pane: &Pane) {
        self.pauses.remove(pane.pauses.values());
        self.headroom.remove(pane.headroom.values());
        self.lacking.remove(pane.lacking.values());
    }

    pub(super) fn ranks(&self) -> Ranks<'_> {
        Ranks {
            pauses: self.pauses.ranked(),
            headroom: self.headroom.ranked(),
            lacking: self.lacking.ranked(),
        }
    }
}

/// The values of a window, ranked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranks<'a> {
    pub(super) pauses: Ranked<'a>,
    pub(super) headroom: Ranked<'a>,
    pub(super) lacking: Ranked<'a>,
}

/// Values of the newest cycles of a pane, until there are enough of them to be counted together.
#[derive(Debug, Clone, Default)]
pub(super) struct Fresh {
    pub(super) pauses: Vec<u64>,
    pub(super) headroom: Vec<u64>,
    pub(super) lacking: Vec<u64>,
}

impl Fresh {
    /// Values that wait at most.
    const MOST: usize = 64;

    /// Takes those of one cycle. True where it is time to count.
    #[inline]
    pub(super) fn push(&mut self, pause: u64, step: &Step) -> bool {
        self.pauses.push(pause);
        if let Some(share) = step.headroom_use {
            self.headroom.push(share);
        }
        if let Some((_, lacking)) = step.cpus {
            self.lacking.push(lacking);
        }
        self.pauses.len() >= Self::MOST
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.pauses.is_empty()
    }
}
