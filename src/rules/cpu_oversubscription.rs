//! More Ps than CPUs.

use super::*;

rule! {
    /// How many more CPUs GOMAXPROCS counts on than the program has. Warning from 0.6; `info` if pauses look throttled (p99 at
    /// least 10 ms and a hundred times p50).
    ///
    /// Measured from the stops: since Go 1.10 the runtime charges a stop to min(GOMAXPROCS, CPUs) processors, so its CPU time
    /// divided by its wall time is that number. Averaged over time if GOMAXPROCS changes. Before Go 1.10 a stop does not show
    /// it. Go 1.6 to 1.17 print the same line, so for those either every stop must show the same number, or `--go` must give the
    /// version. With `--cpus` the number is yours.
    ///
    /// Why: with more Ps than CPUs, a stop waits for threads that are not running, and the runtime plans to mark on CPUs that
    /// are not there. A cgroup quota has the same effect; this measure does not see it, only the long pauses show it.
    ///
    /// Needs 3 stops of at least 10 us.
    ///
    /// False alarms: a CPU affinity set on purpose.
    ///
    /// What to do: set GOMAXPROCS to the number of CPUs or to the quota. Go 1.25 does that by itself on Linux; before that, use
    /// automaxprocs.
    id: "cpu-oversubscription",
    summary: "GOMAXPROCS exceeds the CPUs",
    unit: Unit::Count,
    warning: Some(0.6),
    evidence: "3 stops of at least 10 us, Go 1.10 or later; or --cpus",
    judge,
    explanation,
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

/// GOMAXPROCS and the CPUs of the program, if both are known.
fn processors(view: &View<'_>) -> Option<(f64, f64)> {
    let known = view.window.trust.cpus && view.window.tally.cycles > 0;
    view.window.interval.processors().filter(|_| known)
}

/// A p99 from here on may be that of a throttled program, ns.
const LONG_NS: u64 = 10_000_000;

fn throttled(view: &View<'_>) -> bool {
    let pauses = &view.window.pauses;
    if pauses.count() < 29 || pauses.max() < LONG_NS {
        return false;
    }
    let p99 = pauses.quantile(990);
    // The same as p50 <= p99 / 100, but counting from the upper end takes only a few steps.
    let short = || pauses.count() - pauses.at_least((p99 / 100 + 1) as f64);
    p99 >= LONG_NS && short() >= pauses.count().div_ceil(2)
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let (procs, cpus) = processors(view).unwrap_or_default();
    let pauses = &view.window.pauses;
    let (p50, p99) = (pauses.quantile(500), pauses.quantile(990));
    Explanation::new(if crossing.suspected {
        format!(
            "the pause p99 ({}) is over a hundred times the p50 ({}): the program is probably throttled or the host is busy, since a thread that does not run holds up the stop",
            duration(p99),
            duration(p50),
        )
    } else {
        format!(
            "GOMAXPROCS is {} but the program has {} ({} too many, threshold {}): under load threads wait for a CPU, and stops wait for threads",
            Unit::Count.format(procs),
            cpu_count(cpus),
            Unit::Count.format(crossing.value),
            Unit::Count.format(crossing.threshold),
        )
    })
    .advise("set GOMAXPROCS to the CPUs or the quota the program has (Go 1.25 reads the cgroup quota by itself; before that import go.uber.org/automaxprocs)")
    .advise("see whether the kernel throttles it: cat /sys/fs/cgroup/cpu.stat (nr_throttled, throttled_usec)")
    .figure("gomaxprocs", procs)
    .figure("cpus", cpus)
    .figure("pause_p50_ns", p50 as f64)
    .figure("pause_p99_ns", p99 as f64)
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
        let message = cpus(16, 2).explanation(&RULE).message;
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
