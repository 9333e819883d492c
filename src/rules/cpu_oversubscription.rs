//! More Ps than CPUs.

use super::{Cap, Crossing, Judged, Reading, Thresholds, Told, View, cpus_had, rule};
use crate::units::{Unit, duration};

rule! {
    /// How many CPUs GOMAXPROCS counts on that the program does not have. Warning from 0.6; `info` where pauses look
    /// throttled (p99 at least 10 ms and a hundred times p50).
    ///
    /// Measured from the stops: since Go 1.10 the runtime charges a stop to min(GOMAXPROCS, CPUs), so CPU time / wall time of
    /// the stop tells that number. Averaged over time where GOMAXPROCS changes. Before Go 1.10 a stop does not tell: Go 1.6
    /// to 1.17 print the same line, so there it must tell the same number each time, or `--go` say the version. With `--cpus`
    /// the number is yours.
    ///
    /// Why: with more Ps than CPUs, threads that a stop waits for are not running, and a quarter of GOMAXPROCS marks on CPUs
    /// that are not there. A cgroup quota has the same effect and is not seen by this measure, but by its pauses.
    ///
    /// Needs 3 stops of at least 10 us.
    ///
    /// False alarms: a CPU affinity set on purpose.
    ///
    /// What to do: set GOMAXPROCS to the CPUs or the quota; Go 1.25 does it by itself on Linux, automaxprocs before that.
    id: "cpu-oversubscription",
    summary: "GOMAXPROCS exceeds the CPUs",
    unit: Unit::Count,
    info: None,
    warning: Some(0.6),
    critical: None,
    evidence: "3 stops of at least 10 us, Go 1.10 or later; or --cpus",
    judged: Judged::Windows,
    judge: judge,
    cap: Cap::none,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let Some((procs, cpus)) = processors(view) else {
        return Reading::NoEvidence;
    };
    let value = (procs - cpus).max(0.0);
    match Reading::graded(value, thresholds) {
        Reading::Judged { severity: None, .. } if throttled(view) => Reading::Suspected(value),
        reading => reading,
    }
}

/// GOMAXPROCS and the CPUs had, where both are known.
fn processors(view: &View<'_>) -> Option<(f64, f64)> {
    let known = view.window.trust.cpus && view.window.tally.cycles > 0;
    view.window.stretch.processors().filter(|_| known)
}

/// Pauses of which the longest one in a hundred is as long as this may be those of a throttled program, ns.
const LONG_NS: u64 = 10_000_000;

fn throttled(view: &View<'_>) -> bool {
    let pauses = &view.window.pauses;
    if pauses.count() < 29 || pauses.max() < LONG_NS {
        return false;
    }
    let p99 = pauses.quantile(990);
    // The p50 is a hundredth of that at most: asked this way round it costs a few steps.
    let short = || pauses.count() - pauses.at_least((p99 / 100 + 1) as f64);
    p99 >= LONG_NS && short() >= pauses.count().div_ceil(2)
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let (procs, cpus) = processors(view).unwrap_or_default();
    let message = if crossing.suspected {
        format!(
            "the pause p99 ({}) is over a hundred times the p50 ({}): the program is probably throttled or the host is busy, since a thread that does not run holds up the stop",
            duration(view.window.pauses.quantile(990)),
            duration(view.window.pauses.quantile(500)),
        )
    } else {
        format!(
            "GOMAXPROCS is {} but the program has {} ({} too many, threshold {}): under load threads wait for a CPU, and stops wait for threads",
            Unit::Count.format(procs),
            cpus_had(cpus),
            Unit::Count.format(crossing.value),
            Unit::Count.format(crossing.threshold),
        )
    };
    Told {
        message,
        advice: vec![
            "set GOMAXPROCS to the CPUs or the quota the program has (Go 1.25 reads the cgroup quota by itself; before that import go.uber.org/automaxprocs)".into(),
            "see whether the kernel throttles it: cat /sys/fs/cgroup/cpu.stat (nr_throttled, throttled_usec)".into(),
        ],
        evidence: vec![
            ("gomaxprocs", procs),
            ("cpus", cpus),
            ("pause_p50_ns", view.window.pauses.quantile(500) as f64),
            ("pause_p99_ns", view.window.pauses.quantile(990) as f64),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;
    use crate::severity::Severity;

    fn cpus(procs: u32, cpus: u64) -> crate::rules::tests::Case {
        healthy(50, 100).each(move |_, cycle| {
            cycle.gomaxprocs = procs;
            cycle.sweep_termination_ns = 200_000;
            cycle.sweep_termination_cpu_ns = 200_000 * cpus;
            cycle.mark_termination_cpu_ns = cycle.mark_termination_ns * cpus;
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(cpus(16, 2).severity(&RULE), Some(Severity::Warning));
        assert_eq!(cpus(2, 1).severity(&RULE), Some(Severity::Warning));
        assert_eq!(cpus(4, 4).severity(&RULE), None);
        assert_eq!(cpus(64, 64).severity(&RULE), None);
        cpus(4, 3).gate(&RULE, 0.9, 1.1);
        let message = cpus(16, 2).told(&RULE).message;
        assert!(message.contains("GOMAXPROCS is 16"), "{message}");
    }

    #[test]
    fn lines_of_go_before_1_10_say_nothing() {
        let varying = |seen: u64| {
            cpus(16, 2).each(move |number, cycle| {
                cycle.format = crate::trace::cycle::Format::Go1_6;
                cycle.sweep_termination_cpu_ns = 200_000 * (2 + number % seen);
                cycle.mark_termination_cpu_ns = 10_000 * (2 + number % seen);
            })
        };
        assert_eq!(
            varying(1).severity(&RULE),
            Some(Severity::Warning),
            "constant"
        );
        assert_eq!(varying(5).reading(&RULE), Reading::NoEvidence);
        let known = varying(5).stated(|settings| settings.go_version = Some((1, 9)));
        assert_eq!(known.reading(&RULE), Reading::NoEvidence);
    }

    #[test]
    fn what_the_user_states_counts() {
        let quota = cpus(4, 4).stated(|settings| settings.cpus_milli = Some(500));
        assert!(matches!(
            quota.reading(&RULE),
            Reading::Judged { value, severity: Some(Severity::Warning), .. } if (value - 3.5).abs() < 1e-9
        ));
    }

    #[test]
    fn throttling_is_suspected_from_the_pauses() {
        let throttled = cpus(4, 4).each(|number, cycle| {
            if number % 10 == 0 {
                cycle.sweep_termination_ns = 80 * MS;
                cycle.sweep_termination_cpu_ns = 320 * MS;
            }
        });
        assert_eq!(throttled.severity(&RULE), Some(Severity::Info));
        let few = healthy(2, 100);
        assert_eq!(few.reading(&RULE), Reading::NoEvidence);
    }
}
