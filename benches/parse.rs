//! Lines to events: the parser against a byte cursor written by hand, on the same lines, with the same results.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros write no documentation, and a broken bench may stop"
)]

mod cursor;
mod logs;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gcpressure::internal::trace::cycle::{Event, GcCycle};
use gcpressure::internal::trace::{self, Outcome};

fn parsed(line: &[u8]) -> Option<GcCycle> {
    match trace::parse_line(line) {
        Outcome::Event(Event::Cycle(cycle)) => Some(cycle),
        _ => None,
    }
}

/// Reads every line and gives something that depends on each of them.
fn read(lines: &[&[u8]], parse: impl Fn(&[u8]) -> Option<GcCycle>) -> u64 {
    lines
        .iter()
        .filter_map(|line| parse(black_box(line)))
        .fold(0, |sum, cycle| sum + cycle.duration_ns())
}

fn lines(c: &mut Criterion) {
    let mut log = Vec::new();
    let cycles = logs::write(&logs::KINDS[0], 4 << 20, &mut log).unwrap();
    let lines: Vec<&[u8]> = log
        .strip_suffix(b"\n")
        .unwrap()
        .split(|byte| *byte == b'\n')
        .collect();
    assert_eq!(lines.len() as u64, cycles);
    for line in &lines {
        assert!(parsed(line).is_some());
        assert_eq!(parsed(line), cursor::cycle(line));
    }

    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Elements(cycles));
    group.bench_function("line", |b| b.iter(|| read(&lines, parsed)));
    group.bench_function("cursor", |b| b.iter(|| read(&lines, cursor::cycle)));
    group.finish();
}

criterion_group!(benches, lines);
criterion_main!(benches);
