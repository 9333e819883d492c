//! `gcpressure watch` in a real terminal, driven by tmux; without a terminal, as plain lines.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end at the first surprise, and says on standard error what it skipped"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::terminal::{AFTERWARDS, RESTORED, Terminal};

const PROGRAM: &str = env!("CARGO_BIN_EXE_gcpressure");

/// GC lines of one process, `per_second` cycles a second, with a heap that breathes.
fn trace(first: u64, last: u64, per_second: u64) -> String {
    let mut text = String::new();
    for number in first..=last {
        let ms = number * 1000 / per_second;
        let live = 40 + (number / per_second % 20) * 4;
        writeln!(
            text,
            "gc {number} @{}.{:03}s 2%: 0.020+0.80+0.004 ms clock, 0.16+0.10/1.2/0+0.032 ms cpu, {}->{}->{live} MB, {} MB goal, 0 MB stacks, 0 MB globals, 8 P",
            ms / 1000,
            ms % 1000,
            live * 2 - 6,
            live * 2 - 2,
            live * 2,
        )
        .unwrap();
    }
    text
}

/// A terminal of this size in a folder with a trace of 300 cycles, `first`, and a program, `svc`. `None` without tmux.
fn terminal(width: u16, height: u16, svc: &str) -> Option<(tempfile::TempDir, Terminal)> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("first"), trace(1, 300, 10)).unwrap();
    fs::write(folder.path().join("svc"), svc).unwrap();
    let terminal = Terminal::new(folder.path(), width, height)?;
    Some((folder, terminal))
}

/// Waits for the end of a command that was followed by [`AFTERWARDS`]; the terminal is as it was.
fn ended(terminal: &Terminal, status: u8) -> String {
    terminal.wait(&format!("status {status}"));
    let all = terminal.all();
    assert!(
        all.contains(&format!("status {status} {RESTORED}")),
        "{all}"
    );
    terminal.is_restored();
    all
}

#[test]
fn a_file_that_grows_is_drawn_and_the_keys_work() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("app.log");
    fs::write(&log, trace(1, 3_000, 50)).unwrap();
    let Some(terminal) = Terminal::new(folder.path(), 80, 24) else {
        return;
    };
    terminal.line(&format!("{PROGRAM} watch app.log{AFTERWARDS}"));
    let screen = terminal.wait("3,000 cycles, 0 missing");
    for part in [
        "app.log",
        " heap ",
        "live ",
        "goal ",
        "cycles 50.5/s",
        "pause p99 24µs",
        "GC CPU",
        "assist",
        "findings",
    ] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert!(screen.contains("critical gc-frequency"), "{screen}");
    assert!(screen.lines().count() <= 24);

    // It grows, is renamed and begun anew by another process, and cut to nothing.
    let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(trace(3_001, 3_500, 50).as_bytes()).unwrap();
    terminal.wait("3,500 cycles, 0 missing");
    fs::rename(&log, folder.path().join("app.log.1")).unwrap();
    fs::write(&log, trace(1, 100, 10)).unwrap();
    terminal.wait("3,600 cycles, 0 missing");
    terminal.wait("(1 of 2)");
    terminal.key("Tab");
    terminal.wait("process 2 (2 of 2)");
    terminal.key("BTab");
    terminal.wait("process 1 (1 of 2)");
    fs::write(&log, "").unwrap();
    thread::sleep(Duration::from_millis(500));
    fs::write(&log, trace(101, 120, 10)).unwrap();
    terminal.wait("3,620 cycles, 0 missing");

    // Keys.
    terminal.key("Space");
    terminal.wait("PAUSED");
    let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(trace(121, 130, 10).as_bytes()).unwrap();
    terminal.key("w");
    let screen = terminal.wait("window 5m00s");
    assert!(screen.contains("3,620 cycles"), "paused:\n{screen}");
    terminal.key("Space");
    terminal.wait("3,630 cycles");
    terminal.key("W");
    terminal.wait("window 1m00s");
    terminal.key("Left");
    terminal.wait("PAST");
    terminal.key("End");
    terminal.until("now", |screen| !screen.contains("PAST"));
    terminal.key("?");
    terminal.wait("next process");
    terminal.key("x");
    terminal.until("no help", |screen| !screen.contains("next process"));

    // Sizes.
    terminal.resize(40, 10);
    let screen = terminal.until("a small screen", |screen| {
        !screen.contains(" heap ") && screen.contains("heap ") && screen.contains("gc-frequency")
    });
    assert!(
        screen.lines().all(|line| line.chars().count() <= 40),
        "{screen}"
    );
    terminal.resize(200, 50);
    let screen = terminal.wait("threshold");
    assert!(screen.contains("cycles"), "{screen}");
    terminal.resize(80, 24);
    terminal.wait("q quit");

    terminal.key("q");
    let all = ended(&terminal, 0);
    assert!(all.contains("gc-frequency"), "the report:\n{all}");
}

#[test]
fn an_interrupt_reaches_the_program_and_its_stream_is_read_to_the_end() {
    let svc = "trap 'cat rest >&2; echo last words >&2; exit 7' INT\ncat first >&2\necho out\nwhile :; do sleep 0.1; done\n";
    let Some((folder, terminal)) = terminal(100, 30, svc) else {
        return;
    };
    fs::write(folder.path().join("rest"), trace(301, 400, 10)).unwrap();
    terminal.line(&format!("{PROGRAM} watch -- sh svc{AFTERWARDS}"));
    terminal.wait("300 cycles, 0 missing");
    terminal.key("l");
    terminal.wait("program's own lines");
    terminal.wait("out");
    terminal.key("C-c");
    let all = ended(&terminal, 7);
    assert!(all.contains("last words"), "{all}");
    assert!(all.contains("400"), "the report of all cycles:\n{all}");
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    let svc = "trap '' INT\necho $$ >id\ncat first >&2\nwhile :; do sleep 0.1; done\n";
    let Some((_folder, terminal)) = terminal(80, 24, svc) else {
        return;
    };
    terminal.line(&format!("{PROGRAM} watch -- sh svc{AFTERWARDS}"));
    terminal.wait("300 cycles, 0 missing");
    terminal.key("C-c");
    terminal.wait("INTERRUPTED");
    terminal.key("C-c");
    ended(&terminal, 130);
    terminal.line("kill -0 $(cat id) && echo alive || echo gone");
    terminal.wait("gone\n");
}

#[test]
fn leaving_asks_the_program_to_end() {
    let Some((_folder, terminal)) = terminal(80, 24, "cat first >&2; exec sleep 1000") else {
        return;
    };
    terminal.line(&format!("{PROGRAM} watch -- sh svc{AFTERWARDS}"));
    terminal.wait("300 cycles, 0 missing");
    terminal.key("q");
    ended(&terminal, 0);
}

#[test]
fn a_pipe_is_watched_and_keys_come_from_the_terminal() {
    let Some((_folder, terminal)) = terminal(80, 24, "") else {
        return;
    };
    let pipe = |terminal: &Terminal| {
        terminal.line(&format!(
            "(cat first; while :; do echo own; sleep 0.1; done) | {PROGRAM} watch{AFTERWARDS}"
        ));
        terminal.wait("300 cycles, 0 missing");
    };
    pipe(&terminal);
    terminal.key("q");
    terminal.wait("status 0");
    terminal.key("C-l");
    terminal.line("clear");
    pipe(&terminal);
    // Everyone in the pipeline gets it, so the stream ends, and the report is complete.
    terminal.key("C-c");
    terminal.wait("ready$");
    terminal.is_restored();
}

#[test]
fn in_a_terminal_an_interrupt_reaches_the_program_of_run_once() {
    let svc = "trap 'echo got one' INT\ntrap 'echo got the end; exit 9' TERM\ntrap 'echo got up' CONT\ncat first >&2\necho begun\nwhile :; do sleep 0.1; done\n";
    let Some((_folder, terminal)) = terminal(80, 24, svc) else {
        return;
    };
    terminal.line(&format!("{PROGRAM} run -- sh svc; echo status $?"));
    terminal.wait("begun");
    terminal.key("C-c");
    terminal.wait("got one");
    let screen = terminal.wait("interrupt again");
    assert_eq!(screen.matches("got one").count(), 1, "{screen}");
    // The terminal has the same foreground group as without gcpressure, so job control works.
    terminal.key("C-z");
    terminal.wait("ready$");
    terminal.line("fg; echo ended $?");
    terminal.wait("got up");
    terminal.key("C-\\");
    terminal.wait("ended 131");
}

#[test]
fn without_a_terminal_there_are_plain_lines_and_the_report() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.log"), trace(1, 3_000, 50)).unwrap();
    let mut child = crate::program::gcpressure()
        .args(["watch", "app.log", "--refresh", "50ms"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(
        line.starts_with("gcpressure: process 1 at ") && line.contains("gc-frequency raised"),
        "{line}"
    );
    while !line.contains("live heap") {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "no line says how things stand"
        );
    }
    assert!(
        line.starts_with("gcpressure: process 1 at 1m00s: 50.5/s, pause p99 24µs, GC CPU "),
        "{line}"
    );
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(
        rest.contains("CRITICAL") || rest.contains("critical"),
        "{rest}"
    );
}

#[test]
fn without_a_terminal_a_report_for_machines_has_standard_output_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.log"), trace(1, 3_000, 50)).unwrap();
    for flags in [&["-f", "json"][..], &["-f", "csv"], &["-q"]] {
        let output = crate::program::gcpressure()
            .args(["watch", "--refresh", "1ms"])
            .args(flags)
            .current_dir(folder.path())
            .stdin(fs::File::open(folder.path().join("app.log")).unwrap())
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(!stdout.contains("gcpressure: "), "{flags:?}: {stdout}");
        assert_eq!(stdout.is_empty(), flags == ["-q"], "{flags:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{flags:?}");
    }
}
