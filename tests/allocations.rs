//! Reading on allocates nothing: twice the log costs as many allocations as the log, but for what each evaluation of
//! the windows (once in a second of program time) may need.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a test panics by design and counts no further than 2^52"
)]

#[path = "../benches/logs/mod.rs"]
mod logs;

use std::io::Cursor;

use gcpressure::input::Source;
use gcpressure::pipeline::{Options, analyse};

/// Cycles of a log of this size, and the allocations that reading it took.
fn read(kind: &logs::Kind, bytes: u64) -> (u64, u64) {
    let mut log = Vec::new();
    let cycles = logs::write(kind, bytes, &mut log).unwrap();
    let source = Source::from_reader("test.log", Box::new(Cursor::new(log)));
    let mut intact = 0;
    let allocations = allocation_counter::measure(|| {
        let report = analyse(vec![source], &Options::default(), &mut ()).unwrap();
        intact = report.input.intact;
    });
    assert_eq!(intact, cycles);
    (cycles, allocations.count_total)
}

#[test]
fn steady_reading_allocates_nothing_for_a_cycle() {
    for name in ["pure", "mix10", "cri"] {
        let kind = logs::KINDS.iter().find(|kind| kind.0 == name).unwrap();
        let (cycles, allocations) = read(kind, 4 << 20);
        let (more_cycles, more_allocations) = read(kind, 8 << 20);
        let cycles = (more_cycles - cycles) as f64;
        let each = more_allocations.saturating_sub(allocations) as f64 / cycles;
        assert!(each < 0.1, "{name}: {each} allocations a cycle");
    }
}
