//! The line at the bottom of a terminal, seen through `script`, which gives a program a terminal of its own.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test panics by design, and says on standard error what it skipped"
)]

use std::io::Write as _;

use crate::terminal::Terminal;

const BUSY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/inputs/busy.log");

/// What a terminal gets of `(cat busy.log; sleep 2) | gcpressure ARGS`, with `CI` set to this text; `None` where there is no
/// `script`.
fn shown(args: &str, ci: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_gcpressure");
    let line = format!("(cat '{BUSY}'; sleep 2) | '{program}' {args}");
    let output = crate::program::started("script")
        .args(["-qec", &line, "/dev/null"])
        .env("CI", ci)
        .env("TERM", "xterm")
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
    let Some(shown) = shown("--window 2s 2>&1", "") else {
        return;
    };
    assert!(shown.contains("300 GC cycles; raised: "), "{shown:?}");
    assert!(shown.contains("critical gc-frequency raised"), "{shown:?}");
    let figures = "raised: 1 critical, 1 warning; 66.7/s, 2.6% CPU\r";
    assert!(shown.contains(figures), "{shown:?}");
    // The report comes after the line was cleared.
    let (line, report) = shown.split_once("CRITICAL").unwrap();
    assert!(line.contains("\u{1b}[2K"), "{line:?}");
    assert!(!report.contains("raised: 1 critical"), "{report:?}");
}

#[test]
fn there_is_no_line_where_it_would_be_in_the_way() {
    for (args, ci) in [
        ("-q", ""),
        ("--passthrough", ""),
        ("2>/dev/null", ""),
        ("2>&1", "true"),
    ] {
        let args = format!("--window 2s {args}");
        let Some(shown) = shown(&args, ci) else {
            return;
        };
        assert!(!shown.contains("GC cycles; raised"), "{args}: {shown:?}");
    }
}

/// The program that is run logs to standard error, the second time without the end of a line.
const PROGRAM: &str = "cat busy.log >&2
echo a line >&2
until [ -e go ]; do sleep 0.05; done
printf 'a question? ' >&2
until [ -e on ]; do sleep 0.05; done
echo an answer >&2
trap 'exit 7' INT
while :; do sleep 0.05; done
";

#[test]
fn the_line_of_run_keeps_out_of_the_programs_way_and_goes_away_with_what_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::copy(BUSY, file("busy.log")).unwrap();
    std::fs::write(file("svc"), PROGRAM).unwrap();
    let Some(terminal) = Terminal::new(folder.path(), 80, 50) else {
        return;
    };
    let program = env!("CARGO_BIN_EXE_gcpressure");
    terminal.line(&format!(
        "clear; {program} run --window 2s -- sh svc > out; echo status $?"
    ));
    let line = "300 GC cycles; raised: 1 critical, 1 warning";
    let screen = terminal.wait(line);
    let (before, after) = screen.split_once(line).unwrap();
    assert!(before.contains("a line\n"), "{screen}");
    assert_eq!(after.trim(), "; 66.7/s, 2.6% CPU", "{screen}");

    std::fs::write(file("go"), "").unwrap();
    let screen = terminal.wait("a question?");
    assert!(!screen.contains(line), "{screen}");
    std::fs::write(file("on"), "").unwrap();
    let screen = terminal.wait(line);
    assert!(screen.contains("a question? an answer\n"), "{screen}");

    terminal.key("C-c");
    terminal.wait("status 7");
    let all = terminal.all();
    assert!(!all.contains("GC cycles; raised"), "{all}");
    assert!(all.contains("CRITICAL"), "{all}");
}

#[test]
fn run_has_no_line_where_the_programs_own_output_is_on_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(BUSY, folder.path().join("busy.log")).unwrap();
    let Some(terminal) = Terminal::new(folder.path(), 80, 50) else {
        return;
    };
    let program = env!("CARGO_BIN_EXE_gcpressure");
    terminal.line(&format!(
        "clear; {program} run --window 2s -- sh -c 'cat busy.log >&2; sleep 2; echo out'"
    ));
    let raised = terminal.wait("gc-frequency raised");
    std::thread::sleep(std::time::Duration::from_secs(1));
    let screen = terminal.screen();
    assert!(!raised.contains("GC cycles; raised"), "{raised}");
    assert!(!screen.contains("GC cycles; raised"), "{screen}");
    terminal.wait("CRITICAL");
}
