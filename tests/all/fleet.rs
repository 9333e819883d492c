//! Rows of a fleet: what a scan prints, and that rows add up to the same bytes whatever the order.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::writer::{Era, Program};
use crate::support::{Chance, fleet};
use flate2::Compression;
use flate2::write::GzEncoder;
use gcpressure::internal::fleet::{
    Count, Finding, Line, Merge, Merged, Record, Row, Verdict, merge, merged_schema, row_schema,
};
use gcpressure::internal::severity::Severity;
use proptest::prelude::*;
use serde_json::Value;

fn run(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gcpressure"))
        .arg("fleet")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Status, rows and messages of a command.
fn outcome(folder: &Path, args: &[&str], input: &str) -> (i32, String, String) {
    let output = run(folder, args, input);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The rows that a scan prints; it must succeed.
fn scan(folder: &Path, args: &[&str]) -> Vec<Row> {
    let (status, rows, errors) = outcome(folder, &[&["scan"], args].concat(), "");
    assert_eq!((status, errors.as_str()), (0, ""), "{args:?}");
    rows.lines()
        .map(|row| match Line::parse(row.as_bytes()).unwrap() {
            Line::Row(row) => *row,
            Line::Merged(row) => panic!("{row:?}"),
        })
        .collect()
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn gz(text: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(text).unwrap();
    gz.finish().unwrap()
}

/// The log of a program.
fn log(seed: u64, cycles: usize) -> String {
    let mut program = Program::new(Era::Go118, seed);
    (0..cycles)
        .map(|_| program.cycle().line(Era::Go118))
        .collect()
}

fn json(rows: &[Merged]) -> String {
    let rows = rows
        .iter()
        .map(|row| serde_json::to_string(row).unwrap() + "\n");
    rows.collect()
}

/// A row with whatever values.
fn row(chance: &mut Chance) -> Row {
    let name = |chance: &mut Chance, names: &[&str]| chance.one_of(names).to_owned();
    let number = |chance: &mut Chance| {
        let most = *[9, 100_000, 1 << 45].get(chance.index(3)).unwrap();
        chance.percent(80).then(|| chance.between(0, most))
    };
    let process = chance.percent(70);
    let mut labels = gcpressure::internal::fleet::Labels::new();
    for (label, values) in [
        ("service", ["a", "b"]),
        ("version", ["1.9", "1.10"]),
        ("pod", ["", "x\"y"]),
    ] {
        if chance.percent(80) {
            labels.insert(label.to_owned(), name(chance, &values));
        }
    }
    let counts = |chance: &mut Chance| -> Vec<Count> {
        let values = 0..chance.between(0, 12);
        let mut counts: Vec<_> = values
            .map(|_| Count {
                value_ns: chance.between(0, 9) * 1_000,
                count: chance.log_between(1, 1 << 40),
            })
            .collect();
        counts.sort();
        counts
    };
    let findings = 0..if process { chance.between(0, 3) } else { 0 };
    let findings = findings.map(|_| Finding {
        rule: name(chance, &["gc-cpu", "pause-p99"]),
        severity: [Severity::Info, Severity::Warning, Severity::Critical][chance.index(3)],
        measured: chance.between(0, 1 << 30) as f64 / 7.0 - 1e3,
        threshold: 0.25,
        unit: name(chance, &["ratio", "ns"]),
        since_ns: 1,
        until_ns: 2,
    });
    let findings = findings.collect();
    Row {
        tool_version: name(chance, &["0.1.0", "0.2.0"]),
        record: if process {
            Record::Process
        } else {
            Record::Stream
        },
        labels,
        bucket: chance
            .percent(20)
            .then(|| "2026-01-31T10:00:00Z".to_owned()),
        files: number(chance),
        error: chance.percent(20).then(|| "cut".to_owned()),
        bytes: number(chance),
        gc_lines_intact: number(chance),
        gc_lines_repaired: number(chance),
        approximate: chance.percent(30).then_some(true),
        gomaxprocs_min: number(chance),
        gomaxprocs_max: number(chance),
        verdict: chance.percent(70).then(|| {
            [
                Verdict::NoVerdict,
                Verdict::Pass,
                Verdict::Warning,
                Verdict::Critical,
            ][chance.index(4)]
        }),
        cause: chance
            .percent(40)
            .then(|| name(chance, &["low-gogc", "small-heap"])),
        findings,
        cycles: number(chance),
        pause_sum_us: number(chance),
        mark_idle_cpu_us: number(chance),
        allocation_low_bytes: number(chance),
        pause_max_ns: number(chance),
        heap_goal_max_bytes: number(chance),
        period_counts: counts(chance),
        pause_counts: counts(chance),
        stop_counts: counts(chance),
        mark_counts: counts(chance),
        ..Row::default()
    }
}

/// Merges in parts, and these in parts, down to single rows, each part in any order; by more labels at first.
fn tree(chance: &mut Chance, mut rows: Vec<Line>, by: &[String], depth: u32) -> Vec<Line> {
    for at in (1..rows.len()).rev() {
        rows.swap(at, chance.index(at + 1));
    }
    if depth > 0 {
        let mut parts: Vec<Vec<Line>> =
            vec![Vec::new(); usize::try_from(chance.between(1, 4)).unwrap()];
        let most = parts.len();
        for row in rows {
            parts[chance.index(most)].push(row);
        }
        rows = Vec::new();
        for part in parts {
            rows.extend(tree(chance, part, by, depth - 1));
        }
    }
    let more = ["pod", "version"][chance.index(2)].to_owned();
    let finer = [by, &[more]].concat();
    // A merged row is written and read between machines.
    let merged = merge(if chance.percent(50) { by } else { &finer }, rows).unwrap();
    json(&merged)
        .lines()
        .map(|row| Line::parse(row.as_bytes()).unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_order_split_or_tree_of_merges_gives_the_same_bytes(seed in any::<u64>(), count in 0_usize..40, depth in 0_u32..4) {
        let mut chance = Chance(seed);
        let rows: Vec<Line> = (0..count).map(|_| Line::Row(Box::new(row(&mut chance)))).collect();
        let by: Vec<String> = ["service", "version"][..chance.index(3)].iter().map(|&name| name.to_owned()).collect();
        let at_once = json(&merge(&by, rows.clone()).unwrap());
        let parts = tree(&mut chance, rows, &by, depth);
        prop_assert_eq!(json(&merge(&by, parts).unwrap()), at_once);
    }
}

/// The sums of a group against a second way to add, without the table of figures.
#[test]
fn a_merged_row_is_the_sum_of_its_rows() {
    let mut chance = Chance(3);
    let rows: Vec<Row> = (0..200).map(|_| row(&mut chance)).collect();
    let merged = merge(
        &[],
        rows.iter().cloned().map(|row| Line::Row(Box::new(row))),
    )
    .unwrap();
    assert_eq!(merged.len(), 2, "whole processes and one bucket");
    let value = |row: &Row| serde_json::to_value(row).unwrap();
    for group in merged {
        let rows: Vec<Value> = rows
            .iter()
            .filter(|row| row.bucket == group.bucket)
            .map(value)
            .collect();
        let of =
            |key: &str| -> Vec<u64> { rows.iter().filter_map(|row| row[key].as_u64()).collect() };
        let group = serde_json::to_value(group).unwrap();
        let mut checked = 0;
        for (key, total) in group.as_object().unwrap() {
            let values = of(key);
            let expected = match key.as_str() {
                _ if values.is_empty() => continue,
                key if key.ends_with("_min") => values.into_iter().min(),
                key if key.contains("_max") => values.into_iter().max(),
                _ => Some(values.into_iter().sum()),
            };
            assert_eq!(total.as_u64(), expected, "{key}");
            checked += 1;
        }
        assert!(checked >= 10, "{checked}");
        for counts in ["period", "pause", "stop", "mark"] {
            let mut values = Vec::new();
            for row in &rows {
                for one in row[format!("{counts}_counts")].as_array().unwrap() {
                    values.push((
                        one["value_ns"].as_u64().unwrap(),
                        u128::from(one["count"].as_u64().unwrap()),
                    ));
                }
            }
            values.sort_unstable();
            let count: u128 = values.iter().map(|pair| pair.1).sum();
            let quantiles = &group[format!("{counts}_ns")];
            assert_eq!(u128::from(quantiles["count"].as_u64().unwrap()), count);
            for (name, per_mille) in [
                ("p50", 500),
                ("p90", 900),
                ("p99", 990),
                ("p999", 999),
                ("max", 1_000),
            ] {
                let rank = (count * per_mille).div_ceil(1_000);
                let mut below = 0;
                let at = values.iter().find(|pair| {
                    below += pair.1;
                    below >= rank
                });
                assert_eq!(
                    quantiles[name].as_u64(),
                    at.map(|pair| pair.0),
                    "{counts} {name}"
                );
            }
        }
    }
}

#[test]
fn a_sum_beyond_63_bits_is_an_error_and_a_number_that_is_none_too() {
    let half = Row {
        pause_sum_us: Some(1 << 62),
        ..Row::default()
    };
    let line = |row: &Row| Line::Row(Box::new(row.clone()));
    let largest = Row {
        pause_sum_us: Some((1 << 62) - 1),
        ..Row::default()
    };
    let fits = merge(&[], [line(&half), line(&largest)]).unwrap();
    assert_eq!(fits[0].pause_sum_us, Some(i64::MAX.unsigned_abs()));
    let error = merge(&[], [line(&half), line(&half)])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("pause_sum_us of the group {} is beyond 9223372036854775807"),
        "{error}"
    );
    // Partial sums may be larger: they never leave the program.
    let counts = Row {
        pause_counts: vec![Count {
            value_ns: 1_000,
            count: 1 << 62,
        }],
        ..Row::default()
    };
    let error = merge(&[], [line(&counts), line(&counts)])
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("pause_counts of the group"), "{error}");

    let mut nan = row(&mut Chance(1));
    nan.findings = vec![Finding {
        rule: "gc-cpu".to_owned(),
        severity: Severity::Info,
        measured: f64::NAN,
        threshold: 1.0,
        unit: "ratio".to_owned(),
        since_ns: 0,
        until_ns: 0,
    }];
    let error = Merge::new(&[]).add(nan).unwrap_err().to_string();
    assert_eq!(error, "the value of gc-cpu is NaN, not a number");
}

#[test]
fn a_line_that_is_no_row_is_refused() {
    let good = serde_json::to_string(&Row::default()).unwrap();
    assert!(Line::parse(good.as_bytes()).is_ok());
    for (from, to, why) in [
        (
            "gcpressure.fleet-row/v1",
            "gcpressure.fleet-row/v2",
            "unknown variant `gcpressure.fleet-row/v2`, expected `gcpressure.fleet-row/v1`",
        ),
        (
            "gcpressure.fleet-row/v1",
            "gcpressure.fleet/v2",
            "it is a gcpressure.fleet/v2",
        ),
        (
            "gcpressure.fleet-row/v1",
            "gcpressure.report/v1",
            "it is a gcpressure.report/v1",
        ),
        ("\"cpus\":null", "\"cpus\":NaN", "expected value"),
        (
            "\"cycles\":null",
            "\"cycles\":-1",
            "invalid value: integer `-1`, expected u64",
        ),
        (
            "\"cycles\":null",
            "\"cycles\":1e3",
            "invalid type: floating point",
        ),
        (
            "\"labels\":{}",
            "\"labels\":{\"version\":1.10}",
            "expected a string",
        ),
        ("{", "[", ""),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        let error = Line::parse(bad.as_bytes()).unwrap_err();
        assert!(error.contains(why), "{to}: {error}");
    }
}

#[test]
fn rows_follow_their_schemas() {
    let folder = tempfile::tempdir().unwrap();
    fleet::make(
        folder.path(),
        fleet::Size {
            pods: 1,
            cycles: 60,
        },
    )
    .unwrap();
    let (_, rows, _) = outcome(folder.path(), &["scan", "--bucket", "1h", "."], "");
    let (_, merged, _) = outcome(folder.path(), &["merge", "--by", "service"], &rows);
    for (rows, schema) in [(rows, row_schema()), (merged, merged_schema())] {
        let schema = serde_json::to_value(schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let known = schema["properties"].as_object().unwrap();
        assert!(rows.lines().count() > 10);
        for row in rows.lines() {
            let row: Value = serde_json::from_str(row).unwrap();
            let wrong: Vec<_> = validator
                .iter_errors(&row)
                .map(|error| error.to_string())
                .collect();
            assert!(wrong.is_empty(), "{wrong:?}");
            // All keys are there, and no others.
            let keys: Vec<_> = row.as_object().unwrap().keys().collect();
            assert!(keys.iter().all(|key| known.contains_key(*key)), "{keys:?}");
            assert_eq!(keys.len(), known.len());
        }
    }
}

/// What a process row says must be what the report says of the process.
#[test]
fn a_row_agrees_with_the_report() {
    let folder = tempfile::tempdir().unwrap();
    for (seed, cycles) in [(1, 300), (5, 4), (8, 1), (11, 1_500)] {
        write(folder.path(), "gc.log", log(seed, cycles));
        let rows = scan(folder.path(), &["gc.log"]);
        let [process, stream] = rows.as_slice() else {
            panic!("{} rows", rows.len());
        };
        let report = Command::new(env!("CARGO_BIN_EXE_gcpressure"))
            .args(["-f", "json", "gc.log"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        let known = &report["processes"][0];
        let input = &report["input"];
        assert_eq!(stream.bytes, input["sources"][0]["bytes"].as_u64());
        assert_eq!(stream.gc_lines_intact, input["gc_lines"]["intact"].as_u64());
        let number = |value: &Value| value.as_u64();
        let row = process;
        assert_eq!(row.cycles, number(&known["cycles_seen"]));
        assert_eq!(row.started_ns, number(&known["started_ns"]));
        let ended = row.started_ns.unwrap() + known["duration_ns"].as_u64().unwrap();
        assert_eq!(row.ended_ns, Some(ended));
        assert_eq!(
            row.span_ms,
            Some(ended / 1_000_000 - row.started_ns.unwrap() / 1_000_000)
        );
        assert_eq!(
            row.pause_sum_us,
            Some(known["pause_ns"]["sum"].as_u64().unwrap() / 1_000)
        );
        assert_eq!(
            row.mark_sum_us,
            Some(known["concurrent_mark_ns"]["sum"].as_u64().unwrap() / 1_000)
        );
        assert_eq!(row.pause_max_ns, number(&known["pause_ns"]["max"]));
        assert_eq!(
            row.heap_live_max_bytes,
            number(&known["live_heap_bytes"]["max"])
        );
        assert_eq!(
            row.heap_goal_max_bytes,
            number(&known["heap_goal_bytes"]["max"])
        );
        assert_eq!(
            row.allocation_low_bytes,
            number(&known["allocation_bytes_low"])
        );
        let histogram = known["pause_histogram"].as_array().unwrap().iter();
        let histogram = histogram.map(|one| Count {
            value_ns: one["pause_ns"].as_u64().unwrap(),
            count: one["cycles"].as_u64().unwrap(),
        });
        assert!(histogram.eq(row.pause_counts.iter().copied()));
        let merged = merge(&[], [Line::Row(Box::new(row.clone()))]).unwrap();
        let quantiles = |row: &Merged| {
            serde_json::to_value([row.period_ns, row.pause_ns, row.stop_ns, row.mark_ns]).unwrap()
        };
        let quantiles = quantiles(&merged[0]);
        for (at, key) in ["period_ns", "pause_ns", "stop_ns", "concurrent_mark_ns"]
            .iter()
            .enumerate()
        {
            for name in ["p50", "p90", "p99", "max"]
                .iter()
                .filter(|_| !quantiles[at].is_null())
            {
                assert_eq!(quantiles[at][name], known[key][name], "{key} {name}");
            }
        }
    }
}

#[test]
fn a_rotated_log_is_the_log_wherever_it_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let text = log(2, 9);
    write(folder.path(), "cut=0/gc.log", &text);
    for cut in 1..text.len() {
        write(folder.path(), &format!("cut={cut}/gc.log.1"), &text[..cut]);
        write(folder.path(), &format!("cut={cut}/gc.log"), &text[cut..]);
    }
    let mut logs = vec![Vec::new(); text.len()];
    for mut row in scan(folder.path(), &["."]) {
        let cut: usize = row.labels.remove("cut").unwrap().parse().unwrap();
        row.source.clear();
        // A line over the seam counts as repaired, and both its parts as lines; all else is the same.
        row.gc_lines_intact = row
            .gc_lines_intact
            .zip(row.gc_lines_repaired.take())
            .map(|(intact, repaired)| intact + repaired);
        row.repaired_cycles = None;
        (row.files, row.lines) = (None, None);
        row.findings.retain(|finding| finding.rule != "log-quality");
        logs[cut].push(row);
    }
    let whole = logs[0].clone();
    assert_eq!(whole[0].cycles, Some(9));
    let first = text.find('\n').unwrap();
    let last = text.trim_end().rfind('\n').unwrap();
    for (cut, rows) in logs.into_iter().enumerate().skip(1) {
        if (first..=last + 1).contains(&cut) {
            assert_eq!(rows, whole, "cut at {cut}");
        } else {
            // The first line and the last are whole only if a line on either side fits to them.
            let cycles: Vec<_> = rows.iter().filter_map(|row| row.cycles).collect();
            assert!(matches!(cycles[..], [8 | 9]), "cut at {cut}: {cycles:?}");
        }
    }
}

#[test]
fn two_pods_are_never_joined() {
    let folder = tempfile::tempdir().unwrap();
    let text = log(4, 40);
    let (first, second) = text.split_at(text.match_indices('\n').nth(19).unwrap().0 + 1);
    // The second goes on where the first ends, by number and clock.
    write(folder.path(), "pod=a/gc.log", first);
    write(folder.path(), "pod=b/gc.log", second);
    let (status, listed, _) = outcome(
        folder.path(),
        &["scan", "-"],
        "[\"pod=a/gc.log\",\"pod=b/gc.log\"]\n",
    );
    assert_eq!(status, 0);
    let rows = scan(folder.path(), &["."]);
    // A work list and a folder give the same rows.
    let same = rows
        .iter()
        .map(|row| serde_json::to_string(row).unwrap() + "\n")
        .collect::<String>();
    assert_eq!(listed, same.replace("./pod=", "pod="));
    let processes: Vec<_> = rows
        .iter()
        .filter(|row| row.record == Record::Process)
        .map(|row| (row.labels["pod"].as_str(), row.cycles, row.first_cycle))
        .collect();
    assert_eq!(
        processes,
        [("a", Some(20), Some(1)), ("b", Some(20), Some(21))]
    );
}

#[test]
fn labels_are_text_and_those_given_come_over_those_of_folders() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "zone=eu/logs/version=1.10/pod=a=b/=x/gc.log",
        log(1, 5),
    );
    let labels = |args: &[&str]| {
        let rows = scan(folder.path(), &[args, &["zone=eu"]].concat());
        serde_json::to_string(&rows[0].labels).unwrap() + " " + &rows[0].source
    };
    let path = "version=1.10/pod=a=b/=x/gc.log";
    assert_eq!(
        labels(&[]),
        format!(r#"{{"pod":"a=b","version":"1.10","zone":"eu"}} zone=eu/logs/{path}"#)
    );
    assert_eq!(
        labels(&["--root", "zone=eu/logs/"]),
        format!(r#"{{"pod":"a=b","version":"1.10"}} {path}"#)
    );
    assert_eq!(
        labels(&[
            "--root",
            "zone=eu/logs",
            "--label",
            "version=2",
            "--label",
            "a="
        ]),
        format!(r#"{{"a":"","pod":"a=b","version":"2"}} {path}"#)
    );
    assert_eq!(
        labels(&["--labels", "none", "--label", "k=1.10"]),
        format!(r#"{{"k":"1.10"}} zone=eu/logs/{path}"#)
    );
    let list = r#"{"labels":{"pod":"c"},"files":["zone=eu/logs/version=1.10/pod=a=b/=x/gc.log"]}"#;
    let (_, rows, _) = outcome(folder.path(), &["scan", "--label", "pod=d", "-"], list);
    assert!(
        rows.contains(r#""labels":{"pod":"c","version":"1.10","zone":"eu"}"#),
        "{rows}"
    );
}

#[test]
fn the_status_says_whether_something_could_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = log(1, 30);
    write(folder.path(), "good.log", &text);
    write(folder.path(), "empty.log", "");
    write(folder.path(), "none.log", "nothing here\n");
    let cut = gz(text.as_bytes());
    write(folder.path(), "cut.log.gz", &cut[..cut.len() / 2]);
    write(folder.path(), "xz.log", b"\xfd7zXZ\0\0\x04");
    write(folder.path(), "part/gc.log", &text);
    write(folder.path(), "part/gc.log.1", b"\xfd7zXZ\0\0\x04");
    fs::create_dir(folder.path().join("nothing")).unwrap();
    // Paths, status and rows without and with --keep-going.
    for (paths, without, with) in [
        (&["good.log"][..], (0, 2), (0, 2)),
        (&["empty.log"], (0, 1), (0, 1)),
        (&["none.log"], (0, 1), (0, 1)),
        (&["cut.log.gz"], (0, 2), (0, 2)),
        (&["nothing"], (0, 0), (0, 0)),
        (&["missing.log"], (2, 0), (2, 1)),
        (&["xz.log"], (2, 0), (2, 1)),
        (&["xz.log", "missing.log"], (2, 0), (2, 2)),
        (&["good.log", "missing.log"], (2, 2), (0, 3)),
        (&["missing.log", "good.log"], (2, 2), (0, 3)),
        (&["part"], (2, 2), (0, 2)),
    ] {
        for (expected, more) in [(without, &[][..]), (with, &["--keep-going"])] {
            let args = [&["scan"], more, paths].concat();
            let (status, rows, errors) = outcome(folder.path(), &args, "");
            assert_eq!(
                (status, rows.lines().count()),
                expected,
                "{args:?} {errors}"
            );
            let failed = paths
                .iter()
                .filter(|path| ["missing.log", "xz.log", "part"].contains(path))
                .count();
            assert_eq!(
                errors.matches("error: cannot read").count(),
                failed,
                "{errors}"
            );
            for row in rows
                .lines()
                .map(|row| serde_json::from_str::<Value>(row).unwrap())
            {
                let told = ["cut.log.gz", "missing.log", "xz.log", "part/gc.log"]
                    .contains(&row["source"].as_str().unwrap());
                assert_eq!(
                    row["error"].is_string(),
                    told && row["record"] == "stream",
                    "{row}"
                );
            }
        }
    }
    for (list, status) in [
        ("", 0),
        ("\n\n", 0),
        ("[\"good.log\"]\n{\"files\":[\"none.log\"]}", 0),
        ("[]\n{\"files\":[]}\n", 0),
        ("good.log\n", 2),
        ("[1]\n", 2),
        ("{\"files\":[\"good.log\"],\"label\":{}}", 2),
        ("{\"labels\":{\"version\":1.10},\"files\":[]}", 2),
    ] {
        let (got, _, errors) = outcome(folder.path(), &["scan", "-"], list);
        assert_eq!(got, status, "{list}: {errors}");
        assert_eq!(
            errors.contains("invalid work list: standard input:1: "),
            status == 2,
            "{errors}"
        );
    }
}

/// A folder that cannot be listed is an error; the administrator can list any.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_listed_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "logs/pod=a/gc.log", log(1, 5));
    write(folder.path(), "logs/pod=b/gc.log", log(2, 5));
    let closed = folder.path().join("logs/pod=a");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_err() {
        let (status, rows, errors) = outcome(folder.path(), &["scan", "logs"], "");
        assert_eq!((status, rows.lines().count()), (2, 2), "{errors}");
        assert!(
            errors.contains("cannot read logs/pod=a: permission denied"),
            "{errors}"
        );
        let (status, rows, _) = outcome(folder.path(), &["scan", "--keep-going", "logs"], "");
        assert_eq!((status, rows.lines().count()), (0, 3));
        assert!(
            rows.contains(r#""labels":{"pod":"a"},"source":"logs/pod=a""#),
            "{rows}"
        );
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A report keeps the detail of the worst thousand processes: a scan loses none.
#[test]
fn a_log_of_many_restarts_has_a_row_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..1_100).map(|seed| log(seed, 4)).collect();
    write(folder.path(), "gc.log", text);
    let rows = scan(folder.path(), &["gc.log"]);
    assert_eq!(rows.len(), 1_101);
    assert!(rows[..1_100].iter().all(|row| row.cycles == Some(4)
        && row.pause_counts.iter().map(|one| one.count).sum::<u64>() == 4));
}

#[test]
fn no_value_is_rounded_however_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    let mut at_ms = 0;
    for n in 1..=6_001_u64 {
        at_ms += 4_000_000 + n;
        text += &format!(
            "gc {n} @{}.{:03}s 0%: 0.010+1.0+0.010 ms clock, 0.080+0/1.0/0+0.080 ms cpu, 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P\n",
            at_ms / 1_000,
            at_ms % 1_000
        );
    }
    write(folder.path(), "gc.log", text);
    let rows = scan(folder.path(), &["gc.log"]);
    let periods = rows[0]
        .period_counts
        .iter()
        .map(|one| (one.value_ns, one.count));
    assert!(periods.eq((2..=6_001).map(|n| ((4_000_000 + n) * 1_000_000, 1))));
}

/// The rows of the buckets of a process are its parts.
#[test]
fn buckets_add_up_to_the_process() {
    let folder = tempfile::tempdir().unwrap();
    fleet::make(folder.path(), fleet::SMALL).unwrap();
    let rows = scan(folder.path(), &["--bucket", "1h", "service=cart"]);
    let (buckets, whole): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .filter(|row| row.record == Record::Process)
        .partition(|row| row.bucket.is_some());
    assert_eq!((whole.len(), buckets.len()), (20, 40));
    assert!(
        buckets
            .iter()
            .all(|row| row.verdict.is_none() && row.findings.is_empty())
    );
    let sum = |rows: Vec<Row>| {
        let rows = rows.into_iter().map(|row| {
            Line::Row(Box::new(Row {
                bucket: None,
                ..row
            }))
        });
        let merged = merge(&["pod".to_owned(), "day".to_owned()], rows).unwrap();
        let keep = |row: Merged| {
            (
                row.labels,
                [
                    row.cycles,
                    row.cycles_missing,
                    row.repaired_cycles,
                    row.span_ms,
                    row.cpu_capacity_ms,
                    row.heap_live_sum_mib,
                    row.pause_max_ns,
                ],
                [
                    row.period_counts,
                    row.pause_counts,
                    row.stop_counts,
                    row.mark_counts,
                ],
            )
        };
        merged.into_iter().map(keep).collect::<Vec<_>>()
    };
    assert_eq!(sum(buckets), sum(whole));
    let days = scan(
        folder.path(),
        &["--bucket", "1d", "service=cart/version=1.9/day=2026-01-02"],
    );
    let days: Vec<_> = days
        .iter()
        .filter_map(|row| row.bucket.as_deref())
        .collect();
    assert_eq!(days, ["2026-01-02T00:00:00Z"; 5]);
}

#[test]
fn rows_are_counted_once_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "pod=a/gc.log", log(1, 30));
    let (_, rows, _) = outcome(folder.path(), &["scan", "."], "");
    let twice = rows.repeat(2);
    let once = outcome(folder.path(), &["merge"], &rows);
    assert_eq!(
        outcome(folder.path(), &["merge", "--distinct"], &twice),
        once
    );
    assert_ne!(outcome(folder.path(), &["merge"], &twice), once);
    let (status, _, errors) = outcome(folder.path(), &["merge", "--distinct"], &once.1);
    assert_eq!(status, 2);
    assert!(
        errors.contains("-:1: invalid row: --distinct is for the rows of `fleet scan`"),
        "{errors}"
    );
    // Rows come from files, compressed ones and folders of them; a part of a compressed file is not passed off as the whole.
    write(folder.path(), "rows/part-0.gz", gz(rows.as_bytes()));
    write(folder.path(), "rows/part-1", &rows);
    write(folder.path(), "rows/_SUCCESS", "");
    assert_eq!(
        outcome(folder.path(), &["merge", "--distinct", "rows"], ""),
        once
    );
    let cut = gz(rows.as_bytes());
    write(folder.path(), "rows/part-0.gz", &cut[..cut.len() - 9]);
    let (status, _, errors) = outcome(folder.path(), &["merge", "rows"], "");
    assert_eq!(status, 2);
    assert!(errors.contains("part-0.gz"), "{errors}");
    let (status, _, errors) = outcome(folder.path(), &["merge", "--by", "pod,servce"], &rows);
    assert_eq!(
        (status, errors.as_str()),
        (0, "warning: no row has the label `servce` of --by\n")
    );
    let (status, merged, errors) = outcome(folder.path(), &["merge"], "");
    assert_eq!((status, merged.as_str(), errors.as_str()), (0, "", ""));
}
