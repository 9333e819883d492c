//! The machine interface: what is written follows the published schemas, whose keys are never removed.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use crate::example;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gcpressure::internal::fleet;
use gcpressure::internal::render::{Format, Render, Style};
use gcpressure::report::benchmarks::Benchmarks;
use gcpressure::report::comparison::Comparison;
use gcpressure::report::sites::Sites;
use gcpressure::report::tuning::Tuning;
use gcpressure::report::why::Why;
use gcpressure::report::{self, Report};
use serde_json::{Value, json};

fn document(report: &Report) -> Value {
    let mut page = Vec::new();
    Format::Json
        .render(report, &mut page, &Style::default())
        .unwrap();
    serde_json::from_slice(&page).unwrap()
}

/// Every published schema by its name.
fn schemas() -> Vec<(&'static str, Value)> {
    let value = |schema| serde_json::to_value(schema).unwrap();
    vec![
        ("report", value(report::schema::<Report>())),
        ("event", value(report::event_schema())),
        ("comparison", value(report::schema::<Comparison>())),
        ("benchmarks", value(report::schema::<Benchmarks>())),
        ("sites", value(report::schema::<Sites>())),
        ("why", value(report::schema::<Why>())),
        ("tuning", value(report::schema::<Tuning>())),
        ("fleet-row", value(fleet::row_schema())),
        ("fleet", value(fleet::merged_schema())),
        ("fleet-report", value(fleet::report_schema())),
    ]
}

/// The keys below one part of a schema, each with its path and its types: `processes[].pause_ns.p99 integer`.
fn keys_of_schema(root: &Value, part: &Value, path: &str, keys: &mut BTreeSet<String>) {
    if let Some(name) = part["$ref"].as_str() {
        let target = root.pointer(name.trim_start_matches('#')).unwrap();
        return keys_of_schema(root, target, path, keys);
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        for one in part[choice].as_array().into_iter().flatten() {
            keys_of_schema(root, one, path, keys);
        }
    }
    match &part["type"] {
        Value::String(kind) => drop(keys.insert(format!("{path} {kind}"))),
        Value::Array(kinds) => {
            keys.extend(
                kinds
                    .iter()
                    .map(|kind| format!("{path} {}", kind.as_str().unwrap())),
            );
        }
        _ => {}
    }
    for (key, below) in part["properties"].as_object().into_iter().flatten() {
        keys_of_schema(root, below, &format!("{path}.{key}"), keys);
    }
    for (key, below) in [("items", "[]"), ("additionalProperties", ".*")] {
        if part[key].is_object() {
            keys_of_schema(root, &part[key], &format!("{path}{below}"), keys);
        }
    }
}

/// The same of a document.
fn keys_of(value: &Value, path: &str, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, below) in map {
                keys_of(below, &format!("{path}.{key}"), keys);
            }
        }
        Value::Array(items) => {
            for item in items {
                keys_of(item, &format!("{path}[]"), keys);
            }
        }
        _ => drop(keys.insert(path.to_owned())),
    }
}

/// `tests/schema.keys` holds every key that was ever published. `SNAPSHOTS=overwrite` adds new ones to it and takes none away.
#[test]
fn keys_are_added_and_never_removed() {
    let mut keys = BTreeSet::new();
    for (name, schema) in schemas() {
        keys_of_schema(&schema, &schema, name, &mut keys);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema.keys");
    let published = fs::read_to_string(&path).unwrap_or_default();
    let published: BTreeSet<String> = published.lines().map(str::to_owned).collect();
    let gone: Vec<_> = published.difference(&keys).collect();
    assert!(gone.is_empty(), "published keys are gone: {gone:#?}");
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
        fs::write(path, lines).unwrap();
        return;
    }
    let new: Vec<_> = keys.difference(&published).collect();
    assert!(new.is_empty(), "SNAPSHOTS=overwrite publishes {new:#?}");
}

/// A schema allows keys that it does not name, so that later ones are no error; a report has none.
#[test]
fn a_report_has_no_key_that_the_schema_does_not_name() {
    let mut known = BTreeSet::new();
    let (name, schema) = &schemas()[0];
    keys_of_schema(schema, schema, name, &mut known);
    let known: BTreeSet<&str> = known
        .iter()
        .map(|key| key.split(' ').next().unwrap())
        .collect();
    let real = example::real().into_iter().map(|(_, report)| report);
    for report in real.chain(reports()) {
        let mut keys = BTreeSet::new();
        keys_of(&document(&report), name, &mut keys);
        for key in keys {
            let map = key.rsplit_once('.').map(|(map, _)| format!("{map}.*"));
            let named =
                known.contains(key.as_str()) || map.is_some_and(|map| known.contains(map.as_str()));
            assert!(named, "{key}");
        }
    }
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
        let json = document(&report);
        let wrong: Vec<_> = validator
            .iter_errors(&json)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    let mut broken = document(&example::critical());
    broken["processes"][0]["pause_ns"]["p99"] = Value::from("3ms");
    assert!(!validator.is_valid(&broken));
    let mut short = document(&example::critical());
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
        let json = document(&report);
        let wrong: Vec<_> = validator
            .iter_errors(&json)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{path}: {wrong:#?}");
    }
}

#[test]
fn values_arrive_as_they_were() {
    let read = document(&example::critical());
    let process = &read["processes"][0];
    assert_eq!(read["schema"], "gcpressure.report/v1");
    assert_eq!(
        (&read["verdict"], &read["exit_status"]),
        (&json!("critical"), &json!(1))
    );
    assert_eq!(read["input"]["gc_lines"]["intact"], 4400);
    assert_eq!(process["cycles_seen"], 4402);
    assert_eq!(process["pause_ns"]["p99"], 750_000);
    assert_eq!(process["live_heap_bytes"]["max"], 4 << 20);
    assert_eq!(read["findings"][0]["rule"], "gc-frequency");
    assert_eq!(read["rules"][2]["status"], "no-evidence");
    assert_eq!(read["rules"][2]["worst"], Value::Null);
    let reason = document(&example::nothing())["no_verdict_reason"].clone();
    assert!(reason.as_str().unwrap().contains("GODEBUG=gctrace=1"));
}

#[test]
fn whole_numbers_stay_whole() {
    let report = document(&example::critical());
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
