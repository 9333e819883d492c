//! The one cause behind the findings of a process: a table, of which the first row that fits is taken.
//!
//! A cause explains findings, and stands as high as the worst of them. It is told by the figures of the window in which one
//! of them was at its worst, so a storm of a minute in a day is explained by that minute.

pub(super) mod advice;
pub(super) mod situation;
mod words;

use words::{
    allocation_bursts, allocation_rate, cpu_starvation, forced_collections, heap_growth, live_heap,
    low_gogc, memory_limit, slow_stops, small_heap,
};

use super::{Cost, Situation, Told};
use crate::severity::{CappedBy, Cause, Severity};

/// A finding as far as a cause looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Symptom<'a> {
    /// The rule's id.
    pub rule: &'static str,
    /// The worst severity it reached.
    pub severity: Severity,
    /// Why it is not worse.
    pub capped_by: Option<CappedBy>,
    /// The value, in the rule's unit.
    pub measured: f64,
    /// How things stood then.
    pub situation: &'a Situation,
}

/// The findings of a process, and what collecting costs over its run.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The findings.
    pub symptoms: &'a [Symptom<'a>],
    /// The cost of the run.
    pub run: Cost,
}

/// The cause behind the findings of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The cause.
    pub cause: Cause,
    /// The worst severity of the findings that it explains.
    pub severity: Severity,
    /// The rules of those findings.
    pub explains: Vec<&'static str>,
    /// One sentence, its words, what to do, most useful first, and the figures behind it.
    pub told: Told,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// The cause.
    pub cause: Cause,
    /// What it is, in one line.
    pub summary: &'static str,
    /// When it is named, why, and what to do: the text of `gcpressure explain`.
    pub doc: &'static str,
    /// Rules that it may explain.
    pub explains: &'static [&'static str],
    /// It may stand at `info`.
    info: bool,
    when: fn(&Case<'_>, &Symptom<'_>) -> bool,
    tell: fn(&Case<'_>, &Symptom<'_>) -> Told,
}

/// Share of the heap goal that a live heap fills where a limit leaves no room.
const FULL: f64 = 0.85;

/// The same where there is none left.
const NO_ROOM: f64 = 0.95;

/// GOGC below which it is low, percent.
const LOW_GOGC: f64 = 50.0;

/// Fewer forced cycles are a program's start or its end.
const FORCED: u64 = 4;

/// GC CPU from which on a starved program has a collector to look at as well.
const STARVED_GC_CPU: f64 = 0.10;

/// Cycles a second from which on it is allocation, not the live heap, that makes them dear.
const FEW_CYCLES: f64 = 5.0;

/// Growth seen for less may be a cache that fills, s.
const GROWTH_S: f64 = 120.0;

pub(super) const PAUSES: [&str; 3] = ["pause-p99", "pause-budget", "long-pause"];

/// Every cause, in the order in which they are looked for.
pub const fn table() -> &'static [Row] {
    const TABLE: &[Row] = &[
        Row {
            cause: Cause::MemoryLimit,
            summary: "a memory limit leaves no room above the live heap",
            doc: "Named where a memory limit rules the heap goal and the live heap fills 85 % of it or more. A limit rules where you state one (--memory-limit) and the goal comes near it, below what GOGC gives; where the GOGC that the goals imply is below 5; or where the goal stays where it is while the live heap moves.

Why: the heap goal is the smaller of what GOGC and GOMEMLIMIT allow. Near the limit each cycle frees next to nothing, the next one starts at once, and a live heap 2 % larger decides between working and thrashing.

What to do: raise GOMEMLIMIT or shrink the live heap. GOGC cannot help.",
            explains: &[
                "low-headroom",
                "gc-cpu",
                "cpu-limiter",
                "mark-duty",
                "gc-frequency",
                "assist-pressure",
                "overshoot",
                "gogc-changed",
                "heap-growth",
            ],
            info: true,
            when: |_, symptom| {
                let full = symptom.situation.headroom_use.is_some_and(|share| share >= FULL);
                symptom.situation.limited_goal_mib.is_some() && full
            },
            tell: memory_limit,
        },
        Row {
            cause: Cause::LowGogc,
            summary: "GOGC is set low",
            doc: "Named where nine goals of ten agree on a GOGC below 50, no memory limit rules, and frequency, headroom or GC CPU are raised at all.

Why: GOGC=10 starts a cycle each time the heap has grown by a tenth.

What to do: raise GOGC; 100 is the default. It costs memory: the heap may grow to the live heap times 1 + GOGC/100.",
            explains: &["gc-frequency", "low-headroom", "gc-cpu", "mark-duty", "assist-pressure"],
            info: true,
            when: |_, symptom| {
                let low = symptom.situation.gogc.is_some_and(|(_, high)| high < LOW_GOGC);
                let raised = ["gc-frequency", "low-headroom", "gc-cpu"].contains(&symptom.rule);
                low && raised && symptom.situation.limited_goal_mib.is_none()
            },
            tell: low_gogc,
        },
        Row {
            cause: Cause::ForcedCollections,
            summary: "the program calls the collector itself",
            doc: "Named where calls of the program (runtime.GC, debug.FreeOSMemory, goroutine-leak profiles) make most of the cycles, or most of the time stopped, four or more in the window looked at. Cycles that a test or benchmark harness forces do not count.

Why: a forced cycle marks the whole live heap whether or not anything is to be gained, and its caller waits for it. Before Go 1.9 it is one full stop.

What to do: find the caller and drop the call. GOGC changes nothing where every cycle is forced.",
            explains: &[
                "forced-gc",
                "pause-p99",
                "pause-budget",
                "long-pause",
                "gc-cpu",
                "mark-duty",
            ],
            info: true,
            when: |_, symptom| {
                let (cycles, stops) = symptom.situation.forced;
                let most = cycles > 0.5 || stops.is_some_and(|stops| stops > 0.5);
                let several = symptom.situation.forced_cycles >= FORCED;
                most && several && !symptom.situation.harness
            },
            tell: forced_collections,
        },
        Row {
            cause: Cause::CpuStarvation,
            summary: "the program waits for a CPU: not the collector",
            doc: "Named where stops are long and show signs of contention (see pause-p99), or where GOMAXPROCS exceeds the CPUs that you state (--cpus), while collecting takes under 10 % of the CPU and nothing else shows that the collector works hard.

Why: a stop ends when the last thread has stopped. A thread that the kernel does not run, on a busy host or under a cgroup quota, holds it up.

What to do: look at cpu.max and cpu.stat of the cgroup, at GOMAXPROCS and at other load on the host. This is not the garbage collector.",
            explains: &[
                "pause-p99",
                "pause-budget",
                "long-pause",
                "gc-cpu",
                "mark-duty",
                "cpu-limiter",
                "cpu-oversubscription",
            ],
            info: false,
            when: starved,
            tell: cpu_starvation,
        },
        Row {
            cause: Cause::SmallHeap,
            summary: "the heap is nearly empty, so it is collected for next to nothing",
            doc: "Named where most cycles run at the smallest heap goal there is (4 MiB at GOGC=100) and they are frequent.

Why: over a nearly empty heap a program that allocates fast collects all the time. It is the cheapest GC problem to fix.

What to do: GOGC=400, or GOGC=off with GOMEMLIMIT as the bound.",
            explains: &[
                "gc-frequency",
                "min-heap",
                "gc-cpu",
                "assist-pressure",
                "overshoot",
                "goal-churn",
            ],
            info: false,
            when: |_, symptom| {
                let raised = ["gc-frequency", "min-heap"].contains(&symptom.rule);
                raised && warns(symptom) && symptom.situation.min_heap > 0.5
            },
            tell: small_heap,
        },
        Row {
            cause: Cause::AllocationBursts,
            summary: "allocation comes in bursts",
            doc: "Named where the heap goal swings or heaps end above it, at a cost, while neither GC CPU nor assists nor the frequency are raised.

Why: what a burst allocates while a cycle marks counts as live until the next one, so goal and memory peak after it.

What to do: spread the bursts, preallocate what they need, and bound the heap by a soft limit (GOMEMLIMIT).",
            explains: &["goal-churn", "overshoot"],
            info: false,
            when: |case, symptom| {
                let raised = ["goal-churn", "overshoot"].contains(&symptom.rule) && warns(symptom);
                raised && !case.any_warns(&["gc-cpu", "assist-pressure", "gc-frequency"])
            },
            tell: allocation_bursts,
        },
        Row {
            cause: Cause::LiveHeap,
            summary: "each cycle marks a large live heap",
            doc: "Named where GC CPU or the time spent marking are raised at fewer than 5 cycles a second.

Why: a cycle costs what it marks. Few cycles that cost a lot mark a lot.

What to do: keep fewer pointers alive (what holds no pointer is not scanned), make caches smaller, or raise GOGC at the price of memory.",
            explains: &["gc-cpu", "mark-duty", "assist-pressure", "goal-churn", "overshoot"],
            info: false,
            when: |_, symptom| {
                let raised = ["gc-cpu", "mark-duty"].contains(&symptom.rule) && warns(symptom);
                raised && marks(symptom) && symptom.situation.frequency.is_some_and(|rate| rate < FEW_CYCLES)
            },
            tell: live_heap,
        },
        Row {
            cause: Cause::AllocationRate,
            summary: "the program allocates a lot",
            doc: "Named where the frequency, assists, GC CPU, the time spent marking or the CPU limiter are raised and nothing above explains it.

Why: each cycle is paid for by what is allocated between two of them. Fewer or smaller allocations are fewer cycles.

What to do: find the sites (gcpressure sites HEAP, gcpressure why HEAP --build ./...), preallocate and reuse there, or let the heap grow further (GOGC).",
            explains: &[
                "gc-frequency",
                "assist-pressure",
                "gc-cpu",
                "mark-duty",
                "cpu-limiter",
                "goal-churn",
                "overshoot",
                "min-heap",
            ],
            info: false,
            when: |_, symptom| {
                const RAISED: [&str; 5] =
                    ["gc-frequency", "assist-pressure", "gc-cpu", "mark-duty", "cpu-limiter"];
                RAISED.contains(&symptom.rule) && warns(symptom) && marks(symptom)
            },
            tell: allocation_rate,
        },
        Row {
            cause: Cause::HeapGrowth,
            summary: "the live heap keeps growing",
            doc: "Named where the rule heap-growth has seen the live heap grow for two minutes or more.

Why: what grows without end ends in the memory limit or the OOM killer. The collector itself may be as cheap as ever.

What to do: two heap profiles some minutes apart, what is in use compared.",
            explains: &["heap-growth"],
            info: true,
            when: |_, symptom| {
                symptom.rule == "heap-growth" && symptom.situation.growth.seconds >= GROWTH_S
            },
            tell: heap_growth,
        },
        Row {
            cause: Cause::SlowStops,
            summary: "the program is slow to stop",
            doc: "Named where stops are long and the host shows no sign of being the reason.

Why: a stop ends when every goroutine has been stopped. Loops without calls, cgo calls and page faults hold it up.

What to do: record a runtime trace around such a stop (go tool trace).",
            explains: &["pause-p99", "pause-budget", "long-pause", "gc-cpu"],
            info: false,
            when: |_, symptom| PAUSES.contains(&symptom.rule) && warns(symptom),
            tell: slow_stops,
        },
    ];
    TABLE
}

/// The row of a cause.
pub fn find(name: &str) -> Option<&'static Row> {
    table().iter().find(|row| row.cause.name() == name)
}

impl Case<'_> {
    fn any_warns(&self, rules: &[&str]) -> bool {
        let mut symptoms = self.symptoms.iter();
        symptoms.any(|symptom| rules.contains(&symptom.rule) && warns(symptom))
    }

    /// The cause: of the first row that fits and explains the worst finding, else of the first that explains more than what
    /// is only worth knowing, else of the first.
    pub fn diagnose(&self) -> Option<Diagnosis> {
        let worst = self.symptoms.iter().map(|symptom| symptom.severity).max()?;
        let mut best: Option<Fit<'_>> = None;
        for fit in table().iter().filter_map(|row| self.fits(row)) {
            let rank = |fit: &Fit<'_>| (fit.severity == worst, fit.severity > Severity::Info);
            if best.as_ref().is_none_or(|best| rank(&fit) > rank(best)) {
                best = Some(fit);
            }
        }
        let best = best?;
        let explained = self.explained(best.row);
        Some(Diagnosis {
            cause: best.row.cause,
            severity: best.severity,
            explains: explained.map(|symptom| symptom.rule).collect(),
            told: (best.row.tell)(self, best.symptom),
        })
    }

    fn explained(&self, row: &Row) -> impl Iterator<Item = &Symptom<'_>> {
        let symptoms = self.symptoms.iter();
        symptoms.filter(|symptom| row.explains.contains(&symptom.rule))
    }

    fn fits(&self, row: &'static Row) -> Option<Fit<'_>> {
        let fitting = self.explained(row);
        let fitting = fitting.filter(|symptom| (row.when)(self, symptom));
        // It speaks of the worst finding that shows it, where collecting cost most.
        let cost = |symptom: &Symptom<'_>| symptom.situation.cost.gc_cpu.unwrap_or(0.0);
        let symptom = fitting.max_by(|a, b| {
            let severity = a.severity.cmp(&b.severity);
            severity.then(cost(a).total_cmp(&cost(b)))
        })?;
        let severity = self.explained(row).map(|symptom| symptom.severity).max()?;
        (row.info || severity > Severity::Info).then_some(Fit {
            row,
            symptom,
            severity,
        })
    }
}

/// A row that fits: the finding that it speaks of, and the worst that it explains.
struct Fit<'c> {
    row: &'static Row,
    symptom: &'c Symptom<'c>,
    severity: Severity,
}

fn warns(symptom: &Symptom<'_>) -> bool {
    symptom.severity > Severity::Info
}

/// The host made it so.
fn is_hosts(symptom: &Symptom<'_>) -> bool {
    symptom.capped_by == Some(CappedBy::Contention)
}

/// Marking is what the collector's CPU went into, not stops that take long.
fn marks(symptom: &Symptom<'_>) -> bool {
    let Situation {
        marking, stop_cpu, ..
    } = symptom.situation;
    let both = marking.zip(*stop_cpu);
    !is_hosts(symptom) && both.is_none_or(|(marking, stops)| marking >= stops)
}

fn starved(case: &Case<'_>, symptom: &Symptom<'_>) -> bool {
    const BUSY: [&str; 4] = ["gc-cpu", "assist-pressure", "mark-duty", "cpu-limiter"];
    let situation = symptom.situation;
    let waits = match symptom.rule {
        "cpu-oversubscription" => situation.throttled,
        rule if BUSY.contains(&rule) => is_hosts(symptom),
        _ => situation.signs.is_some() || situation.throttled,
    };
    let mut symptoms = case.symptoms.iter();
    let busy = symptoms
        .any(|symptom| BUSY.contains(&symptom.rule) && warns(symptom) && !is_hosts(symptom));
    let cheap = |cost: &Cost| cost.gc_cpu.is_none_or(|share| share < STARVED_GC_CPU);
    let often = |symptom: &Symptom<'_>| {
        symptom.rule == "gc-frequency" && symptom.severity == Severity::Critical
    };
    warns(symptom)
        && waits
        && cheap(&situation.cost)
        && cheap(&case.run)
        && !busy
        && !case.symptoms.iter().any(often)
}

#[cfg(test)]
mod tests;
