//! Reading on allocates nothing for a cycle: twice the log costs as many allocations as the log, but for those that go
//! with findings as they are raised and cleared. A heap profile takes memory by its size, however many calls are in it.

#![allow(clippy::unwrap_used, reason = "a test panics by design")]

#[path = "../benches/logs/mod.rs"]
mod logs;
#[path = "../benches/profiles/mod.rs"]
mod profiles;

use std::io::{self, Cursor};

use gcpressure::internal::analyzer::FindingChange;
use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{Options, Sink, analyze};
use gcpressure::internal::profile::{self, Profile, SampleType};

/// Allocations that one change of a finding may take: its texts, those of the cause behind it, and room for more of them.
const EACH_CHANGE: u64 = 20;

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
        let report = analyze(vec![source], &Options::default(), &mut changes).unwrap();
        intact = report.input.gc_lines.intact;
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

/// Bytes that are held at once for each byte of a heap profile: itself, its stacks twice, its samples.
const EACH_BYTE: u64 = 10;

#[test]
fn a_heap_profile_takes_memory_by_its_size() {
    for size in [20 << 20, 40 << 20] {
        let bytes = profiles::profile(size);
        let mut rows = 0;
        let taken = allocation_counter::measure(|| {
            let raw = profile::read(&mut Cursor::new(&bytes)).unwrap();
            let profile = Profile::new(&raw).unwrap();
            let options = gcpressure::internal::causes::Options {
                sample: SampleType::AllocObjects,
                lines: false,
                cum: false,
                count: 0,
                sites: false,
            };
            let sites = gcpressure::internal::causes::sites(&profile, "heap", None, &options);
            rows = sites.table.rows.len();
        });
        assert!(rows > 100, "{rows}");
        let each = taken.bytes_max / bytes.len() as u64;
        assert!(each <= EACH_BYTE, "{each} bytes a byte");
    }
}
