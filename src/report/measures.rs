//! The measures of a process that are compared and exported: what each is, in which direction it is better, and what difference
//! matters. A new one is a row here.

use super::Process;

/// One row of the table.
#[derive(Debug)]
pub struct Measure {
    /// Id, as in `--max-ratio`.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// More is better (a period); else less is.
    pub more_is_better: bool,
    /// Factors within which two values are the same for practical purposes.
    pub practical: f64,
    /// Differences below this are the same whatever the factor: they cost nothing, or the log cannot show them.
    pub floor: f64,
    /// Gated unless the user says otherwise.
    pub gated: bool,
    /// How it becomes an amount for each unit of work; `None` for what does not grow with time.
    pub per_work: Option<PerWork>,
    /// The value of one run.
    pub value: fn(&Process) -> Option<f64>,
    /// False where the log's whole MiB drown the value.
    pub resolved: fn(&Process) -> bool,
    /// What the log's resolution leaves of the value: bounds, where they are wide.
    pub bounds: Option<Bounds>,
}

/// Lower and upper bound of a value of one run.
pub type Bounds = fn(&Process) -> Option<(f64, f64)>;

/// How a value over time becomes an amount.
#[derive(Debug, Clone, Copy)]
pub struct PerWork {
    /// Unit of the amount.
    pub unit: &'static str,
    /// Amount in one second where the value is 1.
    pub each_second: fn(&Process) -> f64,
}

/// One second, ns.
const NS: f64 = 1e9;
const MIB: f64 = 1_048_576.0;

const TIME: PerWork = PerWork {
    unit: "ns",
    each_second: |_| NS,
};
const CPU_TIME: PerWork = PerWork {
    unit: "ns",
    each_second: |run| NS * f64::from(run.measures.gomaxprocs.max),
};

/// The row that gives way to a count of long pauses where cycles are few.
pub const PAUSE_P99: &str = "pause-p99";

/// A p99 needs so many values for a finite upper bound at 95 %.
pub const P99_CYCLES: u64 = 299;

/// The pause from which on a cycle counts as one with a long pause, ns: where the rule `pause-p99` warns.
pub const LONG_PAUSE_NS: u64 = 5_000_000;

/// All rows, in their order.
pub const MEASURES: &[Measure] = &[
    Measure {
        id: "gc-frequency",
        title: "GC frequency",
        unit: "1/s",
        more_is_better: false,
        practical: 1.25,
        floor: 0.1,
        gated: true,
        per_work: Some(PerWork {
            unit: "count",
            each_second: |_| 1.0,
        }),
        value: |run| run.measures.gc_frequency_per_second,
        resolved: |_| true,
        bounds: None,
    },
    Measure {
        id: "gc-period",
        title: "period p50",
        unit: "ns",
        more_is_better: true,
        practical: 1.25,
        floor: 2e6,
        gated: false,
        per_work: None,
        value: |run| Some(run.measures.period_ns.p50 as f64).filter(|period| *period > 0.0),
        resolved: |_| true,
        bounds: None,
    },
    pause("pause-p50", "pause p50", 1.5, |run| {
        Some(run.measures.pause_ns.p50 as f64)
    }),
    pause(PAUSE_P99, "pause p99", 1.5, |run| {
        Some(run.measures.pause_ns.p99 as f64)
    }),
    pause("pause-max", "pause max", 2.0, |run| {
        Some(run.measures.pause_ns.max as f64)
    }),
    Measure {
        id: "stw-ratio",
        title: "time stopped",
        floor: 0.001,
        practical: 1.5,
        per_work: Some(TIME),
        ..share(|run| run.measures.stw_ratio)
    },
    Measure {
        id: "gc-cpu",
        title: "GC CPU",
        gated: true,
        per_work: Some(CPU_TIME),
        bounds: Some(|run| {
            run.measures
                .gc_cpu_ratio_low
                .zip(run.measures.gc_cpu_ratio_high)
        }),
        ..share(|run| run.measures.gc_cpu_ratio)
    },
    Measure {
        id: "assist-cpu",
        title: "assist CPU",
        per_work: Some(CPU_TIME),
        ..share(|run| run.measures.mark_assist_cpu_ratio)
    },
    Measure {
        id: "mark-duty",
        title: "mark duty",
        floor: 0.02,
        ..share(|run| run.measures.mark_duty_ratio)
    },
    Measure {
        id: "allocation",
        title: "allocation",
        unit: "bytes/s",
        more_is_better: false,
        practical: 1.25,
        floor: MIB,
        gated: true,
        per_work: Some(PerWork {
            unit: "bytes",
            each_second: |_| 1.0,
        }),
        value: |run| run.measures.allocation_bytes_per_second,
        resolved: |run| run.measures.allocation_resolved || run.measures.sums_withheld(),
        bounds: Some(|run| {
            let each = run.measures.allocation_bytes_per_second?
                / (run.measures.allocation_bytes? as f64).max(1.0);
            Some((
                run.measures.allocation_bytes_low? as f64 * each,
                run.measures.allocation_bytes_high? as f64 * each,
            ))
        }),
    },
    size("live-heap", "live heap p50", |run| {
        Some(run.measures.live_heap_bytes.p50 as f64)
    }),
    size("heap-goal", "heap goal p50", |run| {
        run.measures.heap_goal_bytes.map(|goal| goal.p50 as f64)
    }),
    Measure {
        id: "goal-churn",
        title: "goal churn",
        unit: "1/min",
        more_is_better: false,
        practical: 1.25,
        floor: 1.0,
        gated: false,
        per_work: None,
        value: |run| Some(run.measures.heap_goal_churn_per_minute),
        resolved: |_| true,
        bounds: None,
    },
];

const fn pause(
    id: &'static str,
    title: &'static str,
    practical: f64,
    value: fn(&Process) -> Option<f64>,
) -> Measure {
    Measure {
        id,
        title,
        unit: "ns",
        more_is_better: false,
        practical,
        floor: 100_000.0,
        gated: false,
        per_work: None,
        value,
        resolved: |_| true,
        bounds: None,
    }
}

const fn share(value: fn(&Process) -> Option<f64>) -> Measure {
    Measure {
        id: "",
        title: "",
        unit: "ratio",
        more_is_better: false,
        practical: 1.25,
        floor: 0.005,
        gated: false,
        per_work: None,
        value,
        resolved: |_| true,
        bounds: None,
    }
}

/// Sizes are in whole MiB, cut off: 2 MiB apart may be 1.
const fn size(
    id: &'static str,
    title: &'static str,
    value: fn(&Process) -> Option<f64>,
) -> Measure {
    Measure {
        id,
        title,
        unit: "bytes",
        more_is_better: false,
        practical: 1.25,
        floor: 2.0 * MIB,
        gated: false,
        per_work: None,
        value,
        resolved: |_| true,
        bounds: None,
    }
}

/// The measure with this id.
pub fn find(id: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.id == id)
}
