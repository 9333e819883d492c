//! What the README promises to read around a gc line: a folder with a log and what is found in it for each.
//!
//! `SNAPSHOTS=overwrite cargo test --test all wrappings` writes what is found; look at the difference before it is kept.

#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::{CycleRow, Options, Sink, analyze};

/// Words of the README, and the folders that hold them true.
const PROMISES: &[(&str, &[&str])] = &[
    ("Docker JSON", &["docker-json"]),
    ("CRI", &["cri"]),
    ("compose", &["compose", "compose-colored"]),
    ("`kubectl --prefix`", &["kubectl-prefix"]),
    ("journald", &["journald-short", "journald-json"]),
    ("syslog", &["syslog-rfc3164", "syslog-rfc5424"]),
    ("GitHub Actions", &["github-actions"]),
    ("Buildkite", &["buildkite"]),
    ("Loki", &["loki-jsonl"]),
    ("cloud JSON lines", &["cloud-logging", "cloudwatch"]),
    ("`go test -json`", &["go-test-json"]),
    ("benchmark names", &["benchmark-names"]),
    ("times", &["weekday", "timestamp", "kernel", "go-log"]),
    ("colors", &["colors", "byte-order-mark"]),
    ("JSON arrays", &["json-array"]),
    ("logfmt", &["logfmt"]),
    (
        "CSV exports",
        &["csv-splunk", "csv-kibana", "csv-datadog", "csv-grafana"],
    ),
    ("`grep -n`", &["grep-n", "grep-hn"]),
    ("`cat -n`", &["cat-n"]),
    (
        "pasted from web pages",
        &[
            "page",
            "no-break-spaces",
            "folded-80",
            "folded-100",
            "folded-blanks-lost",
            "glued",
        ],
    ),
    (
        "Any other constant text",
        &[
            "learned-before",
            "learned-around",
            "learned-behind",
            "first-line",
            "quoted",
        ],
    ),
    ("a future Go", &["newer-field", "newer-mark"]),
];

/// What is found, as text.
#[derive(Default)]
struct Found(String);

impl Sink for Found {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        let (stream, wall) = (row.stream.unwrap_or("-"), row.wall_time.unwrap_or("-"));
        let how = if row.repaired { " repaired" } else { "" };
        let (process, number) = (row.process, row.cycle.number);
        writeln!(self.0, "{process}: gc {number} in {stream} at {wall}{how}").unwrap();
        Ok(())
    }
}

fn found(path: &Path) -> String {
    let source = Source::open(path.to_str().unwrap()).unwrap();
    let mut found = Found::default();
    let report = analyze(vec![source], &Options::default(), &mut found).unwrap();
    let input = &report.input;
    let (duplicate, forced) = (input.gc_lines.duplicate, input.forced_notices);
    for (count, what) in [
        (input.gc_lines.intact, "intact"),
        (input.gc_lines.repaired, "repaired"),
        (input.gc_lines.damaged, "damaged"),
        (input.gc_lines.quoted, "quoted"),
        (duplicate, "duplicate"),
        (forced, "GC forced"),
        (input.other_lines, "other lines"),
    ] {
        if count > 0 {
            writeln!(found.0, "{what}: {count}").unwrap();
        }
    }
    for warning in &report.warnings {
        writeln!(found.0, "warning: {warning}").unwrap();
    }
    found.0
}

#[test]
fn every_promise_is_kept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrappings");
    let overwrite = std::env::var_os("SNAPSHOTS").is_some_and(|how| how == "overwrite");
    let promised: BTreeSet<&str> = PROMISES
        .iter()
        .flat_map(|(_, names)| *names)
        .copied()
        .collect();
    let mut wrong = Vec::new();
    for name in &promised {
        let (input, expect) = (
            folder.join(name).join("input"),
            folder.join(name).join("expect"),
        );
        let found = found(&input);
        if overwrite {
            fs::write(&expect, &found).unwrap();
        }
        let expected = fs::read_to_string(&expect).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{name}: expected\n{expected}found\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let there: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let promised: BTreeSet<String> = promised.into_iter().map(str::to_owned).collect();
    assert_eq!(there, promised, "a folder for each promise");
}

#[test]
fn the_readme_says_so() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, section) = readme.split_once("## What it reads").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let section = section.split_whitespace().collect::<Vec<_>>().join(" ");
    for (promise, _) in PROMISES {
        assert!(
            section.contains(promise),
            "the README does not say `{promise}`"
        );
    }
}
