//! Stops add up.

use super::{Cap, Crossing, Judged, Reading, Thresholds, Told, View, pause_p99, rule};
use crate::severity::Severity;
use crate::units::{Unit, duration, percent};

rule! {
    /// The share of time in which the world is stopped: all stops of the window / its time. Warning from 1 %, critical
    /// from 5 %.
    ///
    /// Why: it is the chance that a request arrives in a stop. Healthy programs stay below 0.2 %.
    ///
    /// Needs 10 cycles. Since Go 1.23 it is an upper bound: the time to reach the stop is in it, during which some
    /// goroutines still run.
    ///
    /// With signs of CPU contention (see pause-p99) it is a warning at most, and the message says that it is not the collector.
    ///
    /// What to do: fewer cycles (see gc-frequency) where stops are short, shorter stops (see pause-p99) where they are not.
    id: "pause-budget",
    summary: "stops add up to a noticeable share of the time",
    unit: Unit::Ratio,
    info: None,
    warning: Some(0.01),
    critical: Some(0.05),
    evidence: "10 cycles",
    judged: Judged::Windows,
    judge: judge,
    cap: cap,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    match view.window.stretch.wall_ratio(|mark| mark.stop_ns) {
        Some(value) if view.window.tally.cycles >= 10 => Reading::graded(value, thresholds),
        _ => Reading::NoEvidence,
    }
}

fn cap(view: &View<'_>, _: Severity) -> Cap {
    pause_p99::at_most(view, None)
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let pauses = &view.window.pauses;
    let signs = view.signs();
    Told {
        message: format!(
            "stops take {} of the time (threshold {}; {}, pause p50 {}, p99 {}), so that share of requests starts by waiting{}",
            percent(crossing.value),
            percent(crossing.threshold),
            super::counted(pauses.count(), "cycle"),
            duration(pauses.quantile(500)),
            duration(pauses.quantile(990)),
            signs.map_or_else(String::new, |signs| format!(
                ": most likely not the garbage collector, since {}",
                signs.words()
            )),
        ),
        advice: pause_p99::remedies(view, signs.is_some()),
        evidence: vec![
            ("cycles", pauses.count() as f64),
            ("pause_p50_ns", pauses.quantile(500) as f64),
            ("pause_p99_ns", pauses.quantile(990) as f64),
            ("cpu_contention_signs", f64::from(u8::from(signs.is_some()))),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;

    fn stops(us: u64) -> crate::rules::tests::Case {
        healthy(100, 100).each(move |_, cycle| cycle.sweep_termination_ns = us * 1_000)
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(stops(6_000).severity(&RULE), Some(Severity::Critical));
        assert_eq!(stops(2_000).severity(&RULE), Some(Severity::Warning));
        assert_eq!(stops(500).severity(&RULE), None);
        stops(500).gate(&RULE, 0.004, 0.006);
        let few = healthy(9, 100).each(|_, cycle| cycle.sweep_termination_ns = 6 * MS);
        assert_eq!(few.reading(&RULE), Reading::NoEvidence);
    }
}
