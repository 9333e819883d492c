//! The GC cycles of a result, where the output holds the trace of GODEBUG=gctrace=1 too.
//!
//! The testing package runs a benchmark several times, with more iterations each time, and prints the last run. It calls
//! `runtime.GC` before each (`runN` in testing/benchmark.go), so the cycles between the newest forced cycle and a result
//! are those of the run that is printed. A loop over `b.Loop` is one run, whose iterations are all counted in the result.
//! Setup and what is done while the timer is stopped belong to the run: the figures are upper bounds by that.

use crate::trace;

/// More forced cycles before one result than the testing package makes: the benchmark forces cycles itself.
const MOST_FORCED: u64 = 40;

/// The cycles since the newest forced one.
#[derive(Debug, Default)]
pub(super) struct Cycles {
    /// The number of the newest cycle.
    newest: u64,
    /// The number of the newest forced cycle; `None` if the run that goes on has none.
    forced: Option<u64>,
    forced_since_result: u64,
    seen: u64,
    pause_ns: u64,
    cpu_ns: u64,
}

impl Cycles {
    /// Takes the cycles in a line. The first may follow the name of a benchmark.
    pub(super) fn line(&mut self, line: &[u8]) {
        let mut rest = line;
        while let Some(at) = memchr::memmem::find(rest, b"gc ") {
            let here = &rest[at..];
            rest = match trace::cycle_at(here) {
                Some((cycle, behind)) => {
                    self.cycle(&cycle);
                    behind
                }
                None => &here[3..],
            };
        }
    }

    fn cycle(&mut self, cycle: &trace::cycle::GcCycle) {
        if cycle.number <= self.newest {
            // Another process: that of the next package.
            *self = Self::default();
        }
        self.newest = cycle.number;
        if cycle.forced {
            self.forced = Some(cycle.number);
            self.forced_since_result += 1;
            (self.seen, self.pause_ns, self.cpu_ns) = (0, 0, 0);
            return;
        }
        let cpu = [
            cycle.sweep_termination_cpu_ns,
            cycle.mark_assist_cpu_ns,
            cycle.mark_background_cpu_ns,
            cycle.mark_termination_cpu_ns,
        ];
        self.seen += 1;
        self.pause_ns = self.pause_ns.saturating_add(cycle.pause_ns());
        self.cpu_ns = cpu.into_iter().fold(self.cpu_ns, u64::saturating_add);
    }

    /// The figures of the run that ends here: none if it is not known where it began, and only the number of cycles if
    /// lines of the trace are missing.
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures of a benchmark are doubles"
    )]
    pub(super) fn end(&mut self, iterations: u64) -> Vec<(f64, String)> {
        let forced_itself = std::mem::take(&mut self.forced_since_result) > MOST_FORCED;
        let Some(forced) = self.forced.take() else {
            return Vec::new();
        };
        if forced_itself || iterations == 0 {
            return Vec::new();
        }
        let count = self.newest - forced;
        let known = if count == self.seen { 3 } else { 1 };
        let figures = [
            (count, "gc-cycles/op"),
            (self.pause_ns, "gc-pause-ns/op"),
            (self.cpu_ns, "gc-cpu-ns/op"),
        ];
        let of_each = |(sum, unit): (u64, &str)| (sum as f64 / iterations as f64, unit.to_owned());
        figures.into_iter().take(known).map(of_each).collect()
    }
}
