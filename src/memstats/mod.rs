//! `runtime.MemStats` as a running Go program serves it: at the end of `/debug/pprof/heap?debug=1` (net/http/pprof), and in
//! `/debug/vars` (expvar).

mod text;
mod vars;

pub use text::{MARKER, read_text};
pub use vars::read_vars;

/// Cycles whose end and pause it holds: a ring.
pub const RING: usize = 256;

/// From this heap goal on, bytes, there is none: `GOGC=off` without a memory limit.
const NO_GOAL: u64 = 1 << 60;

/// The part of `runtime.MemStats` that tells of GC, at one instant. A figure that the body does not hold is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Cycles completed since the start of the program.
    pub num_gc: u64,
    /// Those that the program forced.
    pub num_forced_gc: Option<u64>,
    /// Share of the CPU that GC took since the start of the program, of GOMAXPROCS x time, up to the end of the last cycle.
    pub gc_cpu_fraction: Option<f64>,
    /// Heap goal of the next cycle, bytes, as printed: see [`Snapshot::goal_bytes`].
    pub next_gc: Option<u64>,
    /// Bytes of allocated heap objects, also those not swept yet.
    pub heap_alloc: Option<u64>,
    /// Bytes allocated for heap objects since the start of the program.
    pub total_alloc: Option<u64>,
    /// Bytes of address space obtained for the heap.
    pub heap_sys: Option<u64>,
    /// Bytes obtained from the system, the heap included.
    pub sys: Option<u64>,
    pause_ns: Box<Ring>,
    pause_end: Box<Ring>,
}

/// The values of the last [`RING`] cycles: that of cycle n is at (n + 255) % 256.
type Ring = [u64; RING];

/// One cycle of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its number; the first cycle of a process is 1.
    pub number: u64,
    /// Its end, ns since 1970 by the clock of the program's host.
    pub end_unix_ns: u64,
    /// Both stops together, ns.
    pub pause_ns: u64,
}

impl Snapshot {
    /// The cycles after the one of this number, oldest first, of those that the ring still holds.
    pub fn cycles_after(&self, number: u64) -> impl Iterator<Item = Ended> + use<'_> {
        let oldest = self.num_gc.saturating_sub(RING as u64);
        (number.max(oldest) + 1..=self.num_gc).filter_map(|number| self.cycle(number))
    }

    /// A cycle that the ring holds.
    fn cycle(&self, number: u64) -> Option<Ended> {
        let at = usize::try_from(number.checked_sub(1)? % RING as u64).ok()?;
        let held = number <= self.num_gc && self.num_gc - number < RING as u64;
        // A slot that was never written is 0.
        Some(Ended {
            number,
            end_unix_ns: self.pause_end[at],
            pause_ns: self.pause_ns[at],
        })
        .filter(|cycle| held && cycle.end_unix_ns > 0)
    }

    /// Its last cycle.
    #[must_use]
    pub fn last(&self) -> Option<Ended> {
        self.cycle(self.num_gc)
    }

    /// The heap goal of the next cycle, bytes; `None` if there is none.
    #[must_use]
    pub fn goal_bytes(&self) -> Option<u64> {
        self.next_gc.filter(|goal| (1..NO_GOAL).contains(goal))
    }

    /// False if `earlier` is certainly of another process: a count fell, or a cycle has another end.
    #[must_use]
    pub fn continues(&self, earlier: &Self) -> bool {
        let same_cycle = match (earlier.last(), self.cycle(earlier.num_gc)) {
            (Some(then), Some(now)) => then == now,
            _ => true,
        };
        self.num_gc >= earlier.num_gc && self.total_alloc >= earlier.total_alloc && same_cycle
    }

    /// Half of the time that the cycles in its ring took, ns: polled this often, no cycle is missed as long as they do not come twice
    /// as fast. `None` while the ring is not full.
    #[must_use]
    pub fn half_ring_ns(&self) -> Option<u64> {
        let oldest = self.cycle(self.num_gc.checked_sub(RING as u64 - 1)?)?;
        Some(self.last()?.end_unix_ns.saturating_sub(oldest.end_unix_ns) / 2)
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
