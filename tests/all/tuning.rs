//! `gcpressure tune` through the program: its data, its pages, several processes, and a prediction against the log of the setting.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

const BASE: &str = "tests/cases/inputs/gogc100.log";
const AFTER: &str = "tests/cases/inputs/gogc400.log";
const PODS: &str = "samples/kubectl-prefix.log";
const WASTEFUL: &str = "samples/wasteful.go1.27.3.log";
const LIMITED: &str = "samples/limit.go1.27.3.log";

fn tune(args: &[&str]) -> Output {
    crate::program::gcpressure()
        .arg("tune")
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

fn text(args: &[&str]) -> String {
    let output = tune(args);
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    let args = [&["-f", "json"], args].concat();
    serde_json::from_str(&text(&args)).unwrap()
}

#[test]
fn the_predictions_follow_their_published_schema() {
    let schema = crate::program::gcpressure()
        .args(["schema", "tuning"])
        .output()
        .unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for args in [
        vec![WASTEFUL],
        vec![LIMITED, "--memory", "96MiB"],
        vec![PODS, WASTEFUL, "--memory", "512MiB", "--cpu", "1%"],
        vec![BASE, "--check", AFTER],
    ] {
        let read = json(&args);
        assert_eq!(read["schema"], "gcpressure.tuning/v1");
        let errors: Vec<String> = validator
            .iter_errors(&read)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

/// Ranges are in order; what has no numbers says why; what is recommended is one of the settings, and fits.
#[test]
fn the_data_agree_with_each_other() {
    let read = json(&[WASTEFUL, "--memory", "256MiB"]);
    assert_eq!(read["memory_bytes"], 256 << 20);
    let process = &read["processes"][0];
    let settings = process["settings"].as_array().unwrap();
    assert_eq!(settings.len(), 9);
    let mut before = f64::INFINITY;
    for setting in settings {
        let frequency = &setting["gc_frequency_per_second"];
        assert_eq!(
            frequency.is_null(),
            setting["reason"].is_string(),
            "{setting}"
        );
        for figure in [
            "gc_frequency_per_second",
            "gc_cpu_ratio",
            "heap_goal_bytes",
            "peak_bytes",
        ] {
            let range = &setting[figure];
            assert!(range["low"].as_f64() <= range["high"].as_f64(), "{setting}");
        }
        // A higher GOGC collects less often.
        if setting["memory_limit_bytes"].is_null() {
            let high = frequency["high"].as_f64().unwrap();
            assert!(high < before, "{setting}");
            before = high;
        }
    }
    let limit = settings[7]["memory_limit_bytes"].as_u64().unwrap();
    assert_eq!((limit, &settings[7]["gogc"]), (230 << 20, &Value::Null));
    let recommended = &process["recommended"];
    assert_eq!(recommended["memory_limit_bytes"], limit);
    let gogc = recommended["gogc"].as_u64().unwrap();
    assert!(
        recommended["environment"]
            .as_str()
            .unwrap()
            .contains(&format!("GOGC={gogc} "))
    );
    let row = settings
        .iter()
        .find(|row| row["gogc"].as_f64() == Some(gogc as f64))
        .unwrap();
    assert!(row["peak_bytes"]["high"].as_u64().unwrap() < limit);
    assert!(row["gc_cpu_ratio"]["high"].as_f64().unwrap() < 0.03);
}

#[test]
fn each_process_has_its_own_table_the_one_with_the_most_cycles_first() {
    let read = json(&[PODS]);
    let processes = read["processes"].as_array().unwrap();
    let cycles: Vec<_> = processes
        .iter()
        .map(|process| process["cycles_seen"].as_u64())
        .collect();
    assert_eq!(cycles.len(), 2);
    assert!(cycles[0] > cycles[1], "{cycles:?}");
    let one = json(&[PODS, "--stream", "pod/orders-5d9c7b6f4-8xk2p/svc"]);
    assert_eq!(one["processes"].as_array().unwrap().len(), 1);
    assert_eq!(one["processes"][0]["settings"], processes[1]["settings"]);
}

/// Real logs of one program at GOGC=100 and 400.
#[test]
fn a_prediction_holds_against_the_log_of_the_setting() {
    let read = json(&[BASE, "--check", AFTER]);
    let check = &read["processes"][0]["check"];
    assert_eq!(check["setting"]["gogc"], 400, "{check}");
    let figures = check["figures"].as_array().unwrap();
    assert_eq!(figures.len(), 4);
    for figure in &figures[..3] {
        assert_eq!(figure["within"], true, "{figure}");
    }
    // Said to be another setting, it is refuted.
    let read = json(&[
        BASE,
        "--check",
        AFTER,
        "--setting",
        "GOGC=off,GOMEMLIMIT=64MiB",
    ]);
    let check = &read["processes"][0]["check"];
    assert_eq!(check["figures"][0]["within"], false, "{check}");
}

#[test]
fn statuses_tell_numbers_from_none() {
    for (args, status) in [
        (vec![WASTEFUL], 0),
        (vec![LIMITED], 3),
        (vec![LIMITED, "--allow-no-verdict"], 0),
        (vec!["tests/cases/inputs/empty.log"], 3),
        (vec!["tests/cases/inputs/absent.log"], 2),
        (vec![WASTEFUL, "tests/cases/inputs/absent.log"], 2),
        (vec![WASTEFUL, "--memory", "0"], 2),
        (vec![WASTEFUL, "--cpu", "300%"], 2),
        (vec![WASTEFUL, "--setting", "GOGC=400"], 2),
        (vec![BASE, "--check", AFTER, "--setting", "GOGC=fast"], 2),
        (vec![BASE, "--check", "tests/cases/inputs/empty.log"], 2),
    ] {
        let output = tune(&args);
        assert_eq!(output.status.code(), Some(status), "{args:?} {output:?}");
        assert_eq!(
            output.stderr.is_empty(),
            status == 0 || args == [LIMITED],
            "{args:?} {output:?}"
        );
    }
}

#[test]
fn text_fits_the_page_and_the_page_runs_nothing() {
    let everything = [
        vec![WASTEFUL, "--memory", "96MiB", "--cpu", "0.1%"],
        vec!["-v", PODS, LIMITED],
        vec!["--ascii", BASE, "--check", AFTER],
    ];
    for args in &everything {
        let output = tune(args);
        let out = String::from_utf8(output.stdout).unwrap();
        for line in out.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(!args.contains(&"--ascii") || out.is_ascii(), "{out}");
    }
    // A name from the log is no markup.
    let here = tempfile::tempdir().unwrap();
    let log = here.path().join("<img src=x onerror=alert(1)>.log");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(WASTEFUL), &log).unwrap();
    let page = text(&["-f", "html", log.to_str().unwrap()]);
    assert!(
        !page.contains("<img") && !page.contains("<script"),
        "{page}"
    );
    assert!(page.contains("default-src 'none'") && page.contains("GOGC=600"));
    let markdown = text(&["-f", "markdown", log.to_str().unwrap()]);
    assert!(
        !markdown.contains("\n<img") && markdown.contains("\n| measured |"),
        "{markdown}"
    );
}

#[test]
fn files_are_written_beside_standard_output() {
    let here = tempfile::tempdir().unwrap();
    let path = here.path().join("tuning.json");
    let target = format!("json={}", path.display());
    assert!(text(&["-q", WASTEFUL, "-o", &target]).is_empty());
    let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(written, json(&[WASTEFUL]));
    let same = format!("json={WASTEFUL}");
    assert_eq!(tune(&[WASTEFUL, "-o", &same]).status.code(), Some(2));
}

/// The three lines under a cause that a higher GOGC cures are rows of the table; under one that it does not cure there are none.
#[test]
fn a_report_says_what_a_higher_gogc_would_give() {
    let advice = |log: &str| -> Vec<String> {
        let report = crate::program::gcpressure()
            .args(["-f", "json", log])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        let advice = report["diagnosis"]["advice"].as_array().unwrap();
        let lines = advice.iter().map(|line| line.as_str().unwrap().to_owned());
        lines
            .filter(|line| line.starts_with("with GOGC="))
            .collect()
    };
    let lines = advice(WASTEFUL);
    let table = text(&[WASTEFUL]);
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (line, gogc) in lines.iter().zip(["200", "400", "800"]) {
        let row = table.lines().find(|row| row.starts_with(gogc)).unwrap();
        let (_, figures) = line.split_once("come at ").unwrap();
        let frequency = figures.split(',').next().unwrap();
        assert!(
            line.contains(&format!("GOGC={gogc} ")) && row.contains(frequency),
            "{line} {row}"
        );
    }
    assert_eq!(advice(LIMITED), Vec::<String>::new());
}
