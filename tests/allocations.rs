//! Reading on allocates nothing for a cycle: twice the log costs as many allocations as the log, but for those that go
//! with findings as they are raised and cleared.

#![allow(clippy::unwrap_used, reason = "a test panics by design")]

#[path = "../benches/logs/mod.rs"]
mod logs;

use std::io::{self, Cursor};

use gcpressure::analyzer::FindingChange;
use gcpressure::input::Source;
use gcpressure::pipeline::{Options, Sink, analyse};

/// Allocations that one change of a finding may take: its texts, and room for more of them.
const EACH_CHANGE: u64 = 6;

/// Allocations that twice the log may take more: maps of values and the timeline, until they have their size.
const GROWTH: u64 = 64;

/// Counts the changes of findings.
#[derive(Default)]
struct Changes(u64);

impl Sink for Changes {
    fn change(&mut self, _process: &str, _change: &FindingChange) -> io::Result<()> {
        self.0 += 1;
        Ok(())
    }
}

/// Allocations that reading a log of this size took, less those that its changes of findings may take.
fn read(kind: &logs::Kind, bytes: u64) -> u64 {
    let mut log = Vec::new();
    let cycles = logs::write(kind, bytes, &mut log).unwrap();
    let source = Source::from_reader("test.log", Box::new(Cursor::new(log)));
    let mut changes = Changes::default();
    let mut intact = 0;
    let allocations = allocation_counter::measure(|| {
        let report = analyse(vec![source], &Options::default(), &mut changes).unwrap();
        intact = report.input.intact;
    });
    assert_eq!(intact, cycles);
    assert!(changes.0 * 50 < cycles, "too many changes to tell");
    allocations
        .count_total
        .saturating_sub(EACH_CHANGE * changes.0)
}

#[test]
fn steady_reading_allocates_nothing_for_a_cycle() {
    for name in ["pure", "mix10", "cri"] {
        let kind = logs::KINDS.iter().find(|kind| kind.0 == name).unwrap();
        let allocations = read(kind, 4 << 20);
        let more = read(kind, 8 << 20).saturating_sub(allocations);
        assert!(
            more <= GROWTH,
            "{name}: {more} allocations more for twice the cycles"
        );
    }
}
