//! The repair of cut lines in all streams of a log.

use std::collections::VecDeque;

use crate::repair::budget::Budget;
use crate::repair::{Claim, DelayedOutput};

/// Lines with claimed pieces that are remembered.
const CLAIMED: usize = 512;

/// Cut lines of all streams.
pub(crate) struct Repairs {
    /// Streams in which a gc line is cut open.
    pub(crate) active: usize,
    pub(crate) budget: Budget,
    /// Positions of lines of which a piece was taken.
    pub(crate) claimed: VecDeque<u64>,
    pub(crate) output: DelayedOutput,
    /// Pass on lines that are not trace.
    pub(crate) foreign: bool,
}

impl Repairs {
    pub(crate) fn new(foreign: bool) -> Self {
        Self {
            active: 0,
            budget: Budget::default(),
            claimed: VecDeque::new(),
            output: DelayedOutput::default(),
            foreign,
        }
    }

    /// Claims the pieces of a repaired line. False if they were claimed before: lines are read again for the beginning of another cut
    /// line.
    pub(crate) fn claim(&mut self, claims: &[Claim]) -> bool {
        if claims
            .iter()
            .all(|claim| self.claimed.contains(&claim.line))
        {
            return false;
        }
        self.output.mend(claims);
        for claim in claims {
            if self.claimed.len() == CLAIMED {
                self.claimed.pop_front();
            }
            self.claimed.push_back(claim.line);
        }
        true
    }
}
