//! Whole runs of the program as plain files. A directory in `tests/cases/` holds `cmd`, the command line, and what it
//! gives: `stdout`, `stderr` and `status` (absent where they are empty and 0). It runs there, with `input`, if there is
//! one, as standard input. In `stdout` and `stderr` a line `...` stands for any lines and `[..]` for any text in a line,
//! so that a case holds what it is about and no more. `SNAPSHOTS=overwrite cargo test --test all cases` writes what the program
//! says now, to be read before it is committed.
#![allow(clippy::unwrap_used, reason = "a test panics by design")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("cmd").exists())
        .collect();
    cases.sort();
    cases
}

/// What a file of the case must hold; no file is nothing. True where it does, or was made to.
fn holds(path: &Path, actual: &str, overwrite: bool) -> bool {
    let expected = fs::read_to_string(path).unwrap_or_default();
    let compared = snapbox::Assert::new().normalize_paths(false).try_eq(
        Some(&path.display()),
        snapbox::Data::text(actual),
        snapbox::Data::text(expected),
    );
    match compared {
        Ok(_) => return true,
        Err(_) if overwrite && actual.is_empty() => fs::remove_file(path).unwrap(),
        Err(_) if overwrite => fs::write(path, actual).unwrap(),
        Err(difference) => {
            let difference = difference.to_string();
            std::io::stderr().write_all(difference.as_bytes()).unwrap();
        }
    }
    overwrite
}

#[test]
fn every_case_gives_what_its_files_say() {
    let overwrite = std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite");
    let cases = cases();
    assert!(cases.len() >= 40, "only {} cases found", cases.len());
    let mut failed = Vec::new();
    for case in &cases {
        let line = fs::read_to_string(case.join("cmd")).unwrap();
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some("gcpressure"), "{}", case.display());
        let input = match File::open(case.join("input")) {
            Ok(file) => file.into(),
            Err(_) => Stdio::null(),
        };
        let output = crate::program::gcpressure()
            .args(words)
            .current_dir(case)
            .stdin(input)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let status = match output.status.code().unwrap() {
            0 => String::new(),
            status => format!("{status}\n"),
        };
        let parts = [
            ("stdout", text(output.stdout)),
            ("stderr", text(output.stderr)),
            ("status", status),
        ];
        for (name, actual) in parts {
            if !holds(&case.join(name), &actual, overwrite) {
                failed.push(format!("{}/{name}", case.display()));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
