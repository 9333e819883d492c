//! One process from its cycles to measures and findings.

mod judgement;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod watch;

pub use crate::rules::Completeness;
pub use judgement::Judgement;

use std::sync::Arc;

use crate::event::{GcCycle, WRAPPED_NS};
use crate::measure::{Gogc, Known, LimitRegime, Limiter, Mark, Meter, Mmu};
use crate::report::{Finding, Measures, PeakWindow, RuleStatus};
use crate::rules::View;
use crate::settings::{Scope, Settings, Severity, WindowLength};
use crate::stats::{Counts, ZigZag};
use crate::units::{MIB, MICROSECOND, MILLISECOND, SECOND, duration};
use crate::window::{Churn, Length, LiveTrend, Panes, Swings, Warmup, Whole, Window};
use timeline::Timeline;
use watch::Watches;

/// Cycles that a process needs for a verdict.
const MIN_CYCLES: u64 = 4;

/// Program time that its log must cover, ns.
const MIN_COVERED_NS: u64 = SECOND;

/// Moves of the goal below this are jitter, MiB.
const CHURN_STEP_MIB: u64 = 16;

/// Churn looks at the last minute, or the window where that is longer, ns.
const CHURN_NS: u64 = 60 * SECOND;

/// Evaluations after the last cycle has left every window: enough for all findings to clear.
const IDLE_HOPS: u64 = 4;

/// The analysis of one process while its cycles arrive.
///
/// Takes the cycles in the order of their numbers, which may have gaps. Allocates nothing for a cycle once its maps have
/// grown to the distinct values of the log; a few KB at first, some tens of KB for a long run.
#[derive(Debug, Clone)]
pub struct ProcessAnalyzer {
    settings: Arc<Settings>,
    meter: Meter,
    origin_ns: u64,
    /// Totals, live heap and goal (MiB) of the first cycle.
    first_mark: Mark,
    first_live: u64,
    first_goal: Option<u64>,
    /// The newest live heap and goal, MiB.
    last_sizes: (u64, Option<u64>),
    limiter: Limiter,
    mmu: Mmu,
    panes: Panes,
    trend: LiveTrend,
    goal_legs: ZigZag,
    live_legs: ZigZag,
    gogc: Gogc,
    regime: LimitRegime,
    limit_regime: bool,
    counts: RunCounts,
    timeline: Timeline,
    peak: Option<PeakWindow>,
    watches: Watches,
    changes: Vec<FindingChange>,
}

/// Value counts over the whole run, on the grid that most of the values are printed on.
#[derive(Debug, Clone, Default)]
struct RunCounts {
    pause: Counts<MICROSECOND>,
    stop: Counts<MICROSECOND>,
    mark: Counts<{ 100 * MICROSECOND }>,
    period: Counts<MILLISECOND>,
    live: Counts<1>,
    goal: Counts<1>,
    headroom: Counts<1>,
    cpus: Counts<1>,
    lacking: Counts<1>,
}

/// A finding was raised, got worse, or cleared: what live input announces.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingChange {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad it is (was, where it cleared).
    pub severity: Severity,
    /// False where it cleared.
    pub raised: bool,
    /// When, ns of program time.
    pub at_ns: u64,
    /// The value, in the rule's unit.
    pub measured: f64,
    /// The threshold that it crossed.
    pub threshold: f64,
    /// Unit of both.
    pub unit: &'static str,
    /// The finding's sentence.
    pub message: String,
}

/// Everything that is left of a process at the end of its stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The whole-run measures.
    pub measures: Measures,
    /// Cycles of the two-minute timer.
    pub periodic_cycles: u64,
    /// The findings, worst first; [`Finding::process`] is left empty.
    pub findings: Vec<Finding>,
    /// One entry a rule, in the order of the rule table.
    pub rules: Vec<RuleStatus>,
    /// The process can carry a verdict.
    pub enough_evidence: bool,
    /// Why it cannot; empty where it can.
    pub why_not: String,
}

impl ProcessAnalyzer {
    /// A process of which nothing has been seen.
    pub fn new(settings: &Arc<Settings>) -> Self {
        let length = match settings.window {
            WindowLength::Time(window) => Length::time(window, settings.hop_ns),
            WindowLength::Cycles(cycles) => Length::cycles(cycles),
        };
        let warmup = settings.warmup_ns.map_or(Warmup::Adaptive, Warmup::Until);
        let known = Known {
            gogc: settings.gogc,
            fields_exact: settings
                .go_version
                .is_some_and(|version| version <= (1, 22)),
        };
        Self {
            meter: Meter::new(known),
            origin_ns: 0,
            first_mark: Mark::default(),
            first_live: 0,
            first_goal: None,
            last_sizes: (0, None),
            limiter: Limiter::default(),
            mmu: Mmu::default(),
            panes: Panes::new(length, warmup),
            trend: LiveTrend::default(),
            goal_legs: ZigZag::new(CHURN_STEP_MIB),
            live_legs: ZigZag::new(CHURN_STEP_MIB),
            gogc: Gogc::default(),
            regime: LimitRegime::default(),
            limit_regime: false,
            counts: RunCounts::default(),
            timeline: Timeline::default(),
            peak: None,
            watches: Watches::default(),
            changes: Vec::new(),
            settings: Arc::clone(settings),
        }
    }

    /// Keeps no more than so many points of the timeline from now on: one process of many has to do with fewer.
    pub const fn limit_timeline(&mut self, points: usize) {
        self.timeline.limit(points);
    }

    /// A `GC forced` line stood before the next cycle: the two-minute timer starts it.
    pub const fn forced_notice(&mut self) {
        self.meter.forced_notice();
    }

    /// Takes the next cycle, with the wall-clock time of its line where the log has one.
    ///
    /// A cycle whose clock wrapped around enters no measure; it counts as missing between its neighbours.
    // Whoever calls it: one copy, with all that it calls in it, or the compiler makes calls of those.
    #[inline(never)]
    pub fn observe(&mut self, cycle: &GcCycle, wall: Option<&str>) {
        if cycle.wrapped() || cycle.end_ns() >= WRAPPED_NS {
            self.meter.skip();
            return;
        }
        if self.is_empty() {
            if self.settings.scope == Scope::Nothing {
                return;
            }
            self.begin(cycle);
        }
        let end = cycle.end_ns().max(self.meter.mark().end_ns);
        while let Some(at) = self.panes.due(end) {
            self.evaluate(at, false);
            self.panes.pass(at);
            if let Some(change) = self.idle_until(at) {
                let (evaluations, last) = self.panes.skip(end.min(change));
                self.watches.skip(evaluations, last);
            }
        }

        let step = self.meter.observe(cycle);
        let mark = self.meter.mark();
        if mark.seen == 1 {
            self.first_mark = *mark;
            self.first_live = cycle.heap_live_mib;
        }
        let limiter = self.limiter.observe(cycle);
        self.panes.push(cycle, &step, mark, limiter, wall);
        self.trend.observe(end, cycle.heap_live_mib);
        self.stops(cycle, end);
        self.sizes(cycle, end);
        let counts = &mut self.counts;
        counts.pause.record(cycle.pause_ns());
        counts.stop.record(cycle.sweep_termination_ns);
        counts.stop.record(cycle.mark_termination_ns);
        counts.mark.record(cycle.concurrent_mark_ns);
        if let Some(period) = step.period_ns {
            counts.period.record(period);
        }
        if let Some(share) = step.headroom_use {
            counts.headroom.record(share);
        }
        if let Some((seen, lacking)) = step.cpus {
            counts.cpus.record(seen);
            counts.lacking.record(lacking);
        }
        if let Some(implied) = step.gogc {
            self.gogc.observe(implied);
        }
        if self.panes.full() {
            self.evaluate(end, false);
            self.panes.pass(end);
        }
    }

    /// No cycle with a clock was seen.
    const fn is_empty(&self) -> bool {
        self.meter.mark().seen == 0
    }

    fn begin(&mut self, cycle: &GcCycle) {
        // A log that starts in the middle of a run tells nothing of the time before.
        let origin = if cycle.number == 1 { 0 } else { cycle.start_ns };
        self.origin_ns = origin;
        self.panes.begin(origin, cycle.end_ns());
        self.timeline.begin(origin);
    }

    fn stops(&mut self, cycle: &GcCycle, end: u64) {
        let first_end = cycle.start_ns.saturating_add(cycle.sweep_termination_ns);
        self.mmu.observe(first_end, cycle.sweep_termination_ns);
        self.mmu.observe(end, cycle.mark_termination_ns);
    }

    fn sizes(&mut self, cycle: &GcCycle, end: u64) {
        let live = cycle.heap_live_mib;
        self.counts.live.record(live);
        // What was allocated while marking is printed as live and is not.
        let grown = cycle.heap_end_mib.saturating_sub(cycle.heap_start_mib);
        self.live_legs
            .observe(end, live.saturating_sub(grown).saturating_mul(2));
        let goal = cycle.goal_mib();
        if let Some(goal) = goal {
            if self.first_goal.is_none() {
                self.first_goal = Some(goal);
            }
            self.counts.goal.record(goal);
            self.goal_legs.observe(end, goal);
            self.regime.observe(self.last_sizes.0, goal);
        }
        self.last_sizes = (live, goal.or(self.last_sizes.1));
    }

    fn window_ns(&self) -> u64 {
        match self.settings.window {
            WindowLength::Time(window) => window,
            WindowLength::Cycles(_) => 0,
        }
    }

    /// Until when all evaluations after the one at `at` say the same as that one, if no cycle comes before; `None` where
    /// the next one may differ. The last cycle has left every window, and either nothing is raised or the swings of the goal
    /// have had the time to clear; then only the growth of the live heap still changes, where its past gets too old.
    fn idle_until(&self, at: u64) -> Option<u64> {
        let silent = at.saturating_sub(self.meter.mark().end_ns);
        let (hop, window) = self.panes.hop_and_window_ns();
        let hops = hop.saturating_mul(IDLE_HOPS);
        let window = window.saturating_add(hops);
        let settled = silent > window
            && (self.watches.nothing_open() || silent > CHURN_NS.saturating_add(window));
        let change = self.trend.next_change(at.saturating_sub(hops));
        (settled && change > at).then_some(change)
    }

    /// Judges the window that ends at `at`.
    fn evaluate(&mut self, at: u64, last: bool) {
        self.panes.settle();
        self.limit_regime |= self.regime.holds();
        self.timeline.close(self.panes.closing());
        if self.settings.scope == Scope::Run {
            return;
        }
        self.watches.ready(&self.settings);
        let warm = self.warmup().end_ns(at).max(self.origin_ns);
        let back = at.saturating_sub(CHURN_NS.max(self.window_ns()));
        let start = back.max(warm);
        let mut view = self.context(start, at);
        view.live_swings = Swings::between(&self.live_legs, start, at);
        view.window = self.panes.window(at, self.meter.fields_exact());
        note_peak(&mut self.peak, &view.window);
        let walls = || self.panes.walls(at, false);
        self.watches.windows(&view, last, &walls, &mut self.changes);
    }

    /// A view without its window and the swings of the live heap: what the process has shown up to `at`, its swings from
    /// `start` on.
    fn context(&mut self, start: u64, at: u64) -> View<'static> {
        View {
            window: Window::default(),
            churn: Churn::between(&self.goal_legs, start, at),
            live_swings: Swings::default(),
            growth: self.trend.growth(at),
            gogc_changes: self.gogc.changes(),
            gogc_cycles: self.gogc.cycles(),
            limit_regime: self.limit_regime,
            memory_limit_mib: self
                .settings
                .memory_limit
                .map(|limit| limit as f64 / MIB as f64),
            cycles_seen: self.meter.mark().seen,
            completeness: None,
            whole_run: false,
        }
    }

    fn warmup(&self) -> Warmup {
        self.settings
            .warmup_ns
            .map_or(Warmup::Adaptive, Warmup::Until)
    }

    /// There is something for [`ProcessAnalyzer::take_changes`] to take.
    pub const fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Findings raised, made worse or cleared since the last call, for live announcements.
    pub fn take_changes(&mut self) -> Vec<FindingChange> {
        std::mem::take(&mut self.changes)
    }

    /// The end of the stream: judges what is there and sums everything up.
    pub fn finish(mut self, about: &Completeness) -> Analysis {
        let at = self.meter.mark().end_ns;
        if !self.is_empty() {
            self.evaluate(at, true);
        }
        let exact = self.meter.fields_exact();
        let warm = self.warmup().end_ns(at).max(self.origin_ns);
        let mut view = self.context(warm, at);
        view.live_swings = Swings::between(&self.live_legs, warm, at);
        view.completeness = Some(*about);
        view.whole_run = true;
        self.panes.settle();
        let whole = Whole {
            pauses: &self.counts.pause,
            headroom: &self.counts.headroom,
            lacking: &self.counts.lacking,
        };
        let mut pauses = Vec::new();
        view.window = self.panes.run(at, exact, whole, &mut pauses);
        let walls = || self.panes.walls(at, true);
        let all = self.settings.scope == Scope::Run;
        self.watches.ready(&self.settings);
        self.watches.run(&view, all, &walls, &mut self.changes);

        let why_not = self.why_not();
        let (findings, rules) = std::mem::take(&mut self.watches).finish();
        Analysis {
            periodic_cycles: self.panes.total().periodic,
            findings,
            rules,
            enough_evidence: why_not.is_empty(),
            why_not,
            measures: self.measures(),
        }
    }

    /// Why the process cannot carry a verdict; empty where it can.
    fn why_not(&self) -> String {
        let cycles = self.meter.mark().seen;
        let covered = self.meter.mark().end_ns.saturating_sub(self.origin_ns);
        if self.settings.scope == Scope::Nothing {
            "nothing was to be judged".to_owned()
        } else if cycles < MIN_CYCLES {
            let s = if cycles == 1 { "" } else { "s" };
            format!(
                "{cycles} GC cycle{s} with a clock, {MIN_CYCLES} are needed: record for longer or under load"
            )
        } else if covered < MIN_COVERED_NS {
            format!(
                "the log covers {} of the program's time, {} are needed: record for longer",
                duration(covered),
                duration(MIN_COVERED_NS)
            )
        } else {
            String::new()
        }
    }
}

/// Keeps the window with the highest frequency.
fn note_peak(peak: &mut Option<PeakWindow>, window: &Window<'_>) {
    let Some(frequency) = window.stretch.frequency() else {
        return;
    };
    if window.tally.cycles < MIN_CYCLES
        || window.stretch.duration_ns() < MIN_COVERED_NS
        || peak.is_some_and(|peak| peak.gc_frequency_per_second >= frequency)
    {
        return;
    }
    *peak = Some(PeakWindow {
        start_ns: window.start_ns,
        end_ns: window.end_ns,
        cycles: window.tally.cycles,
        gc_frequency_per_second: frequency,
        pause_p99_ns: window.pauses.quantile(990),
        gc_cpu_ratio: window.cpu.map_or(0.0, |cpu| cpu.ratio),
    });
}
