//! Cycles after a gap in the numbers of their process, held until the next few show whether they belong to another process.

use crate::process::AHEAD;
use crate::reader::Found;
use crate::wrapping::learned::HeldCycle;

/// What was found out about a cycle when it was placed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) process: u32,
    /// Numbers that are missing before it.
    pub(super) missing: u64,
    /// A notice of the periodic collection stood before it.
    pub(super) notice: bool,
    /// Its stream is the output of a test or benchmark harness.
    pub(super) harness: bool,
}

/// Cycles of all streams that may wait.
const MOST: usize = 512;

/// A cycle that waits.
#[derive(Debug)]
pub(super) struct Row {
    placed: Placed,
    held: HeldCycle,
    stream: Vec<u8>,
    repaired: bool,
}

impl Row {
    pub(super) fn found(&self) -> (Placed, Found<'_>) {
        let found = Found::of(&self.held, &self.stream, self.repaired);
        (self.placed, found)
    }
}

/// The cycles that wait, in the order of their lines.
#[derive(Debug, Default)]
pub(super) struct Waiting(Vec<Row>);

impl Waiting {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a cycle of this stream waits.
    pub(super) fn has(&self, stream: &[u8]) -> bool {
        self.0.iter().any(|row| row.stream == stream)
    }

    /// Adds a cycle. Returns true if no more of its stream may be added.
    pub(super) fn push(&mut self, placed: Placed, found: &Found<'_>) -> bool {
        self.0.push(Row {
            placed,
            held: found.held(),
            stream: found.stream.to_vec(),
            repaired: found.repaired,
        });
        let same = self.0.iter().filter(|row| row.stream == found.stream);
        same.count() >= AHEAD || self.0.len() >= MOST
    }

    /// Those of a process in a stream are of another one, which begins with the first of them.
    pub(super) fn split(&mut self, stream: &[u8], process: u32, other: u32) {
        let rows = self.0.iter_mut();
        let mut rows = rows.filter(|row| row.stream == stream && row.placed.process == process);
        if let Some(first) = rows.next() {
            (first.placed.process, first.placed.missing) = (other, 0);
        }
        rows.for_each(|row| row.placed.process = other);
    }

    /// Takes those of one stream, or all.
    pub(super) fn take(&mut self, stream: Option<&[u8]>) -> Vec<Row> {
        let taken = |row: &mut Row| stream.is_none_or(|stream| row.stream == stream);
        self.0.extract_if(.., taken).collect()
    }
}
