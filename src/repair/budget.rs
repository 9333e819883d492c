//! A bound on the work on cut lines of hostile input.

/// Work allowed at the start, in pieces of gc lines tried.
pub(crate) const AT_FIRST: i64 = 1_000_000;
/// Bytes of input after which one more piece may be tried.
const BYTES_A_PIECE: u64 = 256;
/// The budget is refilled in steps of this many input bytes: a budget of a single piece would not repair any line.
const REFILL_BYTES: u64 = 16 * 1024;
/// A repaired line adds this much, up to the budget at the start.
const REWARD: i64 = AT_FIRST / 256;

/// Work that may still be done on cut lines.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Negative after a line that took more than was left.
    left: i64,
    /// The input before this offset was counted; a multiple of [`REFILL_BYTES`].
    counted: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(AT_FIRST)
    }
}

impl Budget {
    pub(crate) const fn of(left: i64) -> Self {
        Self { left, counted: 0 }
    }

    pub(crate) const fn is_spent(&self) -> bool {
        self.left < 0
    }

    pub(crate) const fn spend(&mut self, work: i64) {
        self.left = self.left.saturating_sub(work);
    }

    /// Everything before `offset` of the input was read. By offset, so that it does not matter how much is read at a time.
    pub(crate) const fn refill(&mut self, offset: u64) {
        let bytes = offset.saturating_sub(self.counted) / REFILL_BYTES * REFILL_BYTES;
        self.left = self.left.saturating_add_unsigned(bytes / BYTES_A_PIECE);
        self.counted += bytes;
    }

    /// A line was repaired.
    pub(crate) fn reward(&mut self) {
        self.left = self
            .left
            .saturating_add(REWARD)
            .min(AT_FIRST.max(self.left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_refilled_by_the_place_and_not_by_the_size_of_reads() {
        let left = |step: usize| {
            let mut budget = Budget::of(0);
            (0..=3_000_000)
                .step_by(step)
                .for_each(|offset| budget.refill(offset));
            budget.refill(3_000_000);
            budget.left
        };
        assert!(
            [1_000, 7, 65_536, 3_000_000]
                .iter()
                .all(|step| left(*step) == left(1))
        );
        assert_eq!(left(1), 3_000_000 / 16_384 * 64);
    }

    #[test]
    fn a_reward_goes_no_further_than_what_there_was_at_first() {
        let mut budget = Budget::of(AT_FIRST - 1);
        budget.reward();
        assert_eq!(budget.left, AT_FIRST);
        budget.left = AT_FIRST + 5;
        budget.reward();
        assert_eq!(budget.left, AT_FIRST + 5);
        budget.spend(2 * AT_FIRST);
        assert!(budget.is_spent());
    }
}
