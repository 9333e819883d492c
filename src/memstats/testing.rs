//! Snapshots made for tests.

use super::{RING, Snapshot};

/// The snapshot of a program whose cycle n ended at `end(n)`, with a pause of 100 us + n ns, every cycle having allocated 3 MiB.
pub(crate) fn snapshot(num_gc: u64, end: impl Fn(u64) -> u64) -> Snapshot {
    let mut snapshot = Snapshot {
        num_gc,
        num_forced_gc: Some(0),
        gc_cpu_fraction: Some(0.01),
        next_gc: Some(4 << 20),
        heap_alloc: Some(2 << 20),
        total_alloc: Some(num_gc * (3 << 20)),
        heap_sys: Some(8 << 20),
        sys: Some(16 << 20),
        pause_ns: Box::new([0; RING]),
        pause_end: Box::new([0; RING]),
    };
    for number in num_gc.saturating_sub(RING as u64) + 1..=num_gc {
        let at = usize::try_from((number - 1) % RING as u64).unwrap_or(0);
        snapshot.pause_ns[at] = 100_000 + number;
        snapshot.pause_end[at] = end(number);
    }
    snapshot
}
