//! The length of windows and panes, and the warm-up.

/// Most panes in a window: a longer window gets longer panes.
pub const MAX_PANES: u64 = 60;

/// The adaptive warm-up is rounded down to multiples of this, ns.
const WARMUP_STEP_NS: u64 = 100_000_000;

/// The longest adaptive warm-up, ns.
const MAX_WARMUP_NS: u64 = 2_000_000_000;

/// The warm-up leaves at least this much of a run, ns: some rules need 1 s.
const KEPT_NS: u64 = 1_000_000_000;

/// Length of window and pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Program time: ns per pane, panes per window.
    Time {
        /// The hop.
        pane_ns: u64,
        /// How many make a window.
        panes: u64,
    },
    /// GC cycles: cycles per pane, panes per window.
    Cycles {
        /// Cycles between two evaluations.
        pane: u64,
        /// How many make a window.
        panes: u64,
    },
}

impl Length {
    /// A window of `window` ns that moves by `hop` ns: the window rounded up to a multiple of the hop, the hop stretched
    /// if there would be more than [`MAX_PANES`].
    pub fn time(window: u64, hop: u64) -> Self {
        let hop = hop
            .max(1_000_000)
            .max(window.div_ceil(MAX_PANES))
            .min(u64::MAX / (2 * MAX_PANES));
        Self::Time {
            pane_ns: hop,
            panes: window.div_ceil(hop).clamp(1, MAX_PANES),
        }
    }

    /// A window of `window` cycles that moves by a fifth of itself, rounded up to a multiple of that.
    pub fn cycles(window: u64) -> Self {
        let pane = window.div_ceil(5).max(1);
        Self::Cycles {
            pane,
            panes: window.div_ceil(pane).max(1),
        }
    }
}

/// The start of a run that is left out of windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warmup {
    /// min(2 s, a quarter of the run so far), rounded down to 100 ms; a run of little more than 1 s keeps 1 s.
    Adaptive,
    /// Until here, ns of program time.
    Until(u64),
}

impl Warmup {
    /// Cycles that ended before this are left out of a window judged at `at`, ns of program time.
    pub fn end_ns(self, at: u64) -> u64 {
        match self {
            Self::Adaptive => {
                let spare = at.saturating_sub(KEPT_NS);
                (at / 4).min(MAX_WARMUP_NS).min(spare) / WARMUP_STEP_NS * WARMUP_STEP_NS
            }
            Self::Until(end) => end,
        }
    }

    /// The last instant up to `at` at which it may end, whenever a window is judged; 0 if there is none.
    pub(super) fn may_end_before(self, at: u64) -> u64 {
        match self {
            Self::Adaptive => at.min(MAX_WARMUP_NS) / WARMUP_STEP_NS * WARMUP_STEP_NS,
            Self::Until(end) if at < end => 0,
            Self::Until(end) => end,
        }
    }

    /// The first such instant after `at`; `u64::MAX` if there is none.
    pub(super) fn may_end_after(self, at: u64) -> u64 {
        match self {
            Self::Adaptive if at < MAX_WARMUP_NS => (at / WARMUP_STEP_NS + 1) * WARMUP_STEP_NS,
            Self::Until(end) if at < end => end,
            Self::Adaptive | Self::Until(_) => u64::MAX,
        }
    }

    /// True if windows judged after `at` all have the same end of the warm-up.
    pub(super) fn is_final(self, at: u64) -> bool {
        self != Self::Adaptive || at / 4 >= MAX_WARMUP_NS
    }
}
