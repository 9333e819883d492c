//! Cycles behind a gap in the numbers of their process: the next few show whether they are of another one.

use crate::event::GcCycle;
use crate::process::AHEAD;
use crate::reader::Found;

/// A cycle that was placed, with all that is needed to hand it on.
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

#[derive(Debug)]
struct Row {
    placed: Placed,
    cycle: GcCycle,
    raw: Vec<u8>,
    line: u64,
    offset: u64,
    stream: Vec<u8>,
    wall: Option<String>,
    repaired: bool,
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

    /// One more cycle waits. Returns true where no more of its stream may.
    pub(super) fn push(&mut self, placed: Placed, found: &Found<'_>) -> bool {
        self.0.push(Row {
            placed,
            cycle: *found.cycle,
            raw: found.raw.to_vec(),
            line: found.line,
            offset: found.offset,
            stream: found.stream.to_vec(),
            wall: found.wall.map(str::to_owned),
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
    pub(super) fn take(&mut self, stream: Option<&[u8]>) -> Vec<TakenRow> {
        let taken = |row: &mut Row| stream.is_none_or(|stream| row.stream == stream);
        self.0.extract_if(.., taken).map(TakenRow).collect()
    }
}

/// A cycle that waits no longer.
#[derive(Debug)]
pub(super) struct TakenRow(Row);

impl TakenRow {
    pub(super) fn found(&self) -> (Placed, Found<'_>) {
        let row = &self.0;
        let found = Found {
            cycle: &row.cycle,
            raw: &row.raw,
            line: row.line,
            offset: row.offset,
            stream: &row.stream,
            wall: row.wall.as_deref(),
            repaired: row.repaired,
        };
        (row.placed, found)
    }
}
