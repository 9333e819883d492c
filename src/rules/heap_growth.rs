//! A live heap that only grows.

use super::*;

/// Growth seen for less may be a cache that fills, s.
const YOUNG_S: f64 = 300.0;

/// From this share of a limit on, the live heap is at it.
const AT_LIMIT: f64 = 0.95;

/// Growth that reaches the limit within this time is critical, s.
const AHEAD_S: f64 = 1_800.0;

rule! {
    /// How much the live heap has grown since the start-up, if it keeps growing. Warning from 8 MiB.
    ///
    /// Critical only if the growth has an end in sight: the live heap is at 95 % of its memory limit (stated by `--memory-limit`,
    /// or visible in the log), or reaches it within 30 minutes, or grew more than 2.2-fold in each of the last two spans of ten
    /// minutes, which no linear growth does.
    ///
    /// Measured by the floor of the live heap over the whole run: the smallest live heap of each of at most 64 stretches of time,
    /// each with at least 4 cycles (2 in runs under 60 cycles, 1 in runs under 40). The first tenth of the run is start-up and
    /// left out. The heap keeps growing if the floor rises steadily (Mann-Kendall test, tau at least 0.6, p below 0.01) by a
    /// tenth and 8 MiB, and still rises in the last third, at half the slope of the whole at least. A heap that levels off is a
    /// cache that has filled. If the heap falls back by half of its growth, the finding is withdrawn.
    ///
    /// Why: growth without end ends at the memory limit or with the OOM killer, and each cycle on the way marks more. The
    /// collector itself may be as cheap as ever.
    ///
    /// Needs 6 such floors. Seen for less than 5 minutes it is `info`: a cache fills and stops, a leak does not. With `--max` the
    /// size of the growth is judged however young it is.
    ///
    /// False alarms: batch jobs that only grow to their end.
    ///
    /// What to do: take two heap profiles some minutes apart and look at their difference; take a goroutine profile.
    id: "heap-growth",
    summary: "the live heap keeps growing",
    unit: Unit::Mebibytes,
    warning: Some(8.0),
    evidence: "6 floors of the live heap after the start-up",
    judged: Judged::Trend,
    judge,
    cap,
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let growth = &view.growth;
    if !growth.evidence {
        return Reading::NoEvidence;
    }
    if !growth.certain {
        return Reading::quiet(0.0);
    }
    match thresholds.grade(growth.mib) {
        Some(_) if thresholds.critical.is_none() && ends_soon(view) => Reading::Judged {
            value: growth.mib,
            severity: Some(Severity::Critical),
            capped_by: None,
        },
        _ => Reading::graded(growth.mib, thresholds),
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

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
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
    Explanation::new(format!(
        "the live heap keeps growing: by {} to {} in {} (threshold {}), {} an hour, twice as large in {}{until}{age}",
        size(crossing.value),
        size(growth.live_mib),
        ns(growth.seconds * 1e9),
        size(crossing.threshold),
        size(growth.slope * 3600.0),
        ns(growth.live_mib / growth.slope.max(1e-12) * 1e9),
    ))
    .advise(advice::TWO_PROFILES)
    .advise(advice::GOROUTINES)
    .figure("live_heap_mib", growth.live_mib)
    .figure("growth_mib_per_second", growth.slope)
    .figure("seconds", growth.seconds)
    .figure("limit_mib", limit(view))
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
        let message = slow.explanation(&RULE).message;
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
        let message = young.explanation(&RULE).message;
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

    #[test]
    fn the_limit_is_forecast_by_the_last_third_if_that_is_steeper() {
        // Both reach 468 MiB in two hours; at the pace of its last third only the first reaches 540 within 30 minutes.
        let faster = growing(720, 10_000, |number| match number {
            0..480 => 300 + number / 10,
            _ => 348 + (number - 480) / 2,
        });
        let even = growing(720, 10_000, |number| 300 + number * 168 / 720);
        let severity = |case: crate::rules::tests::Case| case.limited(540).severity(&RULE);
        assert_eq!(severity(faster), Some(Severity::Critical));
        assert_eq!(severity(even), Some(Severity::Warning));
    }
}
