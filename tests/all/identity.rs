//! Which process a cycle is of, where lines are lost, clocks are broken and several processes print into one stream.

#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::collections::BTreeMap;
use std::io::{self, Cursor};

use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{CycleRow, Options, Sink, analyze};
use gcpressure::report::Report;

/// The numbers of the cycles of each process, in the order of the lines.
#[derive(Default)]
struct Numbers(BTreeMap<String, Vec<u64>>);

impl Sink for Numbers {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        let numbers = self.0.entry(row.process.to_owned()).or_default();
        numbers.push(row.cycle.number);
        Ok(())
    }
}

fn read(log: &str) -> (Vec<Vec<u64>>, Report) {
    let source = Source::from_reader("log", Box::new(Cursor::new(log.as_bytes().to_vec())));
    let mut numbers = Numbers::default();
    let report = analyze(vec![source], &Options::default(), &mut numbers).unwrap();
    let mut processes: Vec<Vec<u64>> = numbers.0.into_values().collect();
    processes.sort();
    (processes, report)
}

/// A gc line of a program with that many MiB live, on that many processors.
fn line_of(number: u64, ms: u64, live: u64, procs: u64) -> String {
    let (start, end, goal) = (2 * live, 2 * live + 1, 2 * live + 2);
    let cpu = 10 * procs;
    format!(
        "gc {number} @{}.{:03}s 0%: 0.010+1.0+0.010 ms clock, 0.{cpu:03}+0/1.0/0+0.{cpu:03} ms cpu, {start}->{end}->{live} MB, {goal} MB goal, 0 MB stacks, 0 MB globals, {procs} P\n",
        ms / 1_000,
        ms % 1_000,
    )
}

fn line(number: u64, ms: u64) -> String {
    line_of(number, ms, 4, 8)
}

#[test]
fn a_lost_line_splits_no_process_though_another_has_printed() {
    for lost in 3..40 {
        for child in 2..40 {
            // Between two lines the processors and the heap change, as they may.
            let mut log = String::new();
            for number in 1..=40 {
                if number != lost {
                    log += &line_of(number, number * 100, 4 + number % 7 * 9, 2 + number % 3);
                }
                if number == child {
                    log += &line(1, 14);
                }
            }
            let (processes, report) = read(&log);
            let all: Vec<u64> = (1..=40).filter(|number| *number != lost).collect();
            assert_eq!(processes, [vec![1], all], "{lost} lost, child at {child}");
            assert_eq!(
                report.processes[0].cycles_missing + report.processes[1].cycles_missing,
                1
            );
        }
    }
}

#[test]
fn a_line_of_another_process_is_not_swallowed_because_its_number_is_higher() {
    // What `go run` prints now and then, between the lines of the program.
    let log = line_of(2, 120_093, 450, 8) + &line(5, 121_834) + &line_of(3, 240_273, 450, 8);
    assert_eq!(read(&log).0, [vec![2, 3], vec![5]]);
    let both = log.clone() + &line(6, 243_549) + &line_of(4, 360_400, 450, 8) + &line(7, 365_000);
    assert_eq!(read(&both).0, [vec![2, 3, 4], vec![5, 6, 7]]);
    // The other one prints twice before the first goes on.
    let twice = line_of(2, 120_093, 450, 8)
        + &line(5, 121_834)
        + &line(6, 125_000)
        + &line_of(3, 240_273, 450, 8);
    assert_eq!(read(&twice).0, [vec![2, 3], vec![5, 6]]);
    for (_, report) in [read(&log), read(&both), read(&twice)] {
        assert!(
            report
                .processes
                .iter()
                .all(|process| process.cycles_missing == 0)
        );
    }
}

#[test]
fn a_sampled_log_is_one_process() {
    let log: String = (1..=9).map(|n| line(50 * n, 5_000 * n)).collect();
    assert_eq!(read(&log).0, [(1..=9).map(|n| 50 * n).collect::<Vec<_>>()]);
    // Every third line is lost, and two of them come in the wrong order.
    let mut lines: Vec<(u64, u64)> = (1..=30)
        .filter(|n| n % 3 != 0)
        .map(|n| (n, 100 * n))
        .collect();
    lines.swap(10, 11);
    let log: String = lines.iter().map(|(n, ms)| line(*n, *ms)).collect();
    let (processes, _) = read(&log);
    assert_eq!(
        processes.iter().map(Vec::len).max(),
        Some(19),
        "{processes:?}"
    );
}

#[test]
fn consecutive_numbers_outweigh_a_broken_clock() {
    for broken in 22..60 {
        for at in [1, 50 * broken, 99 * broken, 10_000_000, 18_446_744_073_709] {
            let clock = |n: u64| if n == broken { at } else { 100 * n };
            let log: String = (1..=60).map(|n| line(n, clock(n))).collect();
            assert_eq!(
                read(&log).0,
                [(1..=60).collect::<Vec<_>>()],
                "{broken} at {at}"
            );
        }
        // From there on all are early: the clock was set back.
        let clock = |n: u64| {
            if n >= broken {
                100 * n - 2_000
            } else {
                100 * n
            }
        };
        let log: String = (1..=60).map(|n| line(n, clock(n))).collect();
        assert_eq!(read(&log).0.len(), 1, "{broken}");
    }
}

#[test]
fn a_time_that_wrapped_around_ends_no_process() {
    for wrapped in 1..=9 {
        let log: String = (1..=9).map(|n| line(n, 100 * n)).collect();
        let of = format!("gc {wrapped} @");
        let log: String = log
            .lines()
            .map(|line| match line.starts_with(&of) {
                true => line.replace("+1.0+", "+18446744073709+") + "\n",
                false => line.to_owned() + "\n",
            })
            .collect();
        assert_eq!(read(&log).0, [(1..=9).collect::<Vec<_>>()], "{wrapped}");
    }
}

#[test]
fn restarts_are_processes_without_guesswork() {
    let restarts = |lost: &[u64]| -> String {
        [60, 90, 120]
            .into_iter()
            .flat_map(|cycles| (1..=cycles).map(move |n| (n, 100 * n + cycles)))
            .filter(|(n, _)| !lost.contains(n))
            .map(|(n, ms)| line(n, ms))
            .collect()
    };
    let approximate = |report: &Report| report.processes.iter().any(|process| process.approximate);
    let (processes, report) = read(&restarts(&[]));
    assert_eq!(
        processes.iter().map(Vec::len).collect::<Vec<_>>(),
        [60, 90, 120]
    );
    assert!(!approximate(&report));
    // A line is lost where the first two had their last.
    let (processes, report) = read(&restarts(&[61, 91]));
    assert_eq!(processes.len(), 3);
    assert!(!approximate(&report));
}

#[test]
fn behind_the_header_of_a_package_comes_another_process() {
    let clocks = [20, 45, 71, 190];
    for first in clocks {
        for second in clocks {
            for next in [200, 211, 900] {
                let log = format!(
                    "# example.com/a\n{}# example.com/b\n{}{}# example.com/c\n{}{}{}",
                    line_of(1, first, 11, 2),
                    line_of(1, second, 10, 2),
                    line_of(2, next, 26, 2),
                    line_of(1, 40, 12, 2),
                    line_of(2, 190, 27, 2),
                    line_of(3, 390, 40, 2),
                );
                let (processes, report) = read(&log);
                assert_eq!(processes, [vec![1], vec![1, 2], vec![1, 2, 3]], "{log}");
                assert!(report.processes.iter().all(|process| !process.approximate));
            }
        }
    }
}
