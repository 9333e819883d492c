//! The examples of docs/ci: what they run is run, and ends as docs/ci/README.md says. `docs/ci/lint.sh` holds the files to
//! the formats of their servers.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The arguments of every `gcpressure check` in a file, with lines that end in a backslash joined.
fn checks(text: &str) -> Vec<Vec<String>> {
    let text = text.replace("\\\n", " ");
    let commands = text
        .lines()
        .filter(|line| !line.trim_start().starts_with(['#', '/']));
    commands
        .filter_map(|line| line.split_once("gcpressure check "))
        .filter(|(before, _)| !before.contains('`'))
        .map(|(_, arguments)| {
            let words = arguments.split_whitespace();
            words
                .map(|word| {
                    word.trim_matches(['\'', '"'])
                        .replace("=\"", "=")
                        .replace('"', "")
                })
                .collect()
        })
        .collect()
}

/// Runs the check on a log of this content; gives the status and the folder it ran in.
fn run(arguments: &[String], log: &[u8]) -> (i32, tempfile::TempDir) {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("gc.log"), log).unwrap();
    let arguments = arguments
        .iter()
        .map(|word| word.replace("$GITHUB_STEP_SUMMARY", "summary.md"));
    let output = crate::program::gcpressure()
        .arg("check")
        .args(arguments)
        .current_dir(here.path())
        .output()
        .unwrap();
    (output.status.code().unwrap(), here)
}

#[test]
fn every_example_fails_on_frequent_cycles_and_on_nothing() {
    let sample = |name: &str| fs::read(root().join("samples").join(name)).unwrap();
    for name in [
        "github-actions.yml",
        "gitlab-ci.yml",
        "Jenkinsfile",
        "Jenkinsfile.release",
    ] {
        let text = fs::read_to_string(root().join("docs/ci").join(name)).unwrap();
        let checks = checks(&text);
        assert_eq!(checks.len(), 1, "{name}");
        for arguments in checks {
            assert!(
                arguments
                    .iter()
                    .any(|word| word.starts_with("gc-frequency=")),
                "{name}"
            );
            let (status, here) = run(&arguments, &sample("wasteful.go1.27.3.log"));
            assert_eq!(status, 1, "{name}");
            for word in &arguments {
                let Some((format, path)) = word.split_once('=') else {
                    continue;
                };
                if !["junit", "html", "markdown"].contains(&format) {
                    continue;
                }
                let path: PathBuf = here
                    .path()
                    .join(path.replace("$GITHUB_STEP_SUMMARY", "summary.md"));
                let written = fs::read_to_string(&path).unwrap();
                assert!(
                    written.contains("gc-frequency"),
                    "{name}: {}",
                    path.display()
                );
            }
            assert_eq!(
                run(&arguments, &sample("fixed.go1.27.3.log")).0,
                0,
                "{name}"
            );
            assert_eq!(run(&arguments, b"no trace here\n").0, 3, "{name}");
        }
    }
}
