//! The report in lines: the same keys as in one object, so that a log pipeline can take it up record by record.

use serde::Serialize;

use super::{Finding, Input, Process, REPORT_SCHEMA, Report, Rule, Tool, Verdict};
use crate::report as model;

/// One line of the report.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// Always `gcpressure.report/v1`.
    pub schema: &'static str,
    /// What the line holds.
    #[serde(flatten)]
    pub record: Record<'a>,
}

/// What a line holds; `record` names it.
#[derive(Debug, Serialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub enum Record<'a> {
    /// The first line: how it ended and what was read.
    Report(Summary<'a>),
    /// A process.
    Process(Box<Process<'a>>),
    /// A finding.
    Finding(Finding<'a>),
    /// A rule.
    Rule(Rule),
}

/// A report without its processes, findings and rules, which have lines of their own.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    /// What wrote this.
    pub tool: Tool,
    /// The worst finding of all processes, or that there is no verdict.
    pub verdict: Verdict,
    /// Why there is no verdict and what to do; null where there is one.
    pub no_verdict_reason: Option<&'a str>,
    /// The status that the program exits with.
    pub exit_status: u8,
    /// What was read, and what could not be.
    pub input: Input<'a>,
    /// The cause behind the findings of the worst process; null where there is none.
    pub diagnosis: Option<Box<super::Diagnosis<'a>>>,
    /// Processes that have no line: detail is kept for the worst 1,000.
    pub processes_omitted: u64,
    /// What the reader should know about these numbers.
    pub warnings: &'a [String],
    /// Where the allocation comes from; only where a heap profile was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causes: Option<Box<super::Causes<'a>>>,
}

/// The lines of a report: the report itself, then each process, finding and rule.
pub fn lines(report: &model::Report) -> impl Iterator<Item = Line<'_>> {
    let Report {
        schema: _,
        tool,
        verdict,
        no_verdict_reason,
        exit_status,
        input,
        processes_omitted,
        processes,
        diagnosis,
        findings,
        rules,
        warnings,
        causes,
    } = Report::from(report);
    let summary = Summary {
        tool,
        verdict,
        no_verdict_reason,
        exit_status,
        input,
        diagnosis: diagnosis.map(Box::new),
        processes_omitted,
        warnings,
        causes: causes.map(Box::new),
    };
    let processes = processes.into_iter().map(Box::new).map(Record::Process);
    std::iter::once(Record::Report(summary))
        .chain(processes)
        .chain(findings.into_iter().map(Record::Finding))
        .chain(rules.into_iter().map(Record::Rule))
        .map(|record| Line {
            schema: REPORT_SCHEMA,
            record,
        })
}
