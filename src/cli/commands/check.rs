//! `gcpressure check [FILE]...`: the report as a gate.

use std::fs::OpenOptions;
use std::io::{self, Write};

use gcpressure::internal::render::Format;
use gcpressure::internal::settings::Severity;
use gcpressure::report::comparison::{Comparison, Outcome};
use gcpressure::report::{Report, Verdict};

use crate::cli::args::CheckArgs;
use crate::cli::commands::compare::baseline::{self, Baseline};
use crate::cli::commands::report;
use crate::cli::config::{Choices, file};
use crate::cli::exit::{self, Failure};
use crate::cli::output;

/// Reads everything, writes the report and a last line with the result of the check.
pub(crate) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    if args.init {
        return init().map(|()| exit::DONE);
    }
    let shared = &args.report;
    let choices = Choices::load(&shared.analysis, &shared.rules, args.fail_on.as_deref())?;
    let policy = choices.policy(&shared.output.show, Some(choices.fail_on));
    let baseline = Baseline::open(args, &choices.settings)?;
    let mut comparison = None;
    let read = args.baseline.as_deref();
    let report = report::judge(shared, &choices, policy, read, |report| {
        if let Some(baseline) = baseline {
            comparison = baseline.judge(report, policy.allow_no_verdict, policy.exit_zero)?;
        }
        Ok(())
    })?;
    if let Some(comparison) = &comparison {
        baseline::show(args, comparison)?;
    }
    let shown = &shared.output;
    if shown.format == Format::Text && !shown.show.quiet {
        let line = outcome(&report, choices.fail_on, comparison.as_ref());
        if shared.passthrough {
            output::complain(&line);
        } else {
            output::print(|out| writeln!(out, "{line}"))?;
        }
    }
    Ok(report.exit_status)
}

/// The result of the check in one line, easy to find at the end of a CI log.
pub(crate) fn outcome(
    report: &Report,
    fail_on: Severity,
    comparison: Option<&Comparison>,
) -> String {
    let failing = report
        .findings
        .iter()
        .filter(|finding| finding.severity >= fail_on)
        .count();
    let what = match report.verdict {
        Verdict::NoVerdict(_) => "no verdict".to_owned(),
        _ if failing == 0 => "pass".to_owned(),
        _ if failing == 1 => "fail, 1 finding".to_owned(),
        _ => format!("fail, {failing} findings"),
    };
    let at = match fail_on {
        Severity::Critical => "critical",
        Severity::Warning | Severity::Info => "warning or critical",
    };
    let baseline = match comparison.map(|comparison| &comparison.outcome) {
        None => "",
        Some(Outcome::Pass) => ", no worse than the baseline",
        Some(Outcome::Regression(_)) => ", worse than the baseline",
        Some(Outcome::NoVerdict(_)) => ", no verdict against the baseline",
    };
    format!(
        "check: {what}{baseline} (fails on {at}; exit status {})",
        report.exit_status
    )
}

/// Writes the example configuration if there is none yet.
fn init() -> Result<(), Failure> {
    let path = file::DEFAULT_PATH;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::new(format!("{path} exists already"))
                .tip("move it away first; `gcpressure check -v` shows what it sets"),
            _ => Failure::writing(path, &error),
        })?;
    file.write_all(file::example().as_bytes())
        .map_err(|error| Failure::writing(path, &error))?;
    output::print(|out| {
        writeln!(
            out,
            "wrote {path}; every setting in it is commented out, with its default or an example"
        )
    })
}
