//! The report of a fleet, from its logs to the gate, as text at several widths, as JSON by its schema, and as a page.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::fleet::{SMALL, Size, VERSIONS, make};
use gcpressure::internal::fleet::{Compared, Line, ReportOptions, Reporter, report_schema};
use gcpressure::internal::render::{FleetFormat, Render as _, Style};
use gcpressure::report::fleet::{Fleet, ServiceVerdict};
use serde_json::Value;
use tempfile::TempDir;

/// Status and standard output of the command; there must be nothing on standard error.
fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gcpressure"))
        .arg("fleet")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), text)
}

/// A fleet, its rows in `rows.ndjson` beside it.
fn scanned(size: Size) -> TempDir {
    let here = tempfile::tempdir().unwrap();
    make(&here.path().join("logs"), size).unwrap();
    let (status, rows) = run(here.path(), &["scan", "--root", "logs", "logs"]);
    assert_eq!(status, 0);
    fs::write(here.path().join("rows.ndjson"), rows).unwrap();
    here
}

fn versions() -> String {
    format!("version={},{}", VERSIONS[0], VERSIONS[1])
}

/// A report by the library.
fn report(rows: &str, change: impl FnOnce(&mut ReportOptions)) -> Fleet {
    let mut options = ReportOptions {
        by: vec!["service".to_owned()],
        compare: Some(Compared {
            label: "version".to_owned(),
            values: VERSIONS.map(str::to_owned),
        }),
        ..ReportOptions::default()
    };
    change(&mut options);
    let mut reporter = Reporter::new(options);
    for row in rows.lines() {
        reporter.add(Line::parse(row.as_bytes()).unwrap()).unwrap();
    }
    reporter.finish().unwrap()
}

#[test]
fn the_planted_regression_is_found_and_nothing_else() {
    let here = scanned(SMALL);
    let check = [
        "report",
        "--compare",
        &versions(),
        "--check",
        "-f",
        "json",
        "rows.ndjson",
    ];
    let (status, json) = run(here.path(), &check);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((status, &json["exit_status"]), (1, &Value::from(1)));
    let comparison = &json["comparison"];
    assert_eq!(comparison["outcome"], "regression");
    let services = comparison["services"].as_array().unwrap();
    let verdicts: Vec<_> = services
        .iter()
        .map(|service| {
            (
                service["labels"]["service"].as_str().unwrap(),
                service["verdict"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(verdicts[0], ("cart", "regression"));
    assert_eq!(verdicts.len(), 3);
    assert!(
        verdicts[1..]
            .iter()
            .all(|(_, verdict)| *verdict == "no-regression"),
        "{verdicts:?}"
    );
    // Two days of five pods of six files a day are five runs.
    assert_eq!(services[0]["base"]["runs"], SMALL.pods);
    assert_eq!(services[0]["base"]["coverage"]["files"], SMALL.pods * 2 * 3);
    assert_eq!(comparison["base_only"][0]["service"], "broken");

    // By pods that were merged on the way, the same.
    let by = ["merge", "--by", "service,version,pod", "rows.ndjson"];
    fs::write(here.path().join("pods.ndjson"), run(here.path(), &by).1).unwrap();
    let merged = [
        "report",
        "--compare",
        &versions(),
        "--check",
        "-f",
        "json",
        "pods.ndjson",
    ];
    let (status, merged) = run(here.path(), &merged);
    let merged: Value = serde_json::from_str(&merged).unwrap();
    assert_eq!((status, &merged["comparison"]), (1, comparison));

    // The other way round it is an improvement.
    let back = format!("version={},{}", VERSIONS[1], VERSIONS[0]);
    let (status, text) = run(
        here.path(),
        &["report", "--compare", &back, "--check", "rows.ndjson"],
    );
    assert_eq!(status, 0);
    assert!(
        text.starts_with("PASS") && text.contains("1 improved"),
        "{text}"
    );
}

/// Four pods have six files each on each day, and a service more for each, and are still four.
#[test]
fn files_are_not_runs() {
    let here = scanned(Size {
        pods: 4,
        cycles: 60,
    });
    let check = ["report", "--compare", &versions(), "--check", "rows.ndjson"];
    let (status, text) = run(here.path(), &check);
    assert_eq!(status, 3, "{text}");
    assert!(
        text.starts_with("NO VERDICT  cannot tell for 3 of 3 services"),
        "{text}"
    );
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        plain.contains("cart 4 against 4") && plain.contains("5 pods a side are needed"),
        "{text}"
    );
    let eased = [&check[..], &["--allow-no-verdict"]].concat();
    assert_eq!(run(here.path(), &eased).0, 0);
    assert_eq!(
        run(here.path(), &check[..3]).0,
        3,
        "standard input is empty"
    );
}

#[test]
fn text_keeps_to_its_columns_and_markdown_to_its_cells() {
    let here = scanned(SMALL);
    let mut rows = fs::read_to_string(here.path().join("rows.ndjson")).unwrap();
    rows = rows.replace(
        "\"cart\"",
        "\"ca|rt \\u001b[31m`@x` with a name that is too long for a column of a table\"",
    );
    let fleet = report(&rows, |_| ());
    for width in [80, 100, 120, 200] {
        let mut text = Vec::new();
        let style = Style::default().width(width).verbose(true);
        FleetFormat::Text.render(&fleet, &mut text, &style).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains('\u{1b}'));
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
    let mut text = Vec::new();
    FleetFormat::Markdown
        .render(&fleet, &mut text, &Style::default())
        .unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains('\u{1b}'));
    let mut columns = 0;
    for line in text.lines() {
        let cells = line.replace("\\|", "").matches('|').count();
        assert!(
            !line.starts_with('|') || columns == 0 || columns == cells,
            "{line}"
        );
        columns = if line.starts_with('|') { cells } else { 0 };
    }
}

#[test]
fn the_json_follows_the_published_schema() {
    let here = scanned(SMALL);
    let schema = serde_json::to_value(report_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let rows = fs::read_to_string(here.path().join("rows.ndjson")).unwrap();
    let with: [fn(&mut ReportOptions); 4] = [
        |_| (),
        |options| options.compare = None,
        |options| options.by = vec!["version".to_owned(), "zone".to_owned()],
        |options| options.run = vec!["day".to_owned()],
    ];
    for change in with {
        for rows in [rows.as_str(), ""] {
            let mut json = Vec::new();
            let fleet = report(rows, change);
            FleetFormat::Json
                .render(&fleet, &mut json, &Style::default())
                .unwrap();
            let json: Value = serde_json::from_slice(&json).unwrap();
            let wrong: Vec<_> = validator
                .iter_errors(&json)
                .map(|error| error.to_string())
                .collect();
            assert!(wrong.is_empty(), "{wrong:#?}");
            assert_eq!(json["schema"], "gcpressure.fleet-report/v1");
            let mut broken = json;
            broken["groups"] = Value::from(3);
            assert!(!validator.is_valid(&broken));
        }
    }
}

#[test]
fn the_page_shows_every_run_and_no_name_is_markup() {
    let here = scanned(SMALL);
    let rows = fs::read_to_string(here.path().join("rows.ndjson")).unwrap();
    let rows = rows.replace("\"cart\"", "\"<img src=x onerror=alert(1)>\"");
    let fleet = report(&rows, |_| ());
    let services = &fleet.comparison.as_ref().unwrap().services;
    assert_eq!(services[0].verdict, ServiceVerdict::Regression);
    let mut page = Vec::new();
    FleetFormat::Html
        .render(&fleet, &mut page, &Style::default())
        .unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("<p class=\"verdict\">REGRESSION</p>"));
    assert!(page.contains("&lt;img src=x") && !page.contains("<img") && !page.contains("<script"));
    for reference in ["@import", "url(", "<iframe", "<link rel=\"stylesheet"] {
        assert!(!page.contains(reference), "{reference}");
    }
    // A dot a pod of three services in two versions.
    assert_eq!(page.matches("<circle").count(), 30);
    let Some(shown) = crate::browser::open(&page, "", (400, 2400)) else {
        return;
    };
    assert_eq!(shown.console, Vec::<String>::new());
    // No script has run.
    assert_eq!(shown.attribute("charts"), None);
    assert_eq!(shown.document.matches("<circle").count(), 30);
}
