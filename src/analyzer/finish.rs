//! The end of a process: its last evaluation, the judgment of its whole run, and whether it can carry a verdict.

use std::borrow::Cow;

use super::tracker::Context;
use super::{MIN_COVERED_NS, MIN_CYCLES, ProcessAnalyzer, mebibytes};
use crate::report::{Diagnosis, Finding, Measures, RuleStatus};
use crate::rules::{Cached, Completeness, Cost};
use crate::settings::Scope;
use crate::severity::{Cause, Severity};
use crate::trace::cycle::WRAPPED_NS;
use crate::tuning::{self, Base, Shown};
use crate::units::{self, MILLISECOND, duration};
use crate::window::{Whole, Window};

/// A process that is known to have lived for this long, ns, needs only one cycle: few cycles are then a good sign.
const LONG_LIFE_NS: u64 = 5_000 * MILLISECOND;

/// Causes that a higher GOGC cures, or eases: the advice ends with what it would give.
const CURED_BY_GOGC: [Cause; 4] = [
    Cause::LowGogc,
    Cause::SmallHeap,
    Cause::LiveHeap,
    Cause::AllocationRate,
];

/// The result for one process at the end of its stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The whole-run measures.
    pub measures: Measures,
    /// Cycles of the two-minute timer.
    pub periodic_cycles: u64,
    /// The findings, those that the cause explains first, then the worst; [`Finding::process`] is left empty.
    pub findings: Vec<Finding>,
    /// The cause behind them; [`Diagnosis::process`] is left empty.
    pub diagnosis: Option<Diagnosis>,
    /// One entry a rule, in the order of the rule table.
    pub rules: Vec<RuleStatus>,
    /// Its cycles come from gc lines, not from polls.
    pub traced: bool,
    /// The process can carry a verdict.
    pub enough_evidence: bool,
    /// Why it cannot; empty where it can.
    pub why_not: String,
}

impl ProcessAnalyzer {
    /// Ends the stream: judges the last window and the whole run. `silent_ns` is how long the process is known to have lived after
    /// its last cycle: silence is evidence too.
    pub fn finish(mut self, about: &Completeness, silent_ns: Option<u64>) -> Analysis {
        let end = self.meter.totals().end_ns;
        let lived_on = silent_ns.map(|silent| end.saturating_add(silent));
        let life_ns = lived_on.max(self.settings.life_ns);
        let at = life_ns.map_or(end, |life| life.clamp(end, WRAPPED_NS));
        if !self.is_empty() {
            self.pass_to(at);
            self.evaluate(at, true);
        }
        let growth = self.trend.growth(self.origin_ns, true);
        let trust = self.meter.trust();
        let warm = self.warmup().end_ns(at).max(self.origin_ns);
        self.panes.settle();
        let whole = Whole {
            pauses: &self.counts.pause,
            headroom: &self.counts.headroom,
        };
        let mut pauses = Vec::new();
        let window = self.panes.run(at, trust, whole, &mut pauses);
        let cached = Cached::default();
        let mut view = self.view(window, growth, warm, at, &cached);
        view.completeness = Some(*about);
        view.whole_run = true;
        let context = Context {
            panes: &self.panes,
            at,
            trust,
        };
        let all = self.settings.scope == Scope::Run;
        let mut trackers = self.trackers.clone();
        trackers.ready(&self.settings);
        trackers.run(&view, all, &context);
        let cost = Cost::of(&view);
        let why_not = self.why_not(at, life_ns.is_some(), &window);
        let (mut findings, mut diagnosis, rules) = trackers.finish(cost);
        if !why_not.is_empty() {
            // A process too short to be judged never colors the verdict of the others.
            diagnosis = None;
            for finding in &mut findings {
                finding.severity = Severity::Info;
                for episode in &mut finding.episodes {
                    episode.severity = Severity::Info;
                }
            }
        }
        if let Some(found) = &mut diagnosis
            && CURED_BY_GOGC.contains(&found.cause)
            && let Some(inputs) = &self.inputs
            && let Some(base) = Base::of(inputs, self.meter.totals(), &self.shown())
        {
            let lines = tuning::lines(&base);
            found.advice.extend(lines.into_iter().map(Cow::from));
        }
        Analysis {
            periodic_cycles: self.panes.total().periodic,
            findings,
            diagnosis,
            rules,
            traced: self.format.is_some(),
            enough_evidence: why_not.is_empty(),
            why_not,
            measures: self.measures(),
        }
    }

    /// What is known of the setting that the process ran with.
    fn shown(&self) -> Shown {
        Shown {
            gogc: self.known_gogc().or_else(|| self.gogc.steady()),
            limited: self.limit.rules(),
            limit: self.settings.memory_limit.map(mebibytes),
            warmup_ns: self.settings.warmup_ns,
            trust: self.meter.trust(),
        }
    }

    /// Why the process cannot carry a verdict; empty where it can.
    fn why_not(&self, at: u64, life_known: bool, judged: &Window<'_>) -> String {
        let counted = |cycles| units::counted(cycles, "GC cycle");
        let cycles = self.meter.totals().seen;
        let covered = at.saturating_sub(self.origin_ns);
        let long_life = life_known && covered >= LONG_LIFE_NS;
        if self.settings.scope == Scope::Nothing {
            "nothing was to be judged".to_owned()
        } else if cycles < MIN_CYCLES && !(long_life && cycles > 0) {
            format!(
                "{} with a clock, {MIN_CYCLES} are needed: record for longer or under load; where few cycles in a long life are \
                 the point, say how long it was (--duration)",
                counted(cycles)
            )
        } else if covered < MIN_COVERED_NS {
            format!(
                "the log covers {} of the program's time, {} are needed: record for longer",
                duration(covered),
                duration(MIN_COVERED_NS)
            )
        } else if let Some(warmup) = self.settings.warmup_ns
            && (judged.interval.looked_ns < MIN_COVERED_NS
                || (judged.tally.cycles < MIN_CYCLES && !long_life))
        {
            format!(
                "the warm-up of {} leaves {} in {}, {MIN_CYCLES} in {} are needed: a shorter --warmup, or record for longer",
                duration(warmup),
                counted(judged.tally.cycles),
                duration(judged.interval.looked_ns),
                duration(MIN_COVERED_NS)
            )
        } else {
            String::new()
        }
    }
}
