//! The cause behind the findings of a process: the first row of a table that fits.
//!
//! A cause explains findings, and is as severe as the worst of them. Its figures are those of the window in which one of them
//! was at its worst, so a storm of a minute in a day is explained by that minute.

pub(super) mod advice;
mod causes;
pub(super) mod situation;
mod words;

pub(super) use causes::PAUSES;
pub use causes::table;

use super::{Cost, Explanation, Situation};
use crate::severity::{CappedBy, Cause, Severity};

/// A finding, as input to a diagnosis.
#[derive(Debug, Clone, Copy)]
pub struct Symptom<'a> {
    /// The rule's id.
    pub rule: &'static str,
    /// The worst severity it reached.
    pub severity: Severity,
    /// Why it is not worse.
    pub capped_by: Option<CappedBy>,
    /// The value, in the rule's unit.
    pub measured: f64,
    /// The figures of that window.
    pub situation: &'a Situation,
}

/// The findings of a process, and what collecting costs over its run.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The findings.
    pub symptoms: &'a [Symptom<'a>],
    /// The cost of the run.
    pub run: Cost,
}

/// The cause behind the findings of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The cause.
    pub cause: Cause,
    /// The worst severity of the findings that it explains.
    pub severity: Severity,
    /// The rules of those findings.
    pub explains: Vec<&'static str>,
    /// The cause in words, what to do, and the figures behind it.
    pub explanation: Explanation,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// The cause.
    pub cause: Cause,
    /// What it is, in one line.
    pub summary: &'static str,
    /// When it is named, why, and what to do: the text of `gcpressure explain`.
    pub doc: &'static str,
    /// Rules that it may explain.
    pub explains: &'static [&'static str],
    /// It is named even if all that it explains is `info`.
    info: bool,
    when: fn(&Case<'_>, &Symptom<'_>) -> bool,
    explanation: fn(&Case<'_>, &Symptom<'_>) -> Explanation,
}

/// The row of a cause.
pub fn find(name: &str) -> Option<&'static Row> {
    table().iter().find(|row| row.cause.name() == name)
}

impl Symptom<'_> {
    fn is_of(&self, rules: &[&str]) -> bool {
        rules.contains(&self.rule)
    }

    fn warns(&self) -> bool {
        self.severity > Severity::Info
    }

    /// The host made it so.
    fn is_hosts(&self) -> bool {
        self.capped_by == Some(CappedBy::Contention)
    }
}

impl Case<'_> {
    /// The cause: of the first row that fits and explains the worst finding, else of the first that explains more than `info`,
    /// else of the first that fits.
    pub fn diagnose(&self) -> Option<Diagnosis> {
        let worst = self.symptoms.iter().map(|symptom| symptom.severity).max()?;
        let rank = |fit: &Fit<'_>| (fit.severity == worst, fit.severity > Severity::Info);
        let fits = table().iter().filter_map(|row| self.fit(row));
        // The last of the greatest, so the first row of those in order.
        let best = fits.rev().max_by_key(rank)?;
        let explained = self.explained(best.row);
        Some(Diagnosis {
            cause: best.row.cause,
            severity: best.severity,
            explains: explained.map(|symptom| symptom.rule).collect(),
            explanation: (best.row.explanation)(self, best.symptom),
        })
    }

    fn explained(&self, row: &Row) -> impl Iterator<Item = &Symptom<'_>> {
        let symptoms = self.symptoms.iter();
        symptoms.filter(|symptom| symptom.is_of(row.explains))
    }

    fn fit(&self, row: &'static Row) -> Option<Fit<'_>> {
        let fitting = self.explained(row);
        let fitting = fitting.filter(|symptom| (row.when)(self, symptom));
        // The words describe the worst finding that shows the cause, at the window in which collecting cost most.
        let cost = |symptom: &Symptom<'_>| symptom.situation.cost.gc_cpu.unwrap_or(0.0);
        let symptom = fitting.max_by(|a, b| {
            let severity = a.severity.cmp(&b.severity);
            severity.then(cost(a).total_cmp(&cost(b)))
        })?;
        let severity = self.explained(row).map(|symptom| symptom.severity).max()?;
        (row.info || severity > Severity::Info).then_some(Fit {
            row,
            symptom,
            severity,
        })
    }
}

/// A row that fits: the finding that its words describe, and the worst severity that it explains.
struct Fit<'c> {
    row: &'static Row,
    symptom: &'c Symptom<'c>,
    severity: Severity,
}

#[cfg(test)]
mod tests;
