//! The tests that `cargo test` leaves out: large inputs, many cuts of lines, browsers, real Go programs, collections of logs.
//! `cargo test --test long` runs them, `cargo test --test long large` a file; `.ci/run` runs all.

#[path = "../browser/mod.rs"]
mod browser;
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
#[path = "../support/with.rs"]
mod with;

mod accuracy;
mod analysis_corpus;
#[cfg(unix)]
mod attach;
mod compare_page;
mod corpus;
mod cut_lines;
mod field;
mod fleet_report;
mod go_test;
mod hostile;
mod html;
mod large;
mod live;
mod tour;
