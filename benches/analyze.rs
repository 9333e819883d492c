//! Bytes to report: every kind of log through the whole pipeline, the analysis of cycles alone, and each renderer.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros write no documentation, and a broken bench may stop"
)]

mod logs;

use std::hint::black_box;
use std::io::Cursor;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gcpressure::internal::analyzer::{Completeness, ProcessAnalyzer};
use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{Options, analyze};
use gcpressure::internal::render::{Format, Formats, Render, Style};
use gcpressure::internal::settings::Settings;
use gcpressure::internal::trace::cycle::{Event, GcCycle};
use gcpressure::internal::trace::{self, Outcome};
use gcpressure::report::Report;

const SIZE: u64 = 4 << 20;

fn log(kind: &logs::Kind) -> (Vec<u8>, u64) {
    let mut log = Vec::new();
    let cycles = logs::write(kind, SIZE, &mut log).unwrap();
    (log, cycles)
}

fn report(log: Vec<u8>) -> Report {
    let source = Source::from_reader("bench.log", Box::new(Cursor::new(log)));
    analyze(vec![source], &Options::default(), &mut ()).unwrap()
}

fn whole_logs(c: &mut Criterion) {
    let mut group = c.benchmark_group("analyze");
    group.sample_size(20);
    for kind in &logs::KINDS {
        let (log, cycles) = log(kind);
        assert_eq!(
            report(log.clone()).input.gc_lines.intact,
            cycles,
            "{}",
            kind.0
        );
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_function(kind.0, |b| {
            b.iter_batched(|| log.clone(), report, BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// Measures, windows and rules, without reading.
fn cycles_alone(c: &mut Criterion) {
    let (log, written) = log(&logs::KINDS[0]);
    let cycles: Vec<GcCycle> = log
        .split(|byte| *byte == b'\n')
        .filter_map(|line| match trace::parse_line(line) {
            Outcome::Event(Event::Cycle(cycle)) => Some(cycle),
            _ => None,
        })
        .collect();
    assert_eq!(cycles.len() as u64, written);
    let settings = Arc::new(Settings::default());
    let analyzed = || {
        let mut analyzer = ProcessAnalyzer::new(&settings);
        for cycle in &cycles {
            analyzer.observe(black_box(cycle).into(), None);
        }
        analyzer.finish(&Completeness::default(), None)
    };
    assert_eq!(analyzed().measures.pause_ns.count, written);
    let mut group = c.benchmark_group("windows");
    group.throughput(Throughput::Elements(written));
    group.bench_function("observe", |b| b.iter(analyzed));
    group.finish();
}

fn renderers(c: &mut Criterion) {
    let report = report(log(&logs::KINDS[0]).0);
    let mut group = c.benchmark_group("render");
    for format in Format::ALL {
        let mut text = Vec::new();
        format
            .render(&report, &mut text, &Style::default())
            .unwrap();
        assert!(!text.is_empty());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format.name(), |b| {
            b.iter(|| {
                text.clear();
                format
                    .render(&report, &mut text, &Style::default())
                    .unwrap();
                text.len()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, whole_logs, cycles_alone, renderers);
criterion_main!(benches);
