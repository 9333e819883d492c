//! One verdict over many processes.

use super::Analysis;
use super::tracker::MAX_EPISODES;
use crate::report::{RuleState, RuleStatus, Verdict};
use crate::rules;
use crate::settings::Settings;
use crate::severity::Severity;

/// Why a rule has no evidence, where only gc lines show what it needs.
const NOT_IN_SOURCE: &str = "not in this source";

/// The verdict over all processes, updated as each of them ends.
#[derive(Debug, Clone)]
pub struct Judgment {
    required: Vec<String>,
    rules: Vec<RuleStatus>,
    worst: Option<Severity>,
    evidence: bool,
    /// A process had gc lines.
    traced: bool,
    why_not: Option<String>,
}

impl Judgment {
    /// No process yet.
    pub fn new(settings: &Settings) -> Self {
        Self {
            required: settings.required.iter().cloned().collect(),
            rules: super::trackers::Trackers::new(settings).status(),
            worst: None,
            evidence: false,
            traced: false,
            why_not: None,
        }
    }

    /// Adds a process that has ended.
    pub fn add(&mut self, analysis: &Analysis) {
        for (all, one) in self.rules.iter_mut().zip(&analysis.rules) {
            all.status = all.status.max(one.status);
            all.worst = match (all.worst, one.worst) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (a, b) => a.or(b),
            };
            let room = MAX_EPISODES.saturating_sub(all.episodes.len());
            all.episodes.extend(one.episodes.iter().take(room));
        }
        self.traced |= analysis.traced;
        for all in &mut self.rules {
            let lines = rules::find(all.id).is_some_and(|rule| rule.needs_lines);
            let lacking = all.status == RuleState::NoEvidence && lines && !self.traced;
            all.reason = lacking.then_some(NOT_IN_SOURCE);
        }
        let worst = analysis
            .findings
            .iter()
            .map(|finding| finding.severity)
            .max();
        if analysis.enough_evidence {
            self.worst = self.worst.max(worst);
        }
        self.evidence |= analysis.enough_evidence;
        if !analysis.enough_evidence && self.why_not.is_none() {
            self.why_not = Some(analysis.why_not.clone());
        }
    }

    /// Each rule over all processes, in the order of the rule table: raised if it is raised in any, with its worst value of all.
    pub fn rules(&self) -> &[RuleStatus] {
        &self.rules
    }

    /// The worst finding of all. No verdict if no process had enough evidence, if a rule that the user named by `--max` or
    /// `--only` had none in any process (unless there is a critical finding), or if the log runs `newest_first`.
    pub fn verdict(&self, newest_first: bool) -> Verdict {
        if newest_first {
            return Verdict::NoVerdict(
                "the log runs newest line first: turn it round with `tac` and read it again"
                    .to_owned(),
            );
        }
        if !self.evidence {
            let why = self.why_not.clone();
            return Verdict::NoVerdict(
                why.unwrap_or_else(|| "no GC cycle in the input".to_owned()),
            );
        }
        if self.worst == Some(Severity::Critical) {
            return Verdict::Critical;
        }
        let unjudged = self.rules.iter().find(|rule| {
            rule.status != RuleState::Off
                && rule.worst.is_none()
                && self.required.iter().any(|id| id == rule.id)
        });
        if let Some(rule) = unjudged.filter(|rule| rule.reason.is_some()) {
            return Verdict::NoVerdict(format!(
                "the rule {} cannot be judged, {NOT_IN_SOURCE}: runtime.MemStats lacks what it needs; read the trace of the \
                 program under GODEBUG=gctrace=1 instead, or drop the rule",
                rule.id
            ));
        }
        if let Some(rule) = unjudged {
            let needs = rules::find(rule.id).map_or("", |rule| rule.evidence);
            return Verdict::NoVerdict(format!(
                "the rule {} had too little evidence in every process (it needs: {needs}): record for longer or under load",
                rule.id
            ));
        }
        match self.worst {
            Some(Severity::Warning) => Verdict::Warning,
            _ => Verdict::Pass,
        }
    }
}
