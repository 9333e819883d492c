//! A live heap that only grows.

use super::{Cap, Crossing, Judged, Reading, Thresholds, Told, View, advice, ns, rule};
use crate::severity::Severity;
use crate::units::Unit;

/// Younger growth may be a cache that fills, s.
const YOUNG_S: f64 = 300.0;

/// Of a limit, the live heap is at it.
const AT_LIMIT: f64 = 0.95;

/// How far ahead the limit is looked for, s.
const AHEAD_S: f64 = 1_800.0;

rule! {
    /// How much the live heap has grown since the start-up, MiB, where it keeps growing. Warning from 8 MiB. Critical only
    /// towards a memory limit (that `--memory-limit` states, or that the log shows): at 95 % of it, or where it is reached
    /// within 30 minutes; or where the heap grew more than 2.2-fold in each of the last two spans of ten minutes, which no
    /// linear growth does.
    ///
    /// Measured by its floor over the whole run: the smallest live heap of each of at most 64 stretches, with 4 cycles in each
    /// at least (2 in runs under 60 cycles, 1 under 40). The first tenth of the run is start-up and left out. It keeps growing
    /// where the floor rises steadily (Mann-Kendall, tau at least 0.6, p below 0.01) by a tenth and 8 MiB, and still does in
    /// the last third, at half the slope of the rest at least. A heap that levels off has filled; one that falls back by half
    /// of its growth is withdrawn: no finding at the end.
    ///
    /// Why: what grows without end ends in the memory limit or the OOM killer, and each cycle on the way marks more. The
    /// collector itself may be as cheap as ever.
    ///
    /// Needs 6 such floors. Seen for less than 5 minutes it is `info`: a cache fills and stops, a leak does not. With `--max` the
    /// rise after the start-up is judged however young it is; the conditions of the trend stay.
    ///
    /// False alarms: batch jobs that only grow to their end.
    ///
    /// What to do: two heap profiles some minutes apart, and their difference; a goroutine profile.
    id: "heap-growth",
    summary: "the live heap keeps growing",
    unit: Unit::Mebibytes,
    info: None,
    warning: Some(8.0),
    critical: None,
    evidence: "6 floors of the live heap after the start-up",
    judged: Judged::Trend,
    judge: judge,
    cap: cap,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let growth = &view.growth;
    if !growth.evidence {
        return Reading::NoEvidence;
    }
    let severity = thresholds.grade(growth.mib);
    if !growth.certain {
        return Reading::quiet(0.0);
    }
    if severity.is_none() {
        return Reading::quiet(growth.mib);
    }
    Reading::Judged {
        value: growth.mib,
        severity: if thresholds.critical.is_none() && ends_soon(view) {
            Some(Severity::Critical)
        } else {
            severity
        },
        capped_by: None,
    }
}

fn cap(view: &View<'_>, _: Severity) -> Cap {
    if view.growth.seconds < YOUNG_S {
        Cap::at(Some(Severity::Info), None)
    } else {
        Cap::NONE
    }
}

/// The limit that the heap grows towards, MiB.
fn limit(view: &View<'_>) -> Option<f64> {
    view.memory_limit_mib.or(view.limited_goal_mib)
}

/// Seconds until the limit is reached at this pace; 0 at it.
fn until_limit(view: &View<'_>) -> Option<f64> {
    let growth = &view.growth;
    let limit = limit(view)?;
    Some(if growth.live_mib >= limit * AT_LIMIT {
        0.0
    } else {
        (limit - growth.live_mib) / growth.slope
    })
}

fn ends_soon(view: &View<'_>) -> bool {
    view.growth.explodes || until_limit(view).is_some_and(|seconds| seconds <= AHEAD_S)
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let growth = &view.growth;
    let size = |mib: f64| Unit::Mebibytes.format(mib);
    let until = match until_limit(view) {
        Some(seconds) if seconds <= 0.0 => ", and is at its memory limit".to_owned(),
        Some(seconds) => format!(", and meets its memory limit in {}", ns(seconds * 1e9)),
        None => String::new(),
    };
    let age = if growth.seconds < YOUNG_S {
        "; a cache fills and stops, a leak does not: record for longer"
    } else {
        ""
    };
    Told {
        message: format!(
            "the live heap keeps growing: by {} to {} in {} (threshold {}), {} an hour, twice as large in {}{until}{age}",
            size(crossing.value),
            size(growth.live_mib),
            ns(growth.seconds * 1e9),
            size(crossing.threshold),
            size(growth.slope * 3600.0),
            ns(growth.live_mib / growth.slope.max(1e-12) * 1e9),
        ),
        advice: vec![advice::TWO_PROFILES.into(), advice::GOROUTINES.into()],
        evidence: vec![
            ("live_heap_mib", growth.live_mib),
            ("growth_mib_per_second", growth.slope),
            ("seconds", growth.seconds),
            ("limit_mib", limit(view).unwrap_or(f64::NAN)),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::healthy;

    fn growing(count: u64, period_ms: u64, mib: fn(u64) -> u64) -> crate::rules::tests::Case {
        healthy(count, period_ms).each(move |number, cycle| {
            cycle.heap_live_mib = mib(number);
            cycle.heap_goal_mib = 2 * cycle.heap_live_mib;
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        // Two hours at 0.04 MiB/s on top of 300.
        let slow = growing(720, 10_000, |number| 300 + number * 2 / 5);
        assert_eq!(slow.severity(&RULE), Some(Severity::Warning));
        let message = slow.told(&RULE).message;
        assert!(
            message.contains("MiB an hour, twice as large in"),
            "{message}"
        );
        let flat = healthy(720, 10_000);
        assert_eq!(flat.severity(&RULE), None);
        slow.gate(&RULE, 200.0, 400.0);
    }

    #[test]
    fn critical_is_what_ends_soon() {
        let slow = || growing(720, 10_000, |number| 300 + number * 2 / 5);
        assert_eq!(
            slow().limited(600).severity(&RULE),
            Some(Severity::Critical)
        );
        assert_eq!(
            slow().limited(2_000).severity(&RULE),
            Some(Severity::Warning)
        );
        let explodes = growing(400, 5_000, |number| 20 << (number / 50));
        assert_eq!(explodes.severity(&RULE), Some(Severity::Critical));
        let linear = growing(400, 5_000, |number| 1 + number);
        assert_eq!(linear.severity(&RULE), Some(Severity::Warning));
        let late = growing(340, 5_000, |number| 10 + number.saturating_sub(200));
        assert_eq!(
            late.severity(&RULE),
            Some(Severity::Warning),
            "idle, then a cache fills"
        );
    }

    #[test]
    fn what_fills_is_quiet_and_what_falls_back_too() {
        let fills = growing(400, 5_000, |number| 20 + number.min(250));
        assert_eq!(fills.severity(&RULE), None);
        let falls = growing(
            400,
            5_000,
            |number| if number < 380 { 20 + number } else { 60 },
        );
        assert_eq!(falls.severity(&RULE), None);
        let start = growing(400, 5_000, |number| 20 + 5 * number.min(30));
        assert_eq!(start.severity(&RULE), None, "the first tenth");
    }

    #[test]
    fn young_growth_is_worth_knowing_unless_the_user_says_more() {
        let young = growing(60, 1_000, |number| 20 + 10 * number);
        assert_eq!(young.severity(&RULE), Some(Severity::Info));
        let message = young.told(&RULE).message;
        assert!(
            message.contains("a leak does not: record for longer"),
            "{message}"
        );
        assert_eq!(young.severity_at(&RULE, 64.0), Some(Severity::Critical));
        assert_eq!(young.severity_at(&RULE, 6_400.0), Some(Severity::Info));
        let flat = healthy(60, 1_000);
        assert_eq!(
            flat.severity_at(&RULE, 0.0),
            None,
            "the trend's conditions stay"
        );
    }
}
