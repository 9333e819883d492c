//! What collecting costs: sums over processes, and the ratios of them.

use crate::fleet::merged::{CauseCount, Merged};
use crate::report::fleet::{Coverage, Figures};

/// Above this share of missing cycles no ratio is given, as in the report of a log.
const MAX_MISSING: f64 = 0.2;

/// us in an hour.
const HOUR_US: f64 = 3.6e9;

/// Sums over processes.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    processes: u128,
    pub(super) processes_critical: u128,
    pub(super) processes_warning: u128,
    processes_without_verdict: u128,
    cycles: u128,
    missing: u128,
    pub(super) span_ms: u128,
    capacity_ms: u128,
    pause_us: u128,
    pub(super) gc_cpu_us: u128,
    pause_max_ns: Option<u64>,
    causes: Vec<CauseCount>,
}

impl Sums {
    pub(super) fn of(row: &Merged) -> Self {
        let sum = |value: Option<u64>| u128::from(value.unwrap_or(0));
        Self {
            processes: row.processes.into(),
            processes_critical: row.processes_critical.into(),
            processes_warning: row.processes_warning.into(),
            processes_without_verdict: row.processes_without_verdict.into(),
            cycles: sum(row.cycles),
            missing: sum(row.cycles_missing),
            span_ms: sum(row.span_ms),
            capacity_ms: sum(row.cpu_capacity_ms),
            pause_us: sum(row.pause_sum_us),
            gc_cpu_us: sum(row.stop_cpu_us)
                + sum(row.mark_assist_cpu_us)
                + sum(row.mark_background_cpu_us),
            pause_max_ns: row.pause_max_ns,
            causes: row.causes.clone(),
        }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.processes += more.processes;
        self.processes_critical += more.processes_critical;
        self.processes_warning += more.processes_warning;
        self.processes_without_verdict += more.processes_without_verdict;
        self.cycles += more.cycles;
        self.missing += more.missing;
        self.span_ms += more.span_ms;
        self.capacity_ms += more.capacity_ms;
        self.pause_us += more.pause_us;
        self.gc_cpu_us += more.gc_cpu_us;
        self.pause_max_ns = self.pause_max_ns.max(more.pause_max_ns);
        for cause in more.causes {
            match self
                .causes
                .iter_mut()
                .find(|known| known.cause == cause.cause)
            {
                Some(known) => {
                    known.processes = known.processes.saturating_add(cause.processes);
                    known.critical = known.critical.saturating_add(cause.critical);
                    known.warning = known.warning.saturating_add(cause.warning);
                }
                None => self.causes.push(cause),
            }
        }
    }

    /// Share of the cycles, by their numbers, that were not seen.
    fn missing_ratio(&self) -> Option<f64> {
        let all = self.cycles + self.missing;
        (all > 0).then(|| self.missing as f64 / all as f64)
    }

    /// A sum over another, scaled to the cycles that are missing: those read are taken for typical.
    fn ratio(&self, part: u128, whole_us: u128) -> Option<f64> {
        let missing = self
            .missing_ratio()
            .filter(|missing| *missing <= MAX_MISSING)?;
        (whole_us > 0).then(|| part as f64 / whole_us as f64 / (1.0 - missing))
    }

    /// GC CPU: stops, assists and background marking, of what GOMAXPROCS could have used.
    pub(super) fn gc_cpu_ratio(&self) -> Option<f64> {
        let ratio = self.ratio(self.gc_cpu_us, self.capacity_ms * 1_000)?;
        Some(ratio.min(1.0))
    }

    /// Time stopped, of all time.
    pub(super) fn stw_ratio(&self) -> Option<f64> {
        Some(self.ratio(self.pause_us, self.span_ms * 1_000)?.min(1.0))
    }

    /// Cycles per second.
    pub(super) fn frequency(&self) -> Option<f64> {
        self.ratio(self.cycles * 1_000_000, self.span_ms * 1_000)
    }

    pub(super) fn figures(&self) -> Figures {
        Figures {
            processes: whole(self.processes),
            processes_critical: whole(self.processes_critical),
            processes_warning: whole(self.processes_warning),
            processes_without_verdict: whole(self.processes_without_verdict),
            cycles: whole(self.cycles),
            span_ms: whole(self.span_ms),
            gc_cpu_us: whole(self.gc_cpu_us),
            gc_cpu_core_hours: self.gc_cpu_us as f64 / HOUR_US,
            gc_cpu_ratio: self.gc_cpu_ratio(),
            stw_ratio: self.stw_ratio(),
            gc_frequency_per_second: self.frequency(),
            pause_max_ns: self.pause_max_ns,
            cause: self.cause().map(str::to_owned),
        }
    }

    /// The cause with the most critical processes, then warnings; of equal ones the first by name.
    fn cause(&self) -> Option<&str> {
        let rank = |cause: &CauseCount| (cause.critical, cause.warning, cause.processes);
        let causes = self.causes.iter();
        let most = causes.max_by(|a, b| (rank(a), &b.cause).cmp(&(rank(b), &a.cause)));
        most.map(|cause| cause.cause.as_str())
    }
}

/// A sum as it is written.
fn whole(sum: u128) -> u64 {
    i64::try_from(sum).unwrap_or(i64::MAX).unsigned_abs()
}

/// What was read.
pub(super) fn coverage(row: &Merged) -> Coverage {
    let read = [row.gc_lines_intact, row.gc_lines_repaired];
    let read = read.into_iter().flatten().reduce(u64::saturating_add);
    let damaged = row.gc_lines_damaged;
    let share = |part: u64, rest: u64| {
        let all = u128::from(part) + u128::from(rest);
        (all > 0).then(|| part as f64 / all as f64)
    };
    Coverage {
        streams: row.streams,
        streams_without_gc_lines: row.streams_without_gc_lines,
        streams_with_errors: row.streams_with_errors,
        files: row.files,
        bytes: row.bytes,
        gc_lines: read,
        gc_lines_damaged: damaged,
        damaged_ratio: share(damaged.unwrap_or(0), read.unwrap_or(0)),
        missing_ratio: Sums::of(row).missing_ratio(),
    }
}
