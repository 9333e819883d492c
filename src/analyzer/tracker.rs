//! The life of one rule's finding: raised after two evaluations in a row, cleared after three below 0.8 of the threshold.

use super::FindingChange;
use crate::measure::Trust;
use crate::report::{Episode, Evidence, Finding, RuleState, RuleStatus};
use crate::rules::diagnosis::Symptom;
use crate::rules::{Crossing, Explanation, Judged, Reading, Rule, Situation, Thresholds, View};
use crate::settings::{Scope, Settings};
use crate::severity::{CappedBy, Severity};
use crate::window::Panes;

/// Evaluations in a row that raise a finding; at the end of the stream one is enough.
const RAISE: u32 = 2;

/// Evaluations in a row that clear it.
const CLEAR: u32 = 3;

/// The share of a threshold below which an evaluation counts towards clearing.
const BELOW: f64 = 0.8;

/// Episodes that are kept of a finding; later ones lengthen the last.
pub(super) const MAX_EPISODES: usize = 100;

/// Changes that wait to be taken; more are dropped: while a file is read, none are taken.
const MAX_CHANGES: usize = 256;

/// The panes around a window that is judged, and with them the wall-clock times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) panes: &'a Panes,
    /// The end of the window, ns of program time.
    pub(super) at: u64,
    pub(super) trust: Trust,
}

impl<'a> Context<'a> {
    /// The wall-clock times of the first and the last cycle of what is judged.
    fn walls(&self, view: &View<'_>) -> (Option<&'a str>, Option<&'a str>) {
        self.panes.walls(self.at, view.whole_run)
    }

    /// Where a finding begins: the start of the earliest pane that alone reaches the threshold at which the finding clears, else
    /// that of the window; for growth, the end of the start-up.
    fn since(&self, tracker: &Tracker, view: &View<'_>) -> (u64, Option<String>) {
        let trend = tracker.rule.judged == Judged::Trend;
        if !trend && !view.whole_run {
            let least = tracker.thresholds.scaled(BELOW);
            let reaches = |window| {
                // The signs of the host stay those of the whole window.
                let cached = &view.cached.of_the_same_host();
                let view = View {
                    window,
                    cached,
                    ..*view
                };
                tracker.rule.judge(&view, &least).severity().is_some()
            };
            let mut panes = self.panes.each(self.at, self.trust);
            if let Some((window, wall)) = panes.find(|(window, _)| reaches(*window)) {
                return (window.start_ns, wall.map(str::to_owned));
            }
        }
        let start = match trend {
            true => view.growth.since_ns,
            false => view.window.start_ns,
        };
        (start, self.walls(view).0.map(str::to_owned))
    }
}

/// One rule over one process.
#[derive(Debug, Clone)]
pub(super) struct Tracker {
    pub(super) rule: &'static Rule,
    thresholds: Thresholds,
    /// The user has not switched it off.
    pub(super) on: bool,
    /// Evaluations that had the evidence.
    pub(super) judged: u64,
    worst: Option<f64>,
    /// The worst value of those that found something.
    worst_raised: f64,
    /// Evaluations in a row that found something.
    bad: u32,
    /// Evaluations in a row, while a finding is raised, that were below the clearing threshold.
    fine: u32,
    previous: Option<Crossing>,
    /// The last evaluation of the stream found nothing.
    refuted: bool,
    /// Where the first of the `bad` windows began.
    since_ns: u64,
    since_wall: Option<String>,
    pub(super) open: Option<Episode>,
    /// An episode was open at the end of the stream.
    raised: bool,
    episodes: Vec<Episode>,
    active: u64,
    finding: Option<Box<Raised>>,
}

/// The finding of a rule, from the evaluation to which it owes its severity.
#[derive(Debug, Clone)]
struct Raised {
    crossing: Crossing,
    explanation: Explanation,
    situation: Situation,
    scope: Scope,
    since_wall: Option<String>,
    until_wall: Option<String>,
}

impl Tracker {
    pub(super) fn new(rule: &'static Rule, settings: &Settings) -> Self {
        let user = settings.thresholds.get(rule.id).copied();
        Self {
            rule,
            thresholds: rule.thresholds().with(user.unwrap_or_default()),
            on: !settings.allow.contains(rule.id)
                && (settings.only.is_empty() || settings.only.contains(rule.id)),
            judged: 0,
            worst: None,
            worst_raised: f64::NEG_INFINITY,
            bad: 0,
            fine: 0,
            previous: None,
            refuted: false,
            since_ns: 0,
            since_wall: None,
            open: None,
            raised: false,
            episodes: Vec::new(),
            active: 0,
            finding: None,
        }
    }

    /// Judges a view, and notes the worst values.
    fn read(&mut self, view: &View<'_>) -> Option<Crossing> {
        let reading = self.rule.judge(view, &self.thresholds);
        if let Reading::Judged {
            value, severity, ..
        } = reading
        {
            self.judged += 1;
            self.worst = Some(self.worst.map_or(value, |worst| worst.max(value)));
            if severity.is_some() {
                self.worst_raised = self.worst_raised.max(value);
            }
        }
        self.thresholds.crossing(reading)
    }

    /// Judges a window; `last` if the stream ends.
    pub(super) fn step(
        &mut self,
        view: &View<'_>,
        last: bool,
        context: &Context<'_>,
        changes: &mut Vec<FindingChange>,
    ) {
        let now = self.read(view);
        self.refuted = last && now.is_none();
        let change = match now {
            Some(crossing) => self.bad_window(view, crossing, last, context),
            None => self.fine_window(view, context),
        };
        if changes.len() < MAX_CHANGES {
            changes.extend(change);
        }
        self.previous = now;
        if last {
            self.raised = self.close().is_some();
        }
    }

    fn bad_window(
        &mut self,
        view: &View<'_>,
        crossing: Crossing,
        last: bool,
        context: &Context<'_>,
    ) -> Option<FindingChange> {
        self.fine = 0;
        self.bad = self.bad.saturating_add(1);
        if self.bad == 1 {
            (self.since_ns, self.since_wall) = context.since(self, view);
        }
        // Two in a row confirm the milder of the two; at the end there is no second one to wait for.
        let confirmed = match self.previous {
            Some(before) if !last && before.severity < crossing.severity => Crossing {
                suspected: crossing.suspected,
                ..before
            },
            _ => crossing,
        };
        if last || self.bad >= RAISE {
            return self.raise(view, confirmed, context);
        }
        if let Some(open) = &mut self.open {
            open.until_ns = until(view);
            self.active += 1;
        }
        None
    }

    fn fine_window(&mut self, view: &View<'_>, context: &Context<'_>) -> Option<FindingChange> {
        self.bad = 0;
        self.open?;
        let held = self.rule.judge(view, &self.thresholds.scaled(BELOW));
        self.fine = match held.severity() {
            Some(_) => 0,
            None => self.fine + 1,
        };
        if self.fine >= CLEAR {
            return self.clear(view, context);
        }
        self.active += 1;
        None
    }

    /// Evaluations with the same outcome as the last one were left out, the last of them at `at`.
    pub(super) fn skip(&mut self, evaluations: u64, at: u64) {
        if let Some(open) = &mut self.open {
            self.active = self.active.saturating_add(evaluations);
            if self.previous.is_some() {
                open.until_ns = at;
            }
        }
    }

    /// Judges the whole run. A finding of the windows that is as severe is more precise, and stays.
    pub(super) fn whole_run(&mut self, view: &View<'_>, context: &Context<'_>) {
        let before = self.finding.as_ref().map(|raised| raised.crossing.severity);
        if let Some(crossing) = self.read(view)
            && before < Some(crossing.severity)
        {
            (self.since_ns, self.since_wall) = context.since(self, view);
            self.raise(view, crossing, context);
            self.raised |= self.close().is_some();
        }
    }

    /// A finding on stops that seemed the collector's own in its window is the host's if the whole run shows that: a stall that
    /// comes once an hour.
    pub(super) fn recognize_host(&mut self, view: &View<'_>) {
        let Some(raised) = self.finding.as_mut() else {
            return;
        };
        let crossing = &mut raised.crossing;
        if !self.rule.is_on_pauses()
            || crossing.severity != Severity::Critical
            || self.thresholds.is_users(Severity::Critical)
            || self.rule.capped_by(view, crossing.severity) != Some(CappedBy::Contention)
        {
            return;
        }
        crossing.severity = Severity::Warning;
        crossing.threshold = self.thresholds.of(Severity::Warning);
        crossing.capped_by = Some(CappedBy::Contention);
        raised.explanation = self.rule.explanation(view, crossing);
        raised.situation = Situation::of(view);
        for episode in &mut self.episodes {
            episode.severity = episode.severity.min(Severity::Warning);
        }
    }

    /// A trend that the end of the run refutes is no finding.
    pub(super) fn withdraw(&mut self) {
        if self.rule.judged == Judged::Trend && self.refuted {
            self.finding = None;
        }
    }

    pub(super) fn symptom(&self) -> Option<Symptom<'_>> {
        let raised = self.finding.as_deref()?;
        Some(Symptom {
            rule: self.rule.id,
            severity: raised.crossing.severity,
            capped_by: raised.crossing.capped_by,
            measured: raised.crossing.value,
            situation: &raised.situation,
        })
    }

    /// Raises a finding, or keeps it up. Returns the change if the finding is new or got worse.
    fn raise(
        &mut self,
        view: &View<'_>,
        crossing: Crossing,
        context: &Context<'_>,
    ) -> Option<FindingChange> {
        let Crossing {
            severity, value, ..
        } = crossing;
        let before = self.open.map(|open| open.severity);
        let open = self.open.get_or_insert(Episode {
            since_ns: self.since_ns,
            until_ns: 0,
            worst: value,
            severity,
        });
        open.until_ns = until(view);
        worsen(open, severity, value);
        self.active += 1;

        let (_, last_wall) = context.walls(view);
        let worse = |old: &Raised| (severity, value) > (old.crossing.severity, old.crossing.value);
        if self.finding.as_deref().is_none_or(worse) {
            let new = Box::new(Raised {
                explanation: self.rule.explanation(view, &crossing),
                situation: Situation::of(view),
                crossing,
                scope: if view.whole_run {
                    Scope::Run
                } else {
                    Scope::Window
                },
                since_wall: self.since_wall.take(),
                until_wall: last_wall.map(str::to_owned),
            });
            if let Some(old) = self.finding.replace(new)
                && let Some(new) = &mut self.finding
            {
                (new.since_wall, new.until_wall) = (old.since_wall, old.until_wall);
            }
        }
        if let Some(raised) = &mut self.finding
            && let (Some(wall), Some(last)) = (&mut raised.until_wall, last_wall)
        {
            last.clone_into(wall);
        }
        before
            .is_none_or(|before| severity > before)
            .then(|| self.change(&crossing, true, view, context))
    }

    fn clear(&mut self, view: &View<'_>, context: &Context<'_>) -> Option<FindingChange> {
        self.fine = 0;
        let open = self.close()?;
        let crossing = Crossing {
            value: open.worst,
            threshold: self.thresholds.of(open.severity),
            severity: open.severity,
            capped_by: None,
            suspected: false,
        };
        Some(self.change(&crossing, false, view, context))
    }

    fn change(
        &self,
        crossing: &Crossing,
        raised: bool,
        view: &View<'_>,
        context: &Context<'_>,
    ) -> FindingChange {
        let finding = self.finding.as_ref();
        let message = finding.map(|finding| finding.explanation.message.clone());
        FindingChange {
            rule: self.rule.id,
            severity: crossing.severity,
            raised,
            at_ns: view.window.end_ns,
            at_wall: context.walls(view).1.map(str::to_owned),
            measured: crossing.value,
            threshold: crossing.threshold,
            unit: self.rule.unit,
            message: message.unwrap_or_default(),
            cause: None,
        }
    }

    /// Ends the episode that is open.
    fn close(&mut self) -> Option<Episode> {
        let episode = self.open.take()?;
        let full = self.episodes.len() >= MAX_EPISODES;
        // A trend that is seen again began where it began before.
        let goes_on = |last: &&mut Episode| full || episode.since_ns <= last.until_ns;
        match self.episodes.last_mut().filter(goes_on) {
            Some(last) => {
                last.until_ns = episode.until_ns;
                worsen(last, episode.severity, episode.worst);
            }
            None => self.episodes.push(episode),
        }
        Some(episode)
    }

    pub(super) fn status(&self) -> RuleStatus {
        RuleStatus {
            id: self.rule.id,
            status: if !self.on {
                RuleState::Off
            } else if self.finding.is_some() {
                RuleState::Raised
            } else if !self.episodes.is_empty() {
                RuleState::Withdrawn
            } else if self.judged > 0 {
                RuleState::Quiet
            } else {
                RuleState::NoEvidence
            },
            reason: None,
            worst: self.worst,
            unit: self.rule.unit,
            warning: self.thresholds.warning,
            critical: self.thresholds.critical,
            episodes: match &self.finding {
                None => self.episodes.clone(),
                Some(_) => Vec::new(),
            },
        }
    }

    pub(super) fn finding(mut self, evaluations: f64) -> Option<Finding> {
        let mut raised = *self.finding?;
        // A thousand processes may be kept.
        self.episodes.shrink_to_fit();
        raised.explanation.message.shrink_to_fit();
        Some(Finding {
            rule: self.rule.id,
            severity: raised.crossing.severity,
            process: String::new(),
            scope: raised.scope,
            capped_by: raised.crossing.capped_by,
            measured: raised.crossing.value,
            worst: self.worst_raised.max(raised.crossing.value),
            threshold: raised.crossing.threshold,
            unit: self.rule.unit,
            since_ns: self.episodes.iter().map(|e| e.since_ns).min().unwrap_or(0),
            until_ns: self.episodes.iter().map(|e| e.until_ns).max().unwrap_or(0),
            since_wall: raised.since_wall,
            until_wall: raised.until_wall,
            raised: self.raised,
            active_ratio: (self.active as f64 / evaluations).min(1.0),
            episodes: self.episodes,
            message: raised.explanation.message,
            advice: raised.explanation.advice,
            evidence: figures(raised.explanation.evidence),
        })
    }
}

/// The worst is the largest value of those of the highest severity, in an episode as in its finding: a rule with several
/// conditions may give a larger value a milder severity.
fn worsen(episode: &mut Episode, severity: Severity, value: f64) {
    if (severity, value) > (episode.severity, episode.worst) {
        (episode.severity, episode.worst) = (severity, value);
    }
}

/// The last cycle of the window, or its end if it holds none.
fn until(view: &View<'_>) -> u64 {
    let last = view.window.interval.to.end_ns;
    if last > 0 { last } else { view.window.end_ns }
}

pub(super) fn figures(evidence: Vec<(&'static str, f64)>) -> Vec<Evidence> {
    let figure = |(name, value)| Evidence { name, value };
    evidence.into_iter().map(figure).collect()
}
