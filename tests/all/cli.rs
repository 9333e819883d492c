//! Promises of the program that plain files cannot show: what it does to files, pipes and terminals.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::print_stderr,
    reason = "a test panics by design"
)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use gcpressure::internal::render::{Format, Formats as _};

const BUSY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/inputs/busy.log");
const MIXED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/inputs/mixed.log");

fn program(directory: &Path, args: &[&str]) -> Command {
    let mut command = crate::program::gcpressure();
    command
        .args(args)
        .current_dir(directory)
        .stdin(Stdio::null());
    command
}

fn run(directory: &Path, args: &[&str]) -> Output {
    program(directory, args).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn one_reading_writes_every_format() {
    let here = tempfile::tempdir().unwrap();
    let args = [
        "check",
        "-o",
        "json=report.json",
        "-o",
        "text=report.txt",
        BUSY,
    ];
    let output = run(here.path(), &args);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(names(here.path()), ["report.json", "report.txt"]);
    let json = fs::read(here.path().join("report.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["exit_status"], 1);
    assert_eq!(json["processes"][0]["cycles_seen"], 300);
    let text = fs::read_to_string(here.path().join("report.txt")).unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().starts_with(&text));
}

#[test]
fn a_path_that_cannot_be_written_is_told_before_anything_is_read() {
    let here = tempfile::tempdir().unwrap();
    let mut child = program(here.path(), &["-o", "json=missing/report.json"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Standard input stays open: a program that reads it first would wait for ever.
    let open = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    drop(open);
    let mut said = String::new();
    child.stderr.unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("cannot write missing/report.json"), "{said}");
    assert!(names(here.path()).is_empty());
}

#[test]
fn a_report_that_fails_leaves_the_old_one_alone() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("report.json"), "old").unwrap();
    fs::write(here.path().join("broken.log.xz"), b"\xfd7zXZ\0").unwrap();
    let output = run(here.path(), &["-o", "json=report.json", "broken.log.xz"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert_eq!(fs::read(here.path().join("report.json")).unwrap(), b"old");
    assert_eq!(names(here.path()), ["broken.log.xz", "report.json"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_stays_what_it_is() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("real.json"), "old").unwrap();
    symlink("real.json", here.path().join("link.json")).unwrap();
    symlink("/dev/null", here.path().join("null")).unwrap();
    let output = run(
        here.path(),
        &[
            "-o",
            "json=link.json",
            "-o",
            "json=null",
            "-o",
            "json=new.json",
            BUSY,
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(here.path().join("link.json").is_symlink());
    assert!(
        fs::read(here.path().join("real.json"))
            .unwrap()
            .starts_with(b"{\"schema\"")
    );
    assert!(
        fs::metadata("/dev/null")
            .unwrap()
            .file_type()
            .is_char_device()
    );
    let plain = here.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&here.path().join("new.json")), mode(&plain));
}

#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_keeps_its_permissions_and_the_links_to_it() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let here = tempfile::tempdir().unwrap();
    let path = |name: &str| here.path().join(name);
    for mode in [0o600, 0o666, 0o751] {
        fs::write(path("old.json"), "old").unwrap();
        fs::set_permissions(path("old.json"), fs::Permissions::from_mode(mode)).unwrap();
        let output = run(here.path(), &["-o", "json=old.json", BUSY]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let found = fs::metadata(path("old.json")).unwrap();
        assert!(found.len() > 3);
        assert_eq!(found.permissions().mode() & 0o7777, mode);
    }
    fs::create_dir(path("reports")).unwrap();
    symlink("reports/new.json", path("first")).unwrap();
    symlink("first", path("second")).unwrap();
    let output = run(here.path(), &["-o", "json=second", BUSY]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(path("first").is_symlink() && path("second").is_symlink());
    assert!(path("reports/new.json").is_file());
    symlink("circle", path("circle")).unwrap();
    let output = run(here.path(), &["-o", "json=circle", BUSY]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn a_file_that_is_read_is_not_replaced() {
    let here = tempfile::tempdir().unwrap();
    let path = |name: &str| here.path().join(name);
    let log = fs::read(BUSY).unwrap();
    for name in ["in.log", "gcpressure.toml", "escape.txt", "base.json"] {
        fs::write(path(name), if name == "in.log" { &log[..] } else { b"" }).unwrap();
    }
    std::os::unix::fs::symlink("in.log", path("link.log")).unwrap();
    for (args, read) in [
        (&["-o", "json=in.log", "in.log"][..], "in.log"),
        (&["-o", "json=./in.log", "link.log"], "link.log"),
        (&["-o", "json=link.log", BUSY, "in.log"], "in.log"),
        (&["-o", "json=in.log"], "standard input"),
        (&["-o", "json=in.log", "-"], "standard input"),
        (&["-o", "json=in.log", "--heap", "in.log", BUSY], "in.log"),
        (&["check", "-o", "json=in.log", "in.log"], "in.log"),
        (&["watch", "-o", "json=in.log", "in.log"], "in.log"),
        (&["watch", "-o", "json=in.log"], "standard input"),
        (&["-o", "json=gcpressure.toml", BUSY], "gcpressure.toml"),
        (
            &["run", "-o", "json=gcpressure.toml", "--", "true"],
            "gcpressure.toml",
        ),
        (
            &[
                "-o",
                "json=escape.txt",
                "--heap",
                HEAP,
                "--escape",
                "escape.txt",
                BUSY,
            ],
            "escape.txt",
        ),
        (
            &["check", "--baseline", "in.log", "-o", "json=in.log", BUSY],
            "in.log",
        ),
    ] {
        let output = program(here.path(), args)
            .stdin(fs::File::open(path("in.log")).unwrap())
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{args:?}: {}",
            stderr(&output)
        );
        let said = stderr(&output);
        let reason = format!("would replace what is read: {read}\n\n  tip: write to another file");
        assert!(said.contains(&reason), "{args:?}: {said}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert_eq!(fs::read(path("in.log")).unwrap(), log, "{args:?}");
    }
}

#[test]
fn two_formats_do_not_write_the_same_file() {
    let here = tempfile::tempdir().unwrap();
    let output = run(here.path(), &["-o", "json=two", "-o", "junit=./two", BUSY]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "error: --output: json=two and junit=./two are the same file, and only the last one would remain\n\n  \
         tip: use a different file for each format\n"
    );
    assert!(names(here.path()).is_empty());
    // What comes to a device comes one after the other.
    let args = ["-o", "json=/dev/null", "-o", "junit=/dev/null", BUSY];
    assert_eq!(run(here.path(), &args).status.code(), Some(0));
}

#[test]
fn the_example_configuration_is_written_once_and_works() {
    let here = tempfile::tempdir().unwrap();
    assert_eq!(
        run(here.path(), &["check", "--init"]).status.code(),
        Some(0)
    );
    let first = fs::read(here.path().join("gcpressure.toml")).unwrap();
    let again = run(here.path(), &["check", "--init"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("gcpressure.toml exists already"));
    assert_eq!(
        fs::read(here.path().join("gcpressure.toml")).unwrap(),
        first
    );
    assert_eq!(run(here.path(), &["check", BUSY]).status.code(), Some(1));
}

#[test]
fn a_configuration_in_the_working_directory_is_used() {
    let here = tempfile::tempdir().unwrap();
    let gate = "[rules.gc-frequency]\ncritical = \"100/s\"\n";
    fs::write(here.path().join("gcpressure.toml"), gate).unwrap();
    assert_eq!(run(here.path(), &["check", BUSY]).status.code(), Some(0));
    let flag = run(here.path(), &["check", "--max", "gc-frequency=50/s", BUSY]);
    assert_eq!(flag.status.code(), Some(1));
}

/// The program with a standard output whose reader leaves after the first bytes.
fn cut_short(args: &[&str]) -> (Child, Vec<u8>) {
    let mut child = program(Path::new("."), args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let log = fs::read(MIXED).unwrap();
    input.write_all(&log).unwrap();
    let mut first = vec![0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    // The reader has gone; what follows must still be taken, or the writer of the trace would be killed.
    for _ in 0..2_000 {
        input.write_all(&log).unwrap();
    }
    (child, first)
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    for format in ["ndjson", "csv"] {
        let (mut child, first) = cut_short(&["events", "-f", format]);
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
        assert!(first.starts_with(b"{\"schema\"") || first.starts_with(b"schema,"));
    }
    // More than a buffer, so that a format has a part of its report written before it ends; GitHub shows ten annotations.
    let here = tempfile::tempdir().unwrap();
    for log in 0..400 {
        fs::copy(BUSY, here.path().join(format!("svc{log}-x.log"))).unwrap();
    }
    for format in Format::ALL.iter().map(|format| format.name()) {
        let args = ["-v", "-f", format, "."];
        let whole = run(here.path(), &args);
        assert!(
            whole.stdout.len() > 8 << 10 || format == "github",
            "{format}"
        );
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let closed = program(here.path(), &args).stdout(writer).output().unwrap();
        let end = |output: &Output| (output.status.code(), stderr(output));
        assert_eq!(end(&closed), end(&whole), "{format}");
    }
}

#[test]
fn a_reader_of_foreign_lines_that_leaves_costs_no_report() {
    let (mut child, first) = cut_short(&["--passthrough", "--process", "1"]);
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(first.starts_with(b"level=info"));
    assert!(said.contains("GC cycle"), "{said}");
}

#[test]
fn foreign_lines_pass_through_unchanged() {
    let log = fs::read_to_string(MIXED).unwrap();
    let output = program(Path::new("."), &["--passthrough"])
        .stdin(fs::File::open(MIXED).unwrap())
        .output()
        .unwrap();
    let foreign: String = log
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("gc "))
        .collect();
    assert_eq!(String::from_utf8(output.stdout.clone()).unwrap(), foreign);
    assert!(stderr(&output).contains("30 GC cycles"));
}

#[test]
fn foreign_lines_on_a_full_disk_are_an_error_and_cost_no_report() {
    let Ok(full) = fs::File::create("/dev/full") else {
        return;
    };
    let here = tempfile::tempdir().unwrap();
    let busy = fs::read_to_string(BUSY).unwrap();
    // What fails while there is more to read, and what fails at the end.
    for lines in [1, 100_000] {
        let text = format!("{}{busy}{}", "line\n".repeat(lines), "line\n".repeat(lines));
        fs::write(here.path().join("mixed.log"), text).unwrap();
        for args in [
            &["--passthrough", "mixed.log"][..],
            &["check", "--passthrough", "mixed.log"],
        ] {
            let output = program(here.path(), args)
                .stdout(full.try_clone().unwrap())
                .output()
                .unwrap();
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains("300 GC cycles"), "{said}");
            let error = "error: cannot write standard output: no space left on device\n";
            assert!(said.ends_with(error), "{said}");
        }
    }
}

#[test]
fn help_and_version_on_a_full_disk_are_an_error() {
    let Ok(full) = fs::File::create("/dev/full") else {
        return;
    };
    for args in [&["--help"][..], &["-h"], &["-V"], &["check", "--help"]] {
        let output = program(Path::new("."), args)
            .stdout(full.try_clone().unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(
            stderr(&output),
            "error: cannot write standard output: no space left on device\n"
        );
    }
}

const HEAP: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/rootcause/svc.go1.26.6.pb.gz"
);
const ESCAPE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/rootcause/svc.go1.26.6.escape.txt"
);

#[test]
fn flags_of_the_root_cause_are_used_or_refused() {
    let here = tempfile::tempdir().unwrap();
    for (args, said) in [
        (
            &[BUSY, "--escape", ESCAPE][..],
            "error: --escape explains a heap profile, and none is given\n\n  tip: add the profile: --heap ",
        ),
        (
            &["check", BUSY, "--build", "./nothing"],
            "error: --build explains a heap profile, and none is given\n",
        ),
        (
            &["run", "--src", ".", "--", "true"],
            "error: --src explains a heap profile, and none is given\n",
        ),
        (
            &["watch", "--escape", ESCAPE, BUSY],
            "error: --escape explains a heap profile, and none is given\n",
        ),
        (
            &[BUSY, "--heap", HEAP, "--src", "."],
            "error: --src shows lines of the compiler's diagnostics, and none are given\n\n  \
             tip: add --escape FILE, or --build ./...\n",
        ),
        (
            &["why", HEAP, "--escape", ESCAPE, "--src", "nodir"],
            "error: cannot read nodir: no such file or directory\n",
        ),
        (
            &[BUSY, "--heap", HEAP, "--escape", ESCAPE, "--src", BUSY],
            "error: --src: ",
        ),
    ] {
        let output = run(here.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).starts_with(said),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    let args = [BUSY, "--heap", HEAP, "--escape", ESCAPE, "--src", "."];
    assert_eq!(run(here.path(), &args).status.code(), Some(0));
}

#[test]
fn what_cannot_be_read_is_asked_for_by_what_it_should_hold() {
    let here = tempfile::tempdir().unwrap();
    fs::create_dir(here.path().join("folder")).unwrap();
    let profile = "take a profile of the running program: curl ";
    for (args, tip) in [
        (&["nofile"][..], "name a log that holds "),
        (&["sites", "nofile"], profile),
        (&[BUSY, "--heap", "nofile"], profile),
        (&["sites", "folder"], "name the heap profile in it"),
        (&["why", "nofile", "--escape", ESCAPE], profile),
        (
            &["why", HEAP, "--escape", "nofile"],
            "make it where the source is: go build ",
        ),
        (
            &["why", HEAP, "--escape", "folder"],
            "name the file with the output of go build",
        ),
    ] {
        let output = run(here.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = stderr(&output);
        assert!(
            said.contains(&format!("\n\n  tip: {tip}")),
            "{args:?}: {said}"
        );
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStrExt as _;
    let output = program(Path::new("."), &["check", BUSY])
        .arg(std::ffi::OsStr::from_bytes(b"bad\xffname.log"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "error: the argument \"bad\\xFFname.log\" is not UTF-8\n\n  \
         tip: a file with such a name can come on standard input: gcpressure < FILE\n"
    );
}

#[test]
fn a_row_comes_as_soon_as_its_line_is_complete() {
    let log = fs::read_to_string(MIXED).unwrap();
    let line = log.lines().find(|line| line.starts_with("gc ")).unwrap();
    let mut child = program(Path::new("."), &["events"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    writeln!(input, "{line}").unwrap();
    let mut row = vec![0; 30];
    // Standard input is still open: a program that waits for more would never answer.
    output.read_exact(&mut row).unwrap();
    assert_eq!(row, b"{\"schema\":\"gcpressure.event/v1");
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn colour_follows_the_flag_and_the_environment() {
    let colored = |args: &[&str], name: &str, value: &str| {
        let mut command = program(Path::new("."), &[args, &[BUSY]].concat());
        let output = command.env(name, value).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!colored(&[], "UNUSED", ""), "a pipe is no terminal");
    assert!(
        colored(&["--color", "always"], "NO_COLOR", "1"),
        "the flag wins"
    );
    assert!(colored(&[], "CLICOLOR_FORCE", "1"));
    assert!(!colored(&["--color", "never"], "CLICOLOR_FORCE", "1"));
}

#[test]
fn schemas_completions_and_manual_pages_are_written() {
    for (args, expected) in [
        (&["schema"][..], "gcpressure.report/v1"),
        (&["schema", "event"], "gcpressure.event/v1"),
        (&["completions", "bash"], "complete -F _gcpressure"),
        (&["completions", "zsh"], "#compdef gcpressure"),
        (&["man"], ".TH gcpressure 1"),
        (&["man", "check"], ".TH gcpressure-check 1"),
    ] {
        let output = run(Path::new("."), args);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(text.contains(expected), "{args:?}: {text:.300}");
    }
}

/// `gc` lines by number and start in ms, but for those that were lost.
fn log(cycles: impl Iterator<Item = (u64, u64)>) -> String {
    let line = |(number, at): (u64, u64)| {
        format!(
            "gc {number} @{}.{:03}s 0%: 0.010+10+0.010 ms clock, 0.010+0/10/0+0.010 ms cpu, 50->60->20 MB, 61 MB goal, 0 MB stacks, 0 MB globals, 4 P\n",
            at / 1_000,
            at % 1_000
        )
    };
    cycles.map(line).collect()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn sums_over_too_few_cycles_are_null_and_gate_nothing() {
    let here = tempfile::tempdir().unwrap();
    let all = || (1..=400).map(|number| (number, number * 50));
    fs::write(here.path().join("base.log"), log(all())).unwrap();
    let kept = all().filter(|(number, _)| number % 3 != 2);
    fs::write(here.path().join("lost.log"), log(kept)).unwrap();

    let mut report = json(&run(here.path(), &["-f", "json", "lost.log"]));
    let process = &report["processes"][0];
    for key in ["mark_duty_ratio", "stw_ratio", "mark_assist_cpu_ratio"] {
        assert!(process[key].is_null(), "{key}: {}", process[key]);
    }
    assert!(process["allocation_bytes"].is_null());
    assert_eq!(process["allocation_resolved"], false);
    let text = run(here.path(), &["lost.log"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(!text.contains("0% of the time stopped"), "{text}");
    assert!(
        text.contains("unknown: over 20% of cycles missing"),
        "{text}"
    );

    // As reports were before they had a null for this.
    fs::write(here.path().join("new.json"), report.to_string()).unwrap();
    for key in ["mark_duty_ratio", "stw_ratio", "mark_assist_cpu_ratio"] {
        report["processes"][0][key] = 0.0.into();
    }
    fs::write(here.path().join("old.json"), report.to_string()).unwrap();
    for new in ["lost.log", "new.json", "old.json"] {
        let gate = [
            "compare",
            "--check",
            "--max-ratio",
            "mark-duty=1.5",
            "base.log",
            new,
        ];
        let output = run(here.path(), &gate);
        assert_eq!(output.status.code(), Some(3), "{new}: {}", stderr(&output));
        let gate = ["check", "-q", "--baseline", "base.json", "lost.log"];
        if new == "lost.log" {
            let save = ["-o", "json=base.json", "base.log"];
            assert!(run(here.path(), &save).status.success());
            assert_eq!(run(here.path(), &gate).status.code(), Some(3));
        }
    }
}

#[test]
fn all_figures_are_of_the_cycles_let_through() {
    let here = tempfile::tempdir().unwrap();
    // 66 of the first 228 are lost, and none of the 101 from 15 s on.
    let kept = (1..=400).filter(|number| *number > 228 || number % 3 != 1 || *number == 1);
    let cycles = kept.map(|number| (number, number * 50));
    fs::write(here.path().join("half.log"), log(cycles)).unwrap();
    let since = ["-f", "json", "--since", "15s", "half.log"];
    let report = json(&run(here.path(), &since));
    let process = &report["processes"][0];
    let of = ["first_cycle", "last_cycle", "cycles_seen", "cycles_missing"];
    assert_eq!(
        of.map(|key| process[key].as_u64().unwrap()),
        [300, 400, 101, 0]
    );
    assert_eq!(process["pause_ns"]["count"], 101);
    let raised = report["findings"].as_array().unwrap();
    assert!(
        raised
            .iter()
            .all(|finding| finding["rule"] != "log-quality")
    );
    let until = ["-f", "json", "--until", "1s", "half.log"];
    let report = json(&run(here.path(), &until));
    let of = of.map(|key| report["processes"][0][key].as_u64().unwrap());
    assert_eq!(of, [1, 20, 14, 6]);
}

#[test]
fn a_notice_of_the_timer_is_of_the_process_that_prints_the_cycle() {
    let idle = |from: u64, to: u64| -> String {
        let line = |number| log([(number, 500 + (number - 1) * 120_001)].into_iter());
        let lines = (from..=to).map(|number| match number {
            1 => line(number),
            _ => format!("GC forced\n{}", line(number)),
        });
        lines.collect()
    };
    let periodic = |log: &str| {
        let here = tempfile::tempdir().unwrap();
        fs::write(here.path().join("gc.log"), log).unwrap();
        let report = json(&run(here.path(), &["-f", "json", "gc.log"]));
        let processes = report["processes"].as_array().unwrap().iter();
        let figure = |process: &serde_json::Value, key: &str| process[key].as_u64().unwrap();
        let mut counts: Vec<_> = processes
            .map(|process| {
                (
                    figure(process, "cycles_seen"),
                    figure(process, "periodic_cycles"),
                )
            })
            .collect();
        counts.sort_unstable();
        counts
    };
    let busy = log((1..=8).map(|number| (number, number * 1_000)));
    assert_eq!(periodic(&idle(1, 6)), [(6, 5)]);
    // One that has ended prints no more.
    assert_eq!(periodic(&format!("{busy}{}", idle(1, 6))), [(6, 5), (8, 0)]);
    // A log that starts in the middle of a run, with a notice.
    assert_eq!(periodic(&idle(5, 7)), [(3, 3)]);
    // The line of a busy process comes between a notice and its cycle.
    let between = idle(1, 2).replace(
        "forced\n",
        &format!("forced\n{}", log([(9, 9_000)].into_iter())),
    );
    assert_eq!(periodic(&format!("{busy}{between}")), [(2, 1), (9, 0)]);
}

/// A log of that many cycles, one every `period_ms`.
fn steady(directory: &Path, cycles: u64, period_ms: u64) -> String {
    let line = |n: u64| {
        let at = (n * period_ms) as f64 / 1e3;
        format!(
            "gc {n} @{at:.3}s 0%: 0.030+0.40+0.005 ms clock, 0.060+0.010/0.20/0.10+0.010 ms cpu, 20->21->10 MB, 21 MB goal, 0 MB stacks, 0 MB globals, 2 P\n"
        )
    };
    let path = directory.join(format!("{cycles}-{period_ms}.log"));
    fs::write(&path, (1..=cycles).map(line).collect::<String>()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_gate_that_saw_nothing_is_no_pass() {
    let here = tempfile::tempdir().unwrap();
    let log = steady(here.path(), 24, 500);
    let status = |args: &[&str]| {
        let args: Vec<&str> = ["check"]
            .iter()
            .chain(args)
            .copied()
            .chain([log.as_str()])
            .collect();
        run(here.path(), &args).status.code()
    };
    assert_eq!(status(&[]), Some(0));
    assert_eq!(status(&["--warmup", "15s"]), Some(3), "a log of 12 s");
    assert_eq!(status(&["--since", "11s"]), Some(3));
    assert_eq!(status(&["--since", "20s"]), Some(3));
    assert_eq!(
        status(&["--only", "stack-roots"]),
        Some(0),
        "judged and quiet"
    );
    assert_eq!(status(&["--max", "gc-frequency=5/s"]), Some(0));
    assert_eq!(status(&["--max", "gc-frequency=1/s"]), Some(1));
    let short = steady(here.path(), 5, 300);
    let gate = ["check", "--max", "gc-cpu=15%", &short];
    assert_eq!(
        run(here.path(), &gate).status.code(),
        Some(3),
        "no evidence of GC CPU"
    );
}

#[test]
fn a_life_that_is_known_is_evidence() {
    let here = tempfile::tempdir().unwrap();
    let log = steady(here.path(), 1, 200);
    let output = run(here.path(), &["check", &log]);
    assert_eq!(output.status.code(), Some(3));
    let output = run(
        here.path(),
        &[
            "check",
            "--duration",
            "15s",
            "--max",
            "gc-frequency=5/s",
            &log,
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("PASS  GC takes "), "{text}");
}

#[test]
fn help_is_a_command_too() {
    let here = tempfile::tempdir().unwrap();
    let help = |args: &[&str]| run(here.path(), args).stdout;
    assert_eq!(help(&["help"]), help(&["--help"]));
    for command in ["check", "run", "watch", "compare", "demo", "explain"] {
        let long = help(&[command, "--help"]);
        assert!(long.len() > 50, "{command}");
        assert_eq!(help(&["help", command]), long);
    }
}

/// Sources the script in bash, and asks it what the last word may become.
#[test]
fn completions_know_the_values_of_flags() {
    let here = tempfile::tempdir().unwrap();
    for (line, expected) in [
        ("check --fail-on ", "warning critical"),
        ("check --max gc-f", "gc-frequency="),
        ("run --warn pause-p", "pause-p99="),
        ("--allow pause-", "pause-p99 pause-budget"),
        ("--only sta", "stack-roots"),
        ("check -f js", "json"),
        ("compare -o m", "markdown="),
        ("explain small-h", "small-heap"),
        ("help ch", "check"),
        ("man comp", "compare completions"),
    ] {
        let ask = "source /dev/stdin; COMP_WORDS=(gcpressure $1); [[ $1 == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }
            _gcpressure_values gcpressure \"${COMP_WORDS[-1]}\" \"${COMP_WORDS[-2]}\"; echo \"${COMPREPLY[*]}\"";
        let script = run(here.path(), &["completions", "bash"]).stdout;
        fs::write(here.path().join("script"), script).unwrap();
        let bash = Command::new("bash")
            .args(["--norc", "-c", ask, "bash", line])
            .stdin(fs::File::open(here.path().join("script")).unwrap())
            .output();
        let Ok(bash) = bash else {
            eprintln!("skipped: no bash");
            return;
        };
        let error = String::from_utf8_lossy(&bash.stderr);
        let said = String::from_utf8_lossy(&bash.stdout);
        assert_eq!(said.trim(), expected, "{line}: {error}");
    }
    // The generators of the other shells know no values.
    for shell in ["bash", "zsh", "fish"] {
        let script = run(here.path(), &["completions", shell]).stdout;
        let script = String::from_utf8(script).unwrap();
        assert!(script.contains("log-quality="), "{shell}");
        assert!(script.contains("critical"), "{shell}");
    }
}
