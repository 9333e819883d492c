//! A line of GC trace as plain integers: [`GcCycle`] for the cycles of Go 1.5 and later, [`LegacyCycle`] for the lines of Go 1.0 to
//! 1.4, [`Event`] for every line that is recognized.

/// A heap goal at or above this many MiB is a sentinel ("no goal": `GOGC=off` without a memory limit), not a size.
pub const GOAL_SENTINEL_MIB: u64 = 1 << 40;

/// A duration at or above this many nanoseconds (about 146 years) was printed from a clock that ran backwards.
pub const WRAPPED_NS: u64 = 1 << 62;

/// The shape of a gc line: all that can be learned from it about the Go version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Go 1.5: five wall-clock times, seven CPU times.
    Go1_5,
    /// Go 1.6 to 1.17: three wall-clock times, five CPU times.
    Go1_6,
    /// Go 1.18 and later: stacks and globals before the processor count.
    Go1_18,
}

impl Format {
    /// The name used in reports, e.g. `go1.18+`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Go1_5 => "go1.5",
            Self::Go1_6 => "go1.6-1.17",
            Self::Go1_18 => "go1.18+",
        }
    }
}

/// One GC cycle with the numbers of its gc line (Go 1.5 and later; source: `gcMarkTermination` in runtime/mgc.go).
///
/// All numbers are as printed: durations are truncated to two significant digits below 10 ms and to whole milliseconds from there on,
/// heap sizes to whole MiB, `start_ns` to whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GcCycle {
    /// The cycle's number; the first cycle of a process is 1.
    pub number: u64,
    /// Start of the cycle since the start of the program, in ns (printed in whole ms).
    pub start_ns: u64,
    /// STW sweep termination, wall clock, ns.
    pub sweep_termination_ns: u64,
    /// Concurrent mark, wall clock, ns (Go 1.5: scan, write-barrier installation and mark added up).
    pub concurrent_mark_ns: u64,
    /// STW mark termination, wall clock, ns.
    pub mark_termination_ns: u64,
    /// CPU time of STW sweep termination, ns.
    pub sweep_termination_cpu_ns: u64,
    /// CPU time of mark assists, ns.
    pub mark_assist_cpu_ns: u64,
    /// CPU time of background marking (dedicated and fractional workers), ns (Go 1.5: with the scan phase).
    pub mark_background_cpu_ns: u64,
    /// CPU time of idle marking, ns.
    pub mark_idle_cpu_ns: u64,
    /// CPU time of STW mark termination, ns.
    pub mark_termination_cpu_ns: u64,
    /// Heap at start, MiB.
    pub heap_start_mib: u64,
    /// Heap at end (at mark termination), MiB.
    pub heap_end_mib: u64,
    /// Live heap (bytes marked), MiB.
    pub heap_live_mib: u64,
    /// Heap goal of this cycle, MiB, as printed: see [`GcCycle::goal_mib`].
    pub heap_goal_mib: u64,
    /// Stack scanned (Go 1.18 and 1.19: held), MiB; 0 if the format has no such field.
    pub stacks_mib: u64,
    /// Scannable globals, MiB; 0 if the format has no such field.
    pub globals_mib: u64,
    /// GC CPU since the start of the program, whole percent, truncated toward 0.
    pub cumulative_cpu_percent: i64,
    /// GOMAXPROCS at the start of the cycle.
    pub gomaxprocs: u32,
    /// The shape of the line.
    pub format: Format,
    /// The line ends in ` (forced)`.
    pub forced: bool,
    /// The line has ` (checking for goroutine leaks)`.
    pub leak_check: bool,
}

/// A cycle of zeros in the shape of Go 1.18: to read a line into, and what tests begin with.
pub const BLANK: GcCycle = GcCycle {
    number: 0,
    start_ns: 0,
    sweep_termination_ns: 0,
    concurrent_mark_ns: 0,
    mark_termination_ns: 0,
    sweep_termination_cpu_ns: 0,
    mark_assist_cpu_ns: 0,
    mark_background_cpu_ns: 0,
    mark_idle_cpu_ns: 0,
    mark_termination_cpu_ns: 0,
    heap_start_mib: 0,
    heap_end_mib: 0,
    heap_live_mib: 0,
    heap_goal_mib: 0,
    stacks_mib: 0,
    globals_mib: 0,
    cumulative_cpu_percent: 0,
    gomaxprocs: 0,
    format: Format::Go1_18,
    forced: false,
    leak_check: false,
};

impl GcCycle {
    /// The pause of the cycle: both stops together, ns, as in `MemStats.PauseNs`.
    pub const fn pause_ns(&self) -> u64 {
        self.sweep_termination_ns
            .saturating_add(self.mark_termination_ns)
    }

    /// Wall-clock time of the whole cycle, ns.
    pub const fn duration_ns(&self) -> u64 {
        self.pause_ns().saturating_add(self.concurrent_mark_ns)
    }

    /// End of the cycle since the start of the program, ns.
    pub const fn end_ns(&self) -> u64 {
        self.start_ns.saturating_add(self.duration_ns())
    }

    /// The heap goal in MiB, or `None` if the runtime printed a sentinel (no goal).
    pub const fn goal_mib(&self) -> Option<u64> {
        if self.heap_goal_mib >= GOAL_SENTINEL_MIB {
            None
        } else {
            Some(self.heap_goal_mib)
        }
    }

    /// True if its number is the next after the other's.
    pub(crate) const fn follows(&self, other: &Self) -> bool {
        matches!(self.number.checked_sub(other.number), Some(1))
    }

    /// True if a time is invalid: the runtime's clock went backwards and the difference wrapped around.
    pub const fn wrapped(&self) -> bool {
        // The limit is a power of two, so the bits of all times together reach it if one of them does.
        let bits = self.start_ns
            | self.sweep_termination_ns
            | self.concurrent_mark_ns
            | self.mark_termination_ns
            | self.sweep_termination_cpu_ns
            | self.mark_assist_cpu_ns
            | self.mark_background_cpu_ns
            | self.mark_idle_cpu_ns
            | self.mark_termination_cpu_ns;
        bits >= WRAPPED_NS
    }
}

/// A GC cycle of any source: number, end and pause are known from each (a gc line, `runtime.MemStats`), all else only from a gc line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnyCycle<'a> {
    /// The cycle's number; the first cycle of a process is 1.
    pub number: u64,
    /// End of the cycle since the start of the program, ns.
    pub end_ns: u64,
    /// Both stops together, ns.
    pub pause_ns: u64,
    /// The numbers of its gc line; `None` from a source without gc lines.
    pub traced: Option<&'a GcCycle>,
}

impl<'a> From<&'a GcCycle> for AnyCycle<'a> {
    #[inline]
    fn from(cycle: &'a GcCycle) -> Self {
        Self {
            number: cycle.number,
            end_ns: cycle.end_ns(),
            pause_ns: cycle.pause_ns(),
            traced: Some(cycle),
        }
    }
}

impl AnyCycle<'_> {
    /// What periods are measured from, ns since the start of the program: its start, or its end where the start is unknown.
    pub(crate) const fn instant_ns(&self) -> u64 {
        match self.traced {
            Some(cycle) => cycle.start_ns,
            None => self.end_ns,
        }
    }

    /// True if its clock is invalid: see [`GcCycle::wrapped`].
    pub(crate) fn wrapped(&self) -> bool {
        self.traced.is_some_and(GcCycle::wrapped) || self.end_ns >= WRAPPED_NS
    }
}

/// One collection as printed by Go 1.0 to 1.4. These lines have no clock, so no rate can be derived from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LegacyCycle {
    /// The collection's number.
    pub number: u64,
    /// Collector threads that took part.
    pub threads: u64,
    /// The whole stop, ns: the printed phases added up (whole ms up to Go 1.2, whole us from 1.3 on).
    pub stop_ns: u64,
    /// The first heap figure, MiB (before the collection; Go 1.3 and 1.4: the live heap estimated after the previous one).
    pub heap_before_mib: u64,
    /// The second heap figure, MiB (after the collection; Go 1.3 and 1.4: heap at this collection before sweeping).
    pub heap_after_mib: u64,
}

/// A recognized line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A GC cycle of Go 1.5 or later.
    Cycle(GcCycle),
    /// A collection of Go 1.0 to 1.4.
    Legacy(LegacyCycle),
    /// Another line of runtime trace, recognized and counted, not analyzed.
    Note(Note),
}

/// The other lines that the runtime prints between gc lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Note {
    /// `GC forced`: the periodic cycle (none for two minutes) is about to start.
    ForcedNotice,
    /// Scavenger lines: `scvg...` (up to Go 1.13) and `scav ...` (`scavtrace=1`).
    Scavenger,
    /// `pacer: ...` (`gcpacertrace=1`).
    Pacer,
    /// `gc #1 @...`: a gc line of Go 1.5 before its release. Recognized, not judged.
    Prerelease,
    /// `scan: ...` (`gctrace=2`), `checkfinalizers: ...`, `init ...`, `SCHED ...`.
    Other,
}

/// The resolution of a printed duration, ns: the true value lies in `[printed, printed + resolution)`
/// (`fmtNSAsMS` in runtime/mgc.go).
pub const fn resolution_ns(printed: u64) -> u64 {
    // Without branches: a log's durations lie on both sides of every limit.
    1_000
        + 9_000 * (printed >= 100_000) as u64
        + 90_000 * (printed >= 1_000_000) as u64
        + 900_000 * (printed >= 10_000_000) as u64
}
