//! All rules over one process.

use std::cmp::Reverse;

use super::FindingChange;
use super::tracker::{Context, Tracker, figures};
use crate::report::{Diagnosis, Finding, RuleStatus};
use crate::rules::diagnosis::{self, Case};
use crate::rules::{self, Cost, Judged, View};
use crate::settings::Settings;
use crate::severity::Cause;

/// All rules over one process, and how often they were judged.
#[derive(Debug, Clone, Default)]
pub(super) struct Trackers {
    trackers: Vec<Tracker>,
    evaluations: u64,
}

impl Trackers {
    /// All rules, before anything was judged.
    pub(super) fn new(settings: &Settings) -> Self {
        let mut all = Self::default();
        all.ready(settings);
        all
    }

    /// Goes before all judging, but not before the first cycle: many processes of a log are never judged.
    pub(super) fn ready(&mut self, settings: &Settings) {
        if self.trackers.is_empty() {
            let table = rules::table().iter();
            self.trackers = table.map(|rule| Tracker::new(rule, settings)).collect();
        }
    }

    /// Judges a window; `last` if the stream ends.
    pub(super) fn windows(
        &mut self,
        view: &View<'_>,
        last: bool,
        context: &Context<'_>,
        changes: &mut Vec<FindingChange>,
    ) {
        self.evaluations = self.evaluations.saturating_add(1);
        for tracker in &mut self.trackers {
            if tracker.on && tracker.rule.judged != Judged::Run {
                tracker.step(view, last, context, changes);
            }
        }
    }

    /// Judges the whole run: the rules that are judged so, those that no window had the evidence for, and `all` if the user
    /// wants no windows.
    pub(super) fn run(&mut self, view: &View<'_>, all: bool, context: &Context<'_>) {
        if all {
            self.evaluations = 1;
        }
        for tracker in &mut self.trackers {
            let wanted = match tracker.rule.judged {
                Judged::Windows => tracker.judged == 0,
                Judged::WindowsAndRun | Judged::Run => true,
                Judged::Trend => false,
            };
            if tracker.on && (all || wanted) {
                tracker.whole_run(view, context);
            }
            tracker.recognize_host(view);
        }
    }

    /// No finding is raised at the moment.
    pub(super) fn nothing_open(&self) -> bool {
        self.trackers.iter().all(|tracker| tracker.open.is_none())
    }

    /// Evaluations with the same outcome as the last one were left out, the last of them at `at`.
    pub(super) fn skip(&mut self, evaluations: u64, at: u64) {
        self.evaluations = self.evaluations.saturating_add(evaluations);
        if evaluations > 0 {
            for tracker in &mut self.trackers {
                tracker.skip(evaluations, at);
            }
        }
    }

    /// The state of each rule.
    pub(super) fn status(&self) -> Vec<RuleStatus> {
        self.trackers.iter().map(Tracker::status).collect()
    }

    /// The cause behind the findings that are raised now, with its sentence.
    pub(super) fn current_cause(&self, run: Cost) -> Option<(Cause, String)> {
        let found = self.diagnose(run, |tracker| tracker.open.is_some())?;
        Some((found.cause, found.explanation.message))
    }

    /// The cause behind the findings of some rules.
    fn diagnose(&self, run: Cost, of: fn(&Tracker) -> bool) -> Option<diagnosis::Diagnosis> {
        let some = self.trackers.iter().filter(|tracker| of(tracker));
        let symptoms: Vec<_> = some.filter_map(Tracker::symptom).collect();
        let symptoms = &symptoms[..];
        Case { symptoms, run }.diagnose()
    }

    /// The findings, their cause, and the state of each rule. The findings that the cause explains come first, then the worst.
    pub(super) fn finish(
        mut self,
        run: Cost,
    ) -> (Vec<Finding>, Option<Diagnosis>, Vec<RuleStatus>) {
        for tracker in &mut self.trackers {
            tracker.withdraw();
        }
        let evaluations = self.evaluations.max(1) as f64;
        let diagnosis = self.diagnose(run, |_| true).map(|found| Diagnosis {
            cause: found.cause,
            severity: found.severity,
            process: String::new(),
            message: found.explanation.message,
            explains: found.explains,
            advice: found.explanation.advice,
            evidence: figures(found.explanation.evidence),
        });
        let status = self.status();
        // Collected directly they would keep the large memory of the trackers, which the next process uses again.
        let raised = self.trackers.iter().filter_map(Tracker::symptom);
        let mut findings = Vec::with_capacity(raised.count());
        let trackers = self.trackers.into_iter();
        findings.extend(trackers.filter_map(|tracker| tracker.finding(evaluations)));
        let explained = |finding: &Finding| {
            let mut all = diagnosis.iter().flat_map(|found| &found.explains);
            all.any(|rule| *rule == finding.rule)
        };
        // The sort is stable: equal findings stay in the order of the rule table.
        findings.sort_by(|a, b| {
            let key = |finding| (!explained(finding), Reverse(finding.severity));
            let times = |finding: &Finding| finding.measured / finding.threshold;
            key(a).cmp(&key(b)).then(times(b).total_cmp(&times(a)))
        });
        (findings, diagnosis, status)
    }
}
