//! Exit statuses and error messages.

use std::fmt;
use std::io;

use gcpressure::internal::error::Error;
use gcpressure::internal::settings::Severity;
use gcpressure::report::{Report, Verdict};

use super::{args, suggest};

/// Done; a check: pass.
pub(crate) const DONE: u8 = 0;
/// A finding that fails the check.
pub(crate) const FAIL: u8 = 1;
/// Usage, configuration, input or output.
pub(crate) const ERROR: u8 = 2;
/// Too little evidence for a verdict.
pub(crate) const NO_VERDICT: u8 = 3;

/// `run`, `watch --`: the program cannot be executed.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// `run`, `watch --`: there is no such program.
pub(crate) const NOT_FOUND: u8 = 127;

/// What the exit status of a report depends on besides the report.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policy {
    /// The lowest severity that fails; `None` without a gate.
    pub(crate) fail_on: Option<Severity>,
    /// No verdict exits with 0.
    pub(crate) allow_no_verdict: bool,
    /// Findings and no verdict exit with 0.
    pub(crate) exit_zero: bool,
}

impl Policy {
    /// The exit status for a report; `--allow-no-verdict` makes 3 to 0, `--exit-zero` 1 and 3.
    ///
    /// | verdict | without a gate | fail on critical | fail on warning |
    /// | --- | --- | --- | --- |
    /// | pass | 0 | 0 | 0 |
    /// | warning | 0 | 0 | 1 |
    /// | critical | 0 | 1 | 1 |
    /// | none, of some cycles | 0 | 3 | 3 |
    /// | none, without cycles or newest first | 3 | 3 | 3 |
    pub(crate) fn status(self, report: &Report) -> u8 {
        let status = match (&report.verdict, self.fail_on) {
            (Verdict::NoVerdict(_), Some(_)) => NO_VERDICT,
            // A report with too little evidence is still a result; one without cycles is not.
            (Verdict::NoVerdict(_), None) if is_empty(report) => NO_VERDICT,
            (Verdict::Critical, Some(_)) | (Verdict::Warning, Some(Severity::Warning)) => FAIL,
            _ => DONE,
        };
        eased(status, self.allow_no_verdict, self.exit_zero)
    }
}

/// A status after `--allow-no-verdict` and `--exit-zero`.
pub(crate) const fn eased(status: u8, allow_no_verdict: bool, exit_zero: bool) -> u8 {
    match status {
        NO_VERDICT if allow_no_verdict || exit_zero => DONE,
        FAIL if exit_zero => DONE,
        status => status,
    }
}

/// True if no cycle could be analyzed.
fn is_empty(report: &Report) -> bool {
    report.input.newest_first
        || report
            .processes
            .iter()
            .all(|process| process.cycles_seen == 0)
}

/// An error message in one line, and a tip for the next step.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    tip: Option<String>,
    /// The exit status of the program.
    pub(crate) status: u8,
}

impl Failure {
    /// A failure without a tip.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            tip: None,
            status: ERROR,
        }
    }

    /// Adds a tip.
    pub(crate) fn tip(mut self, tip: impl Into<String>) -> Self {
        self.tip = Some(tip.into());
        self
    }

    /// Replaces the exit status [`ERROR`].
    pub(crate) fn status(mut self, status: u8) -> Self {
        self.status = status;
        self
    }

    /// The message without the tip, for one of many.
    pub(crate) fn in_a_line(&self) -> String {
        format!("error: {}", self.message)
    }

    /// `what` cannot be read.
    pub(crate) fn reading(what: &str, error: &io::Error) -> Self {
        Self::new(format!("cannot read {what}: {}", reason(error)))
    }

    /// The same, with the tips for a file that does not exist and for a directory.
    pub(crate) fn reading_file(what: &str, error: &io::Error, missing: &str, folder: &str) -> Self {
        let failure = Self::reading(what, error);
        match error.kind() {
            io::ErrorKind::NotFound => failure.tip(missing),
            io::ErrorKind::IsADirectory => failure.tip(folder),
            _ => failure,
        }
    }

    /// `what` cannot be written.
    pub(crate) fn writing(what: &str, error: &io::Error) -> Self {
        Self::new(format!("cannot write {what}: {}", reason(error)))
    }
}

/// The system refuses a thread or a pipe.
pub(crate) fn unable(error: io::Error) -> Failure {
    Failure::new(format!("cannot start: {}", reason(&error)))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_a_line())?;
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

/// A log cannot be read.
fn no_log(source: &str, error: &io::Error) -> Failure {
    let failure = Failure::reading(source, error);
    match error.kind() {
        io::ErrorKind::NotFound => {
            // A misspelled command is parsed as a file.
            let commands = args::command_names();
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
            "pipe it in with more rights: sudo cat {source} | gcpressure"
        )),
        _ => failure,
    }
}

/// The reason of the system, in lower case and without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::IsADirectory {
        return "it is a directory".to_owned();
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let (first, rest) = text.split_at_checked(1).unwrap_or_default();
    first.to_lowercase() + rest
}

#[cfg(test)]
mod tests {
    use gcpressure::report::Process;

    use super::*;

    fn report(verdict: Verdict, cycles_seen: u64, newest_first: bool) -> Report {
        let mut process = Process::default();
        process.cycles_seen = cycles_seen;
        let mut report = Report::default();
        report.verdict = verdict;
        report.input.newest_first = newest_first;
        report.processes = vec![process];
        report
    }

    /// The table of [`Policy::status`], with every combination of what eases it.
    #[test]
    fn the_status_is_as_the_table_says() {
        let none = || Verdict::NoVerdict("too short".to_owned());
        let table = [
            (report(Verdict::Pass, 9, false), [0, 0, 0]),
            (report(Verdict::Warning, 9, false), [0, 0, 1]),
            (report(Verdict::Critical, 9, false), [0, 1, 1]),
            (report(none(), 9, false), [0, 3, 3]),
            (report(none(), 0, false), [3, 3, 3]),
            (report(none(), 9, true), [3, 3, 3]),
        ];
        let gates = [None, Some(Severity::Critical), Some(Severity::Warning)];
        let eases = [false, true].map(|allow| [false, true].map(|zero| (allow, zero)));
        for (report, statuses) in &table {
            for (fail_on, status) in gates.into_iter().zip(statuses) {
                for (allow_no_verdict, exit_zero) in eases.into_iter().flatten() {
                    let policy = Policy {
                        fail_on,
                        allow_no_verdict,
                        exit_zero,
                    };
                    let expected = match (status, allow_no_verdict, exit_zero) {
                        (_, _, true) | (3, true, false) => 0,
                        (&status, ..) => status,
                    };
                    let verdict = &report.verdict;
                    assert_eq!(policy.status(report), expected, "{verdict:?} {policy:?}");
                }
            }
        }
    }
}
