//! The programs that tests start.

use std::ffi::OsStr;
use std::process::Command;

/// Variables that change what the program, a Go program or a shell prints.
const SURROUNDINGS: [&str; 14] = [
    "CI",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "GITHUB_ACTIONS",
    "GODEBUG",
    "GOGC",
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "LC_ALL",
    "NO_COLOR",
    "RUST_BACKTRACE",
    "TERM",
];

/// The program, in the same surroundings wherever the tests run.
pub(crate) fn gcpressure() -> Command {
    started(env!("CARGO_BIN_EXE_gcpressure"))
}

/// Another program, in the same surroundings wherever the tests run.
pub(crate) fn started(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for variable in SURROUNDINGS {
        command.env_remove(variable);
    }
    command
}
