//! The tour is true: its commands are run where Go is installed, each succeeds, and what they say of the service (places,
//! patterns, verdicts) is what the page shows; figures differ from run to run.
//!
//! `UPDATE_TOUR=1 cargo test --test long tour` writes what the commands print now into the page.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may end at the first surprise, and says on standard error what it skipped"
)]
#![cfg(unix)]

use crate::go;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

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

fn run(go: &go::Go, command: &str, folder: &Path) -> String {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_gcpressure"));
    let path = format!(
        "{}:{}",
        built.parent().unwrap().display(),
        go.path.to_string_lossy()
    );
    let output = crate::program::started("bash")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("GOTOOLCHAIN", "local")
        .env("GOPROXY", "off")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {command}\n{text}{said}",
        go.version
    );
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
    for go in go::toolchains() {
        take_the_tour(&go);
    }
}

fn take_the_tour(go: &go::Go) {
    let folder = tempfile::tempdir().unwrap();
    let root = run(go, "go env GOROOT", folder.path());
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
            let real = run(go, command, folder.path());
            let real = real.replace(&*folder.path().to_string_lossy(), "tour");
            let real = real.replace(root.trim(), "$GOROOT");
            if std::env::var_os("UPDATE_TOUR").is_none() {
                for word in lasting(&expected) {
                    assert!(
                        real.contains(&word),
                        "{}: {command}: no {word:?} in\n{real}",
                        go.version
                    );
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

/// A folder with the tour's service in it, built.
fn service(go: &go::Go) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&docs().join("tour"), folder.path());
    run(go, "cd before && go build -o ../svc .", folder.path());
    folder
}

/// `run --heap-url` on the tour's service, and `watch`: the profile is fetched while it runs and put under the finding.
#[test]
fn a_running_program_is_asked_for_its_profile() {
    for go in go::toolchains() {
        let folder = service(&go);
        for (command, said) in [("run", "2> said"), ("watch", "> out 2> said")] {
            let port = std::net::TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let line = format!(
                "gcpressure {command} --window 3s -o json={command}.json --heap-url http://127.0.0.1:{port} --heap-seconds 1 \
                 --save-profiles {command}.kept -- ./svc -for 8s -listen 127.0.0.1:{port} {said}"
            );
            run(&go, &line, folder.path());
            let report = fs::read(folder.path().join(format!("{command}.json"))).unwrap();
            let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
            let allocated = report["causes"]["allocated"].as_array();
            assert!(
                allocated.is_some_and(|lines| lines.len() > 1),
                "{}: {command}: {report}",
                go.version
            );
            let kept = folder.path().join(format!("{command}.kept"));
            assert!(kept.join("last.pb.gz").exists());
            assert!(kept.join("critical-1.pb.gz").exists());
            let said = fs::read_to_string(folder.path().join("said")).unwrap();
            assert!(
                said.contains("where: "),
                "{}: {command}: {said}",
                go.version
            );
        }
    }
}

/// Fresh profiles of every Go against its own pprof, and against what its own compiler says.
#[test]
fn the_tables_are_those_of_the_installed_pprof() {
    for go in go::toolchains() {
        let folder = service(&go);
        run(&go, "./svc -for 2s -heap heap.pb.gz", folder.path());
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
                    table(run(&go, &own, folder.path())),
                    table(run(&go, &pprof, folder.path())),
                    "{}: {own}",
                    go.version
                );
            }
        }
        let why = "cd before && gcpressure why ../heap.pb.gz --build ./... -f json";
        let why: serde_json::Value = serde_json::from_str(&run(&go, why, folder.path())).unwrap();
        let explained = why["explained_ratio"].as_f64().unwrap();
        assert!(explained >= 0.99, "{}: {explained}", go.version);
    }
}
