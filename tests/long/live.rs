//! A real Go program logs 5,000 records a second to the standard error that its own GC trace goes to. Every cycle that
//! the runtime counted must come out, with the values that the runtime printed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end at the first surprise, and says on standard error what it skipped"
)]

use crate::go;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use regex::{Captures, Regex};
use serde_json::Value;

/// What one run of the program left behind.
struct Recording {
    /// Everything that arrived on its standard error.
    stream: Vec<u8>,
    /// Every record that it logged, in order: the stream without them is pure trace.
    records: Vec<String>,
    /// Cycles, as `runtime.MemStats` counted them.
    num_gc: u64,
    /// The rows of `gcpressure events`, which read the stream while the program ran.
    rows: Vec<Value>,
}

fn record(program: &Path, folder: &Path) -> Recording {
    let copy = folder.join("records");
    let mut service = crate::program::started(program)
        .args("-mode noisy -rate 5000 -log-rate 5000 -for 8s -log-copy".split(' '))
        .arg(&copy)
        .env("GODEBUG", "gctrace=1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = gcpressure(&["events", "-f", "ndjson"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();

    let mut from = service.stderr.take().unwrap();
    let mut to = reader.stdin.take().unwrap();
    let tee = std::thread::spawn(move || {
        let mut stream = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            match from.read(&mut chunk).unwrap() {
                0 => return stream,
                n => {
                    to.write_all(&chunk[..n]).unwrap();
                    stream.extend_from_slice(&chunk[..n]);
                }
            }
        }
    });
    let events = reader.wait_with_output().unwrap();
    assert!(
        events.status.success(),
        "events: {}",
        String::from_utf8_lossy(&events.stderr)
    );
    let counted = service.wait_with_output().unwrap();
    assert!(counted.status.success());

    let counted: Value = serde_json::from_slice(&counted.stdout).unwrap();
    Recording {
        stream: tee.join().unwrap(),
        records: json_lines(&fs::read(&copy).unwrap()),
        num_gc: counted["num_gc"].as_u64().unwrap(),
        rows: json_lines(&events.stdout),
    }
}

fn gcpressure(args: &[&str]) -> Command {
    let mut command = crate::program::gcpressure();
    command.args(args);
    command
}

fn json_lines<T: serde::de::DeserializeOwned>(text: &[u8]) -> Vec<T> {
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// The trace as the runtime printed it: the stream with every record taken out at its place. Each record is unique and
/// was one write, so what stays is what the runtime wrote.
fn trace(stream: &[u8], records: &[String]) -> String {
    let mut rest = std::str::from_utf8(stream).unwrap();
    let mut trace = String::new();
    for record in records {
        let (before, after) = rest
            .split_once(record.as_str())
            .expect("every record that was logged is in the stream");
        trace.push_str(before);
        rest = after;
    }
    trace + rest
}

/// The grammar once more, by other means than the library's.
fn grammar() -> Regex {
    let ms = r"(\d+(?:\.\d+)?)";
    Regex::new(&format!(
        r"^gc (\d+) @(\d+\.\d{{3}})s (\d+)%: {ms}\+{ms}\+{ms} ms clock, {ms}\+{ms}/{ms}/{ms}\+{ms} ms cpu, (\d+)->(\d+)->(\d+) MB, (\d+) MB goal, (\d+) MB stacks, (\d+) MB globals, (\d+) P( \(forced\))?$"
    ))
    .unwrap()
}

/// A decimal number times 10^digits, by its digits.
fn scaled(text: &str, digits: usize) -> u64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<digits$}").parse().unwrap()
}

/// Asserts that a row says what the line says.
fn assert_same(row: &Value, line: &Captures) {
    let ms = |group: usize| scaled(&line[group], 6);
    let mib = |group: usize| scaled(&line[group], 0) << 20;
    let expected = [
        ("cycle", scaled(&line[1], 0)),
        ("at_ns", scaled(&line[2], 9)),
        ("cumulative_gc_cpu_percent", scaled(&line[3], 0)),
        ("sweep_termination_ns", ms(4)),
        ("concurrent_mark_ns", ms(5)),
        ("mark_termination_ns", ms(6)),
        ("pause_ns", ms(4) + ms(6)),
        ("sweep_termination_cpu_ns", ms(7)),
        ("mark_assist_cpu_ns", ms(8)),
        ("mark_background_cpu_ns", ms(9)),
        ("mark_idle_cpu_ns", ms(10)),
        ("mark_termination_cpu_ns", ms(11)),
        ("heap_start_bytes", mib(12)),
        ("heap_end_bytes", mib(13)),
        ("heap_live_bytes", mib(14)),
        ("heap_goal_bytes", mib(15)),
        ("stack_scan_bytes", mib(16)),
        ("globals_scan_bytes", mib(17)),
        ("gomaxprocs", scaled(&line[18], 0)),
    ];
    for (key, value) in expected {
        assert_eq!(
            row[key].as_u64(),
            Some(value),
            "{key} of `{}` in {row}",
            &line[0]
        );
    }
    assert_eq!(
        row["forced"].as_bool(),
        Some(line.get(19).is_some()),
        "forced of `{}`",
        &line[0]
    );
}

#[test]
fn every_cycle_of_a_program_that_logs_to_the_same_stream_is_read_as_it_was_printed() {
    for go in go::toolchains() {
        eprintln!("{}", go.version);
        let folder = tempfile::tempdir().unwrap();
        read_as_printed(&go.build(folder.path()), folder.path());
    }
}

fn read_as_printed(program: &Path, folder: &Path) {
    let recording = record(program, folder);

    let grammar = grammar();
    let trace = trace(&recording.stream, &recording.records);
    let printed: Vec<Captures> = trace
        .lines()
        .filter_map(|line| grammar.captures(line))
        .collect();
    assert_eq!(
        printed.len() as u64,
        recording.num_gc,
        "the test's own reading of the trace"
    );
    assert!(
        recording.records.len() > 5_000,
        "only {} records logged",
        recording.records.len()
    );

    let mut numbers = Vec::new();
    for row in &recording.rows {
        let number = row["cycle"].as_u64().unwrap();
        let line = printed.iter().find(|line| scaled(&line[1], 0) == number);
        assert_same(
            row,
            line.unwrap_or_else(|| panic!("no cycle {number} was printed: {row}")),
        );
        numbers.push(number);
    }
    assert!(
        numbers.is_sorted_by(|a, b| a < b),
        "rows out of order or twice: {numbers:?}"
    );

    let path = folder.join("stream.log");
    fs::write(&path, &recording.stream).unwrap();
    let report = gcpressure(&["-f", "json", path.to_str().unwrap()])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    let lines = &report["input"]["gc_lines"];
    let damaged = lines["damaged"].as_u64().unwrap();
    let lost = recording.num_gc - numbers.len() as u64;
    eprintln!(
        "{} cycles among {} records: {lines}",
        recording.num_gc,
        recording.records.len()
    );
    assert!(lost <= damaged, "{lost} cycles lost in silence: {lines}");
    let where_damaged = || {
        let verbose = gcpressure(&["-v", path.to_str().unwrap()])
            .output()
            .unwrap();
        String::from_utf8_lossy(&verbose.stdout).into_owned()
    };
    // Half a percent of all cycles, at most: records of many styles cut lines where digits stand against digits.
    assert!(
        lost * 200 <= recording.num_gc,
        "{lost} of {} cycles lost\n{}",
        recording.num_gc,
        where_damaged()
    );
    assert_eq!(report["processes"].as_array().unwrap().len(), 1);
    assert_eq!(
        report["processes"][0]["cycles_seen"].as_u64(),
        Some(numbers.len() as u64)
    );

    if damaged == 0 {
        let passed = gcpressure(&["--passthrough", path.to_str().unwrap()])
            .output()
            .unwrap();
        let passed = String::from_utf8(passed.stdout).unwrap();
        let logged = recording.records.concat();
        assert_eq!(
            passed.len(),
            logged.len(),
            "what passed is not all that the program logged"
        );
        for (passed, logged) in filled_lines(&passed).zip(filled_lines(&logged)) {
            assert_eq!(
                passed, logged,
                "the program's own records did not pass whole and in order"
            );
        }
    }
}

/// Lines that are not empty: where a gc line was cut just before its line feed and the program logged an empty line, no
/// one can tell which of the two line feeds was whose.
fn filled_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty())
}
