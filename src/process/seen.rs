//! The last cycles of a stream, to know a line that is shipped twice.

use crate::event::GcCycle;

/// A cycle as 64 bits: its numbers in pairs, each pair times an odd number of its own, added up. Two cycles that differ come
/// out the same by accident alone, and a general hash would cost a fifth of reading the line.
#[inline]
pub(super) const fn fingerprint(cycle: &GcCycle) -> u64 {
    /// Both numbers in one: printed numbers seldom reach 32 bits in both halves.
    const fn pair(one: u64, other: u64, factor: u64) -> u64 {
        one.wrapping_add(other.rotate_left(32)).wrapping_mul(factor)
    }
    let shape = cycle.gomaxprocs as u64
        | (cycle.forced as u64) << 32
        | (cycle.leak_check as u64) << 33
        | (cycle.format as u64) << 34;
    // Factors: SplitMix64 (G. Steele, D. Lea, C. Flood 2014) from 0 on, made odd.
    pair(cycle.number, cycle.start_ns, 0xE220_A839_7B1D_CDAF)
        .wrapping_add(pair(
            cycle.sweep_termination_ns,
            cycle.concurrent_mark_ns,
            0x6E78_9E6A_A1B9_65F5,
        ))
        .wrapping_add(pair(
            cycle.mark_termination_ns,
            cycle.sweep_termination_cpu_ns,
            0x06C4_5D18_8009_454F,
        ))
        .wrapping_add(pair(
            cycle.mark_assist_cpu_ns,
            cycle.mark_background_cpu_ns,
            0xF88B_B8A8_724C_81ED,
        ))
        .wrapping_add(pair(
            cycle.mark_idle_cpu_ns,
            cycle.mark_termination_cpu_ns,
            0x1B39_896A_51A8_749B,
        ))
        .wrapping_add(pair(
            cycle.heap_start_mib,
            cycle.heap_end_mib,
            0x53CB_9F0C_747E_A2EB,
        ))
        .wrapping_add(pair(
            cycle.heap_live_mib,
            cycle.heap_goal_mib,
            0x2C82_9ABE_1F45_32E1,
        ))
        .wrapping_add(pair(
            cycle.stacks_mib,
            cycle.globals_mib,
            0xC584_133A_C916_AB3D,
        ))
        .wrapping_add(pair(
            cycle.cumulative_cpu_percent.cast_unsigned(),
            shape,
            0x3EE5_7890_41C9_8AC3,
        ))
}

/// The fingerprints of the last cycles, in no order.
#[derive(Debug)]
pub(super) struct Seen {
    hashes: Vec<u64>,
    most: usize,
    /// The oldest, once there are so many.
    oldest: usize,
}

impl Seen {
    /// As many as `most`.
    pub(super) const fn last(most: usize) -> Self {
        Self {
            hashes: Vec::new(),
            most,
            oldest: 0,
        }
    }

    pub(super) fn contains(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }

    /// Remembers one; forgets the oldest where there are too many.
    #[inline]
    pub(super) fn push(&mut self, hash: u64) {
        if self.hashes.len() < self.most {
            self.hashes.push(hash);
        } else if let Some(oldest) = self.hashes.get_mut(self.oldest) {
            *oldest = hash;
            self.oldest = if self.oldest + 1 == self.most {
                0
            } else {
                self.oldest + 1
            };
        }
    }
}
