//! Each cause in words: its sentence with its cost, what to do, and the figures behind it.

use super::{Case, Symptom};
use crate::rules::{Explanation, Signs, Situation, advice, ns};
use crate::severity::Severity;
use crate::units::{Unit, duration, percent};

/// Share of the heap goal that the live heap fills if a limit leaves little room.
pub(super) const FULL: f64 = 0.85;

/// The same if it leaves none.
const NO_ROOM: f64 = 0.95;

fn number(value: f64) -> String {
    Unit::Count.format(value)
}

fn size(mib: f64) -> String {
    Unit::Mebibytes.format(mib)
}

/// The words for a figure; nothing if it is unknown.
fn words<T>(known: Option<T>, words: impl FnOnce(T) -> String) -> String {
    known.map(words).unwrap_or_default()
}

impl Situation {
    /// `58% of the CPU`, or `at most` that.
    fn gc_cpu(&self) -> Option<String> {
        let at_most = if self.at_most { "at most " } else { "" };
        let share = self.cost.gc_cpu?;
        Some(format!("{at_most}{} of the CPU", percent(share)))
    }

    /// The cost is that of marking, because the host makes the stops long.
    fn marks_only(&self) -> bool {
        self.cost.gc_cpu == self.marking
    }

    /// `; GC takes 58% of the CPU`, if that is known.
    fn gc_takes(&self) -> String {
        let what = if self.marks_only() { "marking" } else { "GC" };
        words(self.gc_cpu(), |share| format!("; {what} takes {share}"))
    }

    /// `66.7 GC cycles a second take 12% of the CPU`, or what of it is known.
    fn cycles_take(&self) -> String {
        let rate = match self.frequency.filter(|rate| *rate > 0.0) {
            Some(rate) => format!("{} GC cycles a second", number(rate)),
            None => "GC cycles".to_owned(),
        };
        match self.gc_cpu() {
            Some(share) if self.marks_only() => format!("{rate}, marking takes {share}"),
            Some(share) => format!("{rate} take {share}"),
            None => rate,
        }
    }

    /// An explanation with the figures that all causes have.
    fn explanation(&self, message: String) -> Explanation {
        Explanation::new(message)
            .figure("gc_cpu_ratio_of_cpus", self.cost.gc_cpu)
            .figure("gc_cpu_cores", self.cost.cores)
            .figure("stw_ratio", self.stopped)
            .figure("gc_frequency_per_second", self.frequency)
    }
}

pub(super) fn memory_limit(_: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
    let situation = symptom.situation;
    let limit = match situation.memory_limit_mib {
        Some(limit) => format!("GOMEMLIMIT ({})", size(limit)),
        None => "the memory limit".to_owned(),
    };
    let growth = Some(&situation.growth).filter(|growth| growth.certain);
    let grew = words(growth, |growth| {
        format!(
            "; the live heap grew into it by {}/s from {} on",
            size(growth.slope),
            duration(growth.since_ns)
        )
    });
    let full = situation.headroom_use.unwrap_or(f64::NAN);
    let room = if full >= NO_ROOM {
        "no room"
    } else {
        "little room"
    };
    let goal = words(situation.limited_goal_mib, |goal| {
        format!(" of {}", size(goal))
    });
    let live = situation.live_mib as f64;
    let found = situation
        .explanation(format!(
            "{limit} leaves {room}: the live heap fills {} of its goal{goal}{}{grew}",
            percent(full),
            situation.gc_takes()
        ))
        .advise(format!(
            "raise GOMEMLIMIT by {} or more, a third of the live heap ({}), or shrink the live heap: go tool pprof -sample_index=inuse_space http://HOST/debug/pprof/heap",
            size((live / 3.0).max(1.0).ceil()),
            size(live)
        ))
        .advise("GOGC cannot help: the heap goal is the smaller of what GOGC and GOMEMLIMIT allow")
        .figure("headroom_use_ratio", full)
        .figure("heap_goal_mib", situation.limited_goal_mib);
    match growth {
        Some(_) => found.advise(advice::TWO_PROFILES),
        None => found,
    }
}

pub(super) fn low_gogc(_: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
    let situation = symptom.situation;
    let (low, high) = situation.gogc.unwrap_or_default();
    let gogc = f64::midpoint(low, high);
    let live = situation.live_mib as f64;
    let often = words(situation.frequency, |rate| {
        format!(", {} GC cycles a second", number(rate))
    });
    situation
        .explanation(format!(
            "GOGC is about {gogc:.0}, so a cycle starts each time the heap has grown by {}{often}{}",
            percent(gogc / 100.0),
            situation.gc_takes()
        ))
        .advise(format!(
            "raise GOGC: at 100, the default, cycles come {} times less often, and the heap may grow to twice the live heap ({}) instead of {}",
            number(100.0 / gogc.max(1.0)),
            size(2.0 * live),
            size((1.0 + gogc / 100.0) * live),
        ))
        .advise("find who sets it: GOGC in the environment, debug.SetGCPercent in the program")
        .figure("gogc_low", low)
        .figure("gogc_high", high)
}

pub(super) fn forced_collections(_: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
    let situation = symptom.situation;
    let (cycles, stops) = situation.forced;
    let every = situation.seconds / situation.forced_cycles.max(1) as f64;
    let stopped = words(situation.stopped, |share| {
        format!(" and stops the program {} of the time", percent(share))
    });
    situation
        .explanation(format!(
            "the program calls the collector itself: {} of the GC cycles are forced, one every {}{}{stopped}",
            percent(cycles),
            ns(every * 1e9),
            situation.gc_takes()
        ))
        .advise(advice::CALLER)
        .advise(match cycles > 0.99 {
            true => "GOGC changes nothing here: every cycle is forced",
            false => "GOGC changes nothing about forced cycles",
        })
        .figure("forced_cycles_share", cycles)
        .figure("forced_stops_share", stops)
}

pub(super) fn cpu_starvation(_: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
    let situation = symptom.situation;
    let seen = match situation.signs {
        Some(signs @ Signs::Stalled(..)) => signs.words(),
        _ => {
            let marking = words(situation.marking, |share| {
                format!(", marking takes {}", percent(share))
            });
            format!("stops up to {}{marking}", duration(situation.pause_max_ns))
        }
    };
    situation
        .explanation(format!("not GC: the program waits for a CPU ({seen})"))
        .advise(advice::QUOTA)
        .advise(advice::TRACE)
        .figure("pause_max_ns", situation.pause_max_ns as f64)
        .figure("marking_cpu_ratio", situation.marking)
}

/// Nothing that the cause explains is more than a warning, because all of it is cheap.
fn is_cheap(case: &Case<'_>, symptom: &Symptom<'_>) -> bool {
    let mut warnings = case.symptoms.iter().filter(|symptom| symptom.warns());
    symptom.situation.cost.is_cheap()
        && symptom.severity == Severity::Warning
        && warnings.all(|symptom| symptom.is_of(&["gc-frequency", "min-heap"]))
}

pub(super) fn small_heap(case: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
    let lead = match is_cheap(case, symptom) {
        true => "frequent but cheap",
        false => "the heap is nearly empty and collected all the time",
    };
    let situation = symptom.situation;
    situation
        .explanation(format!("{lead}: {}", situation.cycles_take()))
        .advise(advice::GROW)
        .advise(advice::ALLOCATIONS)
        .figure("min_heap_share", situation.min_heap)
}

pub(super) fn allocation_bursts(_: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
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
    let situation = symptom.situation;
    situation
        .explanation(format!("allocation comes in bursts: {what}{}", situation.gc_takes()))
        .advise("spread the bursts, or preallocate what they need: go tool pprof -sample_index=alloc_space http://HOST/debug/pprof/allocs")
        .advise("bound the heap by a soft limit: GOMEMLIMIT set to what the program may use")
        .figure("goal_churn_per_minute", situation.churn_per_minute)
}

pub(super) fn live_heap(_: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
    let situation = symptom.situation;
    let live = size(situation.live_mib as f64);
    situation
        .explanation(format!(
            "each cycle marks a large live heap ({live}): {}",
            situation.cycles_take()
        ))
        .advise("keep fewer pointers alive: values instead of pointers, indices instead of links, smaller caches; what holds no pointer is not scanned (go tool pprof -sample_index=inuse_objects http://HOST/debug/pprof/heap)")
        .advise(format!("or raise GOGC: each doubling halves the cycles and costs about {live} more"))
        .figure("live_heap_mib", situation.live_mib as f64)
}

pub(super) fn allocation_rate(case: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
    let situation = symptom.situation;
    let cheap = is_cheap(case, symptom);
    let lead = match cheap {
        true => "frequent but cheap",
        false => "the program allocates a lot",
    };
    let assists = situation.cost.assists;
    let notable = assists.filter(|share| *share >= 0.01 && !cheap);
    let of_which = words(notable, |share| {
        let share = percent(share);
        format!(", of which goroutines that allocate pay {share} in assists")
    });
    let found = situation
        .explanation(format!("{lead}: {}{of_which}", situation.cycles_take()))
        .advise(advice::ALLOCATIONS)
        .advise(advice::REUSE)
        .figure("mark_assist_cpu_ratio", assists);
    let full = situation.headroom_use.is_some_and(|share| share >= FULL);
    if situation.limited_goal_mib.is_none() && !full {
        found.advise(advice::GOGC)
    } else {
        found
    }
}

pub(super) fn heap_growth(case: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
    let situation = symptom.situation;
    let growth = &situation.growth;
    let slope = growth.slope.max(1e-12);
    let gc = words(case.run.gc_cpu, |share| {
        format!("; GC itself takes {} of the CPU", percent(share))
    });
    let limit = situation.memory_limit_mib.or(situation.limited_goal_mib);
    let limit = words(limit, |limit| {
        let seconds = ((limit - growth.live_mib) / slope).max(0.0);
        format!(", at the limit in {}", ns(seconds * 1e9))
    });
    situation
        .explanation(format!(
            "the live heap keeps growing by {}/s ({} in {}), doubling in {}{limit}{gc}",
            size(growth.slope),
            size(growth.mib),
            ns(growth.seconds * 1e9),
            ns(growth.live_mib / slope * 1e9),
        ))
        .advise(advice::TWO_PROFILES)
        .advise(advice::GOROUTINES)
        .figure("live_heap_mib", growth.live_mib)
        .figure("growth_mib_per_second", growth.slope)
        .figure("seconds", growth.seconds)
}

pub(super) fn slow_stops(_: &Case<'_>, symptom: &Symptom<'_>) -> Explanation {
    let situation = symptom.situation;
    let stopped = words(situation.stopped, |share| {
        format!(", {} of the time in all", percent(share))
    });
    let marking = words(situation.marking, |share| {
        format!("; marking takes {} of the CPU", percent(share))
    });
    situation
        .explanation(format!(
            "the program is slow to stop: GC cycles wait up to {} for it{stopped}{marking}",
            duration(situation.pause_max_ns),
        ))
        .advise(advice::LOOPS)
        .advise(advice::TRACE)
        .figure("pause_max_ns", situation.pause_max_ns as f64)
}
