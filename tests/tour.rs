//! The tour is true: its commands are run where Go is installed, each succeeds, and what they say of the service (places,
//! patterns, verdicts) is what the page shows; figures differ from run to run.
//!
//! `UPDATE_TOUR=1 cargo test --test tour` writes what the commands print now into the page.
#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn run(command: &str, folder: &Path) -> String {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_gcpressure"));
    let path = format!(
        "{}:{}",
        built.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let output = Command::new("bash")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("GOTOOLCHAIN", "local")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}\n{text}{said}");
    text
}

/// The words of a text that are the same in every run: places in the service, patterns, verdicts.
fn lasting(text: &str) -> Vec<String> {
    const PHRASES: [&str; 9] = [
        "critical  gc-frequency",
        "Sprintf for a simple conversion",
        "append without capacity",
        "svc/handlers.label",
        "where:",
        "a cycle would come every",
        "improved exact",
        "GC frequency",
        "PASS",
    ];
    let found = PHRASES.iter().filter(|phrase| text.contains(*phrase));
    found.map(|phrase| (*phrase).to_owned()).collect()
}

#[test]
fn the_tour_is_true() {
    if Command::new("go").arg("version").output().is_err() {
        let skipped = "skipped: no go\n";
        std::io::Write::write_all(&mut std::io::stderr(), skipped.as_bytes()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = run("go env GOROOT", folder.path());
    copy(&docs().join("tour"), folder.path());
    let page = fs::read_to_string(docs().join("tour.md")).unwrap();
    let mut written = String::new();
    let mut commands = 0;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        writeln!(written, "{line}").unwrap();
        if line != "```console" {
            continue;
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut shown = block.iter().peekable();
        while let Some(line) = shown.next() {
            let Some(command) = line.strip_prefix("$ ") else {
                continue;
            };
            let mut expected = String::new();
            while let Some(line) = shown.next_if(|line| !line.starts_with("$ ")) {
                writeln!(expected, "{line}").unwrap();
            }
            let real = run(command, folder.path());
            let real = real.replace(&*folder.path().to_string_lossy(), "tour");
            let real = real.replace(root.trim(), "$GOROOT");
            if std::env::var_os("UPDATE_TOUR").is_none() {
                for word in lasting(&expected) {
                    assert!(real.contains(&word), "{command}: no {word:?} in\n{real}");
                }
            }
            write!(written, "{line}\n{real}").unwrap();
            commands += 1;
        }
        written.push_str("```\n");
    }
    assert!(commands >= 10, "only {commands} commands");
    if std::env::var_os("UPDATE_TOUR").is_some() {
        fs::write(docs().join("tour.md"), &written).unwrap();
    }
}

/// `run --heap-url` on the tour's service: the profile is fetched while it runs and put under the finding.
#[test]
fn a_running_program_is_asked_for_its_profile() {
    if Command::new("go").arg("version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&docs().join("tour"), folder.path());
    run("cd before && go build -o ../svc .", folder.path());
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let command = format!(
        "gcpressure run -o json=report.json --heap-url http://127.0.0.1:{port} --heap-seconds 1 --save-profiles kept -- \
         ./svc -for 8s -listen 127.0.0.1:{port} 2> said.txt"
    );
    run(&command, folder.path());
    let report = fs::read(folder.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let causes = &report["causes"];
    assert!(
        causes["allocated"].as_array().unwrap().len() > 1,
        "{report}"
    );
    assert!(folder.path().join("kept/last.pb.gz").exists());
    let said = fs::read_to_string(folder.path().join("said.txt")).unwrap();
    assert!(said.contains("where: "), "{said}");
}

/// Fresh profiles of the installed Go against its own pprof.
#[test]
fn the_tables_are_those_of_the_installed_pprof() {
    if Command::new("go").arg("version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&docs().join("tour"), folder.path());
    run(
        "cd before && go build -o ../svc . && cd .. && ./svc -for 2s -heap heap.pb.gz",
        folder.path(),
    );
    for sample in ["alloc_objects", "alloc_space", "inuse_space"] {
        for (theirs, ours) in [
            ("", ""),
            ("-lines", "--lines"),
            ("-cum", "--cum"),
            ("-nodecount=5", "-n 5"),
        ] {
            let pprof = format!(
                "go tool pprof -top -sample_index={sample} {theirs} heap.pb.gz 2>/dev/null"
            );
            let own = format!("gcpressure sites heap.pb.gz --sample {sample} {ours}");
            let table = |text: String| text[text.find("Showing").unwrap()..].to_owned();
            assert_eq!(
                table(run(&own, folder.path())),
                table(run(&pprof, folder.path())),
                "{own}"
            );
        }
    }
}
