//! README.md and docs/ are true: their console examples are run and print what the pages show, their tables are the program's.
//!
//! `UPDATE_README=1 cargo test --test all readme` writes what the examples print now into the pages.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// README.md, ARCHITECTURE.md and the pages under docs/: path below the root, and text.
fn pages() -> Vec<(String, String)> {
    let mut paths = vec!["README.md".to_owned(), "ARCHITECTURE.md".to_owned()];
    for folder in ["docs", "docs/dev", "docs/ci", "docs/observability"] {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let pages = names.filter(|name| name.ends_with(".md"));
        paths.extend(pages.map(|name| format!("{folder}/{name}")));
    }
    let read = |path: String| (path.clone(), fs::read_to_string(root().join(path)).unwrap());
    paths.into_iter().map(read).collect()
}

/// Runs a command of a page in the repository's folder, with the program that was just built first on the path, and
/// returns what a reader would see.
fn run(command: &str) -> String {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_gcpressure"));
    let path = format!(
        "{}:{}",
        built.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let output = crate::program::started("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(root())
        .env("PATH", path)
        .output()
        .unwrap();
    let mut seen = String::from_utf8(output.stdout).unwrap();
    if !seen.is_empty() && !seen.ends_with('\n') {
        seen.push('\n');
    }
    if let Some(status @ 1..) = output.status.code() {
        writeln!(seen, "[exit status {status}]").unwrap();
    }
    seen
}

/// A page with the output of every example replaced by what it prints now. In blocks of kind `console`, lines that start
/// with `$ ` are commands (a line that ends in a backslash goes on), the others their output. A comment that holds a command
/// stands before the table that it prints.
fn with_real_output(page: &str) -> (String, usize) {
    let (mut text, mut examples) = (String::new(), 0);
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        writeln!(text, "{line}").unwrap();
        let commented = line.strip_prefix("<!-- gcpressure ");
        if let Some(arguments) = commented.and_then(|rest| rest.strip_suffix(" -->")) {
            while lines.next_if(|line| line.starts_with('|')).is_some() {}
            let printed = run(&format!("gcpressure {arguments}"));
            let rows: Vec<_> = printed.lines().filter(|l| l.starts_with('|')).collect();
            assert!(rows.len() > 2, "{printed}");
            writeln!(text, "{}", rows.join("\n")).unwrap();
            examples += 1;
        }
        if line != "```console" {
            continue;
        }
        let mut block = lines.by_ref().take_while(|line| *line != "```").peekable();
        while let Some(line) = block.next() {
            let Some(first) = line.strip_prefix("$ ") else {
                continue;
            };
            let mut command = first.to_owned();
            writeln!(text, "{line}").unwrap();
            while command.ends_with('\\') {
                let next = block.next().unwrap();
                writeln!(text, "{next}").unwrap();
                command = format!("{command}\n{next}");
            }
            text.push_str(&run(&command));
            examples += 1;
            if block.peek().is_some_and(|line| line.is_empty()) {
                text.push('\n');
            }
        }
        text.push_str("```\n");
    }
    (text, examples)
}

#[test]
fn every_example_prints_what_the_page_shows() {
    let mut examples = 0;
    for (page, shown) in pages() {
        // Its commands are run by tests/long/tour.rs, with a Go toolchain.
        if page == "docs/tour.md" {
            continue;
        }
        let (real, found) = with_real_output(&shown);
        examples += found;
        if std::env::var_os("UPDATE_README").is_some() {
            fs::write(root().join(page), &real).unwrap();
            continue;
        }
        for (number, (shown, real)) in (1..).zip(shown.lines().zip(real.lines())) {
            assert_eq!(
                shown, real,
                "{page}:{number} (UPDATE_README=1 rewrites the examples)"
            );
        }
        assert_eq!(shown.lines().count(), real.lines().count(), "{page}");
    }
    assert!(examples >= 4, "only {examples} examples were run");
}

/// The cells of a table's rows, from the row after the rule under `heading` to the table's end.
fn table<'a>(readme: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, table) = readme
        .split_once(heading)
        .unwrap_or_else(|| panic!("no table {heading}"));
    table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn the_rules_table_is_the_programs() {
    let output = crate::program::gcpressure()
        .args(["-f", "json", "samples/fixed.go1.27.3.log"])
        .current_dir(root())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let readme = readme();
    let rows = table(&readme, "| rule | warning | critical |");
    let rules = report["rules"].as_array().unwrap();
    assert_eq!(rows.len(), rules.len());
    for (row, rule) in rows.iter().zip(rules) {
        assert_eq!(row[0].trim_matches('`'), rule["id"]);
        for (cell, key) in [(row[1], "warning"), (row[2], "critical")] {
            let (shown, real) = (threshold(cell), rule[key].as_f64());
            let same = match (shown, real) {
                (Some(shown), Some(real)) => (shown - real).abs() <= real * 1e-9,
                (shown, real) => shown == real,
            };
            assert!(
                same,
                "{}, {key}: the README says {cell:?}, the program {real:?}",
                row[0]
            );
        }
    }
}

#[test]
fn the_causes_table_is_the_programs() {
    let page = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let rows = table(&page, "| cause | means |");
    let causes = gcpressure::internal::rules::diagnosis::table();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row[0].trim_matches('`'), row[1]))
        .collect();
    let real: Vec<_> = causes
        .iter()
        .map(|row| (row.cause.name(), row.summary))
        .collect();
    assert_eq!(told, real);
}

/// What `explain` says of a rule names the thresholds that it judges by.
#[test]
fn the_prose_of_a_rule_names_its_thresholds() {
    for rule in gcpressure::internal::rules::table() {
        let prose: String = rule.explain().split_whitespace().collect();
        for (word, value) in [
            ("arningfrom", rule.warning),
            ("riticalfrom", rule.critical),
            ("`info`from", rule.info),
        ] {
            if let Some(value) = value {
                let named = format!("{word}{}", rule.unit.format(value));
                assert!(prose.contains(&named), "{}: {named}: {prose}", rule.id);
            }
        }
    }
}

/// A threshold as the report's JSON holds it: ns, ratios, MiB and counts. `None` for words.
fn threshold(cell: &str) -> Option<f64> {
    let digits = cell
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(cell.len());
    let number: f64 = cell[..digits].parse().ok()?;
    match cell[digits..].trim() {
        "ms" => Some(number * 1e6),
        "%" => Some(number / 100.0),
        "" | "/s" | "/min" | "MiB" => Some(number),
        unit => panic!("unit {unit:?} in {cell:?}"),
    }
}

#[test]
fn links_lead_somewhere() {
    for (page, text) in pages() {
        let folder = root().join(&page);
        let folder = folder.parent().unwrap();
        for link in text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
        {
            let path = link.split('#').next().unwrap();
            assert!(
                link.contains("://") || folder.join(path).exists(),
                "{page}: {link}"
            );
        }
    }
}
