//! The table of causes: when each is named, and which rules it explains.

use super::words::{
    FULL, allocation_bursts, allocation_rate, cpu_starvation, forced_collections, heap_growth,
    live_heap, low_gogc, memory_limit, slow_stops, small_heap,
};
use super::{Case, Row, Symptom};
use crate::rules::Cost;
use crate::severity::{Cause, Severity};

/// GOGC below which it is low, percent.
const LOW_GOGC: f64 = 50.0;

/// Fewer forced cycles are a program's start or its end.
const FORCED: u64 = 4;

/// From this GC CPU on, the collector matters even in a program that waits for a CPU.
const STARVED_GC_CPU: f64 = 0.10;

/// Cycles per second from which on allocation, not the live heap, makes them expensive.
const FEW_CYCLES: f64 = 5.0;

/// Growth seen for less may be a cache that fills, s.
const GROWTH_S: f64 = 120.0;

pub(in crate::rules) const PAUSES: [&str; 3] = ["pause-p99", "pause-budget", "long-pause"];

/// Every cause, in the order in which they are tried.
pub const fn table() -> &'static [Row] {
    const TABLE: &[Row] = &[
        Row {
            cause: Cause::MemoryLimit,
            summary: "a memory limit leaves no room above the live heap",
            doc: "Named if a memory limit sets the heap goal and the live heap fills 85 % of it or more. A limit sets the goal if you state one (--memory-limit) and the goal comes near it, below what GOGC gives; if the GOGC that the goals imply is below 5; or if the goal does not follow the live heap.

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
            explanation: memory_limit,
        },
        Row {
            cause: Cause::LowGogc,
            summary: "GOGC is set low",
            doc: "Named if nine goals of ten agree on a GOGC below 50, no memory limit sets the goal, and one of gc-frequency, low-headroom and gc-cpu is raised.

Why: GOGC=10 starts a cycle each time the heap has grown by a tenth.

What to do: raise GOGC; 100 is the default. It costs memory: the heap may grow to the live heap times 1 + GOGC/100.",
            explains: &["gc-frequency", "low-headroom", "gc-cpu", "mark-duty", "assist-pressure"],
            info: true,
            when: |_, symptom| {
                symptom.is_of(&["gc-frequency", "low-headroom", "gc-cpu"])
                    && symptom.situation.gogc.is_some_and(|(_, high)| high < LOW_GOGC)
                    && symptom.situation.limited_goal_mib.is_none()
            },
            explanation: low_gogc,
        },
        Row {
            cause: Cause::ForcedCollections,
            summary: "the program calls the collector itself",
            doc: "Named if calls of the program (runtime.GC, debug.FreeOSMemory, goroutine-leak profiles) make most of the cycles or most of the time stopped, with four or more of them in the window. Cycles that a test or benchmark harness forces do not count.

Why: a forced cycle marks the whole live heap whether or not there is anything to gain, and its caller waits for it. Before Go 1.9 it is one full stop.

What to do: find the caller and drop the call. GOGC changes nothing about forced cycles.",
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
                let situation = symptom.situation;
                let (cycles, stops) = situation.forced;
                let most = cycles > 0.5 || stops.is_some_and(|stops| stops > 0.5);
                most && situation.forced_cycles >= FORCED && !situation.harness
            },
            explanation: forced_collections,
        },
        Row {
            cause: Cause::CpuStarvation,
            summary: "the program waits for a CPU: not the collector",
            doc: "Named if stops are long and show signs of contention (see pause-p99), or GOMAXPROCS exceeds the CPUs that you state (--cpus), while collecting takes under 10 % of the CPU and nothing else shows that the collector works hard.

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
            explanation: cpu_starvation,
        },
        Row {
            cause: Cause::SmallHeap,
            summary: "the heap is nearly empty, so it is collected for next to nothing",
            doc: "Named if most cycles run at the smallest heap goal there is (4 MiB at GOGC=100) and they are frequent.

Why: a program that allocates fast over a nearly empty heap collects all the time. It is the cheapest GC problem to fix.

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
                let raised = symptom.is_of(&["gc-frequency", "min-heap"]) && symptom.warns();
                raised && symptom.situation.min_heap > 0.5
            },
            explanation: small_heap,
        },
        Row {
            cause: Cause::AllocationBursts,
            summary: "allocation comes in bursts",
            doc: "Named if the heap goal swings or heaps end above it, at a cost, while neither GC CPU nor assists nor the frequency are raised.

Why: what a burst allocates while a cycle marks counts as live until the next one, so the goal and the memory in use peak after it.

What to do: spread the bursts, preallocate what they need, and bound the heap by a soft limit (GOMEMLIMIT).",
            explains: &["goal-churn", "overshoot"],
            info: false,
            when: |case, symptom| {
                let others = ["gc-cpu", "assist-pressure", "gc-frequency"];
                let mut all = case.symptoms.iter();
                symptom.is_of(&["goal-churn", "overshoot"])
                    && symptom.warns()
                    && !all.any(|other| other.is_of(&others) && other.warns())
            },
            explanation: allocation_bursts,
        },
        Row {
            cause: Cause::LiveHeap,
            summary: "each cycle marks a large live heap",
            doc: "Named if GC CPU or the time spent marking are raised at fewer than 5 cycles per second.

Why: a cycle costs what it marks. If few cycles cost a lot, each of them marks a lot.

What to do: keep fewer pointers alive (what holds no pointer is not scanned), make caches smaller, or raise GOGC at the price of memory.",
            explains: &["gc-cpu", "mark-duty", "assist-pressure", "goal-churn", "overshoot"],
            info: false,
            when: |_, symptom| {
                let raised = symptom.is_of(&["gc-cpu", "mark-duty"]) && symptom.warns();
                raised && marks(symptom) && symptom.situation.frequency.is_some_and(|rate| rate < FEW_CYCLES)
            },
            explanation: live_heap,
        },
        Row {
            cause: Cause::AllocationRate,
            summary: "the program allocates a lot",
            doc: "Named if the frequency, assists, GC CPU, the time spent marking or the CPU limiter are raised and no cause above explains it.

Why: what is allocated between two cycles decides how soon the next one comes. Fewer or smaller allocations mean fewer cycles.

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
                symptom.is_of(&RAISED) && symptom.warns() && marks(symptom)
            },
            explanation: allocation_rate,
        },
        Row {
            cause: Cause::HeapGrowth,
            summary: "the live heap keeps growing",
            doc: "Named if the rule heap-growth has seen the live heap grow for two minutes or more.

Why: growth without end ends at the memory limit or with the OOM killer. The collector itself may be as cheap as ever.

What to do: take two heap profiles some minutes apart and compare what is in use.",
            explains: &["heap-growth"],
            info: true,
            when: |_, symptom| {
                symptom.rule == "heap-growth" && symptom.situation.growth.seconds >= GROWTH_S
            },
            explanation: heap_growth,
        },
        Row {
            cause: Cause::SlowStops,
            summary: "the program is slow to stop",
            doc: "Named if stops are long and no sign points at the host.

Why: a stop ends when every goroutine has been stopped. Loops without calls, cgo calls and page faults hold it up.

What to do: record a runtime trace around such a stop (go tool trace).",
            explains: &["pause-p99", "pause-budget", "long-pause", "gc-cpu"],
            info: false,
            when: |_, symptom| symptom.is_of(&PAUSES) && symptom.warns(),
            explanation: slow_stops,
        },
    ];
    TABLE
}

/// The collector's CPU time went into marking, not into long stops.
fn marks(symptom: &Symptom<'_>) -> bool {
    let both = symptom.situation.marking.zip(symptom.situation.stop_cpu);
    !symptom.is_hosts() && both.is_none_or(|(marking, stops)| marking >= stops)
}

fn starved(case: &Case<'_>, symptom: &Symptom<'_>) -> bool {
    const BUSY: [&str; 4] = ["gc-cpu", "assist-pressure", "mark-duty", "cpu-limiter"];
    let situation = symptom.situation;
    let waits = match symptom.rule {
        "cpu-oversubscription" => situation.throttled,
        rule if BUSY.contains(&rule) => symptom.is_hosts(),
        _ => situation.signs.is_some() || situation.throttled,
    };
    let cheap = |cost: &Cost| cost.gc_cpu.is_none_or(|share| share < STARVED_GC_CPU);
    let works_hard = |other: &Symptom<'_>| match other.rule {
        "gc-frequency" => other.severity == Severity::Critical,
        _ => other.is_of(&BUSY) && other.warns() && !other.is_hosts(),
    };
    symptom.warns()
        && waits
        && cheap(&situation.cost)
        && cheap(&case.run)
        && !case.symptoms.iter().any(works_hard)
}
