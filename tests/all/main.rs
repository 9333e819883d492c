//! The tests that `cargo test` runs: one program, because each takes seconds to link. `cargo test --test all cases` runs a file.

#[path = "../example/mod.rs"]
mod example;
#[path = "../support/go.rs"]
#[allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may stop, and says what it skipped"
)]
mod go;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/mod.rs"]
mod support;
#[cfg(unix)]
#[path = "../support/terminal.rs"]
#[allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may stop, and says what it skipped"
)]
mod terminal;
#[path = "../support/with.rs"]
mod with;

mod benchmarks;
mod cases;
mod ci_examples;
mod cli;
mod compare;
mod fleet;
mod formats;
mod identity;
mod layers;
mod lines;
mod logs;
mod observability;
mod pictures;
mod public_face;
mod readme;
mod reads;
mod render;
mod repository;
mod roundtrip;
mod run;
mod samples;
mod schema;
mod sites;
mod status;
mod strangers;
mod tuning;
mod watch;
mod why;
mod wrapped;
mod wrappings;

/// One line for the tests that skip here.
#[test]
fn what_skips_is_said() {
    use std::io::Write as _;
    let missing: Vec<_> = [
        ("go", "run, and tour and live of --test long"),
        ("tmux", "watch, status"),
        ("script", "status"),
        ("xmllint", "formats"),
        ("bash", "cli"),
    ]
    .into_iter()
    .filter(|(tool, _)| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        !std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
    })
    .map(|(tool, tests)| format!("{tool} ({tests})"))
    .collect();
    if !missing.is_empty() {
        // Not `eprintln!`, which the harness keeps to itself where a test passes.
        let line = format!("tests skip for want of: {}\n", missing.join("; "));
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}
