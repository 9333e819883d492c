//! A large file is read and analyzed by threads of their own; the same bytes from a reader are not. Both must say the same.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fmt::Write as _;
use std::io::{self, Cursor, Write as _};
use std::ops::RangeInclusive;

use gcpressure::internal::analyzer::FindingChange;
use gcpressure::internal::io::{Joint, Source};
use gcpressure::internal::pipeline::{self, CycleRow, Options, Sink, SoFar};

/// Everything that a sink is told, and a report on the way.
#[derive(Default)]
struct Told {
    rows: Vec<(String, u64, u64)>,
    changes: Vec<(String, FindingChange)>,
    /// The newest cycle's number when each of them was told.
    told_at: Vec<u64>,
    on_the_way: Vec<u64>,
}

impl Sink for Told {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        self.rows
            .push((row.process.to_owned(), row.line, row.cycle.number));
        Ok(())
    }

    fn change(&mut self, process: &str, change: &FindingChange) -> io::Result<()> {
        self.changes.push((process.to_owned(), change.clone()));
        self.told_at.push(self.rows.last().map_or(0, |row| row.2));
        Ok(())
    }

    fn idle(&mut self, so_far: &SoFar<'_>) -> io::Result<()> {
        if self.rows.len() > 20_000 && self.on_the_way.is_empty() {
            let report = so_far.report();
            self.on_the_way = report.processes.iter().map(|p| p.cycles_seen).collect();
            // What is reported was analyzed to the last cycle.
            let rows = self.rows.len() as u64;
            assert_eq!(self.on_the_way.iter().sum::<u64>(), rows);
            for process in &report.processes {
                let points = &process.measures.timeline;
                let cycles: u64 = points.iter().map(|p| p.cycles).sum();
                assert!(
                    cycles + 100 > process.cycles_seen,
                    "{cycles} of {}",
                    process.cycles_seen
                );
            }
        }
        Ok(())
    }
}

/// From cycle to cycle.
const PERIOD_MS: u64 = 20;

/// Two programs that swing between calm and pressure, told apart by their prefixes and their wall clocks.
fn log(numbers: RangeInclusive<u64>) -> String {
    let mut text = String::new();
    for number in numbers {
        let ms = number * PERIOD_MS;
        let (minutes, rest) = (ms / 60_000, ms % 60_000);
        let hard = number / 3_000 % 2;
        let pause = if hard == 1 { "12" } else { "0.031" };
        for pod in ["api-0", "worker-7"] {
            writeln!(
                text,
                "2026-11-23T{:02}:{:02}:{:02}.{:03}000000Z {pod} gc {number} @{}.{:03}s {}%: 0.018+1.4+{pause} ms clock, \
                 0.14+0.35/2.7/0.{}+0.24 ms cpu, 7->8->4 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 8 P",
                minutes / 60,
                minutes % 60,
                rest / 1_000,
                rest % 1_000,
                ms / 1_000,
                ms % 1_000,
                3 + hard,
                10 + number % 7,
            )
            .unwrap();
        }
    }
    text
}

fn told(sources: Vec<Source>) -> (String, Told) {
    let mut told = Told::default();
    let report = pipeline::analyze(sources, &Options::default(), &mut told).unwrap();
    (format!("{report:#?}"), told)
}

#[test]
fn threads_change_nothing() {
    let log = log(1..=70_000);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(log.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    assert!(log.len() > 16 << 20, "{} bytes are not large", log.len());

    let (large, with) = told(vec![Source::open(path).unwrap()]);
    let bytes = Cursor::new(log.into_bytes());
    let (small, without) = told(vec![Source::from_reader(path, Box::new(bytes))]);

    assert!(large == small, "the reports differ");
    assert!(with.rows == without.rows, "the rows differ");
    assert_eq!(with.rows.len(), 140_000);
    assert!(!with.on_the_way.is_empty());
    // Of one process in the order in which they came; of two as it falls out.
    for process in ["api-0", "worker-7"] {
        let of = |told: &Told| -> Vec<FindingChange> {
            let mine = told.changes.iter().filter(|(p, _)| p == process);
            mine.map(|(_, change)| change.clone()).collect()
        };
        assert!(!of(&with).is_empty());
        assert_eq!(of(&with), of(&without));
    }
}

/// A program whose log goes on in a pipe: what happens there is told when it happens.
#[test]
fn behind_a_large_file_nothing_is_told_late() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(log(1..=70_000).as_bytes()).unwrap();
    let rest = Cursor::new(log(70_001..=76_000).into_bytes());
    let (_, told) = told(vec![
        Source::open(file.path().to_str().unwrap()).unwrap(),
        Source::from_reader("rest", Box::new(rest)).joined(Joint::Bytes),
    ]);
    let late: Vec<u64> = told
        .changes
        .iter()
        .zip(&told.told_at)
        .filter(|((_, change), _)| change.at_ns > 70_001 * PERIOD_MS * 1_000_000)
        .map(|((_, change), number)| (number * PERIOD_MS).abs_diff(change.at_ns / 1_000_000))
        .collect();
    assert!(late.len() >= 4, "{late:?}");
    assert!(late.iter().all(|ms| *ms <= 2 * PERIOD_MS), "{late:?}");
}
