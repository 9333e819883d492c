//! Goroutines that must mark before they may allocate.

use super::{Cap, Crossing, Judged, Reading, Thresholds, Told, View, advice, rule};
use crate::units::{Unit, percent};

rule! {
    /// The share of the CPUs had that mark assists take. Warning from 3 %, critical from 10 %.
    ///
    /// Why: a goroutine that allocates faster than background marking keeps up must mark in its place. That is latency of
    /// the very requests that allocate; 2 to 7 % has been reported to hurt tail latencies of databases.
    ///
    /// Measured over the same cycles as gc-cpu, from the log's assist field, which loses less than 5 us a P and cycle.
    /// Needs 4 cycles over 5 s, or 8 over 1 s where the cumulative percentage pins GC CPU down to 3 points.
    ///
    /// False alarms: a program starved of CPU assists more, because background workers do not get to run.
    ///
    /// What to do: smooth allocation bursts, allocate less, give the heap more room (GOGC); Go before 1.21 assists more.
    id: "assist-pressure",
    summary: "allocating goroutines are made to mark",
    unit: Unit::Ratio,
    info: None,
    warning: Some(0.03),
    critical: Some(0.10),
    evidence: "4 cycles over 5 s, or 8 over 1 s with the cumulative percentage to 3 points",
    judged: Judged::Windows,
    judge: judge,
    cap: Cap::none,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    match view.assists() {
        Some(value) if view.cpu_evidence() => Reading::graded(value, thresholds),
        value => view.rare(value, thresholds),
    }
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let background = view.window.reach.cpu_ratio(|mark| mark.background_cpu_ns);
    let background = background.map(|ratio| (ratio * view.cpu_factor()).min(1.0));
    let share = background.map(|ratio| crossing.value / (crossing.value + ratio).max(1e-12));
    let of_marking = share.map_or_else(String::new, |share| {
        format!(" and do {} of the marking", percent(share))
    });
    Told {
        message: format!(
            "mark assists take {} of the CPU (threshold {}){of_marking}: goroutines that allocate are made to mark first, which is latency of the requests they serve",
            percent(crossing.value),
            percent(crossing.threshold),
        ),
        advice: vec![
            "find the bursts: go tool pprof -sample_index=alloc_space http://HOST/debug/pprof/allocs, and allocate less or more evenly there".into(),
            advice::less_often(view).into(),
            "with Go before 1.21, upgrade: its pacer assists less".into(),
        ],
        evidence: vec![
            ("mark_assist_share", share.unwrap_or(f64::NAN)),
            (
                "mark_background_cpu_ratio",
                background.unwrap_or(f64::NAN),
            ),
            ("cycles", view.window.reach_cycles as f64),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;
    use crate::severity::Severity;

    fn assists(ms: u64) -> crate::rules::tests::Case {
        healthy(100, 100).each(move |_, cycle| cycle.mark_assist_cpu_ns = ms * MS)
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(assists(50).severity(&RULE), Some(Severity::Critical));
        assert_eq!(assists(16).severity(&RULE), Some(Severity::Warning));
        assert_eq!(assists(8).severity(&RULE), None, "2 %");
        assists(4).gate(&RULE, 0.009, 0.011);
    }
}
