//! The line at the bottom of a terminal, seen through `script`, which gives a program a terminal of its own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::io::Write as _;
use std::process::Command;

const BUSY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/inputs/busy.log");

/// What a terminal gets of `(cat busy.log; sleep 2) | gcpressure ARGS`; `None` where there is no `script`.
fn terminal(args: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_gcpressure");
    let line = format!("(cat '{BUSY}'; sleep 2) | '{program}' {args}");
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .stdin(std::process::Stdio::null())
        .output();
    let Ok(output) = output else {
        let _ = writeln!(std::io::stderr(), "script is not installed: skipped");
        return None;
    };
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_live_stream_has_a_line_that_goes_away() {
    let Some(shown) = terminal("2>&1") else {
        return;
    };
    assert!(shown.contains("300 GC cycles; raised: "), "{shown:?}");
    assert!(shown.contains("critical gc-frequency raised"), "{shown:?}");
    // The report comes after the line was cleared.
    let (line, report) = shown.split_once("CRITICAL").unwrap();
    assert!(line.contains("\u{1b}[2K"), "{line:?}");
    assert!(!report.contains("raised: 1 critical"), "{report:?}");
}

#[test]
fn there_is_no_line_where_it_would_be_in_the_way() {
    for args in ["-q", "--passthrough", "2>/dev/null"] {
        let Some(shown) = terminal(args) else { return };
        assert!(!shown.contains("GC cycles; raised"), "{args}: {shown:?}");
    }
}
