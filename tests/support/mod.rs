//! What the integration tests share: everything that comes out of one input, repeatable chance, a writer that
//! prints cycles as the Go runtime does, and loggers that fall between its pieces.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses a part of it, and a broken test may stop"
)]

pub(crate) mod corpus;
pub(crate) mod fleet;
pub(crate) mod foreign;
pub(crate) mod shapes;
pub(crate) mod writer;

use std::io;

use gcpressure::internal::error::Error;
use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{self, CycleRow, Options, Sink};
use gcpressure::internal::trace::cycle::GcCycle;
use gcpressure::report::Report;

/// A cycle as the library hands it out, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) process: String,
    pub(crate) stream: Option<String>,
    pub(crate) cycle: GcCycle,
    pub(crate) repaired: bool,
    pub(crate) line: u64,
    pub(crate) offset: u64,
    pub(crate) wall_time: Option<String>,
    pub(crate) raw: Vec<u8>,
}

/// Everything that comes out of one input.
#[derive(Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) rows: Vec<Row>,
    /// The lines that are no GC trace, as they would be passed through.
    pub(crate) foreign: Vec<u8>,
    pub(crate) report: Report,
}

#[derive(Default)]
struct Keep {
    rows: Vec<Row>,
    foreign: Vec<u8>,
}

impl Sink for Keep {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        self.rows.push(Row {
            process: row.process.to_owned(),
            stream: row.stream.map(str::to_owned),
            cycle: *row.cycle.traced.unwrap(),
            repaired: row.repaired,
            line: row.line,
            offset: row.offset,
            wall_time: row.wall_time.map(str::to_owned),
            raw: row.raw.to_vec(),
        });
        Ok(())
    }

    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        self.foreign.extend_from_slice(lines);
        Ok(())
    }
}

/// Reads sources to their end.
pub(crate) fn read_sources(sources: Vec<Source>) -> Result<Reading, Error> {
    let mut keep = Keep::default();
    let options = Options::default().foreign(true);
    let report = pipeline::analyze(sources, &options, &mut keep)?;
    Ok(Reading {
        rows: keep.rows,
        foreign: keep.foreign,
        report,
    })
}

/// Reads whatever a reader gives.
pub(crate) fn read_from(reader: impl io::Read + Send + 'static) -> Reading {
    read_sources(vec![Source::from_reader("test.log", Box::new(reader))]).unwrap()
}

/// Reads bytes that are all there at once.
pub(crate) fn read(bytes: &[u8]) -> Reading {
    read_from(io::Cursor::new(bytes.to_vec()))
}

/// Repeatable pseudo-random numbers (SplitMix64).
#[derive(Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub(crate) fn one_of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[usize::try_from(self.next() % choices.len() as u64).unwrap()]
    }

    /// An index below `len`.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.next() % len as u64).unwrap()
    }

    /// A number whose logarithm is spread evenly: small ones as often as large ones.
    pub(crate) fn log_between(&mut self, low: u64, high: u64) -> u64 {
        let bits = self.between(u64::from(low.max(1).ilog2()), u64::from(high.ilog2()));
        let base = 1 << bits;
        (base + self.next() % base).clamp(low, high)
    }
}
