//! The life of findings: raised after two evaluations in a row, cleared after three below 0.8 of the threshold.

use super::FindingChange;
use crate::report::{Episode, Evidence, Finding, RuleState, RuleStatus};
use crate::rules::{self, Crossing, Judged, Reading, Rule, Thresholds, Told, View};
use crate::settings::{Settings, Severity};

/// Evaluations in a row that raise a finding; at the end of the stream one is enough.
const RAISE: u32 = 2;

/// Evaluations in a row that clear it.
const CLEAR: u32 = 3;

/// The share of a threshold below which an evaluation counts towards clearing.
const BELOW: f64 = 0.8;

/// Episodes that are kept of a finding; later ones lengthen the last.
const MAX_EPISODES: usize = 100;

/// Changes that wait to be taken; the rest of a crowd is dropped, since nobody takes them while reading a file.
const MAX_CHANGES: usize = 256;

/// The wall-clock times of the first and the last cycle of what is judged.
pub(super) type Walls<'a> = dyn Fn() -> (Option<&'a str>, Option<&'a str>) + 'a;

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
    /// Evaluations in a row that were bad / fine.
    bad: u32,
    fine: u32,
    previous: Option<Severity>,
    /// Where the first bad window of the row began.
    since_ns: u64,
    since_wall: Option<String>,
    open: Option<Episode>,
    episodes: Vec<Episode>,
    active: u64,
    finding: Option<Box<Raised>>,
}

/// What is told of a rule that was raised: from its worst evaluation.
#[derive(Debug, Clone)]
struct Raised {
    crossing: Crossing,
    told: Told,
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
                bad: 0,
                fine: 0,
                previous: None,
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
        walls: &Walls<'_>,
        changes: &mut Vec<FindingChange>,
    ) {
        self.evaluations = self.evaluations.saturating_add(1);
        for watch in &mut self.watches {
            if watch.on && watch.rule.judged != Judged::Run {
                watch.step(view, last, walls, changes);
            }
        }
    }

    /// Judges the whole run: the rules that want that, those that no window had the evidence for, and `all` where the user
    /// wants no windows.
    pub(super) fn run(
        &mut self,
        view: &View<'_>,
        all: bool,
        walls: &Walls<'_>,
        changes: &mut Vec<FindingChange>,
    ) {
        if all {
            self.evaluations = 1;
        }
        for watch in &mut self.watches {
            let wanted = watch.rule.judged != Judged::Windows || watch.judged == 0;
            if watch.on && (all || wanted) {
                watch.whole_run(view, walls, changes);
            }
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

    /// Findings, worst first, and the state of each rule.
    pub(super) fn finish(self) -> (Vec<Finding>, Vec<RuleStatus>) {
        let evaluations = self.evaluations.max(1) as f64;
        let status = self.watches.iter().map(Watch::status).collect();
        // In room of their own: collected they would stay in that of the watches, of which the next process makes use.
        let raised = self.watches.iter().filter(|watch| watch.finding.is_some());
        let mut findings = Vec::with_capacity(raised.count());
        let watches = self.watches.into_iter();
        findings.extend(watches.filter_map(|watch| watch.finding(evaluations)));
        // The sort is stable: among equals the order of the rule table stays.
        findings.sort_by_key(|finding: &Finding| std::cmp::Reverse(finding.severity));
        (findings, status)
    }
}

impl Watch {
    fn read(&mut self, view: &View<'_>) -> Reading {
        let reading = self.rule.judge(view, &self.thresholds);
        if let Reading::Judged { value, .. } = reading {
            self.judged += 1;
            self.worst = Some(self.worst.map_or(value, |worst| worst.max(value)));
        }
        reading
    }

    fn step(
        &mut self,
        view: &View<'_>,
        last: bool,
        walls: &Walls<'_>,
        changes: &mut Vec<FindingChange>,
    ) {
        let reading = self.read(view);
        let now = reading.severity();
        match now {
            Some(severity) => {
                self.fine = 0;
                self.bad = self.bad.saturating_add(1);
                if self.bad == 1 {
                    self.since_ns = view.window.start_ns;
                    self.since_wall = walls().0.map(str::to_owned);
                }
                // Two in a row confirm the milder of the two; at the end there is no second one to wait for.
                let confirmed = if last {
                    Some(severity)
                } else {
                    self.previous.map(|previous| previous.min(severity))
                };
                if let Some(confirmed) = confirmed.filter(|_| last || self.bad >= RAISE) {
                    self.raise(view, reading, confirmed, walls, changes);
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
                        self.clear(view, changes);
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

    fn whole_run(&mut self, view: &View<'_>, walls: &Walls<'_>, changes: &mut Vec<FindingChange>) {
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
        self.since_ns = view.window.start_ns;
        self.since_wall = walls().0.map(str::to_owned);
        self.raise(view, reading, severity, walls, changes);
        if let Some(open) = self.open.take() {
            self.keep(open);
        }
    }

    fn raise(
        &mut self,
        view: &View<'_>,
        reading: Reading,
        severity: Severity,
        walls: &Walls<'_>,
        changes: &mut Vec<FindingChange>,
    ) {
        let value = reading.value().unwrap_or(0.0);
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
            suspected: matches!(reading, Reading::Suspected(_)),
        };
        let scope = if view.whole_run { "run" } else { "window" };
        match &mut self.finding {
            Some(raised) => {
                let old = &raised.crossing;
                if (severity, value) > (old.severity, old.value) {
                    raised.told = self.rule.tell(view, &crossing);
                    raised.crossing = crossing;
                    raised.scope = scope;
                }
                if let Some(wall) = &mut raised.until_wall
                    && let (_, Some(last)) = walls()
                {
                    last.clone_into(wall);
                }
            }
            None => {
                self.finding = Some(Box::new(Raised {
                    told: self.rule.tell(view, &crossing),
                    crossing,
                    scope,
                    since_wall: self.since_wall.take(),
                    until_wall: walls().1.map(str::to_owned),
                }));
            }
        }
        if before.is_none_or(|before| severity > before)
            && let Some(raised) = &self.finding
        {
            announce(
                changes,
                self.rule,
                &crossing,
                true,
                view.window.end_ns,
                &raised.told,
            );
        }
    }

    fn clear(&mut self, view: &View<'_>, changes: &mut Vec<FindingChange>) {
        self.fine = 0;
        if let Some(open) = self.open.take() {
            let crossing = Crossing {
                value: open.worst,
                threshold: self.thresholds.of(open.severity),
                severity: open.severity,
                suspected: false,
            };
            if let Some(raised) = &self.finding {
                announce(
                    changes,
                    self.rule,
                    &crossing,
                    false,
                    view.window.end_ns,
                    &raised.told,
                );
            }
            self.keep(open);
        }
    }

    fn keep(&mut self, episode: Episode) {
        let full = self.episodes.len() >= MAX_EPISODES;
        match self.episodes.last_mut().filter(|_| full) {
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
            } else if self.judged > 0 {
                RuleState::Quiet
            } else {
                RuleState::NoEvidence
            },
            worst: self.worst,
            unit: self.rule.unit.symbol(),
            warning: self.thresholds.warning,
            critical: self.thresholds.critical,
        }
    }

    fn finding(mut self, evaluations: f64) -> Option<Finding> {
        let mut raised = *self.finding?;
        // A thousand processes may be kept.
        self.episodes.shrink_to_fit();
        raised.told.message.shrink_to_fit();
        let evidence = |(name, value): (&'static str, f64)| {
            value.is_finite().then_some(Evidence { name, value })
        };
        Some(Finding {
            rule: self.rule.id,
            severity: raised.crossing.severity,
            process: String::new(),
            scope: raised.scope,
            measured: raised.crossing.value,
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
            evidence: raised
                .told
                .evidence
                .into_iter()
                .filter_map(evidence)
                .collect(),
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

fn announce(
    changes: &mut Vec<FindingChange>,
    rule: &Rule,
    crossing: &Crossing,
    raised: bool,
    at_ns: u64,
    told: &Told,
) {
    if changes.len() < MAX_CHANGES {
        changes.push(FindingChange {
            rule: rule.id,
            severity: crossing.severity,
            raised,
            at_ns,
            measured: crossing.value,
            threshold: crossing.threshold,
            unit: rule.unit.symbol(),
            message: told.message.clone(),
        });
    }
}
