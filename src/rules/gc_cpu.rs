//! CPU spent on collecting.

use super::*;
use crate::measure::GcCpu;

rule! {
    /// The share of the available CPU time that collecting takes: stops, assists and background marking, without idle marking.
    /// Warning from 10 %, critical from 25 %. The available CPUs are min(GOMAXPROCS, CPUs of the host), or what `--cpus` says.
    ///
    /// Measured over the cycles of the window; if it holds fewer than four, over the last four, at most 60 s back. The figure is
    /// the sum of the CPU fields, corrected to the interval that the cumulative percentage of the gc lines allows. Since Go 1.23
    /// the CPU fields of the stops are an upper bound. If the interval is also wider than 5 points (a short window late in a
    /// long run), the severity comes from marking and assists alone, and a threshold between the lower and the upper bound gives
    /// `info`. With `--go 1.22` or older the fields are exact.
    ///
    /// The share is of all available CPUs, used or not; a profiler shows a share of the CPU time that was used, which is more.
    /// With more Ps than CPUs it is "at most", because the runtime charges the wall time of a P (up to 1.7 times the CPU time).
    ///
    /// Why: the runtime plans to take a quarter of the CPU *while it marks*. More than that on average, the time between cycles
    /// included, means that marking hardly ever stops or that goroutines assist a lot.
    ///
    /// Needs 4 cycles over 5 s, or 8 over 1 s if the percentage determines the figure to within 3 points.
    ///
    /// False alarms: batch jobs that have memory to spare; raise GOGC for them.
    ///
    /// What to do: GOGC=200 roughly halves it; allocate less; keep fewer pointers in the live heap.
    id: "gc-cpu",
    summary: "collecting takes a large share of the CPU",
    unit: Unit::Ratio,
    warning: Some(0.10),
    critical: Some(0.25),
    evidence: "4 cycles over 5 s, or 8 over 1 s with the cumulative percentage to 3 points",
    needs_lines: false,
    judge,
    cap,
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    if !view.traced {
        let share = view.polled_run().and_then(|polled| polled.gc_cpu_ratio);
        return share.map_or(Reading::NoEvidence, |share| {
            Reading::graded(share, thresholds)
        });
    }
    let Some(cpu) = view.window.reach_cpu else {
        return view.rare(None, thresholds);
    };
    let [ratio, low, high] = shares(view, &cpu);
    if !view.cpu_evidence() {
        return view.rare(Some(high), thresholds);
    }
    if cpu.resolved {
        return Reading::graded(ratio, thresholds);
    }
    match thresholds.grade(low) {
        Some(severity) if severity > Severity::Info => Reading::graded(low, thresholds),
        severity => Reading::Judged {
            value: ratio,
            severity: severity.or_else(|| thresholds.grade(high).and(Some(Severity::Info))),
            capped_by: None,
        },
    }
}

/// CPU time of stops that the host made long, or of a mark that it held up, is not the collector's.
fn cap(view: &View<'_>, severity: Severity) -> Cap {
    if !view.traced {
        return Cap::NONE;
    }
    let hosts = |severity| view.is_hosts_cpu(RULE.thresholds().of(severity));
    if severity > Severity::Info && hosts(Severity::Warning) {
        Cap::at(Some(Severity::Info), Some(CappedBy::Contention))
    } else if severity > Severity::Warning && hosts(severity) {
        Cap::at(Some(Severity::Warning), Some(CappedBy::Contention))
    } else {
        Cap::NONE
    }
}

/// The estimate and its bounds as shares of the available CPUs.
fn shares(view: &View<'_>, cpu: &GcCpu) -> [f64; 3] {
    let to_cpus = view.cpu_factor();
    [cpu.ratio, cpu.low, cpu.high].map(|ratio| (ratio * to_cpus).min(1.0))
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    if let Some(polled) = view.polled {
        return Explanation::new(format!(
            "collecting takes {} of the CPU that GOMAXPROCS allows (threshold {}), as MemStats.GCCPUFraction counts it over {}: CPU \
             that the program does not get",
            percent(crossing.value),
            percent(crossing.threshold),
            duration(polled.span_ns),
        ))
        .advise(advice::less_often(view))
        .advise(advice::ALLOCATIONS)
        .figure("gc_cpu_since_start_ratio", polled.gc_cpu_since_start_ratio)
        .figure("cycles", polled.cycles as f64);
    }
    let window = &view.window;
    let cpu = window.reach_cpu.unwrap_or_default();
    let [_, low, high] = shares(view, &cpu);
    let assist = view.assists();
    let background = view.of_cpus(|totals| totals.background_cpu_ns);
    let stops = view.of_cpus(|totals| totals.stop_cpu_ns);
    let parts: Vec<String> = [
        ("background marking", background),
        ("assists", assist),
        ("stops up to", stops),
    ]
    .into_iter()
    .filter_map(|(name, share)| Some(format!("{name} {}", percent(share?))))
    .collect();
    let parts = match parts.is_empty() {
        true => String::new(),
        false => format!("; {}", parts.join(", ")),
    };
    let bounds = if cpu.resolved || high - low < 0.005 {
        String::new()
    } else {
        format!("; the log allows {} to {}", percent(low), percent(high))
    };
    let at_most = if view.cpu_factor() > 1.05 {
        "at most "
    } else {
        ""
    };
    let of = match window.reach.processors() {
        Some((_, cpus)) if window.trust.cpus => cpu_count(cpus),
        Some((procs, _)) => format!("GOMAXPROCS {}", Unit::Count.format(procs)),
        None => "the CPUs".to_owned(),
    };
    Explanation::new(format!(
        "collecting takes {at_most}{} of {of} (threshold {}{parts}{bounds}): CPU that the program does not get",
        percent(crossing.value),
        percent(crossing.threshold),
    ))
    .advise(advice::less_often(view))
    .advise(advice::ALLOCATIONS)
    .advise("keep fewer pointers alive: values instead of pointers, indices instead of links; what holds no pointer is not scanned")
    .figure("gc_cpu_ratio_low", low)
    .figure("gc_cpu_ratio_high", high)
    .figure("mark_assist_cpu_ratio", assist)
    .figure("mark_background_cpu_ratio", background)
    .figure("stop_cpu_ratio", stops)
    .figure("cycles", window.reach_cycles as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;

    fn background(ms: u64) -> crate::rules::tests::Case {
        healthy(100, 100).each(move |_, cycle| cycle.mark_background_cpu_ns = ms * MS)
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(background(120).severity(&RULE), Some(Severity::Critical));
        assert_eq!(background(60).severity(&RULE), Some(Severity::Warning));
        assert_eq!(background(20).severity(&RULE), None);
        background(20).gate(&RULE, 0.04, 0.07);
    }

    #[test]
    fn stops_that_the_percentage_does_not_confirm_do_not_count() {
        // The fields say 20 % in stops; the runtime itself says 5 %.
        let stops = healthy(100, 100).each(|_, cycle| {
            cycle.mark_background_cpu_ns = 20 * MS;
            cycle.sweep_termination_cpu_ns = 0;
        });
        assert_eq!(stops.severity(&RULE), None);
    }

    #[test]
    fn two_seconds_are_enough_where_the_percentage_is_sharp() {
        let short = healthy(20, 100).each(|_, cycle| cycle.mark_background_cpu_ns = 120 * MS);
        assert_eq!(short.severity(&RULE), Some(Severity::Critical));
        let shorter = healthy(7, 100).each(|_, cycle| cycle.mark_background_cpu_ns = 120 * MS);
        assert_eq!(shorter.reading(&RULE), Reading::NoEvidence);
    }

    #[test]
    fn under_a_quota_time_without_a_cpu_is_not_the_collectors() {
        // Marking that takes this share of 4 Ps, and four times as much of the one CPU.
        let quota = |percent: u64| {
            let marking = healthy(200, 100)
                .each(move |_, cycle| cycle.mark_background_cpu_ns = 4 * percent * MS);
            marking.stated(|settings| settings.cpus_milli = Some(1_000))
        };
        assert_eq!(quota(5).severity(&RULE), Some(Severity::Info));
        assert_eq!(quota(5).capped_by(&RULE), Some(CappedBy::Contention));
        assert_eq!(quota(15).severity(&RULE), Some(Severity::Warning));
        assert_eq!(quota(30).severity(&RULE), Some(Severity::Critical));
    }
}
