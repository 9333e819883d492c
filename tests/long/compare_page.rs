//! The page of a comparison: what stands in it, and in a browser without a network what it draws.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use crate::browser;

use std::fs;
use std::path::Path;

use base64::Engine as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const WASTEFUL: &str = "samples/wasteful.go1.27.3.log";
const FIXED: &str = "samples/fixed.go1.27.3.log";
const WIDE: (u32, u32) = (1280, 2400);

/// The page of `gcpressure compare` with these arguments, and the exit status.
fn page(args: &[&str]) -> (i32, String) {
    let output = crate::program::gcpressure()
        .args(["compare", "-f", "html"])
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), page)
}

/// The pieces of a page between two marks.
fn between<'a>(page: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let pieces = page.split(start).skip(1);
    pieces.map(|rest| rest.split_once(end).unwrap().0).collect()
}

/// The figures of the charts.
fn island(page: &str) -> Value {
    let mark = "<script type=\"application/json\" id=\"report\">";
    let json = between(page, mark, "</script>");
    serde_json::from_str(json[0]).unwrap()
}

#[test]
fn both_sides_are_drawn_over_each_other() {
    let (status, page) = page(&["--check", WASTEFUL, FIXED]);
    assert_eq!(status, 0);
    assert!(page.contains("<p class=\"verdict\">PASS</p>"));
    assert!(page.contains(
        "<th>GC frequency</th><td class=\"number\">51.2/s</td><td class=\"number\">4.41/s</td>"
    ));
    let figures = island(&page);
    for (side, cycles) in [("base", 614), ("new", 53)] {
        let run = &figures[side]["runs"][0];
        let points = run["frequency"].as_array().unwrap().len();
        assert!(points > 3, "{side}: {points} points");
        assert_eq!(run["at"].as_array().unwrap().len(), points + 1);
        let pauses = run["pauses"].as_array().unwrap().iter();
        let counted: u64 = pauses.map(|pair| pair[1].as_u64().unwrap()).sum();
        assert_eq!(counted, cycles, "{side}");
    }
    let Some(shown) = browser::open(&page, "", WIDE) else {
        return;
    };
    assert_eq!(shown.console, Vec::<String>::new());
    // All but the allocation rate, which these logs cannot show.
    assert_eq!(shown.attribute("charts").as_deref(), Some("6"));
    assert_eq!(shown.attribute("lines").as_deref(), Some("2,2,2,2,2,2"));
    assert_eq!(shown.document.matches("<canvas").count(), 6);
    assert!(shown.document.contains("Not drawn: the cycles are too few"));
}

#[test]
fn every_run_is_a_line() {
    let (_, page) = page(&[
        "--base", WASTEFUL, "--base", WASTEFUL, "--new", FIXED, "--new", FIXED, "--new", FIXED,
    ]);
    let Some(shown) = browser::open(&page, "", WIDE) else {
        return;
    };
    assert_eq!(shown.console, Vec::<String>::new());
    assert_eq!(shown.attribute("lines").as_deref(), Some("5,5,5,5,5,2"));
}

#[test]
fn the_policy_names_the_scripts_that_are_there() {
    let (_, page) = page(&[WASTEFUL, FIXED]);
    let scripts = between(&page, "<script>", "</script>");
    assert_eq!(scripts.len(), 3);
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"")[0];
    for script in scripts {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
        let start: String = script.chars().take(60).collect();
        assert!(
            policy.contains(&format!("'sha256-{hash}'")),
            "POLICY in src/render/html.rs must name 'sha256-{hash}' for the script that starts with {start}"
        );
    }
}

#[test]
fn a_saved_report_is_drawn_as_its_log_is() {
    let here = tempfile::tempdir().unwrap();
    let saved = here.path().join("base.json");
    let output = crate::program::gcpressure()
        .args(["-f", "json", WASTEFUL])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    fs::write(&saved, output.stdout).unwrap();
    let of_log = island(&page(&[WASTEFUL, FIXED]).1);
    let of_report = island(&page(&[saved.to_str().unwrap(), FIXED]).1);
    assert_eq!(of_log, of_report);
}

#[test]
fn no_name_is_markup_and_nothing_is_loaded() {
    let here = tempfile::tempdir().unwrap();
    let hostile = here.path().join("<img src=x onerror=alert(1)>.log");
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join(WASTEFUL),
        &hostile,
    )
    .unwrap();
    let (_, page) = page(&[hostile.to_str().unwrap(), FIXED]);
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;.log"));
    assert!(!page.contains("<img"));
    assert_eq!(page.matches("<script").count(), 4);
    let name = island(&page)["base"]["runs"][0]["name"].clone();
    assert!(name.as_str().unwrap().contains("<img"), "{name}");
    for reference in ["@import", "url(", "<iframe", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(reference), "{reference}");
    }
}

#[test]
fn a_side_without_a_run_is_a_page_that_says_so() {
    let here = tempfile::tempdir().unwrap();
    let empty = here.path().join("empty.log");
    fs::write(&empty, "no gc line\n").unwrap();
    let (status, page) = page(&["--check", empty.to_str().unwrap(), FIXED]);
    assert_eq!(status, 3);
    assert!(page.contains("NO VERDICT"));
    assert!(page.contains("There is no run to use on the base side"));
    let Some(shown) = browser::open(&page, "", WIDE) else {
        return;
    };
    assert_eq!(shown.console, Vec::<String>::new());
}
