//! The report as JUnit XML, for the test tab of a CI server: a suite for each process, a test case for each rule.
//!
//! | outcome | test case |
//! | --- | --- |
//! | a finding at or above the severity that fails a check | failure, with the finding as its text |
//! | a finding below it | passed, with the finding as its output |
//! | a rule that nothing was found by | passed |
//! | a rule that is switched off or that no process had the evidence for | skipped |
//! | a baseline | one more case `baseline`: failure where it is worse, unless the run is accepted as the new one; without a verdict as below |
//! | no verdict | one more case `verdict`: an error where the exit status is 3, else skipped |
//!
//! So the test tab is red where `check` fails, and only there. Of several processes a rule counts as judged in all where it
//! was judged in one.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::Style;
use super::against_baseline;
use super::escape::printable;
use super::text::{self, findings};
use crate::report::comparison::{Against, Outcome};
use crate::report::{Diagnosis, Finding, Process, Report, RuleState, RuleStatus, Verdict};
use crate::settings::Severity;

/// Writes the report as JUnit XML.
pub(super) fn render(report: &Report, out: &mut dyn Write, style: &Style) -> io::Result<()> {
    let mut junit = Junit::new("gcpressure");
    if let Verdict::NoVerdict(reason) = &report.verdict {
        junit.add_test_suite(no_verdict(reason, report.exit_status));
    }
    if !report.input.newest_first {
        suites(report, style.fail_on, &mut junit);
    }
    if let Some(against) = &report.baseline {
        junit.add_test_suite(baseline(against));
    }
    if junit.test_suites.is_empty() {
        // A file without a test case counts as a broken report.
        let mut suite = TestSuite::new("gcpressure");
        suite.add_test_case(case("verdict", "gcpressure", TestCaseStatus::success()));
        junit.add_test_suite(suite);
    }
    // Not serialized into `out`: the kind of its errors would be lost.
    let text = junit.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn no_verdict(reason: &str, exit_status: u8) -> TestSuite {
    let mut suite = TestSuite::new("gcpressure");
    let status = undecided(reason, exit_status);
    suite.add_test_case(case("verdict", "gcpressure", status));
    suite
}

/// An error where it is the program's status, else skipped.
fn undecided(reason: &str, exit_status: u8) -> TestCaseStatus {
    let mut status = match exit_status {
        0 => TestCaseStatus::skipped(),
        _ => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    status
        .set_type("no-verdict")
        .set_message(printable(reason).as_ref());
    status
}

/// How the report stands against its baseline.
fn baseline(against: &Against) -> TestSuite {
    let text = against_baseline(against);
    let status = match &against.outcome {
        Outcome::Regression(rows) if !against.accepted => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_type("regression")
                .set_message(printable(&rows.join("; ")).as_ref())
                .set_description(text.clone());
            status
        }
        Outcome::NoVerdict(reason) => undecided(reason, against.exit_status),
        Outcome::Pass | Outcome::Regression(_) => TestCaseStatus::success(),
    };
    let mut case = case("baseline", "gcpressure", status);
    case.set_system_out(text);
    let mut suite = TestSuite::new("gcpressure baseline");
    suite.add_test_case(case);
    suite
}

fn suites(report: &Report, fail_on: Severity, junit: &mut Junit) {
    let mut found: BTreeMap<(&str, &str), &Finding> = BTreeMap::new();
    for finding in &report.findings {
        found.insert((&finding.process, finding.rule), finding);
    }
    let several = report.processes.len() > 1;
    for process in &report.processes {
        let name = if several {
            format!("gcpressure {}", printable(&process.id))
        } else {
            "gcpressure".to_owned()
        };
        let mut suite = TestSuite::new(name.as_str());
        for rule in &report.rules {
            let finding = found.get(&(process.id.as_str(), rule.id)).copied();
            suite.add_test_case(judged(rule, finding, process, fail_on, &name));
        }
        let mut course = text::course(process);
        if let Some(origin) = text::origin(report, process) {
            course = format!("{}: {course}", printable(&origin));
        }
        if let Some(found) = &process.diagnosis {
            course = format!("{course}\n{}", cause(found));
        }
        suite.set_system_out(course);
        junit.add_test_suite(suite);
    }
}

/// One rule on one process.
fn judged(
    rule: &RuleStatus,
    finding: Option<&Finding>,
    process: &Process,
    fail_on: Severity,
    class: &str,
) -> TestCase {
    let Some(finding) = finding else {
        let reason = match rule.status {
            RuleState::Off => "switched off",
            RuleState::NoEvidence => rule.reason.unwrap_or("too little evidence"),
            RuleState::Quiet | RuleState::Withdrawn | RuleState::Raised => {
                return case(rule.id, class, TestCaseStatus::success());
            }
        };
        let mut status = TestCaseStatus::skipped();
        status.set_message(reason);
        return case(rule.id, class, status);
    };
    let mut text = description(finding);
    let found = process.diagnosis.as_ref();
    if let Some(found) = found.filter(|found| found.explains.contains(&finding.rule)) {
        text = format!("{}\n{text}", cause(found));
    }
    if finding.severity < fail_on || finding.severity == Severity::Info {
        let mut passed = case(rule.id, class, TestCaseStatus::success());
        passed.set_system_out(text);
        return passed;
    }
    let unit = finding.unit;
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status
        .set_type(severity(finding.severity))
        .set_message(format!(
            "{} {}, threshold {}, {}",
            finding.rule,
            unit.format(finding.measured),
            unit.format(finding.threshold),
            findings::when(finding)
        ))
        .set_description(text);
    case(rule.id, class, status)
}

/// The cause and what to do about it.
fn cause(found: &Diagnosis) -> String {
    let advice = found
        .advice
        .iter()
        .map(|advice| format!("\nnext: {}", printable(advice)));
    format!(
        "cause {}: {}{}",
        found.cause.name(),
        printable(&found.message),
        advice.collect::<String>()
    )
}

/// The finding in full.
fn description(finding: &Finding) -> String {
    let mut lines = vec![format!(
        "{}, {}: {}",
        severity(finding.severity),
        findings::when(finding),
        printable(&finding.message)
    )];
    lines.extend(
        finding
            .advice
            .iter()
            .map(|advice| format!("next: {}", printable(advice))),
    );
    let evidence: Vec<_> = finding
        .evidence
        .iter()
        .map(|figure| findings::evidence(figure.name, figure.value))
        .collect();
    if !evidence.is_empty() {
        lines.push(format!("evidence: {}", evidence.join(", ")));
    }
    lines.join("\n")
}

const fn severity(severity: Severity) -> &'static str {
    severity.name()
}

fn case(name: &str, class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}
