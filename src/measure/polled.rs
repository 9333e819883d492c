//! What is known of a process at polls only, not of each cycle.

/// The difference between the first and the last poll of a process. Figures that a poll does not hold are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Polled {
    /// Time between the two, ns.
    pub span_ns: u64,
    /// Cycles between the two.
    pub cycles: u64,
    /// Those that the program forced.
    pub forced: Option<u64>,
    /// Bytes allocated between the two.
    pub allocated_bytes: Option<u64>,
    /// GC CPU over GOMAXPROCS x time between the last cycles before the two, as `MemStats.GCCPUFraction` counts it.
    pub gc_cpu_ratio: Option<f64>,
    /// The same since the start of the program.
    pub gc_cpu_since_start_ratio: Option<f64>,
    /// The heap goal at the last one, bytes.
    pub goal_bytes: Option<u64>,
}

impl Polled {
    /// The share of the cycles that the program forced.
    #[must_use]
    pub fn forced_ratio(&self) -> Option<f64> {
        let forced = self.forced.filter(|_| self.cycles > 0)?;
        Some(forced as f64 / self.cycles as f64)
    }
}
