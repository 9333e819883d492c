//! Severities, caps and causes by name.

use serde::{Deserialize, Serialize};

/// How severe a finding is, in ascending order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a gate.
    #[default]
    Info,
    /// Pressure that costs something.
    Warning,
    /// Pressure that hurts.
    Critical,
}

impl Severity {
    /// The name, in data and for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Why a finding is milder than its thresholds alone would make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CappedBy {
    /// It costs too little.
    Cost,
    /// The program waits for a CPU: not the collector.
    Contention,
    /// A test or benchmark harness causes it, not the program.
    Harness,
}

impl CappedBy {
    /// The name in data.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Contention => "contention",
            Self::Harness => "harness",
        }
    }
}

/// The one cause behind the findings of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// A memory limit leaves no room above the live heap.
    MemoryLimit,
    /// GOGC is set low.
    LowGogc,
    /// The program calls the collector itself.
    ForcedCollections,
    /// The program waits for a CPU.
    CpuStarvation,
    /// The heap is nearly empty, so it is collected for next to nothing.
    SmallHeap,
    /// Allocation comes in bursts.
    AllocationBursts,
    /// Each cycle marks a large live heap.
    LiveHeap,
    /// The program allocates a lot.
    AllocationRate,
    /// The live heap keeps growing.
    HeapGrowth,
    /// The program is slow to stop.
    SlowStops,
}

impl Cause {
    /// Every cause, in the order in which they are tried.
    pub const ALL: [Self; 10] = [
        Self::MemoryLimit,
        Self::LowGogc,
        Self::ForcedCollections,
        Self::CpuStarvation,
        Self::SmallHeap,
        Self::AllocationBursts,
        Self::LiveHeap,
        Self::AllocationRate,
        Self::HeapGrowth,
        Self::SlowStops,
    ];

    /// The name in data.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MemoryLimit => "memory-limit",
            Self::LowGogc => "low-gogc",
            Self::ForcedCollections => "forced-collections",
            Self::CpuStarvation => "cpu-starvation",
            Self::SmallHeap => "small-heap",
            Self::AllocationBursts => "allocation-bursts",
            Self::LiveHeap => "live-heap",
            Self::AllocationRate => "allocation-rate",
            Self::HeapGrowth => "heap-growth",
            Self::SlowStops => "slow-stops",
        }
    }
}
