//! The life of findings: raised after two evaluations in a row, cleared after three below 0.8 of the threshold.

use std::cmp::Reverse;

use super::FindingChange;
use crate::measure::Trust;
use crate::report::{Diagnosis, Episode, Evidence, Finding, RuleState, RuleStatus};
use crate::rules::diagnosis::{Case, Symptom};
use crate::rules::{
    self, Cost, Crossing, Judged, Reading, Rule, Situation, Thresholds, Told, View,
};
use crate::settings::Settings;
use crate::severity::{CappedBy, Cause, Severity};
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

/// What lies around a window that is judged: its panes, and with them the wall clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) panes: &'a Panes,
    /// The end of the window, ns of program time.
    pub(super) at: u64,
    pub(super) trust: Trust,
}

impl<'a> Around<'a> {
    /// The wall-clock times of the first and the last cycle of what is judged.
    fn walls(&self, view: &View<'_>) -> (Option<&'a str>, Option<&'a str>) {
        self.panes.walls(self.at, view.whole_run)
    }

    /// Since when: the start of the earliest pane that alone reaches the threshold at which a finding clears, else that of
    /// the window; of growth, the end of the start-up.
    fn since(&self, watch: &Watch, view: &View<'_>) -> (u64, Option<String>) {
        let start = match watch.rule.judged {
            Judged::Trend => view.growth.since_ns,
            _ => view.window.start_ns,
        };
        let whole = (start, self.walls(view).0.map(str::to_owned));
        if view.whole_run || watch.rule.judged == Judged::Trend {
            return whole;
        }
        let least = watch.thresholds.scaled(BELOW);
        let reaches = |window| {
            // What the host does stays as it is.
            let asked = view.asked.of_the_same_host();
            let view = View {
                window,
                asked: &asked,
                ..*view
            };
            watch.rule.judge(&view, &least).severity().is_some()
        };
        let mut panes = self.panes.each(self.at, self.trust);
        match panes.find(|(window, _)| reaches(*window)) {
            Some((window, wall)) => (window.start_ns, wall.map(str::to_owned)),
            None => whole,
        }
    }
}

/// All rules over one process.
#[derive(Debug, Clone, Default)]
pub(super) struct Watches {
    watches: Vec<Watch>,
    evaluations: u64,
}

/// One rule over one process.
#[derive(Debug, Clone)]
struct Watch {
    rule: &'static Rule,
    thresholds: Thresholds,
    on: bool,
    /// Evaluations that had the evidence.
    judged: u64,
    worst: Option<f64>,
    /// The worst value of those that found something.
    worst_raised: f64,
    /// Evaluations in a row that were bad / fine.
    bad: u32,
    fine: u32,
    previous: Option<Graded>,
    /// The last evaluation of the stream found nothing.
    refuted: bool,
    /// Where the first bad window of the row began.
    since_ns: u64,
    since_wall: Option<String>,
    open: Option<Episode>,
    episodes: Vec<Episode>,
    active: u64,
    finding: Option<Box<Raised>>,
}

/// One evaluation that found something.
#[derive(Debug, Clone, Copy)]
struct Graded {
    severity: Severity,
    value: f64,
    capped_by: Option<CappedBy>,
}

/// What is told of a rule that was raised: from the evaluation that earned it its severity.
#[derive(Debug, Clone)]
struct Raised {
    crossing: Crossing,
    capped_by: Option<CappedBy>,
    told: Told,
    situation: Situation,
    scope: &'static str,
    since_wall: Option<String>,
    until_wall: Option<String>,
}

impl Watches {
    /// All rules, before anything was judged.
    pub(super) fn new(settings: &Settings) -> Self {
        let mut all = Self::default();
        all.ready(settings);
        all
    }

    /// Before anything is judged: many processes of a log never come so far.
    pub(super) fn ready(&mut self, settings: &Settings) {
        if !self.watches.is_empty() {
            return;
        }
        let watch = |rule: &'static Rule| {
            let user = settings
                .thresholds
                .get(rule.id)
                .copied()
                .unwrap_or_default();
            Watch {
                rule,
                thresholds: rule.thresholds().with(user),
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
                episodes: Vec::new(),
                active: 0,
                finding: None,
            }
        };
        self.watches = rules::table().iter().map(watch).collect();
    }

    /// Judges a window; `last` where the stream ends.
    pub(super) fn windows(
        &mut self,
        view: &View<'_>,
        last: bool,
        around: &Around<'_>,
        changes: &mut Vec<FindingChange>,
    ) {
        self.evaluations = self.evaluations.saturating_add(1);
        for watch in &mut self.watches {
            if watch.on && watch.rule.judged != Judged::Run {
                watch.step(view, last, around, changes);
            }
        }
    }

    /// Judges the whole run: the rules that want that, those that no window had the evidence for, and `all` where the user
    /// wants no windows.
    pub(super) fn run(&mut self, view: &View<'_>, all: bool, around: &Around<'_>) {
        if all {
            self.evaluations = 1;
        }
        for watch in &mut self.watches {
            let wanted = match watch.rule.judged {
                Judged::Windows => watch.judged == 0,
                Judged::WindowsAndRun | Judged::Run => true,
                Judged::Trend => false,
            };
            if watch.on && (all || wanted) {
                watch.whole_run(view, around);
            }
            watch.recognize_host(view);
        }
    }

    /// No finding is raised at the moment.
    pub(super) fn nothing_open(&self) -> bool {
        self.watches.iter().all(|watch| watch.open.is_none())
    }

    /// Evaluations that say the same as the last one were left out, the last of them at `at`.
    pub(super) fn skip(&mut self, evaluations: u64, at: u64) {
        self.evaluations = self.evaluations.saturating_add(evaluations);
        for watch in self.watches.iter_mut().filter(|_| evaluations > 0) {
            if let Some(open) = &mut watch.open {
                watch.active = watch.active.saturating_add(evaluations);
                if watch.previous.is_some() {
                    open.until_ns = at;
                }
            }
        }
    }

    /// The state of each rule.
    pub(super) fn status(&self) -> Vec<RuleStatus> {
        self.watches.iter().map(Watch::status).collect()
    }

    /// The cause behind what is raised now, with its sentence.
    pub(super) fn diagnose(&self, run: Cost) -> Option<(Cause, String)> {
        let open = self.watches.iter().filter(|watch| watch.open.is_some());
        let symptoms: Vec<_> = open.filter_map(Watch::symptom).collect();
        let symptoms = &symptoms[..];
        let found = Case { symptoms, run }.diagnose()?;
        Some((found.cause, found.told.message))
    }

    /// The findings, their cause, and the state of each rule. The findings that the cause explains come first, then the worst.
    pub(super) fn finish(
        mut self,
        run: Cost,
    ) -> (Vec<Finding>, Option<Diagnosis>, Vec<RuleStatus>) {
        for watch in &mut self.watches {
            watch.withdraw();
        }
        let evaluations = self.evaluations.max(1) as f64;
        let symptoms: Vec<_> = self.watches.iter().filter_map(Watch::symptom).collect();
        let symptoms = &symptoms[..];
        let diagnosis = Case { symptoms, run }.diagnose().map(|found| Diagnosis {
            cause: found.cause,
            severity: found.severity,
            process: String::new(),
            message: found.told.message,
            explains: found.explains,
            advice: found.told.advice,
            evidence: figures(found.told.evidence),
        });
        let status = self.status();
        // In room of their own: collected they would stay in that of the watches, of which the next process makes use.
        let raised = self.watches.iter().filter(|watch| watch.finding.is_some());
        let mut findings = Vec::with_capacity(raised.count());
        let watches = self.watches.into_iter();
        findings.extend(watches.filter_map(|watch| watch.finding(evaluations)));
        let explained = |finding: &Finding| {
            let mut all = diagnosis.iter().flat_map(|found| &found.explains);
            all.any(|rule| *rule == finding.rule)
        };
        // The sort is stable: among equals the order of the rule table stays.
        findings.sort_by(|a, b| {
            let key = |finding| (!explained(finding), Reverse(finding.severity));
            let times = |finding: &Finding| finding.measured / finding.threshold;
            key(a).cmp(&key(b)).then(times(b).total_cmp(&times(a)))
        });
        (findings, diagnosis, status)
    }
}

impl Watch {
    fn read(&mut self, view: &View<'_>) -> Reading {
        let reading = self.rule.judge(view, &self.thresholds);
        if let Reading::Judged { value, .. } = reading {
            self.judged += 1;
            self.worst = Some(self.worst.map_or(value, |worst| worst.max(value)));
            if reading.severity().is_some() {
                self.worst_raised = self.worst_raised.max(value);
            }
        }
        reading
    }

    fn step(
        &mut self,
        view: &View<'_>,
        last: bool,
        around: &Around<'_>,
        changes: &mut Vec<FindingChange>,
    ) {
        let reading = self.read(view);
        let now = reading.severity().map(|severity| Graded {
            severity,
            value: reading.value().unwrap_or(f64::NAN),
            capped_by: reading.capped_by(),
        });
        self.refuted = last && now.is_none();
        match now {
            Some(graded) => {
                self.fine = 0;
                self.bad = self.bad.saturating_add(1);
                if self.bad == 1 {
                    (self.since_ns, self.since_wall) = around.since(self, view);
                }
                // Two in a row confirm the milder of the two; at the end there is no second one to wait for.
                let confirmed = match self.previous {
                    _ if last => Some(graded),
                    Some(before) if before.severity < graded.severity => Some(before),
                    Some(_) => Some(graded),
                    None => None,
                };
                if let Some(confirmed) = confirmed.filter(|_| last || self.bad >= RAISE) {
                    let suspected = matches!(reading, Reading::Suspected(_));
                    let change = self.raise(view, confirmed, suspected, around);
                    announce(changes, change);
                } else if let Some(open) = &mut self.open {
                    open.until_ns = until(view);
                    self.active += 1;
                }
            }
            None => {
                self.bad = 0;
                if self.open.is_some() {
                    let held = self
                        .rule
                        .judge(view, &self.thresholds.scaled(BELOW))
                        .severity()
                        .is_some();
                    self.fine = if held { 0 } else { self.fine + 1 };
                    if self.fine >= CLEAR {
                        let change = self.clear(view, around);
                        announce(changes, change);
                    } else {
                        self.active += 1;
                    }
                }
            }
        }
        self.previous = now;
        if last && let Some(open) = self.open.take() {
            self.keep(open);
        }
    }

    fn whole_run(&mut self, view: &View<'_>, around: &Around<'_>) {
        let reading = self.read(view);
        let Some(severity) = reading.severity() else {
            return;
        };
        // What the windows have shown already, and more closely, is not told again.
        if self
            .finding
            .as_ref()
            .is_some_and(|raised| raised.crossing.severity >= severity)
        {
            return;
        }
        (self.since_ns, self.since_wall) = around.since(self, view);
        let graded = Graded {
            severity,
            value: reading.value().unwrap_or(f64::NAN),
            capped_by: reading.capped_by(),
        };
        self.raise(
            view,
            graded,
            matches!(reading, Reading::Suspected(_)),
            around,
        );
        if let Some(open) = self.open.take() {
            self.keep(open);
        }
    }

    /// Stops that looked like the collector's own where only their window was seen are the host's where the whole run shows
    /// it: a stall that comes once an hour.
    fn recognize_host(&mut self, view: &View<'_>) {
        let Some(raised) = self.finding.as_mut() else {
            return;
        };
        let crossing = &mut raised.crossing;
        if !self.rule.is_on_pauses()
            || crossing.severity != Severity::Critical
            || self.thresholds.is_users(Severity::Critical)
        {
            return;
        }
        let cap = self.rule.at_most(view, crossing.severity);
        if cap.1 == Some(CappedBy::Contention) {
            crossing.severity = Severity::Warning;
            crossing.threshold = self.thresholds.of(Severity::Warning);
            raised.capped_by = cap.1;
            raised.told = self.rule.tell(view, crossing);
            raised.situation = Situation::of(view);
            for episode in &mut self.episodes {
                episode.severity = episode.severity.min(Severity::Warning);
            }
        }
    }

    /// A trend that the end of the run refutes is no finding.
    fn withdraw(&mut self) {
        if self.rule.judged == Judged::Trend && self.refuted {
            self.finding = None;
        }
    }

    fn symptom(&self) -> Option<Symptom<'_>> {
        let raised = self.finding.as_deref()?;
        Some(Symptom {
            rule: self.rule.id,
            severity: raised.crossing.severity,
            capped_by: raised.capped_by,
            measured: raised.crossing.value,
            situation: &raised.situation,
        })
    }

    /// Gives what is to be announced: a finding that is new or got worse.
    fn raise(
        &mut self,
        view: &View<'_>,
        graded: Graded,
        suspected: bool,
        around: &Around<'_>,
    ) -> Option<FindingChange> {
        let Graded {
            severity,
            value,
            capped_by,
        } = graded;
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

        let crossing = Crossing {
            value,
            threshold: self.thresholds.of(severity),
            severity,
            suspected,
        };
        let scope = if view.whole_run { "run" } else { "window" };
        match &mut self.finding {
            Some(raised) => {
                let old = &raised.crossing;
                if (severity, value) > (old.severity, old.value) {
                    raised.told = self.rule.tell(view, &crossing);
                    raised.situation = Situation::of(view);
                    raised.crossing = crossing;
                    raised.capped_by = capped_by;
                    raised.scope = scope;
                }
                if let Some(wall) = &mut raised.until_wall
                    && let (_, Some(last)) = around.walls(view)
                {
                    last.clone_into(wall);
                }
            }
            None => {
                self.finding = Some(Box::new(Raised {
                    told: self.rule.tell(view, &crossing),
                    situation: Situation::of(view),
                    crossing,
                    capped_by,
                    scope,
                    since_wall: self.since_wall.take(),
                    until_wall: around.walls(view).1.map(str::to_owned),
                }));
            }
        }
        before
            .is_none_or(|before| severity > before)
            .then(|| self.change(&crossing, true, view, around))
    }

    fn clear(&mut self, view: &View<'_>, around: &Around<'_>) -> Option<FindingChange> {
        self.fine = 0;
        let open = self.open.take()?;
        let crossing = Crossing {
            value: open.worst,
            threshold: self.thresholds.of(open.severity),
            severity: open.severity,
            suspected: false,
        };
        self.keep(open);
        Some(self.change(&crossing, false, view, around))
    }

    fn change(
        &self,
        crossing: &Crossing,
        raised: bool,
        view: &View<'_>,
        around: &Around<'_>,
    ) -> FindingChange {
        let told = self.finding.as_ref().map(|finding| &finding.told.message);
        FindingChange {
            rule: self.rule.id,
            severity: crossing.severity,
            raised,
            at_ns: view.window.end_ns,
            at_wall: around.walls(view).1.map(str::to_owned),
            measured: crossing.value,
            threshold: crossing.threshold,
            unit: self.rule.unit.symbol(),
            message: told.cloned().unwrap_or_default(),
            cause: None,
        }
    }

    fn keep(&mut self, episode: Episode) {
        let full = self.episodes.len() >= MAX_EPISODES;
        // A trend that is seen again began where it began.
        let goes_on = |last: &&mut Episode| full || episode.since_ns <= last.until_ns;
        match self.episodes.last_mut().filter(goes_on) {
            Some(last) => {
                last.until_ns = episode.until_ns;
                worsen(last, episode.severity, episode.worst);
            }
            None => self.episodes.push(episode),
        }
    }

    fn status(&self) -> RuleStatus {
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
            worst: self.worst,
            unit: self.rule.unit.symbol(),
            warning: self.thresholds.warning,
            critical: self.thresholds.critical,
            episodes: match &self.finding {
                None => self.episodes.clone(),
                Some(_) => Vec::new(),
            },
        }
    }

    fn finding(mut self, evaluations: f64) -> Option<Finding> {
        let mut raised = *self.finding?;
        // A thousand processes may be kept.
        self.episodes.shrink_to_fit();
        raised.told.message.shrink_to_fit();
        Some(Finding {
            rule: self.rule.id,
            severity: raised.crossing.severity,
            process: String::new(),
            scope: raised.scope,
            capped_by: raised.capped_by,
            measured: raised.crossing.value,
            worst: self.worst_raised.max(raised.crossing.value),
            threshold: raised.crossing.threshold,
            unit: self.rule.unit.symbol(),
            since_ns: self.episodes.iter().map(|e| e.since_ns).min().unwrap_or(0),
            until_ns: self.episodes.iter().map(|e| e.until_ns).max().unwrap_or(0),
            since_wall: raised.since_wall,
            until_wall: raised.until_wall,
            active_ratio: (self.active as f64 / evaluations).min(1.0),
            episodes: self.episodes,
            message: raised.told.message,
            advice: raised.told.advice,
            evidence: figures(raised.told.evidence),
        })
    }
}

/// The worst is the largest value of those of the highest severity, in an episode as in its finding: a rule with more
/// conditions than one may grade a larger value milder.
fn worsen(episode: &mut Episode, severity: Severity, value: f64) {
    if (severity, value) > (episode.severity, episode.worst) {
        (episode.severity, episode.worst) = (severity, value);
    }
}

/// The last cycle of the window, or its end where it holds none.
fn until(view: &View<'_>) -> u64 {
    let last = view.window.stretch.to.end_ns;
    if last > 0 { last } else { view.window.end_ns }
}

fn figures(evidence: Vec<(&'static str, f64)>) -> Vec<Evidence> {
    let known = evidence.into_iter().filter(|(_, value)| value.is_finite());
    known
        .map(|(name, value)| Evidence { name, value })
        .collect()
}

fn announce(changes: &mut Vec<FindingChange>, change: Option<FindingChange>) {
    if changes.len() < MAX_CHANGES {
        changes.extend(change);
    }
}
