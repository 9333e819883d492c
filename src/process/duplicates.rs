//! The last cycles of a stream, to know a line that is shipped twice.

use crate::event::GcCycle;

/// A cycle as 64 bits: all that its line says as two polynomials. Two cycles that differ come out the same by accident alone,
/// and a general hash would cost a fifth of reading the line.
#[inline]
pub(super) const fn fingerprint(cycle: &GcCycle) -> u64 {
    /// Odd; the first of SplitMix64 (G. Steele, D. Lea, C. Flood 2014).
    const FACTOR: u64 = 0xE220_A839_7B1D_CDAF;
    const fn then(sum: u64, number: u64) -> u64 {
        sum.wrapping_add(number).wrapping_mul(FACTOR)
    }
    // Above all numbers of cycles that there are.
    let shape = (cycle.gomaxprocs as u64) << 32
        ^ (cycle.format as u64) << 60
        ^ (cycle.leak_check as u64) << 62
        ^ (cycle.forced as u64) << 63;
    // Two, so that the processor need not wait for each product before the next.
    let one = then(shape, cycle.number);
    let one = then(one, cycle.start_ns);
    let one = then(one, cycle.sweep_termination_ns);
    let one = then(one, cycle.concurrent_mark_ns);
    let one = then(one, cycle.mark_termination_ns);
    let one = then(one, cycle.heap_start_mib);
    let one = then(one, cycle.heap_end_mib);
    let one = then(one, cycle.heap_live_mib);
    let one = then(one, cycle.heap_goal_mib);
    let other = then(
        cycle.sweep_termination_cpu_ns,
        cycle.cumulative_cpu_percent.cast_unsigned(),
    );
    let other = then(other, cycle.mark_assist_cpu_ns);
    let other = then(other, cycle.mark_background_cpu_ns);
    let other = then(other, cycle.mark_idle_cpu_ns);
    let other = then(other, cycle.mark_termination_cpu_ns);
    let other = then(other, cycle.stacks_mib);
    let other = then(other, cycle.globals_mib);
    one ^ other.rotate_left(32)
}

/// The fingerprints of the last cycles, in no order.
#[derive(Debug)]
pub(super) struct Seen {
    hashes: Vec<u64>,
    most: usize,
    /// Where the next one goes: behind the others, or in the place of the oldest.
    next: usize,
}

impl Seen {
    /// As many as `most`.
    pub(super) const fn last(most: usize) -> Self {
        Self {
            hashes: Vec::new(),
            most,
            next: 0,
        }
    }

    pub(super) fn contains(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }

    /// Remembers one; forgets the oldest where there are too many.
    #[inline]
    pub(super) fn push(&mut self, hash: u64) {
        match self.hashes.get_mut(self.next) {
            Some(oldest) => *oldest = hash,
            None => self.hashes.push(hash),
        }
        self.next += 1;
        if self.next == self.most {
            self.next = 0;
        }
    }
}
