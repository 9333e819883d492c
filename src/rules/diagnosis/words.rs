//! A cause in words: its sentence with its cost, what to do, and the figures behind it.

use std::borrow::Cow;

use super::{Case, FULL, NO_ROOM, Symptom, warns};
use crate::rules::{Signs, Situation, Told, advice};
use crate::severity::Severity;
use crate::units::{Unit, duration, percent};

/// `GC takes 58% of the CPU`; empty where that is unknown.
pub(super) fn gc_takes(situation: &Situation) -> String {
    let at_most = if situation.at_most { "at most " } else { "" };
    situation.cost.gc_cpu.map_or_else(String::new, |share| {
        format!("; GC takes {at_most}{} of the CPU", percent(share))
    })
}

pub(super) fn number(value: f64) -> String {
    Unit::Count.format(value)
}

pub(super) fn evidence(situation: &Situation) -> Vec<(&'static str, f64)> {
    let known = |value: Option<f64>| value.unwrap_or(f64::NAN);
    vec![
        ("gc_cpu_ratio_of_cpus", known(situation.cost.gc_cpu)),
        ("gc_cpu_cores", known(situation.cost.cores)),
        ("stw_ratio", known(situation.stopped)),
        ("gc_frequency_per_second", known(situation.frequency)),
    ]
}

pub(super) fn told(
    symptom: &Symptom<'_>,
    message: String,
    advice: Vec<Cow<'static, str>>,
    figures: &[(&'static str, f64)],
) -> Told {
    let mut evidence = evidence(symptom.situation);
    evidence.extend_from_slice(figures);
    Told {
        message,
        advice,
        evidence,
    }
}

pub(super) fn memory_limit(_: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let situation = symptom.situation;
    let limit = situation.memory_limit_mib.map_or_else(
        || "the memory limit".to_owned(),
        |limit| format!("GOMEMLIMIT ({})", Unit::Mebibytes.format(limit)),
    );
    let growth = &situation.growth;
    let grew = if growth.certain {
        format!(
            "; the live heap grew into it by {}/s from {} on",
            Unit::Mebibytes.format(growth.slope),
            duration(growth.since_ns)
        )
    } else {
        String::new()
    };
    let full = situation.headroom_use.unwrap_or(f64::NAN);
    let room = if full >= NO_ROOM {
        "no room"
    } else {
        "little room"
    };
    let goal = situation.limited_goal_mib.map_or_else(String::new, |goal| {
        format!(" of {}", Unit::Mebibytes.format(goal))
    });
    let live = situation.live_mib as f64;
    let mut advice: Vec<Cow<'static, str>> = vec![
        format!(
            "raise GOMEMLIMIT by {} or more, a third of the live heap ({}), or shrink the live heap: go tool pprof -sample_index=inuse_space http://HOST/debug/pprof/heap",
            Unit::Mebibytes.format((live / 3.0).max(1.0).ceil()),
            Unit::Mebibytes.format(live)
        )
        .into(),
        "GOGC cannot help: the heap goal is the smaller of what GOGC and GOMEMLIMIT allow".into(),
    ];
    if growth.certain {
        advice.push(advice::TWO_PROFILES.into());
    }
    told(
        symptom,
        format!(
            "{limit} leaves {room}: the live heap fills {} of its goal{goal}{}{grew}",
            percent(full),
            gc_takes(situation)
        ),
        advice,
        &[
            ("headroom_use_ratio", full),
            (
                "heap_goal_mib",
                situation.limited_goal_mib.unwrap_or(f64::NAN),
            ),
        ],
    )
}

pub(super) fn low_gogc(_: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let (low, high) = symptom.situation.gogc.unwrap_or_default();
    let gogc = f64::midpoint(low, high);
    let often = symptom
        .situation
        .frequency
        .map_or_else(String::new, |rate| {
            format!(", {} GC cycles a second", number(rate))
        });
    told(
        symptom,
        format!(
            "GOGC is about {gogc:.0}, so a cycle starts each time the heap has grown by {}{often}{}",
            percent(gogc / 100.0),
            gc_takes(symptom.situation)
        ),
        vec![
            format!(
                "raise GOGC: at 100, the default, cycles come {} times less often, and the heap may grow to twice the live heap ({}) instead of {}",
                number(100.0 / gogc.max(1.0)),
                Unit::Mebibytes.format(2.0 * symptom.situation.live_mib as f64),
                Unit::Mebibytes.format((1.0 + gogc / 100.0) * symptom.situation.live_mib as f64),
            )
            .into(),
            "find who sets it: GOGC in the environment, debug.SetGCPercent in the program".into(),
        ],
        &[("gogc_low", low), ("gogc_high", high)],
    )
}

pub(super) fn forced_collections(_: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let situation = symptom.situation;
    let (cycles, stops) = situation.forced;
    let every = (situation.seconds / situation.forced_cycles.max(1) as f64) * 1e9;
    let stopped = situation.stopped.map_or_else(String::new, |share| {
        format!(" and stops the program {} of the time", percent(share))
    });
    let last: Cow<'static, str> = if cycles > 0.99 {
        "GOGC changes nothing here: every cycle is forced".into()
    } else {
        "GOGC changes nothing about forced cycles".into()
    };
    told(
        symptom,
        format!(
            "the program calls the collector itself: {} of the GC cycles are forced, one every {}{}{stopped}",
            percent(cycles),
            Unit::Nanoseconds.format(every),
            gc_takes(situation)
        ),
        vec![advice::CALLER.into(), last],
        &[
            ("forced_cycles_share", cycles),
            ("forced_stops_share", stops.unwrap_or(f64::NAN)),
        ],
    )
}

pub(super) fn cpu_starvation(_: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let situation = symptom.situation;
    let marking = situation.marking.map_or_else(String::new, |share| {
        format!(", marking takes {}", percent(share))
    });
    let seen = match situation.signs {
        Some(signs @ Signs::Stalled(..)) => signs.words(),
        _ => format!("stops up to {}{marking}", duration(situation.pause_max_ns)),
    };
    told(
        symptom,
        format!("not GC: the program waits for a CPU ({seen})"),
        vec![advice::QUOTA.into(), advice::TRACE.into()],
        &[
            ("pause_max_ns", situation.pause_max_ns as f64),
            ("marking_cpu_ratio", situation.marking.unwrap_or(f64::NAN)),
        ],
    )
}

/// `66.7 GC cycles a second take 12% of the CPU`, or what of it is known.
pub(super) fn cycles_take(symptom: &Symptom<'_>) -> String {
    let situation = symptom.situation;
    let rate = situation.frequency.filter(|rate| *rate > 0.0).map_or_else(
        || "GC cycles".to_owned(),
        |rate| format!("{} GC cycles a second", number(rate)),
    );
    let at_most = if situation.at_most { "at most " } else { "" };
    situation.cost.gc_cpu.map_or_else(
        || rate.clone(),
        |share| format!("{rate} take {at_most}{} of the CPU", percent(share)),
    )
}

/// Nothing the cause explains is worse than a warning because all of it is cheap.
pub(super) fn is_cheap(case: &Case<'_>, symptom: &Symptom<'_>) -> bool {
    let warnings = case.symptoms.iter().filter(|symptom| warns(symptom));
    let cheap = |rule: &str| ["gc-frequency", "min-heap"].contains(&rule);
    symptom.situation.cost.is_cheap()
        && symptom.severity == Severity::Warning
        && warnings.clone().all(|symptom| cheap(symptom.rule))
}

pub(super) fn small_heap(case: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let message = if is_cheap(case, symptom) {
        format!("frequent but cheap: {}", cycles_take(symptom))
    } else {
        format!(
            "the heap is nearly empty and collected all the time: {}",
            cycles_take(symptom)
        )
    };
    told(
        symptom,
        message,
        vec![
            "let the heap grow before it is collected: GOGC=400, or GOGC=off with GOMEMLIMIT set to what the program may use".into(),
            advice::ALLOCATIONS.into(),
        ],
        &[("min_heap_share", symptom.situation.min_heap)],
    )
}

pub(super) fn allocation_bursts(_: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let what = match symptom.rule {
        "overshoot" => format!(
            "{} of the cycles end above their heap goal",
            percent(symptom.measured)
        ),
        _ => format!(
            "the heap goal doubles or halves {} times a minute",
            number(symptom.measured)
        ),
    };
    told(
        symptom,
        format!("allocation comes in bursts: {what}{}", gc_takes(symptom.situation)),
        vec![
            "spread the bursts, or preallocate what they need: go tool pprof -sample_index=alloc_space http://HOST/debug/pprof/allocs".into(),
            "bound the heap by a soft limit: GOMEMLIMIT set to what the program may use".into(),
        ],
        &[("goal_churn_per_minute", symptom.situation.churn_per_minute)],
    )
}

pub(super) fn live_heap(_: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let situation = symptom.situation;
    let live = Unit::Mebibytes.format(situation.live_mib as f64);
    told(
        symptom,
        format!("each cycle marks a large live heap ({live}): {}", cycles_take(symptom)),
        vec![
            "keep fewer pointers alive: values instead of pointers, indices instead of links, smaller caches; what holds no pointer is not scanned (go tool pprof -sample_index=inuse_objects http://HOST/debug/pprof/heap)".into(),
            format!("or raise GOGC: each doubling halves the cycles and costs about {live} more").into(),
        ],
        &[("live_heap_mib", situation.live_mib as f64)],
    )
}

pub(super) fn allocation_rate(case: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let situation = symptom.situation;
    let cheap = is_cheap(case, symptom);
    let lead = if cheap {
        "frequent but cheap"
    } else {
        "the program allocates a lot"
    };
    let assists = situation
        .cost
        .assists
        .filter(|share| *share >= 0.01 && !cheap);
    let assists = assists.map_or_else(String::new, |share| {
        format!(
            ", of which goroutines that allocate pay {} in assists",
            percent(share)
        )
    });
    let mut advice: Vec<Cow<'static, str>> = vec![advice::ALLOCATIONS.into(), advice::REUSE.into()];
    let full = situation.headroom_use.is_some_and(|share| share >= FULL);
    if situation.limited_goal_mib.is_none() && !full {
        advice.push(advice::GOGC.into());
    }
    told(
        symptom,
        format!("{lead}: {}{assists}", cycles_take(symptom)),
        advice,
        &[(
            "mark_assist_cpu_ratio",
            situation.cost.assists.unwrap_or(f64::NAN),
        )],
    )
}

pub(super) fn heap_growth(case: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let growth = &symptom.situation.growth;
    let gc = case.run.gc_cpu.map_or_else(String::new, |share| {
        format!("; GC itself takes {} of the CPU", percent(share))
    });
    let limit = symptom
        .situation
        .memory_limit_mib
        .or(symptom.situation.limited_goal_mib)
        .map_or_else(String::new, |limit| {
            let seconds = ((limit - growth.live_mib) / growth.slope.max(1e-12)).max(0.0);
            format!(
                ", at the limit in {}",
                Unit::Nanoseconds.format(seconds * 1e9)
            )
        });
    told(
        symptom,
        format!(
            "the live heap keeps growing by {}/s ({} in {}), doubling in {}{limit}{gc}",
            Unit::Mebibytes.format(growth.slope),
            Unit::Mebibytes.format(growth.mib),
            Unit::Nanoseconds.format(growth.seconds * 1e9),
            Unit::Nanoseconds.format(growth.live_mib / growth.slope.max(1e-12) * 1e9),
        ),
        vec![advice::TWO_PROFILES.into(), advice::GOROUTINES.into()],
        &[
            ("live_heap_mib", growth.live_mib),
            ("growth_mib_per_second", growth.slope),
            ("seconds", growth.seconds),
        ],
    )
}

pub(super) fn slow_stops(_: &Case<'_>, symptom: &Symptom<'_>) -> Told {
    let situation = symptom.situation;
    let stopped = situation.stopped.map_or_else(String::new, |share| {
        format!(", {} of the time in all", percent(share))
    });
    let marking = situation.marking.map_or_else(String::new, |share| {
        format!("; marking takes {} of the CPU", percent(share))
    });
    told(
        symptom,
        format!(
            "the program is slow to stop: GC cycles wait up to {} for it{stopped}{marking}",
            duration(situation.pause_max_ns),
        ),
        vec![advice::LOOPS.into(), advice::TRACE.into()],
        &[("pause_max_ns", situation.pause_max_ns as f64)],
    )
}
