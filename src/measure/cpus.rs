//! The CPUs that a program has, from the CPU time of its stops.

use crate::process::stop_processors;
use crate::trace::cycle::{Format, GcCycle, resolution_ns};

/// One CPU, in the unit of [`Cpus::observe`].
pub const CPU: u64 = 1_000;

/// Stops that must show the same number of CPUs if the line does not reveal the version of Go.
const CONSTANT: u64 = 8;

/// Long enough stops that are needed before the CPUs count as known.
const MIN_STOPS: u64 = 3;

/// Wall time from which on a stop is printed with two digits, ns.
const TWO_DIGITS_NS: u64 = 10_000;

/// The available CPUs, cycle by cycle: what the user states, else min(GOMAXPROCS, CPUs of the host).
///
/// From Go 1.10 on the runtime charges a stop to min(GOMAXPROCS, CPUs) processors (`stwprocs`, gcStart in runtime/mgc.go),
/// so CPU time / wall time of a stop is that whole number. Printed times are truncated, so each stop allows an
/// interval; if the interval lies below GOMAXPROCS, its upper end is taken as the number of CPUs. Before Go 1.10 the number
/// followed the idle threads and means nothing; Go 1.6 to 1.17 print the same line, so there it counts only if it is constant, or
/// if the version is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpus {
    stated: Option<u64>,
    since_1_10: Option<bool>,
    format: Option<Format>,
    /// CPUs of the host, if GOMAXPROCS exceeds them.
    host: Option<u64>,
    /// Stops long enough to show the number.
    stops: u64,
    /// Those that showed fewer CPUs than GOMAXPROCS.
    fewer: u64,
    contradicted: bool,
}

impl Cpus {
    /// CPUs that the user states, in 1/1000, and whether the Go version is 1.10 or later, if that is known.
    pub fn new(stated: Option<u64>, since_1_10: Option<bool>) -> Self {
        Self {
            stated,
            since_1_10,
            ..Self::default()
        }
    }

    /// Takes the next cycle and returns the CPUs that the program had in it, 1/1000.
    #[inline]
    pub fn observe(&mut self, cycle: &GcCycle) -> u64 {
        let procs = u64::from(cycle.gomaxprocs);
        let (wall, cpu) = (cycle.sweep_termination_ns, cycle.sweep_termination_cpu_ns);
        self.stops += u64::from(wall >= TWO_DIGITS_NS);
        let host = self.host.unwrap_or(procs);
        let expected = procs.min(host);
        // Most stops allow the number that is known already: checked without a division.
        let as_known = cpu
            < (expected + 1).saturating_mul(wall.saturating_add(resolution_ns(wall)))
            && cpu.saturating_add(resolution_ns(cpu)) > expected.saturating_mul(wall);
        let counted = expected == procs || self.fewer >= CONSTANT;
        if !as_known || !counted || self.format != Some(cycle.format) {
            self.learn(cycle, procs);
        }
        let had = procs.min(self.host.unwrap_or(procs)) * CPU;
        self.stated.map_or(had, |stated| stated.min(procs * CPU))
    }

    #[cold]
    fn learn(&mut self, cycle: &GcCycle, procs: u64) {
        self.format = Some(cycle.format);
        // Only sweep termination: before Go 1.9 mark termination was counted differently. A short stop shows next to nothing.
        if cycle.sweep_termination_ns < TWO_DIGITS_NS {
            return;
        }
        let Some((low, high)) = stop_processors(cycle) else {
            return;
        };
        if low > procs.min(self.host.unwrap_or(procs)) {
            self.contradicted = true;
            self.host = None;
        } else if high < procs {
            self.contradicted |= self
                .host
                .is_some_and(|host| high < host && self.fewer >= CONSTANT);
            self.host = Some(self.host.map_or(high, |host| host.min(high)));
            self.fewer += 1;
        }
    }

    /// True if the number of CPUs can be relied on.
    pub fn known(&self) -> bool {
        if self.stated.is_some() {
            return true;
        }
        let since_1_10 = match (self.since_1_10, self.format) {
            (Some(since), _) => since,
            (None, Some(Format::Go1_18)) => true,
            (None, Some(Format::Go1_6)) => !self.contradicted && self.fewer >= CONSTANT,
            (None, _) => false,
        };
        since_1_10 && self.stops >= MIN_STOPS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::cycle;

    /// A stop of `wall` ns on `cpus`, printed as the runtime does (two digits).
    fn stop(procs: u32, cpus: u64, wall: u64) -> GcCycle {
        let mut cycle = cycle(1, 0);
        cycle.gomaxprocs = procs;
        let printed = |ns: u64| ns / resolution_ns(ns) * resolution_ns(ns);
        cycle.sweep_termination_ns = printed(wall);
        cycle.sweep_termination_cpu_ns = printed(wall * cpus);
        (cycle.mark_termination_ns, cycle.mark_termination_cpu_ns) = (0, 0);
        cycle
    }

    #[test]
    fn stops_tell_the_cpus_of_the_host() {
        for (procs, cpus) in [(16, 2), (8, 7), (2, 1), (4, 4), (64, 64)] {
            let mut had = Cpus::default();
            let walls = [11_400, 37_900, 213_456, 64_321, 1_234_567];
            let last = walls.map(|wall| had.observe(&stop(procs, cpus, wall)));
            assert_eq!(last[4], cpus * CPU, "{procs} on {cpus}");
            assert!(had.known());
        }
    }

    #[test]
    fn a_change_of_gomaxprocs_is_followed() {
        let mut had = Cpus::default();
        for procs in [8, 1, 4, 2, 8, 3] {
            let cpus = u64::from(procs).min(2);
            assert_eq!(had.observe(&stop(procs, cpus, 213_456)), cpus * CPU);
        }
    }

    #[test]
    fn before_go_1_10_stops_say_nothing() {
        let old = |cpus: u64, wall: u64| GcCycle {
            format: Format::Go1_6,
            ..stop(12, cpus, wall)
        };
        let mut idle_threads = Cpus::default();
        for cpus in [3, 6, 3, 11, 7, 5, 4, 9, 8, 6, 12, 3] {
            idle_threads.observe(&old(cpus, 150_000));
        }
        assert!(!idle_threads.known(), "the number changes");
        let mut constant = Cpus::default();
        (0..8).for_each(|_| _ = constant.observe(&old(2, 150_000)));
        assert!(constant.known(), "the number is constant");
        let mut stated = Cpus::new(None, Some(false));
        (0..20).for_each(|_| _ = stated.observe(&old(2, 150_000)));
        assert!(!stated.known(), "the user knows the version");
    }

    #[test]
    fn what_the_user_states_is_what_there_is() {
        let mut quota = Cpus::new(Some(CPU / 2), None);
        assert_eq!(quota.observe(&stop(8, 2, 150_000)), CPU / 2);
        let mut more = Cpus::new(Some(16 * CPU), None);
        assert_eq!(more.observe(&stop(8, 2, 150_000)), 8 * CPU);
    }
}
