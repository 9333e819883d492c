//! How the program ends: its exit status, and what it says when it cannot go on.

use std::fmt;
use std::io;

use gcpressure::error::Error;
use gcpressure::report::{Report, Verdict};
use gcpressure::settings::Severity;

use crate::cli::commands::shell;
use crate::cli::suggest;

/// Done; for a check: pass.
pub(crate) const DONE: u8 = 0;
/// A finding that fails the check.
pub(crate) const FAIL: u8 = 1;
/// Usage, configuration, input or output.
pub(crate) const ERROR: u8 = 2;
/// The input cannot carry a verdict.
pub(crate) const NO_VERDICT: u8 = 3;

/// `run`, `watch --`: the program cannot be executed.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// `run`, `watch --`: there is no such program.
pub(crate) const NOT_FOUND: u8 = 127;

/// What makes an exit status of a report.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policy {
    /// The severity that fails; `None` where nothing is gated.
    pub(crate) fail_on: Option<Severity>,
    /// No verdict is as good as done.
    pub(crate) allow_no_verdict: bool,
    /// Nothing found gives another status than 0.
    pub(crate) exit_zero: bool,
}

impl Policy {
    /// The exit status that a report ends with.
    pub(crate) fn status(self, report: &Report) -> u8 {
        let status = match (&report.verdict, self.fail_on) {
            (Verdict::NoVerdict(_), Some(_)) => NO_VERDICT,
            // A report of too little evidence is still a report; only one of nothing is none.
            (Verdict::NoVerdict(_), None) if says_nothing(report) => NO_VERDICT,
            (Verdict::Critical, Some(_)) | (Verdict::Warning, Some(Severity::Warning)) => FAIL,
            _ => DONE,
        };
        eased(status, self.allow_no_verdict, self.exit_zero)
    }
}

/// A status after the flags that ease it.
pub(crate) const fn eased(status: u8, allow_no_verdict: bool, exit_zero: bool) -> u8 {
    match status {
        NO_VERDICT if allow_no_verdict || exit_zero => DONE,
        FAIL if exit_zero => DONE,
        status => status,
    }
}

/// No cycle with a clock, or none in an order that can be analysed.
fn says_nothing(report: &Report) -> bool {
    report.input.newest_first
        || report
            .processes
            .iter()
            .all(|process| process.cycles_seen == 0)
}

/// Why the program cannot go on, in one line, and the next step where there is one.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    tip: Option<String>,
}

impl Failure {
    /// A failure without a next step of its own.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            tip: None,
        }
    }

    /// With the next step.
    pub(crate) fn tip(mut self, tip: impl Into<String>) -> Self {
        self.tip = Some(tip.into());
        self
    }

    /// Something could not be read; what to do depends on what it should have held.
    pub(crate) fn reading(what: &str, error: &io::Error) -> Self {
        Self::new(format!("cannot read {what}: {}", reason(error)))
    }

    /// Something could not be written.
    pub(crate) fn writing(what: &str, error: &io::Error) -> Self {
        Self::new(format!("cannot write {what}: {}", reason(error)))
    }
}

/// The system refuses what every command needs: a thread, a pipe.
pub(crate) fn unable(error: io::Error) -> Failure {
    Failure::new(format!("cannot begin: {}", reason(&error)))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.tip {
            Some(tip) => write!(f, "\n\n  tip: {tip}"),
            None => Ok(()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::Io { source, error } => no_log(source, error),
            Error::Unsupported { source, what, hint } => {
                Self::new(format!("cannot read {source}: {what}")).tip(hint)
            }
            Error::Output { error } => Self::writing("standard output", error),
            error => Self::new(error.to_string()),
        }
    }
}

/// A log could not be read.
fn no_log(source: &str, error: &io::Error) -> Failure {
    let failure = Failure::reading(source, error);
    match error.kind() {
        io::ErrorKind::NotFound => {
            // A misspelt command is taken for a file.
            let commands = shell::commands();
            let bare = !source.contains(['.', '/']);
            match suggest::nearest(source, commands.iter().map(String::as_str).filter(|_| bare)) {
                Some(near) => failure.tip(format!("did you mean the command `gcpressure {near}`?")),
                None => failure
                    .tip("name a log that holds the output of GODEBUG=gctrace=1, or pipe it in"),
            }
        }
        io::ErrorKind::IsADirectory => failure.tip(format!(
            "name the logs in it: gcpressure {}/*.log",
            source.trim_end_matches('/')
        )),
        io::ErrorKind::PermissionDenied => failure.tip(format!(
            "pipe it in from someone who may: sudo cat {source} | gcpressure"
        )),
        _ => failure,
    }
}

/// What the system says, in lower case and without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::IsADirectory {
        return "it is a directory".to_owned();
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}
