//! What is put together in this log, and what waits for it.

use std::collections::VecDeque;

use crate::repair::budget::Budget;
use crate::repair::{Claim, DelayedOutput};

/// Lines put together of which the places are remembered.
const CLAIMED: usize = 512;

/// Cut lines of all streams.
pub(crate) struct Repairs {
    /// Streams that wait for the rest of a cut line.
    pub(crate) active: usize,
    pub(crate) budget: Budget,
    /// Positions of lines of which a piece was taken.
    pub(crate) claimed: VecDeque<u64>,
    pub(crate) output: DelayedOutput,
    /// Lines that are no trace are wanted.
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

    /// Takes the pieces of a line that was put together. False where they were taken before: lines are read again for the beginning
    /// of another cut line.
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
