//! One process from its cycles to measures and findings.

mod finish;
mod judgment;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod tracker;
mod trackers;

pub use crate::rules::Completeness;
pub use finish::Analysis;
pub use judgment::Judgment;

use std::sync::Arc;

use crate::measure::{
    CPU, Gogc, Interval, Known, Limit, Limiter, Meter, Mmu, Polled, Step, Totals,
};
use crate::report::PeakWindow;
use crate::rules::{Cached, Cost, GogcView, View};
use crate::settings::{Scope, Settings, WindowLength};
use crate::severity::{Cause, Severity};
use crate::stats::{Counts, ZigZag};
use crate::trace::cycle::{AnyCycle, Format, GcCycle};
use crate::tuning::Inputs;
use crate::units::{MIB, MICROSECOND, MILLISECOND, Unit};
use crate::window::{Churn, Growth, Length, LiveTrend, Panes, Warmup, Window};
use timeline::Timeline;
use tracker::Context;
use trackers::Trackers;

/// With fewer points of the timeline for each process, so many are followed at once (over 32) that what a prediction of another
/// GOGC needs, 10 KiB each, is not kept. `gcpressure tune` follows them for that alone.
const PREDICTABLE: usize = 256;

/// Cycles that a process needs for a verdict.
const MIN_CYCLES: u64 = 4;

/// Program time that its log must cover, ns: programs that live for a second only start.
const MIN_COVERED_NS: u64 = 1_100 * MILLISECOND;

/// Moves of the goal below this are jitter, MiB.
const CHURN_STEP_MIB: u64 = 16;

/// Churn is measured over the last minute, or the window if that is longer, ns.
const CHURN_NS: u64 = 60_000 * MILLISECOND;

/// Evaluations after the last cycle has left every window: enough for all findings to clear.
const IDLE_HOPS: u64 = 4;

/// How far back slow programs are looked at, ns.
const REACH_NS: u64 = 60_000 * MILLISECOND;

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
    first_totals: Totals,
    first_live: u64,
    first_goal: Option<u64>,
    /// The newest live heap and goal, MiB.
    last_sizes: (u64, Option<u64>),
    last_gomaxprocs: u32,
    /// The highest total so far: truncation makes single steps of the total negative at times.
    allocated_mib: i64,
    limiter: Limiter,
    mmu: Mmu,
    panes: Panes,
    trend: LiveTrend,
    goal_legs: ZigZag,
    live_legs: ZigZag,
    gogc: Gogc,
    limit: Limit,
    inputs: Option<Inputs>,
    /// A limit set the goal at some time.
    limit_regime: bool,
    /// Forced cycles are those of a test or benchmark harness.
    harness: bool,
    format: Option<Format>,
    /// What polls show of it, if its cycles come from polls.
    polled: Option<Polled>,
    counts: RunCounts,
    timeline: Timeline,
    peak: Option<PeakWindow>,
    trackers: Trackers,
    changes: Vec<FindingChange>,
}

/// Value counts over the whole run, on the grid that most of the values are printed on.
#[derive(Debug, Clone, Default)]
struct RunCounts {
    pause: Counts<MICROSECOND>,
    stop: Counts<MICROSECOND>,
    totals: Counts<{ 100 * MICROSECOND }>,
    period: Counts<MILLISECOND>,
    live: Counts<1>,
    goal: Counts<1>,
    headroom: Counts<1>,
}

/// A finding was raised, got worse, or cleared; announced on live input.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingChange {
    /// The rule's id.
    pub rule: &'static str,
    /// Its severity; if it cleared, that before.
    pub severity: Severity,
    /// False if it cleared.
    pub raised: bool,
    /// When, ns of program time.
    pub at_ns: u64,
    /// The same in wall-clock time if the log has it.
    pub at_wall: Option<String>,
    /// The value, in the rule's unit.
    pub measured: f64,
    /// The threshold that it crossed.
    pub threshold: f64,
    /// Unit of both.
    pub unit: Unit,
    /// The finding's sentence.
    pub message: String,
    /// The cause of all findings that are raised now, with its sentence.
    pub cause: Option<(Cause, String)>,
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
            go_version: settings.go_version,
            cpus: settings.cpus_milli,
        };
        let limit_mib = settings.memory_limit.map(mebibytes);
        Self {
            meter: Meter::new(known),
            origin_ns: 0,
            first_totals: Totals::default(),
            first_live: 0,
            first_goal: None,
            last_sizes: (0, None),
            last_gomaxprocs: 0,
            allocated_mib: 0,
            limiter: Limiter::default(),
            mmu: Mmu::default(),
            panes: Panes::new(length, warmup),
            trend: LiveTrend::default(),
            goal_legs: ZigZag::new(CHURN_STEP_MIB),
            live_legs: ZigZag::new(CHURN_STEP_MIB),
            gogc: Gogc::default(),
            limit: Limit::new(limit_mib, settings.gogc.map(f64::from)),
            inputs: Some(Inputs::default()),
            limit_regime: false,
            harness: false,
            format: None,
            polled: None,
            counts: RunCounts::default(),
            timeline: Timeline::default(),
            peak: None,
            trackers: Trackers::default(),
            changes: Vec::new(),
            settings: Arc::clone(settings),
        }
    }

    /// Keeps at most this many points of the timeline from now on, if there are many processes; and where they are few, nothing of
    /// what a prediction needs.
    pub fn limit_timeline(&mut self, points: usize) {
        self.timeline.limit(points);
        if points < PREDICTABLE {
            self.inputs = None;
        }
    }

    /// Forced cycles are those of a test or benchmark harness, whose lines these are.
    pub const fn behind_harness(&mut self) {
        self.harness = true;
    }

    /// What the polls of the process show so far.
    pub fn polled(&mut self, polled: Polled) {
        self.polled = Some(polled);
        if let Some(goal) = polled.goal_bytes.map(|bytes| bytes / MIB) {
            self.first_goal.get_or_insert(goal);
            self.counts.goal.record(goal);
            self.last_sizes.1 = Some(goal);
        }
    }

    /// A `GC forced` line stood before the next cycle: the two-minute timer starts it.
    pub const fn forced_notice(&mut self) {
        self.meter.forced_notice();
    }

    /// Takes the next cycle, with the wall-clock time of its line where the log has one.
    ///
    /// A cycle whose clock wrapped around enters no measure; it counts as missing between its neighbours.
    // One copy for all callers: with several, the compiler no longer inlines the functions called here.
    #[inline(never)]
    pub fn observe(&mut self, cycle: AnyCycle<'_>, wall: Option<&str>) {
        if cycle.wrapped() {
            self.meter.skip();
            return;
        }
        if self.is_empty() {
            if self.settings.scope == Scope::Nothing {
                return;
            }
            self.begin(cycle);
        }
        let end = cycle.end_ns.max(self.meter.totals().end_ns);
        self.pass_to(end);

        let step = self.meter.observe(cycle);
        let totals = self.meter.totals();
        if totals.seen == 1 {
            self.first_totals = *totals;
        }
        let limiter = cycle.traced.map_or(0, |line| self.limiter.observe(line));
        self.panes.push(cycle, &step, totals, limiter, wall);
        if let Some(line) = cycle.traced {
            if let Some(inputs) = &mut self.inputs {
                inputs.observe(line, &step, totals);
            }
            self.line(line, &step, end);
        }
        let counts = &mut self.counts;
        counts.pause.record(cycle.pause_ns);
        if let Some(period) = step.period_ns {
            counts.period.record(period);
        }
        if let Some(share) = step.headroom_use {
            counts.headroom.record(share);
        }
        if let Some(implied) = step.gogc {
            self.gogc.observe(implied);
        }
        if self.panes.full() {
            self.evaluate(end, false);
            self.panes.pass(end);
        }
    }

    /// Judges the windows that are due up to `end`.
    fn pass_to(&mut self, end: u64) {
        while let Some(at) = self.panes.due(end) {
            self.evaluate(at, false);
            self.panes.pass(at);
            if self.is_idle(at) {
                let (evaluations, last) = self.panes.skip(end);
                self.trackers.skip(evaluations, last);
            }
        }
    }

    /// No cycle with a clock was seen.
    const fn is_empty(&self) -> bool {
        self.meter.totals().seen == 0
    }

    fn begin(&mut self, cycle: AnyCycle<'_>) {
        // A log that starts in the middle of a run says nothing about the time before, nor how much of its first cycle is in it.
        let origin = if cycle.number == 1 { 0 } else { cycle.end_ns };
        self.origin_ns = origin;
        self.format = cycle.traced.map(|line| line.format);
        self.panes.begin(origin, cycle.end_ns);
        self.timeline.begin(cycle);
    }

    /// The Go version is before 1.19: as the user states it, or because the lines have no stacks.
    fn before_1_19(&self) -> bool {
        match self.settings.go_version {
            Some(version) => version < (1, 19),
            None => self.format.is_some_and(|format| format < Format::Go1_18),
        }
    }

    /// What only a gc line shows: its stops one by one, marking, and sizes.
    #[inline]
    fn line(&mut self, cycle: &GcCycle, step: &Step, end: u64) {
        let live = cycle.heap_live_mib;
        self.trend.observe(end, live);
        let first_end = cycle.start_ns.saturating_add(cycle.sweep_termination_ns);
        self.mmu.observe(first_end, cycle.sweep_termination_ns);
        self.mmu.observe(end, cycle.mark_termination_ns);
        // There is a limit since Go 1.19; `headroom_use` is known only if the cycle before was seen.
        if step.headroom_use.is_some() && !self.before_1_19() {
            let goal = cycle.goal_mib().unwrap_or(0);
            self.limit
                .observe(self.last_sizes.0, goal, step.gogc.is_some());
        }
        let counts = &mut self.counts;
        counts.stop.record(cycle.sweep_termination_ns);
        counts.stop.record(cycle.mark_termination_ns);
        counts.totals.record(cycle.concurrent_mark_ns);
        if self.meter.totals().seen == 1 {
            self.first_live = live;
        }
        self.counts.live.record(live);
        // Memory allocated while marking is printed as live, but may be garbage.
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
        }
        self.last_sizes = (live, goal.or(self.last_sizes.1));
        self.last_gomaxprocs = cycle.gomaxprocs;
        self.allocated_mib = self.allocated_mib.max(self.meter.totals().allocated_mib);
    }

    fn window_ns(&self) -> u64 {
        match self.settings.window {
            WindowLength::Time(window) => window,
            WindowLength::Cycles(_) => 0,
        }
    }

    /// Evaluations after the one at `at` have the same outcome until the next cycle comes: the last cycle has left every window,
    /// and either nothing is raised or the swings of the goal have had the time to clear.
    fn is_idle(&self, at: u64) -> bool {
        let silent = at.saturating_sub(self.meter.totals().end_ns);
        let (hop, window) = self.panes.hop_and_window_ns();
        let window = window.saturating_add(hop.saturating_mul(IDLE_HOPS));
        silent > window.max(REACH_NS)
            && (self.trackers.nothing_open() || silent > CHURN_NS.saturating_add(window))
    }

    /// Judges the window that ends at `at`.
    fn evaluate(&mut self, at: u64, last: bool) {
        self.panes.settle();
        self.limit_regime |= self.limit.rules();
        self.timeline.close(self.panes.closing(), at, last);
        // Before a whole window has passed, a burst at its start would count as all of it.
        let full = at >= self.origin_ns.saturating_add(self.window_ns());
        if self.settings.scope == Scope::Run || !(full || last) {
            return;
        }
        let growth = self.trend.growth(self.origin_ns, last);
        let mut trackers = std::mem::take(&mut self.trackers);
        let mut changes = std::mem::take(&mut self.changes);
        trackers.ready(&self.settings);
        let warm = self.warmup().end_ns(at).max(self.origin_ns);
        let back = at.saturating_sub(CHURN_NS.max(self.window_ns()));
        let trust = self.meter.trust();
        let window = self.panes.window(at, trust);
        note_peak(&mut self.peak, &window);
        let cached = Cached::default();
        let view = self.view(window, growth, back.max(warm), at, &cached);
        let context = Context {
            panes: &self.panes,
            at,
            trust,
        };
        let before = changes.len();
        trackers.windows(&view, last, &context, &mut changes);
        if changes.len() > before {
            let cause = trackers.current_cause(Cost::of(&View {
                window: view.run_window(),
                ..view
            }));
            for change in &mut changes[before..] {
                change.cause.clone_from(&cause);
            }
        }
        (self.trackers, self.changes) = (trackers, changes);
    }

    /// What rules look at: a window, the run so far, and the swings of the goal from `start` to `at`.
    fn view<'a>(
        &'a self,
        window: Window<'a>,
        growth: Growth,
        start: u64,
        at: u64,
        cached: &'a Cached,
    ) -> View<'a> {
        let version = self.settings.go_version;
        View {
            window,
            run: self.run(at),
            run_pauses: &self.counts.pause,
            churn: Churn::between(&self.goal_legs, start, at),
            live_churn: Churn::between(&self.live_legs, start, at),
            growth,
            gogc: GogcView {
                steady: self.known_gogc().or_else(|| self.gogc.steady()),
                changes: self.gogc.changes(),
                unsteady: self.gogc.is_unsteady(),
                cycles: self.gogc.cycles(),
            },
            limited_goal_mib: self.limit.goal_mib(),
            memory_limit_mib: self.settings.memory_limit.map(mebibytes),
            stated_cpus: self
                .settings
                .cpus_milli
                .map(|cpus| cpus as f64 / CPU as f64),
            before_1_9: version.map_or(self.format == Some(Format::Go1_5), |v| v < (1, 9)),
            before_1_19: self.before_1_19(),
            goals_certain: version.map_or(self.format == Some(Format::Go1_18), |v| v >= (1, 9)),
            traced: self.format.is_some(),
            polled: self.polled,
            harness: self.harness,
            child: self.settings.child,
            cycles_seen: self.meter.totals().seen,
            cached,
            completeness: None,
            whole_run: false,
        }
    }

    /// The run so far, up to `at`.
    fn run(&self, at: u64) -> Interval<'_> {
        // Totals begin at 0 with the process, if the log does.
        let from = if self.first_totals.number == 1 {
            &Totals::START
        } else {
            &self.first_totals
        };
        Interval {
            from,
            to: self.meter.totals(),
            looked_ns: at.saturating_sub(from.end_ns),
        }
    }

    /// GOGC as the user states it.
    fn known_gogc(&self) -> Option<(f64, f64)> {
        let gogc = f64::from(self.settings.gogc?);
        Some((gogc, gogc))
    }

    fn warmup(&self) -> Warmup {
        self.settings
            .warmup_ns
            .map_or(Warmup::Adaptive, Warmup::Until)
    }

    /// True if [`ProcessAnalyzer::take_changes`] has something to take.
    pub const fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Findings raised, made worse or cleared since the last call, for live announcements.
    pub fn take_changes(&mut self) -> Vec<FindingChange> {
        std::mem::take(&mut self.changes)
    }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / MIB as f64
}

/// Keeps the window with the highest frequency.
fn note_peak(peak: &mut Option<PeakWindow>, window: &Window<'_>) {
    let interval = &window.interval;
    let Some(frequency) = interval.frequency() else {
        return;
    };
    if window.tally.cycles < MIN_CYCLES
        || interval.looked_ns < MIN_COVERED_NS
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
        gc_cpu_ratio: window.cpu.map(|cpu| cpu.ratio),
    });
}
