//! CPU spent on collecting.

use super::{Cap, Crossing, Judged, Reading, Thresholds, Told, View, advice, cpus_had, rule};
use crate::measure::{GcCpu, Mark};
use crate::severity::{CappedBy, Severity};
use crate::units::{Unit, percent};

rule! {
    /// The share of the CPUs had that collecting takes: stops, assists and background marking, without idle marking. The CPUs
    /// had are min(GOMAXPROCS, CPUs), or what `--cpus` says. Warning from 10 %, critical from 25 %.
    ///
    /// Measured over the cycles of the window (fewer than four: the last four, at most 60 s back) from the CPU fields,
    /// held inside the interval that the cumulative percentage of the lines allows. Since Go 1.23 the fields of the stops
    /// are an upper bound, so where that interval is wider than 5 points (a short window late in a long run) the severity
    /// comes from marking and assists alone, and a threshold between the bounds gives `info`. With `--go 1.22` or older the
    /// fields are exact.
    ///
    /// It is a share of all the CPUs of the program, used or not: a profiler shows a share of what was used, which is more.
    /// With more Ps than CPUs it is "at most", since the runtime charges the wall time of a P, up to 1.7 times measured.
    ///
    /// Why: a quarter is what the runtime takes *while it marks*. More than that, averaged over the pauses between cycles
    /// too, means that marking hardly ever stops or that assists pay for it.
    ///
    /// Needs 4 cycles over 5 s, or 8 over 1 s where the percentage pins the figure down to 3 points.
    ///
    /// False alarms: batch jobs that have memory to spare and do not mind; raise GOGC for them.
    ///
    /// What to do: GOGC=200 roughly halves it; allocate less; keep fewer pointers in the live heap.
    id: "gc-cpu",
    summary: "collecting takes a large share of the CPU",
    unit: Unit::Ratio,
    info: None,
    warning: Some(0.10),
    critical: Some(0.25),
    evidence: "4 cycles over 5 s, or 8 over 1 s with the cumulative percentage to 3 points",
    judged: Judged::Windows,
    judge: judge,
    cap: cap,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
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
    let severity = match (thresholds.grade(low), thresholds.grade(high)) {
        (None, Some(_)) => Some(Severity::Info),
        (low, _) => low,
    };
    Reading::Judged {
        value: if severity.is_some_and(|severity| severity > Severity::Info) {
            low
        } else {
            ratio
        },
        severity,
        capped_by: None,
    }
}

/// CPU of stops that the host makes long, or of a mark that it holds up, is not the collector's.
fn cap(view: &View<'_>, severity: Severity) -> Cap {
    let hosts = |severity| view.is_hosts_cpu(RULE.thresholds().of(severity));
    if severity > Severity::Info && hosts(Severity::Warning) {
        Cap::at(Some(Severity::Info), Some(CappedBy::Contention))
    } else if severity > Severity::Warning && hosts(severity) {
        Cap::HOST
    } else {
        Cap::NONE
    }
}

/// The estimate and its bounds as shares of the CPUs had.
fn shares(view: &View<'_>, cpu: &GcCpu) -> [f64; 3] {
    let to_cpus = view.cpu_factor();
    [cpu.ratio, cpu.low, cpu.high].map(|ratio| (ratio * to_cpus).min(1.0))
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let window = &view.window;
    let cpu = window.reach_cpu.unwrap_or_default();
    let [_, low, high] = shares(view, &cpu);
    let to_cpus = view.cpu_factor();
    let part = |total: fn(&Mark) -> u64| {
        let ratio = window.reach.cpu_ratio(total);
        ratio.map(|ratio| (ratio * to_cpus).min(1.0))
    };
    let (assist, background, stops) = (
        part(|mark| mark.assist_cpu_ns),
        part(|mark| mark.background_cpu_ns),
        part(|mark| mark.stop_cpu_ns),
    );
    let bounds = if cpu.resolved || high - low < 0.005 {
        String::new()
    } else {
        format!("; the log allows {} to {}", percent(low), percent(high))
    };
    let named = [
        ("background marking ", background),
        ("assists ", assist),
        ("stops up to ", stops),
    ];
    let parts = named.map(|(name, share)| share.map(|share| format!("{name}{}", percent(share))));
    let parts = parts.into_iter().flatten();
    let parts: String = parts
        .enumerate()
        .map(|(n, part)| format!("{}{part}", if n == 0 { "; " } else { ", " }))
        .collect();
    let at_most = if to_cpus > 1.05 { "at most " } else { "" };
    let of = match window.reach.processors() {
        Some((_, cpus)) if window.trust.cpus => cpus_had(cpus),
        Some((procs, _)) => format!("GOMAXPROCS {}", Unit::Count.format(procs)),
        None => "the CPUs".to_owned(),
    };
    Told {
        message: format!(
            "collecting takes {at_most}{} of {of} (threshold {}{parts}{bounds}): CPU that the program does not get",
            percent(crossing.value),
            percent(crossing.threshold),
        ),
        advice: vec![
            advice::less_often(view).into(),
            advice::ALLOCATIONS.into(),
            "keep fewer pointers alive: values instead of pointers, indices instead of links; what holds no pointer is not scanned".into(),
        ],
        evidence: vec![
            ("gc_cpu_ratio_low", low),
            ("gc_cpu_ratio_high", high),
            ("mark_assist_cpu_ratio", assist.unwrap_or(f64::NAN)),
            ("mark_background_cpu_ratio", background.unwrap_or(f64::NAN)),
            ("stop_cpu_ratio", stops.unwrap_or(f64::NAN)),
            ("cycles", window.reach_cycles as f64),
        ],
    }
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
}
