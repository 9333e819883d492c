//! The last cycles of a stream, to recognize a line that was shipped twice.

use crate::trace::cycle::GcCycle;

/// A cycle as 64 bits: all its fields in two polynomials. Two different cycles have the same fingerprint only by chance, and a general
/// hash would cost a fifth of reading the line.
#[inline]
pub(super) const fn fingerprint(cycle: &GcCycle) -> u64 {
    /// Odd; the first of SplitMix64 (G. Steele, D. Lea, C. Flood 2014).
    const FACTOR: u64 = 0xE220_A839_7B1D_CDAF;
    const fn then(sum: u64, number: u64) -> u64 {
        sum.wrapping_add(number).wrapping_mul(FACTOR)
    }
    // Without `..`: a new field does not compile until it is in one of the sums: a number in a line of its own, in the shorter sum; a
    // flag as the next bit of `flags`, which has 32.
    let GcCycle {
        number,
        start_ns,
        sweep_termination_ns,
        concurrent_mark_ns,
        mark_termination_ns,
        sweep_termination_cpu_ns,
        mark_assist_cpu_ns,
        mark_background_cpu_ns,
        mark_idle_cpu_ns,
        mark_termination_cpu_ns,
        heap_start_mib,
        heap_end_mib,
        heap_live_mib,
        heap_goal_mib,
        stacks_mib,
        globals_mib,
        cumulative_cpu_percent,
        gomaxprocs,
        format,
        forced,
        leak_check,
    } = *cycle;
    let flags = format as u32 | (leak_check as u32) << 8 | (forced as u32) << 9;
    // Two, so that the products do not all depend on one another.
    let one = then(0, number);
    let one = then(one, start_ns);
    let one = then(one, sweep_termination_ns);
    let one = then(one, concurrent_mark_ns);
    let one = then(one, mark_termination_ns);
    let one = then(one, heap_start_mib);
    let one = then(one, heap_end_mib);
    let one = then(one, heap_live_mib);
    let one = then(one, heap_goal_mib);
    let other = then(0, (gomaxprocs as u64) << 32 | flags as u64);
    let other = then(other, cumulative_cpu_percent.cast_unsigned());
    let other = then(other, sweep_termination_cpu_ns);
    let other = then(other, mark_assist_cpu_ns);
    let other = then(other, mark_background_cpu_ns);
    let other = then(other, mark_idle_cpu_ns);
    let other = then(other, mark_termination_cpu_ns);
    let other = then(other, stacks_mib);
    let other = then(other, globals_mib);
    one ^ other.rotate_left(32)
}

/// The fingerprints of the last cycles, in no order.
#[derive(Debug)]
pub(super) struct Seen {
    hashes: Vec<u64>,
    most: usize,
    /// Where the next one goes: after the others, or in the place of the oldest.
    next: usize,
}

impl Seen {
    /// Keeps up to `most`.
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

    /// Adds one; the oldest is dropped if there are too many.
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
