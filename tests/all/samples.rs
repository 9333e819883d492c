//! The sample logs against what the runtime counted in the same process (samples/README.md says how they were made).

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn gcpressure(args: &[&str], sample: &str) -> Output {
    crate::program::gcpressure()
        .args(args)
        .arg(samples().join(sample))
        .output()
        .unwrap()
}

fn report(sample: &str) -> Value {
    let output = gcpressure(&["-f", "json"], sample);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{sample}: {e}: {output:?}"))
}

/// Cycles seen, cycles missing and forced cycles of each process, fewest cycles first.
fn cycles(report: &Value) -> Vec<[u64; 3]> {
    let of = |process: &Value, key: &str| process[key].as_u64().unwrap();
    let keys = ["cycles_seen", "cycles_missing", "forced_cycles"];
    let mut all: Vec<_> = report["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|process| keys.map(|key| of(process, key)))
        .collect();
    all.sort_unstable();
    all
}

#[test]
fn each_log_holds_as_many_cycles_as_the_runtime_counted() {
    let mut checked = 0;
    for entry in std::fs::read_dir(samples()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = file.strip_suffix(".truth.json") else {
            continue;
        };
        let truth: Value =
            serde_json::from_slice(&std::fs::read(samples().join(&file)).unwrap()).unwrap();
        let plain = format!("{name}.log");
        let log = if samples().join(&plain).exists() {
            plain
        } else {
            format!("{name}.log.gz")
        };
        let counted = [
            truth["num_gc"].as_u64().unwrap(),
            0,
            truth["num_forced_gc"].as_u64().unwrap(),
        ];
        let [seen] = cycles(&report(&log))[..] else {
            panic!("{log}: more than one process");
        };
        assert_eq!(seen, counted, "{log}");
        checked += 1;
    }
    assert_eq!(checked, 6, "logs with a truth beside them");
}

#[test]
fn lines_that_the_service_cut_are_put_together_again() {
    let lines = &report("noisy.go1.27.3.log.gz")["input"]["gc_lines"];
    assert_eq!(lines["intact"], 486, "{lines}");
    assert_eq!(lines["repaired"], 10, "{lines}");
    assert_eq!(lines["damaged"], 0, "{lines}");
}

#[test]
fn wrapping_changes_nothing() {
    let plain = report("limit.go1.27.3.log");
    let docker = report("docker-json.log");
    let kubectl = report("kubectl-prefix.log");
    assert_eq!(cycles(&docker), cycles(&plain));
    assert_eq!(
        cycles(&kubectl),
        [cycles(&report("fixed.go1.27.3.log")), cycles(&plain)].concat()
    );
    for key in [
        "period_ns",
        "pause_ns",
        "gc_cpu_ratio",
        "live_heap_bytes",
        "heap_goal_bytes",
    ] {
        assert_eq!(
            docker["processes"][0][key], plain["processes"][0][key],
            "{key}"
        );
    }
}

#[test]
fn the_gate_fails_the_wasteful_service_and_passes_the_fixed_one() {
    for (sample, status) in [
        ("wasteful.go1.19.8.log", 1),
        ("wasteful.go1.27.3.log", 1),
        ("fixed.go1.19.8.log", 0),
        ("fixed.go1.27.3.log", 0),
    ] {
        let output = gcpressure(&["check"], sample);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{sample}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    let only_frequency = [
        "check",
        "--only",
        "gc-frequency",
        "--max",
        "gc-frequency=5/s",
    ];
    assert_eq!(
        gcpressure(&only_frequency, "wasteful.go1.27.3.log")
            .status
            .code(),
        Some(1)
    );
    assert_eq!(
        gcpressure(&only_frequency, "fixed.go1.27.3.log")
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn a_program_that_nobody_here_wrote() {
    let report = report("esbuild-0.11.0.log");
    assert_eq!(
        report["processes"][0]["format"], "go1.6-1.17",
        "built with Go 1.16.2"
    );
    let lines = std::fs::read_to_string(samples().join("esbuild-0.11.0.log")).unwrap();
    let printed = lines
        .lines()
        .filter(|line| line.starts_with("gc ") && line.ends_with(" P"))
        .count() as u64;
    assert_eq!(cycles(&report), [[printed, 0, 0]]);
}
