//! A source of snapshots: running programs that are asked for their `runtime.MemStats` at intervals, by threads of their own.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::memstats::Snapshot;

/// What came of one poll.
#[derive(Debug)]
pub struct Poll {
    /// Which program was asked: its place among the names.
    pub target: usize,
    /// When.
    pub at: Instant,
    /// The same, ns since 1970 by the clock of this host.
    pub at_unix_ns: u64,
    /// When the program started, ns since 1970, if that is known.
    pub started_unix_ns: Option<u64>,
    /// Bytes of the answer.
    pub bytes: u64,
    /// The answer, or why there is none.
    pub answer: Result<Snapshot, String>,
    /// The program is not asked again.
    pub gave_up: bool,
}

/// Programs that are polled.
#[derive(Debug)]
pub struct Polls {
    /// Their names.
    pub names: Vec<String>,
    polls: Receiver<Poll>,
}

impl Polls {
    /// Programs of these names; the polls end when all senders are gone.
    #[must_use]
    pub const fn new(names: Vec<String>, polls: Receiver<Poll>) -> Self {
        Self { names, polls }
    }

    /// Waits up to `timeout` for the next poll.
    pub(crate) fn next(&self, timeout: Duration) -> Result<Poll, RecvTimeoutError> {
        self.polls.recv_timeout(timeout)
    }
}
