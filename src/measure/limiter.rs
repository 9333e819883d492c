//! Whether the runtime had to limit GC CPU to one half: runtime/mgclimit.go, replayed from the log.

use crate::trace::cycle::GcCycle;

/// The runtime's leaky bucket of GC CPU time, replayed.
///
/// The bucket holds GOMAXPROCS x 1 s of CPU. Time in the collector fills it (all Ps in a stop; while marking a quarter of
/// them plus the assists), the program's own time drains it, and when it is full the runtime stops assisting, so the heap
/// may grow past its limit. The runtime counts neither idle Ps nor idle marking as the program's time, and counts scavenging on
/// allocation as GC; of these the log shows only idle marking. A fifth of the program's apparent share is therefore taken as
/// idle. That figure is fitted: with it the replay finds the exact cycle of `/gc/limiter/last-enabled` in all four logs for
/// which the runtime's own answer is known; without it the replay reaches 0.60 to 0.83 in them. All other logs stay at 0.35 or
/// below either way.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limiter {
    fill_ns: u64,
    capacity_ns: u64,
    end_ns: u64,
}

impl Limiter {
    /// Takes the next cycle and returns the highest fill in it, 0 to 1000 (1000 = the limiter is on).
    pub fn observe(&mut self, cycle: &GcCycle) -> u64 {
        let (procs, between) = self.begin(cycle);
        let (first, last) = (cycle.sweep_termination_ns, cycle.mark_termination_ns);
        let (gc, program) = marking(cycle, procs);
        // A shortcut for nearly all cycles: the bucket runs empty before the cycle and again while it marks, and holds next to
        // nothing at either end. Before the cycle, one P alone drains four fifths of the time; half is enough.
        if between / 2 >= self.fill_ns
            && program >= gc.saturating_add(first.saturating_mul(procs))
            && first.max(last) < 1_000_000
        {
            self.fill_ns = last * procs;
            return 0;
        }
        self.replay(cycle, procs, between)
    }

    /// The processors, and the time since the cycle before, ns.
    fn begin(&mut self, cycle: &GcCycle) -> (u64, u64) {
        let procs = u64::from(cycle.gomaxprocs.max(1));
        self.capacity_ns = procs * 1_000_000_000;
        let between = cycle.start_ns.saturating_sub(self.end_ns);
        self.end_ns = cycle.end_ns().max(self.end_ns);
        (procs, between)
    }

    fn replay(&mut self, cycle: &GcCycle, procs: u64, between: u64) -> u64 {
        let all = |wall: u64| wall.saturating_mul(procs);
        self.drain(all(between));
        self.fill(all(cycle.sweep_termination_ns));
        let before = self.fill_ns;
        // Filling and draining happen at once: only their difference counts.
        let (gc, program) = marking(cycle, procs);
        if gc >= program {
            self.fill(gc - program);
        } else {
            self.fill_ns = self.fill_ns.saturating_sub(program - gc);
        }
        let after = self.fill_ns;
        self.fill(all(cycle.mark_termination_ns));
        // While marking the fill only rises or only falls, so the highest is at one of its ends.
        let peak = before.max(after).max(self.fill_ns);
        peak / (procs * 1_000_000)
    }

    fn fill(&mut self, gc: u64) {
        self.fill_ns = self.fill_ns.saturating_add(gc).min(self.capacity_ns);
    }

    fn drain(&mut self, program: u64) {
        self.fill_ns = self.fill_ns.saturating_sub(program - program / 5);
    }
}

/// CPU time that fills the bucket while marking, and that drains it, ns.
#[inline]
fn marking(cycle: &GcCycle, procs: u64) -> (u64, u64) {
    let all = cycle.concurrent_mark_ns.saturating_mul(procs);
    let gc = (all / 4).saturating_add(cycle.mark_assist_cpu_ns);
    // The caller of a forced cycle waits for it, so idle marking is no sign that the program had nothing to do.
    let idle = if cycle.forced {
        0
    } else {
        cycle.mark_idle_cpu_ns
    };
    let program = all.saturating_sub(gc.saturating_add(idle));
    (gc, program - program / 5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measure::testing::cycle;

    proptest! {
        #[test]
        fn what_is_not_replayed_would_have_come_out_the_same(
            cycles in prop::collection::vec(
                (0_u64..40, 0_u64..3_000, prop_oneof![0_u64..20_000, Just(0)], 0_u64..1_200, 0_u64..40_000, 0_u32..9),
                1..60,
            ),
        ) {
            let (mut one, mut other) = (Limiter::default(), Limiter::default());
            let mut start_ms = 0;
            for (gap_ms, first, totals, last, assist, procs) in cycles {
                start_ms += gap_ms;
                let mut cycle = cycle(1, start_ms);
                cycle.sweep_termination_ns = first * 1_000;
                cycle.concurrent_mark_ns = totals * 1_000;
                cycle.mark_termination_ns = last * 1_000;
                cycle.mark_assist_cpu_ns = assist * 1_000;
                cycle.gomaxprocs = procs;
                let fill = one.observe(&cycle);
                let (procs, between) = other.begin(&cycle);
                prop_assert_eq!(fill, other.replay(&cycle, procs, between));
                prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
            }
        }
    }
}
