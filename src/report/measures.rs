//! The measures of a process that are compared and exported: what each is, in which direction it is better, and what difference
//! matters. To compare and export one more, add its row.

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
    /// The value of a process.
    pub value: fn(&Process) -> Option<f64>,
    /// A mean that is exact where `value` is of single figures in whole milliseconds, and its name for people.
    pub mean: Option<(&'static str, Value)>,
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
    /// False where the log's whole MiB drown the value.
    pub resolved: fn(&Process) -> bool,
    /// Lower and upper bound of the value by the log's resolution, where they are wide.
    pub bounds: Option<Bounds>,
}

/// How a value is read off a process.
pub type Value = fn(&Process) -> Option<f64>;

/// How the bounds of a value are read off a process.
pub type Bounds = fn(&Process) -> Option<(f64, f64)>;

/// How a value over time becomes an amount.
#[derive(Debug, Clone, Copy)]
pub struct PerWork {
    /// Unit of the amount.
    pub unit: &'static str,
    /// Amount in one second where the value is 1; `None` where that is unknown.
    pub each_second: Value,
}

const MIB: f64 = 1_048_576.0;

const TIME: PerWork = PerWork {
    unit: "ns",
    each_second: |_| Some(1e9),
};
const CPU_TIME: PerWork = PerWork {
    unit: "ns",
    each_second: |p| Some(1e9 * f64::from(p.measures.gomaxprocs?.max)),
};
const CYCLES: PerWork = PerWork {
    unit: "count",
    each_second: |_| Some(1.0),
};
const BYTES: PerWork = PerWork {
    unit: "bytes",
    each_second: |_| Some(1.0),
};

/// The row for which a comparison counts long pauses where cycles are few.
pub const PAUSE_P99: &str = "pause-p99";

/// Pauses that differ by less are the same, ns.
const PAUSE_FLOOR: f64 = 100_000.0;
/// Sizes are in whole MiB, truncated: 2 MiB apart may be 1.
const SIZE_FLOOR: f64 = 2.0 * MIB;

/// All rows, in their order.
pub const MEASURES: &[Measure] = &[
    Measure {
        floor: 0.1,
        gated: true,
        per_work: Some(CYCLES),
        ..row("gc-frequency", "GC frequency", "1/s", |p| {
            p.measures.gc_frequency_per_second
        })
    },
    Measure {
        mean: Some(("mean period", |p| p.measures.period_ns.mean.map(float))),
        more_is_better: true,
        floor: 2e6,
        ..row("gc-period", "period p50", "ns", |p| {
            Some(p.measures.period_ns.p50)
                .filter(|ns| *ns > 0)
                .map(float)
        })
    },
    Measure {
        practical: 1.5,
        floor: PAUSE_FLOOR,
        ..row("pause-p50", "pause p50", "ns", |p| {
            Some(float(p.measures.pause_ns.p50))
        })
    },
    Measure {
        practical: 1.5,
        floor: PAUSE_FLOOR,
        ..row(PAUSE_P99, "pause p99", "ns", |p| {
            Some(float(p.measures.pause_ns.p99))
        })
    },
    Measure {
        practical: 2.0,
        floor: PAUSE_FLOOR,
        ..row("pause-max", "pause max", "ns", |p| {
            Some(float(p.measures.pause_ns.max))
        })
    },
    Measure {
        practical: 1.5,
        floor: 0.001,
        per_work: Some(TIME),
        ..row("stw-ratio", "time stopped", "ratio", |p| {
            p.measures.stw_ratio
        })
    },
    Measure {
        floor: 0.005,
        gated: true,
        per_work: Some(CPU_TIME),
        bounds: Some(|p| {
            let (low, high) = (p.measures.gc_cpu_ratio_low, p.measures.gc_cpu_ratio_high);
            low.zip(high)
        }),
        ..row("gc-cpu", "GC CPU", "ratio", |p| p.measures.gc_cpu_ratio)
    },
    Measure {
        floor: 0.005,
        per_work: Some(CPU_TIME),
        ..row("assist-cpu", "assist CPU", "ratio", |p| {
            p.measures.mark_assist_cpu_ratio
        })
    },
    Measure {
        floor: 0.02,
        ..row("mark-duty", "mark duty", "ratio", |p| {
            p.measures.mark_duty_ratio
        })
    },
    Measure {
        floor: MIB,
        gated: true,
        per_work: Some(BYTES),
        resolved: |p| p.measures.allocation_resolved || p.measures.sums_withheld(),
        bounds: Some(|p| {
            let measures = &p.measures;
            let bytes = float(measures.allocation_bytes?).max(1.0);
            let each = measures.allocation_bytes_per_second? / bytes;
            Some((
                float(measures.allocation_bytes_low?) * each,
                float(measures.allocation_bytes_high?) * each,
            ))
        }),
        ..row("allocation", "allocation", "bytes/s", |p| {
            p.measures.allocation_bytes_per_second
        })
    },
    Measure {
        floor: SIZE_FLOOR,
        ..row("live-heap", "live heap p50", "bytes", |p| {
            p.measures.live_heap_bytes.map(|live| float(live.p50))
        })
    },
    Measure {
        floor: SIZE_FLOOR,
        ..row("heap-goal", "heap goal p50", "bytes", |p| {
            p.measures.heap_goal_bytes.map(|goal| float(goal.p50))
        })
    },
    Measure {
        floor: 1.0,
        ..row("goal-churn", "goal churn", "1/min", |p| {
            p.measures.heap_goal_churn_per_minute
        })
    },
];

const fn row(id: &'static str, title: &'static str, unit: &'static str, value: Value) -> Measure {
    Measure {
        id,
        title,
        unit,
        value,
        mean: None,
        more_is_better: false,
        practical: 1.25,
        floor: 0.0,
        gated: false,
        per_work: None,
        resolved: |_| true,
        bounds: None,
    }
}

const fn float(value: u64) -> f64 {
    value as f64
}

/// The measure with this id.
pub fn find(id: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.id == id)
}
