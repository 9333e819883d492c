//! Every real log: what the program says of it against what an independent script computed (`NAME.expect.json`) and
//! what the runtime said of itself in the same process (`NAME.truth.json`).
//!
//! `GCPRESSURE_CORPUS` names the directory of logs; without it the tests say so and do nothing. Where the script is
//! simpler than the truth, `corpus_exceptions.tsv` holds the right value and why.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "a test may stop, says what it skips, and rounds figures given in ms to whole ns"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Reading, Row, read_sources};
use gcpressure::internal::error::Error;
use gcpressure::internal::io::Source;
use gcpressure::report::{Distribution, Measures, Report};
use serde_json::Value;

const EXCEPTIONS: &str = include_str!("../corpus_exceptions.tsv");

/// Figures by name, in base units, as text so that all kinds compare.
type Figures = BTreeMap<String, String>;

fn corpus() -> Option<PathBuf> {
    let dir = std::env::var_os("GCPRESSURE_CORPUS").map(PathBuf::from);
    if dir.is_none() {
        eprintln!("skipped: GCPRESSURE_CORPUS names no directory of logs");
    }
    dir
}

/// Every log with its name relative to the corpus and its expectation.
fn logs(corpus: &Path) -> Vec<(String, PathBuf, Value)> {
    let mut logs = Vec::new();
    for kind in ["hist", "own", "real", "wrapped"] {
        for entry in fs::read_dir(corpus.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            if file.ends_with(".json") {
                continue;
            }
            // A compressed log keeps its whole name, any other loses its last extension.
            let stem = file.trim_end_matches(".log").trim_end_matches(".jsonl");
            let expect = corpus.join(kind).join(format!("{stem}.expect.json"));
            let expect = serde_json::from_slice(&fs::read(expect).unwrap()).unwrap();
            logs.push((format!("{kind}/{file}"), path, expect));
        }
    }
    logs.sort_by(|a, b| a.0.cmp(&b.0));
    logs
}

fn exceptions() -> BTreeMap<String, Figures> {
    let mut exceptions: BTreeMap<String, Figures> = BTreeMap::new();
    for line in EXCEPTIONS.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [file, key, value, reason] = columns[..] else {
            panic!("four columns: {line:?}");
        };
        assert!(!reason.is_empty(), "a reason: {line:?}");
        let old = exceptions
            .entry(file.to_owned())
            .or_default()
            .insert(key.to_owned(), value.to_owned());
        assert_eq!(old, None, "twice: {line:?}");
    }
    exceptions
}

/// Milliseconds with three decimals at most, as whole nanoseconds.
fn ns(ms: &Value) -> i64 {
    (ms.as_f64().unwrap() * 1e6).round() as i64
}

fn count(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("a whole number: {value}"))
}

/// What the script expects, under the names used here.
fn expected(expect: &Value) -> Figures {
    let mut figures = Figures::new();
    let mut put = |key: &str, value: i64| {
        figures.insert(key.to_owned(), value.to_string());
    };
    put("gc_lines", count(&expect["gc_lines_modern"]));
    put("legacy_gc_lines", count(&expect["gc_lines_pre_1_5"]));
    let modern = &expect["modern"];
    if modern.is_null() {
        put("processes", 0);
        return figures;
    }
    put("processes", count(&modern["processes"]));
    put("cycles_missing", count(&modern["cycle_numbers_missing"]));
    put("forced_cycles", count(&modern["forced"]));
    put("leak_check_cycles", count(&modern["leak_check"]));
    let procs: Vec<i64> = modern["P_values"]
        .as_array()
        .unwrap()
        .iter()
        .map(count)
        .collect();
    put("gomaxprocs_min", *procs.iter().min().unwrap());
    put("gomaxprocs_max", *procs.iter().max().unwrap());

    let durations = [
        ("pause", "pause_total_per_gc_ms"),
        ("concurrent_mark", "concurrent_ms"),
        ("period", "period_ms"),
    ];
    for (name, key) in durations {
        let quantiles = &modern[key];
        if quantiles.is_null() || quantiles["n"] == 0 {
            continue;
        }
        put(&format!("{name}_count"), count(&quantiles["n"]));
        for quantile in ["min", "p50", "p90", "p99", "max"] {
            put(&format!("{name}_{quantile}_ns"), ns(&quantiles[quantile]));
        }
    }
    put("pause_sum_ns", ns(&modern["pause_total_per_gc_ms"]["sum"]));
    let (first, second) = (&modern["stw_sweepterm_ms"], &modern["stw_markterm_ms"]);
    put("stop_count", count(&first["n"]) + count(&second["n"]));
    put("stop_min_ns", ns(&first["min"]).min(ns(&second["min"])));
    put("stop_max_ns", ns(&first["max"]).max(ns(&second["max"])));

    for (name, key) in [("live_heap", "heap_live_mb"), ("heap_goal", "goal_mb")] {
        let quantiles = &modern[key];
        if quantiles.is_null() || quantiles["n"] == 0 {
            continue;
        }
        for quantile in ["min", "p50", "max"] {
            put(
                &format!("{name}_{quantile}_mib"),
                count(&quantiles[quantile]),
            );
        }
    }
    let live = modern["heap_live_first_last"].as_array().unwrap();
    put("live_heap_first_mib", count(&live[0]));
    put("live_heap_last_mib", count(&live[1]));
    if count(&modern["processes"]) == 1 {
        put("first_cycle", count(&modern["first_cycle"]));
        put("last_cycle", count(&modern["last_cycle"]));
        put("started_ns", ns(&modern["t_first_s"]) * 1_000);
        let cycles = count(&modern["last_cycle"]) - count(&modern["first_cycle"]);
        let span = ns(&modern["span_s"]) * 1_000;
        if cycles > 0 && span > 0 {
            put(
                "gc_frequency_per_1000_s",
                (cycles as f64 * 1e12 / span as f64).round() as i64,
            );
        }
    }
    figures
}

fn open(path: &Path) -> Result<Reading, Error> {
    read_sources(vec![Source::open(path.to_str().unwrap())?])
}

/// The same figures out of a report. Of several processes only what adds up.
fn reported(report: &Report, rows: &[Row]) -> Figures {
    let mut figures = Figures::new();
    let mut put = |key: &str, value: u64| {
        figures.insert(key.to_owned(), value.to_string());
    };
    let (input, processes) = (&report.input, &report.processes);
    let seen: u64 = processes.iter().map(|process| process.cycles_seen).sum();
    assert_eq!(seen, input.gc_lines.cycles(), "{input:?}");
    put("gc_lines", seen);
    put("duplicate", input.gc_lines.duplicate);
    put("legacy_gc_lines", input.legacy_gc_lines);
    put(
        "processes",
        processes.len() as u64 + report.processes_omitted,
    );
    put(
        "cycles_missing",
        processes.iter().map(|process| process.cycles_missing).sum(),
    );
    put(
        "forced_cycles",
        processes.iter().map(|process| process.forced_cycles).sum(),
    );
    put(
        "leak_check_cycles",
        rows.iter().filter(|row| row.cycle.leak_check).count() as u64,
    );
    if processes.is_empty() {
        return figures;
    }
    let measures = || processes.iter().map(|process| &process.measures);
    put(
        "gomaxprocs_min",
        measures()
            .map(|m| m.gomaxprocs.unwrap().min.into())
            .min()
            .unwrap(),
    );
    put(
        "gomaxprocs_max",
        measures()
            .map(|m| m.gomaxprocs.unwrap().max.into())
            .max()
            .unwrap(),
    );
    let period = |m: &Measures| Distribution {
        count: m.period_ns.count,
        min: m.period_ns.min,
        p50: m.period_ns.p50,
        p90: m.period_ns.p90,
        p99: m.period_ns.p99,
        max: m.period_ns.max,
        ..Distribution::default()
    };
    let distributions: [(&str, Vec<Distribution>); 4] = [
        ("pause", measures().map(|m| m.pause_ns).collect()),
        (
            "concurrent_mark",
            measures().map(|m| m.concurrent_mark_ns.unwrap()).collect(),
        ),
        ("stop", measures().map(|m| m.stop_ns.unwrap()).collect()),
        ("period", measures().map(period).collect()),
    ];
    for (name, each) in &distributions {
        put(&format!("{name}_count"), each.iter().map(|d| d.count).sum());
        let some = || each.iter().filter(|d| d.count > 0);
        if let (Some(min), Some(max)) = (some().map(|d| d.min).min(), some().map(|d| d.max).max()) {
            put(&format!("{name}_min_ns"), min);
            put(&format!("{name}_max_ns"), max);
        }
        if let ([one], true) = (&each[..], *name != "stop")
            && one.count > 0
        {
            put(&format!("{name}_p50_ns"), one.p50);
            put(&format!("{name}_p90_ns"), one.p90);
            put(&format!("{name}_p99_ns"), one.p99);
        }
    }
    put("pause_sum_ns", measures().map(|m| m.pause_ns.sum).sum());

    let [process] = &processes[..] else {
        return figures;
    };
    put("first_cycle", process.first_cycle);
    put("last_cycle", process.last_cycle);
    put("started_ns", process.measures.started_ns);
    if let Some(frequency) = process.measures.gc_frequency_per_second {
        put("gc_frequency_per_1000_s", (frequency * 1e3).round() as u64);
    }
    let live = process.measures.live_heap_bytes.unwrap();
    put("live_heap_first_mib", live.first >> 20);
    put("live_heap_last_mib", live.last >> 20);
    for (name, size) in [
        ("live_heap", Some(live)),
        ("heap_goal", process.measures.heap_goal_bytes),
    ] {
        if let Some(size) = size {
            put(&format!("{name}_min_mib"), size.min >> 20);
            put(&format!("{name}_p50_mib"), size.p50 >> 20);
            put(&format!("{name}_max_mib"), size.max >> 20);
        }
    }
    figures
}

#[test]
fn every_log_is_read_as_the_reference_reads_it() {
    let Some(corpus) = corpus() else { return };
    let mut exceptions = exceptions();
    let mut failures = Vec::new();
    let (mut files, mut compared) = (0, 0);
    for (name, path, expect) in logs(&corpus) {
        files += 1;
        let special = exceptions.remove(&name).unwrap_or_default();
        let Reading { rows, report, .. } = match open(&path) {
            Ok(reading) => reading,
            Err(error) => {
                let error = error.to_string();
                if !special
                    .get("error")
                    .is_some_and(|wanted| error.contains(wanted))
                {
                    failures.push(format!("{name}: {error}"));
                }
                continue;
            }
        };
        if special.contains_key("error") {
            failures.push(format!("{name}: read without the error"));
        }
        let got = reported(&report, &rows);
        if got["gc_lines"] != rows.len().to_string() {
            failures.push(format!(
                "{name}: {} cycles reported, {} rows",
                got["gc_lines"],
                rows.len()
            ));
        }
        let mut wanted = expected(&expect);
        let several = got["processes"] != "1" || wanted["processes"] != "1";
        for (key, value) in &special {
            if wanted.get(key) == Some(value) {
                failures.push(format!(
                    "{name}: {key}: the exception is what the reference says anyway"
                ));
            }
            if value == "-" {
                // The reference has no meaningful figure.
                wanted.remove(key);
            } else {
                wanted.insert(key.clone(), value.clone());
            }
        }
        for (key, value) in wanted {
            let is = got.get(&key);
            // Quantiles and ends of several processes together mean nothing, so the report has none.
            let pooled = several && is.is_none() && got["processes"] != "1";
            if is != Some(&value) && !pooled {
                let is = is.map_or("nothing", String::as_str);
                failures.push(format!("{name}\t{key}\tgot {is}\texpected {value}"));
            }
            compared += usize::from(!pooled);
        }
    }
    failures.extend(
        exceptions
            .keys()
            .map(|name| format!("{name}: an exception for no log")),
    );
    eprintln!("{files} logs, {compared} figures compared");
    assert!(files >= 99, "{files} logs");
    assert!(
        failures.is_empty(),
        "{} differences:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// The runtime counted its own cycles: every one must be seen, and as often forced.
#[test]
fn own_logs_hold_as_many_cycles_as_the_runtime_counted() {
    let Some(corpus) = corpus() else { return };
    let mut failures = Vec::new();
    let mut compared = 0;
    for (name, path, _) in logs(&corpus)
        .into_iter()
        .filter(|(name, ..)| name.starts_with("own/"))
    {
        let stem = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".log")
            .to_owned();
        // One process has NAME.truth.json; several have NAME.PROCESS.truth.json each.
        let mut truths: Vec<(i64, i64, i64)> = Vec::new();
        for entry in fs::read_dir(corpus.join("own")).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let Some(of) = file.strip_suffix(".truth.json") else {
                continue;
            };
            if of == stem
                || of
                    .strip_prefix(&stem)
                    .is_some_and(|rest| rest.starts_with('.'))
            {
                let truth: Value =
                    serde_json::from_slice(&fs::read(corpus.join("own").join(&file)).unwrap())
                        .unwrap();
                truths.push((
                    count(&truth["NumGC"]),
                    count(&truth["NumForcedGC"]),
                    count(&truth["gomaxprocs"]),
                ));
            }
        }
        if truths.is_empty() {
            assert!(name.contains("killed"), "{name} has no truth");
            continue;
        }
        compared += 1;
        let Reading { rows, report, .. } = open(&path).unwrap();
        let mut seen: Vec<(i64, i64, i64)> = report
            .processes
            .iter()
            .map(|process| {
                let procs = rows
                    .iter()
                    .rfind(|row| row.process == process.id)
                    .unwrap()
                    .cycle
                    .gomaxprocs;
                (
                    process.cycles_seen as i64,
                    process.forced_cycles as i64,
                    procs.into(),
                )
            })
            .collect();
        truths.sort_unstable();
        seen.sort_unstable();
        if seen != truths {
            failures.push(format!(
                "{name}: (cycles, forced, P) seen {seen:?}, the runtime says {truths:?}"
            ));
        }
        let damaged = report.input.gc_lines.damaged;
        if damaged > 0 {
            failures.push(format!(
                "{name}: {damaged} damaged lines, though every cycle is there"
            ));
        }
    }
    assert!(compared >= 44, "{compared} logs");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Every wrapping of a log gives the rows of the log itself.
#[test]
fn a_wrapped_log_is_the_log_itself() {
    let Some(corpus) = corpus() else { return };
    let mut failures = Vec::new();
    let cycles = |path: &Path| -> BTreeSet<String> {
        let rows = open(path).unwrap().rows;
        rows.iter()
            .map(|row| String::from_utf8_lossy(&row.raw).into_owned())
            .collect()
    };
    for (name, path, expect) in logs(&corpus)
        .into_iter()
        .filter(|(name, ..)| name.starts_with("wrapped/"))
    {
        // Which log was wrapped is told by its cycles.
        let inner = match expect["modern"]["last_cycle"].as_u64() {
            Some(72) => "sawtooth.go1.27.3.log",
            Some(38) => "limit-thrash.go1.27.3.log",
            _ => "churn.go1.25.5.log",
        };
        if name.ends_with(".xz") || name.contains("cut-at-end") || name.ends_with("/compose.log") {
            continue;
        }
        let plain = cycles(&corpus.join("own").join(inner));
        let wrapped = cycles(&path);
        if plain != wrapped {
            let differing = plain
                .symmetric_difference(&wrapped)
                .take(2)
                .cloned()
                .collect::<Vec<_>>();
            failures.push(format!(
                "{name}: {} cycles, {inner} has {}: {}",
                wrapped.len(),
                plain.len(),
                differing.join("\n  ")
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
