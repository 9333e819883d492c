//! The machine interface: what is written follows the published schema and reads back by types that know no other key.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

mod example;

use std::collections::BTreeMap;

use gcpressure::internal::render::{Format, Render, Style};
use gcpressure::report::{self, Report};
use serde::Deserialize;
use serde_json::Value;

fn json(report: &Report) -> Value {
    let mut page = Vec::new();
    Format::Json
        .render(report, &mut page, &Style::default())
        .unwrap();
    serde_json::from_slice(&page).unwrap()
}

/// The keys as the manual gives them: these types share nothing with those that write.
#[allow(
    dead_code,
    reason = "that every key is there, and no other, is the test"
)]
mod manual {
    use super::{BTreeMap, Deserialize, Value};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Report {
        pub schema: String,
        pub tool: Tool,
        pub verdict: String,
        pub no_verdict_reason: Option<String>,
        pub exit_status: u8,
        pub input: Input,
        pub processes_omitted: u64,
        pub processes: Vec<Process>,
        pub diagnosis: Option<Diagnosis>,
        pub findings: Vec<Finding>,
        pub rules: Vec<Rule>,
        pub warnings: Vec<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Tool {
        pub name: String,
        pub version: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Input {
        pub sources: Vec<Source>,
        pub unreadable: Vec<String>,
        pub gc_lines: BTreeMap<String, u64>,
        pub legacy_gc_lines: u64,
        pub other_lines: u64,
        pub overlong_lines: u64,
        pub scavenger_lines: u64,
        pub pacer_lines: u64,
        pub forced_notices: u64,
        pub damaged_lines: Vec<Value>,
        pub newest_first: bool,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Source {
        pub name: String,
        pub bytes: u64,
        pub lines: u64,
        pub joined: bool,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Process {
        pub id: String,
        pub source: String,
        pub stream: Option<String>,
        pub approximate: bool,
        pub format: String,
        pub first_cycle: u64,
        pub last_cycle: u64,
        pub cycles_seen: u64,
        pub cycles_missing: u64,
        pub forced_cycles: u64,
        pub periodic_cycles: u64,
        pub started_ns: u64,
        pub duration_ns: u64,
        pub gomaxprocs: BTreeMap<String, u32>,
        pub gc_frequency_per_second: Option<f64>,
        pub period_ns: BTreeMap<String, Option<u64>>,
        pub pause_ns: BTreeMap<String, u64>,
        pub stop_ns: BTreeMap<String, u64>,
        pub concurrent_mark_ns: BTreeMap<String, u64>,
        pub gc_cpu_ratio: Option<f64>,
        pub gc_cpu_ratio_low: Option<f64>,
        pub gc_cpu_ratio_high: Option<f64>,
        pub gc_cpu_cores: Option<f64>,
        pub cpus: Option<f64>,
        pub gc_cpu_ratio_of_cpus: Option<f64>,
        pub mark_assist_cpu_ratio: Option<f64>,
        pub mark_idle_cpu_ratio: Option<f64>,
        pub mark_duty_ratio: Option<f64>,
        pub stw_ratio: Option<f64>,
        pub allocation_bytes: Option<u64>,
        pub allocation_bytes_per_second: Option<f64>,
        pub allocation_resolved: bool,
        pub live_heap_bytes: BTreeMap<String, u64>,
        pub heap_goal_bytes: Option<BTreeMap<String, u64>>,
        pub heap_goal_churn_per_minute: f64,
        pub heap_goal_reversals: u64,
        pub mmu: BTreeMap<String, f64>,
        pub implied_gogc: Option<BTreeMap<String, f64>>,
        pub peak_window: Option<PeakWindow>,
        pub timeline: Vec<TimelinePoint>,
        pub pause_histogram: Vec<BTreeMap<String, u64>>,
        pub percentiles_exact: bool,
        pub sums_estimated: bool,
        pub allocation_bytes_low: Option<u64>,
        pub allocation_bytes_high: Option<u64>,
        pub mark_assist_share_ratio: Option<f64>,
        pub headroom_use_p50_ratio: Option<f64>,
        pub overshoot_ratio: f64,
        pub min_heap_ratio: f64,
        pub early_cycles: u64,
        pub gogc_changes: u64,
        pub limit_regime: bool,
        pub cpus_seen: Option<f64>,
        pub limiter_bucket_max_ratio: f64,
        pub live_trend_bytes_per_second: Option<f64>,
        pub heap_goal_churn_cause: Option<String>,
        pub judged: bool,
        pub diagnosis: Option<Diagnosis>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Diagnosis {
        pub cause: String,
        pub severity: String,
        pub process: String,
        pub message: String,
        pub explains: Vec<String>,
        pub advice: Vec<String>,
        pub evidence: BTreeMap<String, f64>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct PeakWindow {
        pub start_ns: u64,
        pub end_ns: u64,
        pub cycles: u64,
        pub gc_frequency_per_second: f64,
        pub pause_p99_ns: u64,
        pub gc_cpu_ratio: Option<f64>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct TimelinePoint {
        pub start_ns: u64,
        pub end_ns: u64,
        pub cycles: u64,
        pub gc_frequency_per_second: f64,
        pub pause_p50_ns: u64,
        pub pause_p99_ns: u64,
        pub pause_max_ns: u64,
        pub stop_cpu_ratio: Option<f64>,
        pub mark_assist_cpu_ratio: Option<f64>,
        pub mark_background_cpu_ratio: Option<f64>,
        pub mark_idle_cpu_ratio: Option<f64>,
        pub heap_start_max_bytes: u64,
        pub heap_end_max_bytes: u64,
        pub heap_live_min_bytes: u64,
        pub heap_live_max_bytes: u64,
        pub heap_goal_min_bytes: Option<u64>,
        pub heap_goal_max_bytes: Option<u64>,
        pub allocation_bytes_per_second: Option<f64>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Finding {
        pub rule: String,
        pub severity: String,
        pub process: String,
        pub scope: String,
        pub capped_by: Option<String>,
        pub measured: f64,
        pub worst: f64,
        pub threshold: f64,
        pub unit: String,
        pub since_ns: u64,
        pub until_ns: u64,
        pub since_wall: Option<String>,
        pub until_wall: Option<String>,
        pub episodes: Vec<Episode>,
        pub active_ratio: f64,
        pub message: String,
        pub advice: Vec<String>,
        pub evidence: BTreeMap<String, f64>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Episode {
        pub since_ns: u64,
        pub until_ns: u64,
        pub worst: f64,
        pub severity: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Rule {
        pub id: String,
        pub status: String,
        pub worst: Option<f64>,
        pub unit: String,
        pub warning: Option<f64>,
        pub critical: Option<f64>,
        pub episodes: Vec<Episode>,
    }
}

fn keys<T>(map: &BTreeMap<String, T>) -> Vec<&str> {
    map.keys().map(String::as_str).collect()
}

fn reports() -> [Report; 5] {
    [
        example::critical(),
        example::healthy(),
        example::nothing(),
        example::fleet(30),
        example::hostile(),
    ]
}

#[test]
fn every_report_follows_the_published_schema() {
    let schema = serde_json::to_value(report::schema::<Report>()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in reports() {
        let json = json(&report);
        let wrong: Vec<_> = validator
            .iter_errors(&json)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    let mut broken = json(&example::critical());
    broken["processes"][0]["pause_ns"]["p99"] = Value::from("3ms");
    assert!(!validator.is_valid(&broken));
    let mut short = json(&example::critical());
    short["processes"][0]
        .as_object_mut()
        .unwrap()
        .remove("gc_cpu_ratio");
    assert!(!validator.is_valid(&short));
}

#[test]
fn real_reports_follow_it_too() {
    let schema = serde_json::to_value(report::schema::<Report>()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (path, report) in example::real() {
        let json = json(&report);
        let wrong: Vec<_> = validator
            .iter_errors(&json)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{path}: {wrong:#?}");
        let read: manual::Report = serde_json::from_value(json).unwrap();
        assert_eq!(read.findings.len(), report.findings.len(), "{path}");
    }
}

#[test]
fn the_keys_are_those_of_the_manual() {
    for report in reports() {
        let read: manual::Report = serde_json::from_value(json(&report)).unwrap();
        assert_eq!(read.schema, "gcpressure.report/v1");
        assert_eq!(read.processes.len(), report.processes.len());
        assert_eq!(
            keys(&read.input.gc_lines),
            ["damaged", "duplicate", "intact", "quoted", "repaired"]
        );
        for process in &read.processes {
            assert_eq!(keys(&process.gomaxprocs), ["max", "min"]);
            let percentiles = ["count", "max", "min", "p50", "p90", "p99", "p999", "sum"];
            assert_eq!(keys(&process.pause_ns), percentiles);
            assert_eq!(keys(&process.stop_ns), percentiles);
            assert_eq!(keys(&process.concurrent_mark_ns), percentiles);
            assert_eq!(
                keys(&process.period_ns),
                ["count", "max", "mean", "min", "p50", "p90", "p99"]
            );
            assert_eq!(
                keys(&process.live_heap_bytes),
                ["first", "last", "max", "min", "p50"]
            );
            assert_eq!(keys(&process.mmu), ["100ms", "10ms", "1ms", "1s"]);
        }
    }
}

#[test]
fn values_arrive_as_they_were() {
    let read: manual::Report = serde_json::from_value(json(&example::critical())).unwrap();
    let process = &read.processes[0];
    assert_eq!((read.verdict.as_str(), read.exit_status), ("critical", 1));
    assert_eq!(read.input.gc_lines["intact"], 4400);
    assert_eq!(process.cycles_seen, 4402);
    assert_eq!(process.pause_ns["p99"], 750_000);
    assert_eq!(process.live_heap_bytes["max"], 4 << 20);
    assert_eq!(read.findings[0].rule, "gc-frequency");
    assert_eq!(read.rules[2].status, "no-evidence");
    assert_eq!(read.rules[2].worst, None);
    let reason = json(&example::nothing())["no_verdict_reason"].clone();
    assert!(reason.as_str().unwrap().contains("GODEBUG=gctrace=1"));
}

#[test]
fn whole_numbers_stay_whole() {
    let report = json(&example::critical());
    assert_eq!(
        report["findings"][0]["evidence"]["cycles"].to_string(),
        "667"
    );
    assert_eq!(report["findings"][0]["measured"].to_string(), "66.7");
    assert_eq!(report["findings"][0]["threshold"].to_string(), "40");
}

#[test]
fn the_schemas_name_themselves() {
    for (schema, name) in [
        (report::schema::<Report>(), "gcpressure.report/v1"),
        (report::event_schema(), "gcpressure.event/v1"),
    ] {
        let schema = serde_json::to_value(schema).unwrap();
        assert_eq!(schema["properties"]["schema"]["const"], name);
        jsonschema::meta::validate(&schema).unwrap();
    }
}
