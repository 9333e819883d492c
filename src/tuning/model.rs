//! The prediction for one setting.

use super::base::Base;
use super::pacer::{Runway, goal_by_gogc, goal_by_limit, travel};
use crate::trace::cycle::Format;
use crate::units;

/// A setting of the runtime.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// GOGC, percent; `None` for `off`.
    pub gogc: Option<f64>,
    /// GOMEMLIMIT, MiB; `None` without one.
    pub limit: Option<f64>,
}

/// From and to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

impl Span {
    const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Contains nothing yet.
    const EMPTY: Self = Self::new(f64::INFINITY, f64::NEG_INFINITY);

    fn include(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }

    fn scaled(self, low: f64, high: f64) -> Self {
        Self::new(self.low * low, self.high * high)
    }

    /// The middle.
    pub const fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    const fn ends(self) -> [f64; 2] {
        [self.low, self.high]
    }
}

/// What a setting gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Cycles per second.
    pub frequency: Span,
    /// GC CPU over GOMAXPROCS times time; `None` where the log does not show it.
    pub gc_cpu: Option<Span>,
    /// Heap goal, MiB.
    pub goal: Span,
    /// Heap at the end of a cycle, MiB: the largest.
    pub peak: Span,
    /// Why the figures may be off by more than their ranges.
    pub rough: Option<String>,
}

/// From this share of the time with marking on there are no numbers: the program has no steady state without it.
const MOST_DUTY: f64 = 0.6;
/// From here on they are rough.
const ROUGH_DUTY: f64 = 0.3;
/// Below this share of the live heap between it and the goal a cycle begins where the one before ends.
const LEAST_ROOM: f64 = 0.25;
/// From this variation of the live heap on a mean says nothing; the rough ones begin at the smaller one.
const BURSTY: f64 = 0.25;
const ROUGH_VARIATION: f64 = 0.1;
/// From this standard error of the mean period on, two runs of one setting differ by more than settings do.
const BURSTY_PERIODS: f64 = 0.1;
/// Share of cycles that GOGC does not start, from which on there are no numbers.
const NOT_BY_HEAP: f64 = 0.1;
/// Cycles from which on there are numbers.
const ENOUGH: u64 = 20;
/// A goal below this share of the measured one collects more often than measured.
const LOWER: f64 = 0.97;
/// What two runs of one setting differ by at least, and in standard errors of one of them, at 95 %.
const REPEAT: f64 = 0.03;
const REPEATS: f64 = 2.8;

/// A live heap that is spread over a larger heap takes longer to mark, as more of it is missed in the caches: at most by this power of the
/// ratio of the goals (1.6 times at five times the goal). Measured; what is allocated meanwhile counts as live as well.
const SPARSE: f64 = 0.3;

/// A range of the goal wider than this share of it makes all figures rough: what is not heap is too large a part of the limit.
const WIDE_GOAL: f64 = 0.15;

/// What is not heap under a limit, MiB: the runtime itself and space between objects, which grows with the heap. Measured: the lower
/// line for large objects, the upper one for objects of 32 bytes. Stacks come on top.
const OTHER: [(f64, f64); 2] = [(4.5, 0.013), (7.0, 0.07)];

/// What a cycle's growth counts without being allocated, MiB for each P, at most: a P takes free memory by whole spans, one for each size
/// in use, and the heap counts them as full until the next cycle (`refill` and `releaseAll` in runtime/mcache.go). Measured.
const CACHED: f64 = 0.25;

/// The largest share of the growth that they are taken to be.
const MOST_CACHED: f64 = 0.2;

/// Why nothing can be said about any setting, and what to do.
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) advice: Option<String>,
}

impl Refusal {
    fn new(reason: impl Into<String>, advice: impl Into<Option<String>>) -> Self {
        Self {
            reason: reason.into(),
            advice: advice.into(),
        }
    }
}

/// Why nothing can be said about any setting; `None` if it can.
pub(super) fn refusal(base: &Base) -> Option<Refusal> {
    let percent = units::percent;
    let runs = || {
        let advice = "compare several runs of each setting: gcpressure compare --base a1.log --base a2.log --new b1.log --new b2.log";
        advice.to_owned()
    };
    if base.format == Format::Go1_5 {
        let reason = "Go 1.5 computed the heap goal in another way: record with a newer Go";
        return Some(Refusal::new(reason, None));
    }
    if base.withheld {
        let reason = "over 20% of the cycles are missing from the log";
        return Some(Refusal::new(reason, None));
    }
    if base.cycles < ENOUGH {
        let reason = format!(
            "{} cycles after the start-up are too few, {ENOUGH} are enough: record for longer",
            base.cycles
        );
        return Some(Refusal::new(reason, None));
    }
    if base.not_by_heap > NOT_BY_HEAP {
        let reason = format!(
            "{} of the cycles are started by the program itself or by the two-minute timer, which no setting changes",
            percent(base.not_by_heap)
        );
        let advice = "find the caller: runtime.GC, debug.FreeOSMemory (gcpressure explain forced-collections)";
        return Some(Refusal::new(reason, advice.to_owned()));
    }
    if base.grows {
        let reason = "the live heap keeps growing: what holds now does not hold later";
        let advice = "find what grows first: gcpressure explain heap-growth";
        return Some(Refusal::new(reason, advice.to_owned()));
    }
    let way = base.goal - base.live;
    if way < base.live * LEAST_ROOM {
        let reason = format!(
            "the goal lies {} above the live heap, so a cycle begins where the one before ends",
            percent(way.max(0.0) / base.live.max(1.0))
        );
        return Some(Refusal::new(reason, room(base)));
    }
    if let Some(duty) = base.duty.filter(|duty| *duty > MOST_DUTY) {
        let reason = format!(
            "marking is on {} of the time, so the program itself would change with the setting",
            percent(duty)
        );
        return Some(Refusal::new(reason, room(base)));
    }
    if base.live_variation >= BURSTY {
        let reason = format!(
            "the live heap comes in bursts: it varies by {} of its mean, so its mean tells nothing of another setting",
            percent(base.live_variation)
        );
        return Some(Refusal::new(reason, runs()));
    }
    if base.repeat >= BURSTY_PERIODS {
        let reason = format!(
            "cycles come in bursts: two runs of this setting differ by up to {}, so one tells nothing of another setting",
            percent(REPEATS * base.repeat)
        );
        return Some(Refusal::new(reason, runs()));
    }
    None
}

/// Where there is no room above the live heap: what makes some.
fn room(base: &Base) -> String {
    if base.limited {
        let [_, other] = other(base, base.goal * 1.1);
        let limit = (base.live * 1.5 / 0.97 + other).ceil();
        return format!(
            "raise GOMEMLIMIT, or shrink the live heap of {}: from a limit of about {} on the goal lies half the live heap above it. GOGC cannot help: the goal is the smaller of the two",
            mebibytes(base.live),
            mebibytes(limit)
        );
    }
    match base.gogc {
        Some(gogc) if gogc < 100.0 => {
            format!("GOGC is {gogc}: try GOGC=100, record again, and tune from there")
        }
        _ => format!(
            "allocate less (gcpressure sites, gcpressure why), or shrink the live heap of {}; then record again",
            mebibytes(base.live)
        ),
    }
}

/// One of the values that the log allows.
struct Corner {
    live: f64,
    roots: f64,
    while_marking: f64,
    runway: Runway,
    /// The goal of the log.
    goal: f64,
}

/// Predicts what `setting` gives, with a range for each figure.
///
/// With the live heap L, its roots (stacks and globals) S, and D = goal - L, a cycle starts when the heap has grown by T(D), and `a` is
/// allocated while it marks; of T(D) + a up to c is only counted ([`CACHED`]). A program allocates at the same rate whatever the setting, so
/// cycles a second go as 1 / (T(D) + a - c), and GC CPU with them, as a cycle marks the same heap, though a sparser one. (A program that runs as fast as it can allocates more where collecting takes
/// less: the upper bound.) Formulas of the goal, of T and of the runway R: `commit`, `memoryLimitHeapGoal`, `trigger` and `endCycle` in
/// runtime/mgcpacer.go, in [`super::pacer`] and [`super::inputs`].
///
/// The log truncates sizes to whole MiB: the range is over all live heaps, roots and runways that print the same. The live heap is
/// narrowed by the goals, of which it is 1 / (1 + GOGC / 100); R is seen directly where trigger and limits of the trigger are apart; `a`
/// below 2 MiB follows from the time of marking.
/// What is not heap under a limit is not in the log: a range measured on other programs.
///
/// # Errors
/// A sentence that says why there is no prediction.
pub fn predict(base: &Base, setting: Setting) -> Result<Prediction, String> {
    if let Some(refused) = refusal(base) {
        return Err(refused.reason);
    }
    let mut goal = Span::EMPTY;
    let mut ratio = Span::EMPTY;
    let mut peak = Span::EMPTY;
    let mut sparser: f64 = 1.0;
    let cached = (CACHED * base.procs).min(MOST_CACHED * base.allocated);
    for corner in corners(base) {
        let before = travel(corner.goal - corner.live, corner.runway) + corner.while_marking;
        let before = before.clamp(base.allocated - error(base), base.allocated + error(base));
        for dense in goals(base, setting, corner.live, corner.roots) {
            let slower = (dense / base.goal).max(1.0).powf(SPARSE);
            sparser = sparser.max(slower);
            for slower in [1.0, slower] {
                let while_marking = corner.while_marking * slower;
                let live = corner.live + while_marking - corner.while_marking;
                for new in goals(base, setting, live, corner.roots) {
                    let after = travel(new - live, corner.runway) + while_marking;
                    goal.include(new);
                    for cached in [0.0, cached] {
                        ratio.include((before - cached).max(0.5) / (after - cached).max(0.5));
                    }
                    peak.include(live + after);
                }
            }
        }
    }
    for new in goals(base, setting, base.most_live + 1.0, base.roots + 1.0) {
        let overshoot = (base.most_while_marking - base.while_marking).max(0.0);
        peak.include(new + overshoot);
    }
    if !goal.high.is_finite() {
        return Err("without GOGC and without a limit nothing starts a cycle".to_owned());
    }
    if goal.middle() < base.goal * LOWER {
        return Err(
            "it collects more often than measured: the program itself slows then, by an unknown amount"
                .to_owned(),
        );
    }
    if goal.middle() - base.live < base.live * LEAST_ROOM {
        return Err(format!(
            "the limit leaves {} above the live heap of {}: too little",
            mebibytes(goal.middle() - base.live),
            mebibytes(base.live)
        ));
    }
    let wide = goal.high - goal.low > WIDE_GOAL * goal.middle();
    Ok(Prediction {
        goal,
        peak,
        rough: rough(base).or_else(|| {
            let reason = "what is not heap takes an unknown part of so small a limit";
            (wide && setting.limit.is_some()).then(|| reason.to_owned())
        }),
        ..figures(base, ratio, sparser)
    })
}

/// Frequency and GC CPU from the range of their ratio to the measured ones.
fn figures(base: &Base, ratio: Span, sparser: f64) -> Prediction {
    let spread = REPEAT.max(REPEATS * base.repeat);
    let open = ratio.scaled(1.0 - spread, 1.0 + spread);
    let gc_cpu = base.gc_cpu.map(|cpu| {
        let assists = (base.assist.unwrap_or(0.0) / cpu.ratio.max(1e-9)).min(1.0);
        Span::new(cpu.low, cpu.high)
            .scaled(open.low * (1.0 - assists), open.high)
            .scaled(1.0, sparser * closed(cpu.ratio, open.middle()))
    });
    let gain = base
        .gc_cpu
        .map_or(1.0, |cpu| closed(cpu.ratio, open.middle()));
    let frequency = Span::new(base.frequency, base.frequency).scaled(open.low, open.high * gain);
    Prediction {
        frequency,
        gc_cpu,
        goal: Span::EMPTY,
        peak: Span::EMPTY,
        rough: None,
    }
}

/// What a program that runs as fast as it can gains: the CPU that is left to it, after over before.
fn closed(gc_cpu: f64, ratio: f64) -> f64 {
    let (before, after) = (1.0 - gc_cpu, 1.0 - (gc_cpu * ratio).min(1.0));
    if before > 0.1 {
        (after / before).max(1.0)
    } else {
        1.0
    }
}

fn rough(base: &Base) -> Option<String> {
    let percent = units::percent;
    if base.format < Format::Go1_18 {
        return Some("the pacer before Go 1.18 is modelled roughly".to_owned());
    }
    if let Some(duty) = base.duty.filter(|duty| *duty > ROUGH_DUTY) {
        return Some(format!("marking is on {} of the time", percent(duty)));
    }
    (base.live_variation >= ROUGH_VARIATION).then(|| {
        format!(
            "the live heap varies by {} of its mean",
            percent(base.live_variation)
        )
    })
}

/// How far the mean of what a cycle allocates may be off because of truncation, MiB.
fn error(base: &Base) -> f64 {
    if base.goal - base.live < 16.0 {
        1.0
    } else {
        0.5
    }
}

/// Every combination of the ends of what the log allows.
fn corners(base: &Base) -> Vec<Corner> {
    let roots = match base.format {
        Format::Go1_18 => Span::new(base.roots, base.roots + 1.0),
        _ => Span::new(0.0, 0.0),
    };
    let while_marking = match base.duty {
        // Truncation drowns it: what is allocated in the time of marking.
        Some(duty) if base.while_marking < 2.0 => {
            let by_time = duty * base.allocated;
            Span::new(by_time * 0.75, by_time * 1.35)
        }
        _ => Span::new(base.while_marking, base.while_marking),
    };
    let mut corners = Vec::new();
    for roots in roots.ends() {
        for live in live(base, roots).ends() {
            let goal = match base.gogc {
                Some(gogc) => goal_by_gogc(live, roots, gogc),
                None => base.goal + 0.5,
            };
            for runway in runways(base, goal - live) {
                for while_marking in while_marking.ends() {
                    corners.push(Corner {
                        live,
                        roots,
                        while_marking,
                        runway,
                        goal,
                    });
                }
            }
        }
    }
    corners
}

/// The live heap: what prints as the mean, and gives the measured goal.
fn live(base: &Base, roots: f64) -> Span {
    let printed = Span::new(base.live, base.live + 1.0);
    let Some(gogc) = base.gogc.map(|gogc| gogc / 100.0) else {
        return printed;
    };
    let by_goal = |goal: f64| (goal - roots * gogc) / (1.0 + gogc);
    let (low, high) = (by_goal(base.goal), by_goal(base.goal + 1.0));
    let both = Span::new(printed.low.max(low), printed.high.min(high));
    // At the smallest goal it shows nothing of the live heap.
    if both.low <= both.high { both } else { printed }
}

/// What the pacer may keep free for marking, where the goal was `way` above the live heap.
fn runways(base: &Base, way: f64) -> [Runway; 2] {
    if base.format < Format::Go1_18 {
        let share = |by: f64| Runway::Share((base.used + by).clamp(0.6, 0.95));
        return [share(-0.05), share(0.05)];
    }
    let seen = (1.0 - base.used) * way;
    let formula = if base.while_marking < 2.0 {
        base.runway_by_time
    } else {
        base.runway
    };
    let (low, high) = if way < 8.0 || base.used <= 0.72 {
        // Too small to see it, or the earliest trigger.
        (formula * 0.85, formula * 1.15)
    } else if base.used >= 0.93 {
        (0.0, 0.05 * way)
    } else {
        (seen - 0.5, seen + 0.5)
    };
    [Runway::Room(low.max(0.0)), Runway::Room(high.max(0.0))]
}

/// The goals that a setting may give.
fn goals(base: &Base, setting: Setting, live: f64, roots: f64) -> Vec<f64> {
    let by_gogc = setting
        .gogc
        .map_or(f64::INFINITY, |gogc| goal_by_gogc(live, roots, gogc));
    let Some(limit) = setting.limit else {
        return vec![by_gogc];
    };
    let by_limit = other(base, limit).map(|other| goal_by_limit(live, limit, other).min(by_gogc));
    by_limit.to_vec()
}

/// What is not heap, MiB, at least and at most: seen where the log ran under a limit that the user states.
pub(super) fn other(base: &Base, limit: f64) -> [f64; 2] {
    if let Some(stated) = base.limit.filter(|_| base.limited) {
        let seen = stated - (base.goal + 0.5) / 0.97;
        return [(-1.0, OTHER[0].1), (1.0, OTHER[1].1)]
            .map(|(fixed, share)| (seen + fixed + share * (limit - stated)).max(0.0));
    }
    OTHER.map(|(fixed, share)| fixed + share * limit + base.roots)
}

/// `43MiB`: whole ones, as the log has them.
pub(super) fn mebibytes(mib: f64) -> String {
    units::bytes(units::from_f64(mib.round().max(1.0) * units::MIB as f64))
}
