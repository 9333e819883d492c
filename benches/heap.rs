//! A heap profile to the table of its sites.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros write no documentation, and a broken bench may stop"
)]

mod profiles;

use std::io::Cursor;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gcpressure::internal::causes::{self, Options};
use gcpressure::internal::profile::{self, Profile, SampleType};

fn table(bytes: &[u8]) -> usize {
    let raw = profile::read(&mut Cursor::new(bytes)).unwrap();
    let profile = Profile::new(&raw).unwrap();
    drop(raw);
    let options = Options {
        sample: SampleType::AllocObjects,
        lines: false,
        cum: false,
        count: 0,
        sites: false,
    };
    let sites = causes::sites(&profile, "bench.pb", None, &options);
    sites.table.rows.len()
}

fn sites(c: &mut Criterion) {
    let bytes = profiles::profile(50_000_000);
    let mut group = c.benchmark_group("sites");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("50 MB", |b| b.iter(|| table(&bytes)));
    group.finish();
}

criterion_group!(benches, sites);
criterion_main!(benches);
