//! Where the model does not hold, why, and what to do.

use super::base::Base;
use crate::trace::cycle::Format;
use crate::units;

/// From this share of the time with marking on there are no numbers: the program has no steady state without it.
const MOST_DUTY: f64 = 0.6;
/// Below this share of the live heap between it and the goal a cycle begins where the one before ends.
pub(super) const LEAST_ROOM: f64 = 0.25;
/// From this variation of the live heap on a mean says nothing.
const BURSTY: f64 = 0.25;
/// From this standard error of the mean period on, two runs of one setting differ by more than settings do.
const BURSTY_PERIODS: f64 = 0.1;
/// Share of cycles that GOGC does not start, from which on there are no numbers.
const NOT_BY_HEAP: f64 = 0.1;
/// Cycles from which on there are numbers.
const ENOUGH: u64 = 20;

/// What is not heap under a limit, MiB: the runtime itself and space between objects, which grows with the heap. Measured: the lower
/// line for large objects, the upper one for objects of 32 bytes. Stacks come on top.
const OTHER: [(f64, f64); 2] = [(4.5, 0.013), (7.0, 0.07)];

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
            percent(base.repeats())
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
