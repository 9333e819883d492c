//! What the integration tests share: the program as its users call it, a source of repeatable chance, a writer that
//! prints cycles as the Go runtime does, and loggers that fall between its pieces.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses a part of it, and a broken test may stop"
)]

pub(crate) mod foreign;
pub(crate) mod writer;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program, with nothing of the environment that changes what it prints.
pub(crate) fn gcpressure() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gcpressure"));
    command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1");
    command
}

/// Runs the program on `input` as its standard input.
pub(crate) fn run(args: &[&str], input: &[u8]) -> Output {
    let mut child = gcpressure()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // It may leave before it has read everything, when it must not: the status tells.
        scope.spawn(move || {
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().unwrap()
    })
}

/// The rows of `events` for `input`.
pub(crate) fn events(input: &[u8]) -> Vec<Value> {
    let output = run(&["events", "--format", "ndjson"], input);
    let code = output.status.code();
    assert!(
        matches!(code, Some(0 | 3)),
        "events: {code:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// The JSON report on the files, whatever the verdict.
pub(crate) fn report(files: &[&Path]) -> Result<Value, String> {
    let output = gcpressure()
        .args(["--format", "json"])
        .args(files)
        .output()
        .unwrap();
    match output.status.code() {
        Some(0 | 3) => serde_json::from_slice(&output.stdout).map_err(|error| error.to_string()),
        code => Err(format!(
            "{code:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// The JSON report on `input`, and what passed through.
pub(crate) fn report_and_passthrough(input: &[u8]) -> (Value, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("report.json");
    let to = format!("json={}", json.display());
    let output = run(&["--passthrough", "--output", &to], input);
    let code = output.status.code();
    assert!(
        matches!(code, Some(0 | 3)),
        "report: {code:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    (report, output.stdout)
}

/// Repeatable pseudo-random numbers (SplitMix64).
#[derive(Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub(crate) fn one_of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[usize::try_from(self.next() % choices.len() as u64).unwrap()]
    }

    /// An index below `len`.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.next() % len as u64).unwrap()
    }

    /// A number whose logarithm is spread evenly: small ones as often as large ones.
    pub(crate) fn log_between(&mut self, low: u64, high: u64) -> u64 {
        let bits = self.between(u64::from(low.max(1).ilog2()), u64::from(high.ilog2()));
        let base = 1 << bits;
        (base + self.next() % base).clamp(low, high)
    }
}
