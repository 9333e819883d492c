#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use gcpressure::internal::trace::cycle::{AnyCycle, BLANK};
use gcpressure::report;
use serde_json::{Value, json};

use super::*;

const CYCLE: GcCycle = GcCycle {
    number: 7,
    start_ns: 1_234_000_000,
    sweep_termination_ns: 49_000,
    concurrent_mark_ns: 1_200_000,
    mark_termination_ns: 3_900,
    sweep_termination_cpu_ns: 390_000,
    mark_assist_cpu_ns: 120_000,
    mark_background_cpu_ns: 2_300_000,
    mark_termination_cpu_ns: 31_000,
    heap_start_mib: 4,
    heap_end_mib: 5,
    heap_live_mib: 2,
    heap_goal_mib: 6,
    stacks_mib: 1,
    cumulative_cpu_percent: -1,
    gomaxprocs: 8,
    forced: true,
    ..BLANK
};

fn row(cycle: &GcCycle) -> CycleRow<'_> {
    let mut row = CycleRow::new("1", cycle.into());
    row.source = "a \"quoted\",\n name.log";
    row.line = 42;
    row.offset = 1000;
    row.wall_time = Some("2026-11-23T14:05:03Z");
    row
}

fn ndjson(row: &CycleRow<'_>) -> String {
    let mut line = Vec::new();
    Writer::<Ndjson>::new().write(row, &mut line).unwrap();
    String::from_utf8(line).unwrap()
}

#[test]
fn a_row_holds_what_the_line_says() {
    let line = ndjson(&row(&CYCLE));
    assert!(line.ends_with("}\n") && line.lines().count() == 1, "{line}");
    let read: Value = serde_json::from_str(&line).unwrap();
    let expected = json!({
        "schema": "gcpressure.event/v1", "process": "1", "cycle": 7, "at_ns": 1_234_000_000_u64, "gomaxprocs": 8,
        "sweep_termination_ns": 49_000, "concurrent_mark_ns": 1_200_000, "mark_termination_ns": 3_900,
        "pause_ns": 52_900, "sweep_termination_cpu_ns": 390_000, "mark_assist_cpu_ns": 120_000,
        "mark_background_cpu_ns": 2_300_000, "mark_idle_cpu_ns": 0, "mark_termination_cpu_ns": 31_000,
        "cumulative_gc_cpu_percent": -1, "heap_start_bytes": 4 << 20, "heap_end_bytes": 5 << 20,
        "heap_live_bytes": 2 << 20, "heap_goal_bytes": 6 << 20, "stack_scan_bytes": 1 << 20,
        "globals_scan_bytes": 0, "forced": true, "leak_check": false, "repaired": false,
        "source": "a \"quoted\",\n name.log", "line": 42, "offset": 1000,
        "wall_time": "2026-11-23T14:05:03Z", "stream": null,
    });
    assert_eq!(read, expected);
}

#[test]
fn texts_of_csv_are_quoted_as_the_crate_does_it() {
    let mut writer = Writer::<Csv>::new();
    let mut lines = Vec::new();
    let sources = [
        "", "x.log", "a b.log", "a,b", "\"a\"", "a\r\nb", "\t", "\u{e9}", "",
    ];
    for source in sources {
        let mut row = row(&CYCLE);
        row.source = source;
        writer.write(&row, &mut lines).unwrap();
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(&lines[..]);
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    let at = NAMES.iter().position(|name| *name == "source").unwrap();
    let read: Vec<_> = records.iter().map(|record| &record[at]).collect();
    assert_eq!(read, sources);
    assert!(records.iter().all(|record| record.len() == NAMES.len()));
    let mut rewritten = csv::Writer::from_writer(Vec::new());
    for record in &records {
        rewritten.write_record(record).unwrap();
    }
    let rewritten = rewritten.into_inner().unwrap();
    assert_eq!(
        String::from_utf8(lines).unwrap(),
        String::from_utf8(rewritten).unwrap()
    );
}

#[test]
fn a_sentinel_is_no_goal() {
    let cycle = GcCycle {
        heap_goal_mib: u64::MAX >> 20,
        ..CYCLE
    };
    let read: Value = serde_json::from_str(&ndjson(&row(&cycle))).unwrap();
    assert_eq!(read["heap_goal_bytes"], Value::Null);
}

#[test]
fn rows_follow_the_published_schema_and_its_order() {
    let schema = serde_json::to_value(report::event_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let read: Value = serde_json::from_str(&ndjson(&row(&CYCLE))).unwrap();
    assert!(validator.is_valid(&read));
    let mut required: Vec<_> = NAMES.to_vec();
    let mut published: Vec<_> = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    required.sort_unstable();
    published.sort_unstable();
    assert_eq!(required, published);
}

#[test]
fn what_no_gc_line_shows_is_null() {
    let cycle = AnyCycle {
        traced: None,
        ..(&CYCLE).into()
    };
    let line = ndjson(&CycleRow::new("1", cycle));
    let read: serde_json::Map<String, Value> = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&read["cycle"], &read["pause_ns"]),
        (&json!(7), &json!(52_900))
    );
    let known: Vec<_> = read.iter().filter(|(_, value)| !value.is_null()).collect();
    assert_eq!(known.len(), 8, "{known:?}");
}
