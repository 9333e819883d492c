#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::sync::mpsc::{SyncSender, sync_channel};

use super::*;
use crate::io::Source;
use crate::memstats::Snapshot;
use crate::memstats::testing::snapshot;
use crate::pipeline::{CycleRow, Options, Sink, analyze};
use crate::report::{Report, RuleState};

const SECOND: u64 = 1_000_000_000;
/// 2026-01-02T03:04:05Z.
const EPOCH: u64 = 1_767_323_045 * SECOND;

fn poll(target: usize, at_s: u64, answer: Result<Snapshot, String>) -> Poll {
    Poll {
        target,
        at: Instant::now() + std::time::Duration::from_secs(at_s),
        at_unix_ns: EPOCH + at_s * SECOND,
        started_unix_ns: None,
        bytes: 5_000,
        answer,
        gave_up: false,
    }
}

/// Cycle n of a program that started with the epoch ended n / 10 s later.
fn ten_a_second(num_gc: u64) -> Snapshot {
    snapshot(num_gc, |number| EPOCH + number * SECOND / 10)
}

fn report(names: &[&str], polls: impl FnOnce(&SyncSender<Poll>) + Send + 'static) -> Report {
    judged(names, polls, &mut ()).unwrap()
}

fn judged(
    names: &[&str],
    polls: impl FnOnce(&SyncSender<Poll>) + Send + 'static,
    sink: &mut dyn Sink,
) -> Result<Report, crate::error::Error> {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let (sender, receiver) = sync_channel(1);
    let thread = std::thread::spawn(move || polls(&sender));
    let source = Source::polled(Polls::new(names, receiver));
    let report = analyze(vec![source], &Options::default(), sink);
    thread.join().unwrap();
    report
}

fn state(report: &Report, id: &str) -> RuleState {
    report
        .rules
        .iter()
        .find(|rule| rule.id == id)
        .unwrap()
        .status
}

#[test]
fn cycles_are_counted_by_number_and_measured_from_end_to_end() {
    let report = report(&["a"], |polls| {
        for at in 0..=12 {
            let mut taken = ten_a_second(1_000 + at * 50);
            taken.num_forced_gc = Some(at * 10);
            // Up to the first poll 1 % of the 100 s so far, after it 5 %.
            let (before, watched) = (100.0, (at * 5) as f64);
            taken.gc_cpu_fraction = Some((before * 0.01 + watched * 0.05) / (before + watched));
            let mut poll = poll(0, at * 5, Ok(taken));
            poll.started_unix_ns = Some(EPOCH);
            polls.send(poll).unwrap();
        }
    });
    let process = &report.processes[0];
    assert_eq!(process.format, "runtime.MemStats");
    assert_eq!((process.first_cycle, process.last_cycle), (1_000, 1_600));
    assert_eq!((process.cycles_seen, process.cycles_missing), (601, 0));
    assert_eq!(process.forced_cycles, 120);
    let measures = &process.measures;
    assert_eq!(
        (measures.started_ns, measures.duration_ns),
        (100 * SECOND, 60 * SECOND)
    );
    assert_eq!(measures.gc_frequency_per_second, Some(10.0));
    assert_eq!(measures.period_ns.p50, SECOND / 10);
    assert_eq!(measures.allocation_bytes, Some(600 * (3 << 20)));
    let rate = measures.allocation_bytes_per_second.unwrap();
    assert!((rate / f64::from(30 << 20) - 1.0).abs() < 1e-3, "{rate}");
    assert!(measures.allocation_resolved);
    assert_eq!(measures.heap_goal_bytes.unwrap().last, 4 << 20);
    assert_eq!(measures.live_heap_bytes, None);
    let cpu = measures.gc_cpu_ratio.unwrap();
    assert!((cpu - 0.05).abs() < 1e-9, "{cpu}");
    let since = measures.gc_cpu_since_start_ratio.unwrap();
    assert!((since - 4.0 / 160.0).abs() < 1e-9, "{since}");
    assert_eq!(report.input.sources[0].polls, 13);
    assert_eq!(report.input.sources[0].bytes, 65_000);
    assert_eq!(report.warnings, [""; 0]);
    let forced = report
        .findings
        .iter()
        .find(|finding| finding.rule == "forced-gc")
        .unwrap();
    assert!((forced.measured - 0.2).abs() < 1e-9);
    assert_eq!(state(&report, "gc-cpu"), RuleState::Quiet);
    for id in [
        "mark-duty",
        "assist-pressure",
        "low-headroom",
        "heap-growth",
        "min-heap",
    ] {
        assert_eq!(state(&report, id), RuleState::NoEvidence, "{id}");
    }
    let at = report
        .findings
        .iter()
        .find_map(|finding| finding.since_wall.clone());
    assert!(at.unwrap().starts_with("2026-01-02T03:0"));
}

#[test]
fn without_a_start_gc_cpu_is_only_known_since_the_start() {
    let report = report(&["a"], |polls| {
        for at in 0..=3 {
            polls
                .send(poll(0, at * 5, Ok(ten_a_second(500 + at * 50))))
                .unwrap();
        }
    });
    let measures = &report.processes[0].measures;
    assert_eq!(measures.gc_cpu_ratio, None);
    assert_eq!(measures.gc_cpu_since_start_ratio, Some(0.01));
    assert_eq!(state(&report, "gc-cpu"), RuleState::NoEvidence);
}

#[test]
fn cycles_beyond_the_ring_are_missing() {
    let report = report(&["a"], |polls| {
        for at in 0..=3 {
            polls
                .send(poll(0, at * 60, Ok(ten_a_second(1_000 + at * 600))))
                .unwrap();
        }
    });
    let process = &report.processes[0];
    assert_eq!(
        (process.cycles_seen, process.cycles_missing),
        (1 + 3 * 256, 3 * 344)
    );
    let measures = &process.measures;
    assert!((measures.gc_frequency_per_second.unwrap() - 10.0).abs() < 1e-9);
    assert_eq!(measures.stw_ratio, None, "too many are missing");
    let quality = report
        .findings
        .iter()
        .find(|finding| finding.rule == "log-quality")
        .unwrap();
    assert!(
        quality.advice[0].contains("--every"),
        "{:?}",
        quality.advice
    );
}

#[test]
fn a_restart_is_a_new_process_from_its_first_cycle_on() {
    let report = report(&["a"], |polls| {
        for at in 0..3 {
            polls
                .send(poll(0, at * 5, Ok(ten_a_second(500 + at * 50))))
                .unwrap();
        }
        polls
            .send(poll(0, 15, Err("connection refused".to_owned())))
            .unwrap();
        for at in 4..7 {
            let start = EPOCH + 17 * SECOND;
            let again = snapshot((at - 3) * 50, |number| start + number * SECOND / 10);
            polls.send(poll(0, at * 5, Ok(again))).unwrap();
        }
    });
    let mut spans: Vec<_> = report
        .processes
        .iter()
        .map(|process| {
            (
                process.first_cycle,
                process.last_cycle,
                process.cycles_missing,
            )
        })
        .collect();
    spans.sort_unstable();
    assert_eq!(spans, [(1, 150, 0), (500, 600, 0)]);
    let fresh = report
        .processes
        .iter()
        .find(|process| process.first_cycle == 1)
        .unwrap();
    assert_eq!(
        fresh.measures.gc_cpu_ratio,
        Some(0.01),
        "all of its life was seen"
    );
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("another process"))
    );
    let refused = |warning: &String| warning.contains("1 of 7 polls had no usable answer");
    assert!(report.warnings.iter().any(refused), "{:?}", report.warnings);
}

#[test]
fn each_program_is_a_process_and_one_that_never_answers_is_named() {
    let report = report(&["a", "b", "c"], |polls| {
        for at in 0..4 {
            for target in 0..2 {
                polls
                    .send(poll(target, at * 5, Ok(ten_a_second(500 + at * 50))))
                    .unwrap();
            }
        }
        let mut refused = poll(2, 0, Err("connection refused".to_owned()));
        refused.gave_up = true;
        polls.send(refused).unwrap();
    });
    let sources: Vec<_> = report
        .processes
        .iter()
        .map(|process| process.source.as_str())
        .collect();
    assert_eq!(sources, ["a", "b"]);
    assert_eq!(report.input.unreadable, ["c: connection refused"]);
}

#[test]
fn without_any_answer_there_is_an_error_and_without_a_cycle_no_verdict() {
    let never = |polls: &SyncSender<Poll>| {
        polls
            .send(poll(0, 0, Err("connection refused".to_owned())))
            .unwrap();
    };
    let error = judged(&["a"], never, &mut ()).unwrap_err();
    assert_eq!(error.to_string(), "a: connection refused");
    let idle = report(&["a"], |polls| {
        for at in 0..3 {
            polls.send(poll(0, at, Ok(ten_a_second(0)))).unwrap();
        }
    });
    let crate::report::Verdict::NoVerdict(why) = &idle.verdict else {
        panic!("{:?}", idle.verdict);
    };
    assert!(why.contains("3 polls"), "{why}");
}

/// Counts cycles, and the memory that is held after each.
struct Held {
    rows: u64,
    last: u64,
}

impl Sink for Held {
    fn cycle(&mut self, row: &CycleRow<'_>) -> std::io::Result<()> {
        assert_eq!(row.cycle.number, self.last + 1);
        assert!(row.cycle.traced.is_none() && row.wall_time.is_some());
        self.last = row.cycle.number;
        self.rows += 1;
        Ok(())
    }
}

#[test]
fn an_hour_of_polls_needs_no_more_memory_than_a_minute() {
    let most = |polls: u64| {
        let mut held = Held { rows: 0, last: 999 };
        let usage = allocation_counter::measure(|| {
            let (sender, receiver) = sync_channel(1);
            drop(sender);
            let options = Options::default();
            let mut reading = Reading::new(&options, &mut held);
            let polled = Polls::new(vec!["a".to_owned()], receiver);
            let source = Source::live("polls", Box::new(io::empty()));
            reading.collector.open(&source);
            let begun = Instant::now();
            let mut target = reading.target(&polled.names[0]);
            for at in 0..polls {
                let answer = Ok(ten_a_second(1_000 + at * 50));
                reading.poll(&mut target, poll(0, at * 5, answer), begun);
            }
            assert!(reading.end_target(target).is_none());
            let report = reading.finish().unwrap();
            assert_eq!(report.processes[0].cycles_seen, 1 + (polls - 1) * 50);
        });
        assert_eq!(held.rows, 1 + (polls - 1) * 50);
        usage.bytes_max
    };
    let (minutes, hour) = (most(60), most(720));
    assert!(hour < minutes + (512 << 10), "{minutes} {hour}");
}
