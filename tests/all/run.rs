//! `gcpressure run -- CMD` and interrupts, with shell scripts that print what a Go program would.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end at the first surprise, and says on standard error what it skipped"
)]

use crate::go;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};

/// Long enough that a machine under load gets there, short enough that a hang is seen.
const PATIENCE: Duration = Duration::from_secs(60);

/// GC lines of one process, `per_second` cycles a second.
fn trace(first: u64, last: u64, per_second: u64) -> String {
    let mut text = String::new();
    for number in first..=last {
        let ms = number * 1000 / per_second;
        writeln!(
            text,
            "gc {number} @{}.{:03}s 2%: 0.020+0.80+0.004 ms clock, 0.16+0.10/1.2/0+0.032 ms cpu, 8->9->4 MB, 10 MB goal, 0 MB stacks, 0 MB globals, 8 P",
            ms / 1000,
            ms % 1000,
        )
        .unwrap();
    }
    text
}

fn gcpressure() -> Command {
    heeding(env!("CARGO_BIN_EXE_gcpressure"))
}

/// A program that heeds all signals, also where some are ignored, as under `nohup` and in a script's background job: what is
/// caught here is at its default in a program that is started from here.
fn heeding(program: &str) -> Command {
    static CAUGHT: Once = Once::new();
    CAUGHT.call_once(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap());
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH] {
            if ignored >> (number - 1) & 1 == 1 {
                signal_hook::flag::register(number, Arc::default()).unwrap();
            }
        }
    });
    let mut command = crate::program::started(program);
    command.stdin(Stdio::null());
    command
}

/// A program that is not left behind by a test that fails.
struct Running(Child);

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Running {
    /// A second SIGTERM ends `gcpressure` and what it runs.
    fn drop(&mut self) {
        for _ in 0..20 {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            let _ = kill_process(pid(self.0.id()), Signal::TERM);
            thread::sleep(Duration::from_millis(100));
        }
        let _ = self.0.kill();
    }
}

/// `gcpressure run FLAGS -- sh -c SCRIPT` in `folder`, which holds what the script reads.
fn run(folder: &Path, flags: &[&str], script: &str) -> Command {
    let mut command = gcpressure();
    command
        .arg("run")
        .args(flags)
        .args(["--", "sh", "-c", script]);
    command.current_dir(folder);
    command
}

fn output(mut command: Command) -> Output {
    command.output().unwrap()
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("r.json")).unwrap()).unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A folder with a quiet, a busy and an interleaved log in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("quiet"), trace(1, 40, 1)).unwrap();
    fs::write(folder.path().join("busy"), trace(1, 3_000, 100)).unwrap();
    folder
}

/// Waits for what a script says on its standard output.
fn wait_for(child: &mut Child, line: &str) -> BufReader<std::process::ChildStdout> {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut got = String::new();
    lines.read_line(&mut got).unwrap();
    assert_eq!(got.trim_end(), line);
    lines
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(pid(child.id()), signal).unwrap();
}

/// Sends a signal again and again until the program has ended. Far enough apart that two are not taken for one, and that
/// the second has its effect before there is a third.
fn interrupt_until_the_end(child: &mut Child, number: Signal) -> std::process::ExitStatus {
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < PATIENCE, "still running");
        signal(child, number);
        for _ in 0..200 {
            thread::sleep(Duration::from_millis(10));
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
        }
    }
}

/// Waits until it is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "{what}: still not");
        thread::sleep(Duration::from_millis(10));
    }
}

fn is_gone(id: &str) -> bool {
    test_kill_process(pid(id.trim().parse().unwrap())).is_err()
}

#[test]
fn godebug_is_extended_and_standard_input_and_output_are_the_programs_own() {
    let folder = folder();
    let script = "echo \"$GODEBUG\"; cat; cat quiet >&2";
    let mut command = run(folder.path(), &["-q"], script);
    command.env("GODEBUG", "madvdontneed=1");
    fs::write(folder.path().join("in"), "through\n").unwrap();
    command.stdin(fs::File::open(folder.path().join("in")).unwrap());
    let output = output(command);
    assert_eq!(text(&output.stdout), "madvdontneed=1,gctrace=1\nthrough\n");
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn all_that_is_no_trace_is_passed_on_byte_for_byte_and_in_order() {
    let folder = folder();
    let mut mixed = Vec::new();
    let mut own = Vec::new();
    for (number, line) in trace(1, 2_000, 100).lines().enumerate() {
        let record = format!("{number} level=info \u{1b}[31mred\u{1b}[0m gc \r\t\u{fffd} done\r\n");
        mixed.extend_from_slice(line.as_bytes());
        mixed.push(b'\n');
        mixed.extend_from_slice(record.as_bytes());
        mixed.extend_from_slice(&[0, 0xff, 0xfe, b'\n']);
        own.extend_from_slice(record.as_bytes());
        own.extend_from_slice(&[0, 0xff, 0xfe, b'\n']);
    }
    // A cut line, put together again, and an end without a line feed.
    mixed.extend_from_slice(
        b"gc 2001 @20.010s 2%: 0.020+0.80+0.004 ms clock, 0.16+0.10/1.2/0+0.032 ms cpu, 8->",
    );
    mixed.extend_from_slice(
        b"own words\n9->4 MB, 10 MB goal, 0 MB stacks, 0 MB globals, 8 P\nthe end",
    );
    own.extend_from_slice(b"own words\nthe end");
    fs::write(folder.path().join("mixed"), &mixed).unwrap();
    let output = output(run(
        folder.path(),
        &["-q", "-o", "json=r.json"],
        "cat mixed >&2",
    ));
    assert!(
        output.stderr == own,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = &report(folder.path())["input"]["gc_lines"];
    assert_eq!(
        (&lines["intact"], &lines["repaired"]),
        (&2_000.into(), &1.into()),
        "{lines}"
    );
}

#[test]
fn the_exit_status_is_the_programs_own_and_the_checks_where_it_succeeds() {
    let folder = folder();
    let cases: &[(&[&str], &str, i32)] = &[
        (&[], "cat busy >&2", 0),
        (&[], "true", 0),
        (&["--check"], "cat quiet >&2", 0),
        (&["--check"], "cat busy >&2", 1),
        (&["--check"], "true", 3),
        (&["--check", "--allow-no-verdict"], "true", 0),
        (&["--check", "--exit-zero"], "cat busy >&2", 0),
        (&["--check"], "cat busy >&2; exit 7", 7),
        (&[], "cat busy >&2; exit 7", 7),
        (&[], "kill -9 $$", 137),
        (&["--check"], "kill -TERM $$", 143),
    ];
    for (flags, script, status) in cases {
        let mut all = vec!["-q", "-o", "json=r.json"];
        all.extend(*flags);
        let output = output(run(folder.path(), &all, script));
        assert_eq!(output.status.code(), Some(*status), "{flags:?} {script}");
        assert_eq!(
            report(folder.path())["exit_status"],
            *status,
            "{flags:?} {script}"
        );
    }
}

#[test]
fn a_program_that_cannot_be_run_gives_the_status_of_a_shell() {
    let folder = folder();
    fs::write(folder.path().join("plain"), "no program").unwrap();
    for (program, status, says) in [
        (
            "no-such-program-anywhere",
            127,
            "error: cannot run no-such-program-anywhere: no such file",
        ),
        (
            "./plain",
            126,
            "error: cannot run ./plain: permission denied",
        ),
    ] {
        let mut command = gcpressure();
        command
            .current_dir(folder.path())
            .args(["run", program, "--flag"]);
        let output = output(command);
        assert_eq!(output.status.code(), Some(status));
        assert!(
            text(&output.stderr).starts_with(says),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn the_report_goes_to_standard_error() {
    let folder = folder();
    let output = output(run(
        folder.path(),
        &[],
        "echo out; echo err >&2; cat busy >&2",
    ));
    assert_eq!(text(&output.stdout), "out\n");
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("err\n"), "{stderr}");
    assert!(stderr.contains("gc-frequency"), "{stderr}");
}

#[test]
fn a_program_without_a_trace_is_not_told_to_turn_it_on() {
    let folder = folder();
    let output = output(run(folder.path(), &[], "true"));
    let stderr = text(&output.stderr);
    let words: Vec<_> = stderr.split_whitespace().collect();
    assert!(words.join(" ").contains("is not a Go program"), "{stderr}");
    assert!(!stderr.contains("2>&1"), "{stderr}");
}

#[test]
fn signals_reach_the_program() {
    let folder = folder();
    for (number, name) in [
        (Signal::INT, "INT"),
        (Signal::TERM, "TERM"),
        (Signal::HUP, "HUP"),
        (Signal::QUIT, "QUIT"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::WINCH, "WINCH"),
    ] {
        let script = format!(
            "trap 'cat busy >&2; echo got {name}; kill $! 2>/dev/null; exit 4' {name}; sleep 100 & echo ready; wait"
        );
        let mut command = run(folder.path(), &["-q", "-o", "json=r.json"], &script);
        let mut child = Running(command.stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = wait_for(&mut child, "ready");
        signal(&child, number);
        let status = child.wait().unwrap();
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("got {name}\n"));
        // Drained to the end, although one interrupt came.
        assert_eq!(status.code(), Some(4), "{name}");
        assert_eq!(
            report(folder.path())["processes"][0]["cycles_seen"],
            3_000,
            "{name}"
        );
    }
}

/// `env` of coreutils undoes what the shell ignored, as a Go program does that asks for the signal.
#[test]
#[cfg(target_os = "linux")]
fn an_ignored_interrupt_reaches_a_program_that_catches_it() {
    let folder = folder();
    let ignoring = "trap '' INT; exec \"$0\" run -q -o json=r.json -- \"$@\"";
    let script =
        "trap 'cat busy >&2; echo got INT; kill $!; exit 4' INT; sleep 100 & echo ready; wait";
    let mut command = heeding("sh");
    command
        .args(["-c", ignoring, env!("CARGO_BIN_EXE_gcpressure")])
        .args(["env", "--default-signal=INT", "sh", "-c", script])
        .current_dir(folder.path());
    let mut child = Running(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = wait_for(&mut child, "ready");
    signal(&child, Signal::INT);
    until("the end", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(4));
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "got INT\n");
    assert_eq!(report(folder.path())["processes"][0]["cycles_seen"], 3_000);
}

#[test]
fn a_second_interrupt_reports_what_was_read_and_leaves_nobody_behind() {
    let folder = folder();
    for (number, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let script = "trap '' INT TERM; cat busy >&2; echo $$; while :; do sleep 0.1; done";
        let mut command = run(
            folder.path(),
            &["-q", "-o", "json=r.json", "--refresh", "50ms"],
            script,
        );
        let mut child = Running(command.stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut shell = String::new();
        lines.read_line(&mut shell).unwrap();
        let read = || fs::read(folder.path().join("r.json")).is_ok();
        until("the first refresh", read);
        signal(&child, number);
        assert_eq!(
            child.try_wait().unwrap(),
            None,
            "the first interrupt lets it drain"
        );
        assert_eq!(
            interrupt_until_the_end(&mut child, number).code(),
            Some(status)
        );
        assert!(is_gone(&shell), "the program is still there");
        // Whatever it started would hold the pipe that is read here.
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        let report = report(folder.path());
        assert_eq!(report["processes"][0]["cycles_seen"], 3_000);
        assert_eq!(report["exit_status"], status);
        assert!(report["warnings"][0].as_str().unwrap().contains("stopped"));
        fs::remove_file(folder.path().join("r.json")).unwrap();
    }
}

#[test]
fn interrupts_of_a_reader_drain_first_and_leave_then() {
    let folder = folder();
    let busy = fs::read(folder.path().join("busy")).unwrap();
    // The first: the stream is read to its end, and the report is as without it.
    let mut command = gcpressure();
    command
        .args(["-f", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let (first, second) = busy.split_at(busy.len() / 2);
    use std::io::Write as _;
    stdin.write_all(first).unwrap();
    // More than a pipe holds was taken, unless the reader has made it wider: either way it listens.
    signal(&child, Signal::INT);
    thread::sleep(Duration::from_millis(50));
    stdin.write_all(second).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["processes"][0]["cycles_seen"], 3_000);

    // One that the stream does not follow is answered, also where standard error is no terminal.
    let mut command = gcpressure();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(first).unwrap();
    thread::sleep(Duration::from_millis(50));
    signal(&child, Signal::TERM);
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    assert!(said.contains("interrupt again to report"), "{said}");
    drop(child.stdin.take());
    child.wait().unwrap();

    // The second: what was read is reported, while the stream is still open.
    for arguments in [&["-f", "json"][..], &["check", "-f", "json"], &["events"]] {
        let mut command = gcpressure();
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&busy).unwrap();
        interrupt_until_the_end(&mut child, Signal::TERM);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(143), "{arguments:?}");
        let first = output.stdout.split(|byte| *byte == b'\n').next().unwrap();
        let first: Value = serde_json::from_slice(first).unwrap();
        assert!(first["schema"].is_string(), "{arguments:?}");
        drop(stdin);
    }
}

#[test]
fn an_interrupt_at_any_moment_of_the_start_leaves_nobody_behind() {
    let folder = folder();
    for delay in 0..40 {
        let mut command = run(folder.path(), &["-q"], "exec sleep 1000");
        let mut child = Running(command.stdout(Stdio::piped()).spawn().unwrap());
        let mut stdout = child.stdout.take().unwrap();
        thread::sleep(Duration::from_micros(delay * 500));
        signal(&child, Signal::TERM);
        // Whoever is still there holds the pipe.
        let (ended, end) = std::sync::mpsc::channel();
        thread::spawn(move || ended.send(stdout.read_to_end(&mut Vec::new()).map(drop)));
        let end = end.recv_timeout(PATIENCE);
        assert!(end.is_ok(), "after {delay} half milliseconds");
        child.wait().unwrap();
    }
}

#[test]
fn a_timeout_asks_the_program_to_end_and_that_is_no_failure() {
    let folder = folder();
    for (flags, script, status) in [
        (
            &["--timeout", "300ms"][..],
            "cat quiet >&2; exec sleep 100",
            0,
        ),
        (
            &["--timeout", "300ms", "--check"],
            "cat busy >&2; exec sleep 100",
            1,
        ),
        (
            &["--timeout", "300ms"],
            "trap 'kill $!; exit 5' TERM; cat quiet >&2; sleep 100 & wait",
            5,
        ),
        (&["--until-critical"], "cat busy >&2; exec sleep 100", 0),
    ] {
        let mut all = vec!["-q", "-o", "json=r.json"];
        all.extend(flags);
        let output = output(run(folder.path(), &all, script));
        assert_eq!(output.status.code(), Some(status), "{flags:?} {script}");
        assert!(report(folder.path())["processes"][0]["cycles_seen"].as_u64() >= Some(40));
    }
    // Of a stream nothing more is read.
    let mut command = gcpressure();
    command.args(["--timeout", "300ms", "-f", "json"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    drop(stdin);
}

#[test]
fn of_several_processes_one_is_named_the_main_one() {
    let folder = folder();
    fs::write(folder.path().join("tool"), trace(1, 10, 10)).unwrap();
    fs::write(folder.path().join("linker"), trace(1, 12, 9)).unwrap();
    let script = "cat tool >&2; cat quiet >&2; cat linker >&2";
    let output = output(run(folder.path(), &["-q", "-o", "json=r.json"], script));
    assert!(output.status.success());
    let report = report(folder.path());
    let processes = report["processes"].as_array().unwrap();
    assert_eq!(processes.len(), 3);
    let main = processes.iter().find(|process| process["id"] == "2");
    let main = main.unwrap();
    assert_eq!(main["cycles_seen"], 40);
    assert_eq!(main["approximate"], true);
    let warning = report["warnings"][0].as_str().unwrap();
    assert!(
        warning.starts_with("3 processes print into the stream: 2 is taken"),
        "{warning}"
    );
}

#[test]
fn output_that_nobody_reads_does_not_hold_up_the_trace() {
    let folder = folder();
    fs::write(folder.path().join("long"), trace(1, 100_000, 1_000)).unwrap();
    // 17 MB of trace, and lines of its own that fit the queue, while standard error is not read.
    let script = "cat busy >&2; seq 100000 >&2; cat long >&2; echo done";
    fs::write(folder.path().join("long"), trace(3_001, 100_000, 100)).unwrap();
    let mut command = run(folder.path(), &["-o", "json=r.json"], script);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    wait_for(&mut child, "done");
    let mut passed = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut passed).unwrap();
    assert!(child.wait().unwrap().success());
    let own: String = (1..=100_000).map(|n| format!("{n}\n")).collect();
    assert!(passed.starts_with(&own), "{} bytes", passed.len());
    assert!(passed[own.len()..].contains("gc-frequency"));
    assert_eq!(
        report(folder.path())["processes"][0]["cycles_seen"],
        100_000
    );
}

#[test]
fn more_than_the_queue_holds_waits_for_its_reader_and_loses_nothing() {
    let folder = folder();
    let mut mixed = String::new();
    let mut own = String::new();
    for (number, line) in trace(1, 30_000, 1_000).lines().enumerate() {
        let record = format!("{number} {}\n", "x".repeat(600));
        mixed.push_str(line);
        mixed.push('\n');
        mixed.push_str(&record);
        own.push_str(&record);
    }
    fs::write(folder.path().join("mixed"), mixed).unwrap();
    let mut command = run(
        folder.path(),
        &["-q", "-o", "json=r.json"],
        "cat mixed >&2; exit 3",
    );
    let mut child = Running(command.stderr(Stdio::piped()).spawn().unwrap());
    // Nothing is read for a while; then all of it is there.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(
        child.try_wait().unwrap(),
        None,
        "18 MB cannot have been passed on"
    );
    let mut passed = Vec::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_end(&mut passed)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert!(passed == own.as_bytes());
    assert_eq!(report(folder.path())["processes"][0]["cycles_seen"], 30_000);
}

#[test]
fn a_second_interrupt_leaves_although_the_output_is_stuck() {
    let folder = folder();
    let script = "echo $$; trap '' INT; cat busy >&2; yes 'own line that is not read' >&2";
    let mut command = run(folder.path(), &["-q", "-o", "json=r.json"], script);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    let mut shell = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    lines.read_line(&mut shell).unwrap();
    let status = interrupt_until_the_end(&mut child, Signal::INT);
    assert_eq!(status.code(), Some(130), "{status}");
}

#[test]
fn a_reader_that_leaves_does_not_end_the_program() {
    let folder = folder();
    let script =
        "cat busy >&2; for i in 1 2 3; do echo own >&2; sleep 0.1; done; echo done; exit 6";
    let mut command = run(folder.path(), &["-o", "json=r.json"], script);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    drop(child.stderr.take());
    wait_for(&mut child, "done");
    assert_eq!(child.wait().unwrap().code(), Some(6));
    assert_eq!(report(folder.path())["processes"][0]["cycles_seen"], 3_000);
}

#[test]
fn a_full_disk_is_told_and_the_status_is_right() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = folder();
    for (script, status) in [("cat busy >&2", 2), ("cat busy >&2; exit 5", 5)] {
        let output = output(run(folder.path(), &["-o", "json=/dev/full"], script));
        assert_eq!(output.status.code(), Some(status));
        let stderr = text(&output.stderr);
        assert!(
            stderr.contains("error: cannot write /dev/full: no space left on device"),
            "{stderr}"
        );
        assert!(
            stderr.contains("gc-frequency"),
            "the report is shown all the same: {stderr}"
        );
    }
}

#[test]
fn files_are_rewritten_whole_while_the_program_runs() {
    let folder = folder();
    let script = "cat quiet >&2; while [ ! -e go ]; do sleep 0.01; done; cat busy >&2; while [ ! -e end ]; do sleep 0.01; done";
    let flags = [
        "-q",
        "-o",
        "json=r.json",
        "-o",
        "text=r.txt",
        "--refresh",
        "20ms",
    ];
    let mut child = Running(run(folder.path(), &flags, script).spawn().unwrap());
    let path: PathBuf = folder.path().join("r.json");
    let processes = || {
        let bytes = fs::read(&path).ok()?;
        // Whole whenever it is looked at.
        let report: Value = serde_json::from_slice(&bytes).unwrap();
        Some(report["processes"].as_array().unwrap().len())
    };
    until("the first process", || processes() == Some(1));
    fs::write(folder.path().join("go"), "").unwrap();
    until("the second process", || processes() == Some(2));
    assert_eq!(child.try_wait().unwrap(), None);
    fs::write(folder.path().join("end"), "").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(
        fs::read_to_string(folder.path().join("r.txt"))
            .unwrap()
            .contains("gc-frequency")
    );
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".gcpressure"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_command_is_run_for_each_critical_finding() {
    let folder = folder();
    let hook = "cat >\"hook.$GCPRESSURE_RULE\"; echo hook says $GCPRESSURE_SEVERITY $GCPRESSURE_PROCESS; exit 3";
    let script = "cat busy >&2; cat busy >&2; echo $$";
    let output = output(run(folder.path(), &["-q", "--on-critical", hook], script));
    assert!(output.status.success());
    let finding = fs::read(folder.path().join("hook.gc-frequency")).unwrap();
    let finding: Value = serde_json::from_slice(&finding).unwrap();
    assert_eq!(finding["rule"], "gc-frequency");
    assert_eq!(finding["severity"], "critical");
    assert_eq!(finding["unit"], "1/s");
    assert_eq!(finding["pid"].to_string(), text(&output.stdout).trim());
    assert!(finding["measured"].as_f64() > finding["threshold"].as_f64());
    let stderr = text(&output.stderr);
    assert!(stderr.contains("hook says critical 1\n"), "{stderr}");
    assert!(stderr.contains("hook says critical 2\n"), "{stderr}");
    assert!(
        stderr.contains("--on-critical for gc-frequency: exit status: 3"),
        "{stderr}"
    );
}

#[test]
fn a_command_that_hangs_holds_up_neither_the_reading_nor_a_second_interrupt() {
    let folder = folder();
    let script = "trap '' INT; cat busy >&2; cat quiet >&2; echo read; while :; do sleep 0.1; done";
    let hook = "echo $$ >hook; exec sleep 1000";
    let mut command = run(folder.path(), &["-q", "--on-critical", hook], script);
    let mut child = Running(command.stdout(Stdio::piped()).spawn().unwrap());
    let lines = wait_for(&mut child, "read");
    until("the hook", || {
        fs::read_to_string(folder.path().join("hook")).is_ok_and(|id| id.ends_with('\n'))
    });
    let hook = fs::read_to_string(folder.path().join("hook")).unwrap();
    let status = interrupt_until_the_end(&mut child, Signal::INT);
    assert_eq!(status.code(), Some(130));
    until("the end of the hook", || is_gone(&hook));
    drop(lines);
}

#[test]
fn every_cycle_of_a_real_program_is_accounted_for() {
    for go in go::toolchains() {
        let folder = folder();
        is_accounted_for(&go.build(folder.path()), folder.path());
    }
}

fn is_accounted_for(program: &Path, folder: &Path) {
    let mut command = gcpressure();
    command.current_dir(folder);
    command
        .args(["run", "-o", "json=r.json", "-q", "--"])
        .arg(program);
    command.args([
        "-mode",
        "noisy",
        "-rate",
        "3000",
        "-log-rate",
        "2000",
        "-for",
        "2s",
    ]);
    command.args(["-log-copy", "records"]);
    let output = output(command);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let counted: Value = serde_json::from_slice(&output.stdout).unwrap();
    let report = report(folder);
    let process = &report["processes"][0];
    let seen = process["cycles_seen"].as_u64().unwrap();
    let missing = process["cycles_missing"].as_u64().unwrap();
    let damaged = report["input"]["gc_lines"]["damaged"].as_u64().unwrap();
    let printed = counted["num_gc"].as_u64().unwrap();
    assert!(
        seen <= printed && seen + damaged >= printed,
        "{printed} cycles: {report}"
    );
    assert!(missing <= damaged, "{report}");
    if damaged == 0 {
        let records: Vec<String> = fs::read_to_string(folder.join("records"))
            .unwrap()
            .lines()
            .map(|record| serde_json::from_str(record).unwrap())
            .collect();
        let own = records.concat();
        let passed = text(&output.stderr);
        assert!(
            passed
                .lines()
                .filter(|l| !l.is_empty())
                .eq(own.lines().filter(|l| !l.is_empty()))
        );
    }
}
