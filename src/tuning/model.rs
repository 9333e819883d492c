//! The prediction for one setting.

use super::base::Base;
use super::pacer::{Runway, goal_by_gogc, goal_by_limit, travel};
use super::refusal::{LEAST_ROOM, mebibytes, other, refusal};
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

/// From this share of the time with marking on figures are rough, and from this variation of the live heap on.
const ROUGH_DUTY: f64 = 0.3;
const ROUGH_VARIATION: f64 = 0.1;
/// A goal below this share of the measured one collects more often than measured.
const LOWER: f64 = 0.97;
/// What two runs of one setting differ by at least.
const REPEAT: f64 = 0.03;

/// A live heap that is spread over a larger heap takes longer to mark, as more of it is missed in the caches: at most by this power of the
/// ratio of the goals (1.6 times at five times the goal). Measured; what is allocated meanwhile counts as live as well.
const SPARSE: f64 = 0.3;

/// A range of the goal wider than this share of it makes all figures rough: what is not heap is too large a part of the limit.
const WIDE_GOAL: f64 = 0.15;

/// What a cycle's growth counts without being allocated, MiB for each P, at most: a P takes free memory by whole spans, one for each size
/// in use, and the heap counts them as full until the next cycle (`refill` and `releaseAll` in runtime/mcache.go). Measured.
const CACHED: f64 = 0.25;

/// The largest share of the growth that they are taken to be.
const MOST_CACHED: f64 = 0.2;

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
/// allocated while it marks; of T(D) + a up to c is only counted (`CACHED`). A program allocates at the same rate whatever the setting, so
/// cycles a second go as 1 / (T(D) + a - c), and GC CPU with them, as a cycle marks the same heap, though a sparser one. (A program that runs as fast as it can allocates more where collecting takes
/// less: the upper bound.) Formulas of the goal, of T and of the runway R: `commit`, `memoryLimitHeapGoal`, `trigger` and `endCycle` in
/// runtime/mgcpacer.go, in `pacer` and `inputs`.
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
    let spread = REPEAT.max(base.repeats());
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
