//! The report in lines: the same keys as in one object, so that a log pipeline can read it record by record.

use serde::Serialize;

use super::causes::Causes;
use super::{Diagnosis, Finding, Input, Process, Published, Report, RuleStatus, Tool, Verdict};

/// One line of the report.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// Always `gcpressure.report/v1`.
    schema: &'static str,
    #[serde(flatten)]
    record: Record<'a>,
}

/// What a line holds; `record` names it.
#[derive(Debug, Serialize)]
#[serde(tag = "record", rename_all = "lowercase")]
enum Record<'a> {
    /// The first line: how it ended and what was read.
    Report(Summary<'a>),
    Process(&'a Process),
    Finding(&'a Finding),
    Rule(&'a RuleStatus),
}

/// A report without its processes, findings and rules, which have lines of their own.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    tool: Tool,
    #[serde(flatten)]
    verdict: &'a Verdict,
    exit_status: u8,
    input: &'a Input,
    diagnosis: &'a Option<Diagnosis>,
    processes_omitted: u64,
    warnings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    causes: Option<&'a Causes>,
}

/// The lines of a report: the report itself, then each process, finding and rule.
pub fn lines(report: &Report) -> impl Iterator<Item = Line<'_>> {
    let summary = Summary {
        tool: Tool::THIS,
        verdict: &report.verdict,
        exit_status: report.exit_status,
        input: &report.input,
        diagnosis: &report.diagnosis,
        processes_omitted: report.processes_omitted,
        warnings: &report.warnings,
        causes: report.causes.as_ref(),
    };
    std::iter::once(Record::Report(summary))
        .chain(report.processes.iter().map(Record::Process))
        .chain(report.findings.iter().map(Record::Finding))
        .chain(report.rules.iter().map(Record::Rule))
        .map(|record| Line {
            schema: Report::SCHEMA,
            record,
        })
}
