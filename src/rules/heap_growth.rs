//! A live heap that only grows.

use super::{Crossing, Judged, Reading, Thresholds, Told, View, ns, rule};
use crate::settings::Severity;
use crate::units::Unit;

/// From here on growth is no longer taken for a start.
const FILLING_S: f64 = 300.0;

/// How far ahead the slope is drawn out.
const AHEAD_S: f64 = 600.0;

rule! {
    /// How much the live heap has grown over the last ten minutes, MiB, where it grows steadily. Warning from 16 MiB;
    /// critical where at that pace the live heap doubles, or reaches the stated memory limit, within ten minutes.
    ///
    /// Two tests, either is enough. Trend: the smallest live heap of each of at most 64 buckets rises (Mann-Kendall, tau
    /// at least 0.7, p below 0.001) by at least a fifth of the median; at least 10 buckets. Run: at least six live heaps in
    /// a row, up to the newest, each larger than the one before, the last at least twice the first. The second test finds
    /// pure leaks: at GOGC=100 they make one cycle per doubling, so lines get rarer as the heap grows.
    ///
    /// Why: what grows without end ends in the memory limit or the OOM killer, and each cycle on the way marks more.
    ///
    /// Under 60 s it is `info`: too short to tell filling from leaking. Until 5 minutes the message says so too. The warm-up
    /// is not left out, and windows do not bound it.
    ///
    /// False alarms: start-ups that fill caches, batch jobs that only grow to their end.
    ///
    /// What to do: two heap profiles some minutes apart, and their difference; a goroutine profile.
    id: "heap-growth",
    summary: "the live heap only grows",
    unit: Unit::Mebibytes,
    info: None,
    warning: Some(16.0),
    critical: None,
    evidence: "60 s; 10 buckets with a trend, or 6 cycles in a row with a larger live heap",
    judged: Judged::Windows,
    judge: judge,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let growth = &view.growth;
    let severity = thresholds.grade(growth.mib);
    if growth.certain && severity.is_some() {
        if growth.seconds < 60.0 {
            return Reading::Suspected(growth.mib);
        }
        let severity = if fills(view) {
            Some(Severity::Critical)
        } else {
            severity
        };
        return Reading::Judged {
            value: growth.mib,
            severity,
        };
    }
    if growth.evidence && view.window.end_ns >= 60_000_000_000 {
        Reading::quiet(growth.mib)
    } else {
        Reading::NoEvidence
    }
}

/// At this pace the live heap doubles, or reaches the stated limit, within ten minutes.
fn fills(view: &View<'_>) -> bool {
    let growth = &view.growth;
    let ahead = growth.slope * AHEAD_S;
    ahead >= growth.live_mib
        || view
            .memory_limit_mib
            .is_some_and(|limit| growth.live_mib + ahead >= limit)
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let growth = &view.growth;
    let size = |mib: f64| Unit::Mebibytes.format(mib);
    let kind = if crossing.suspected {
        "growing; too short to tell filling from leaking"
    } else if growth.seconds < FILLING_S {
        "filling or leaking: a start fills its caches in this time, a leak does not stop"
    } else {
        "leaking, unless it is meant to hold ever more"
    };
    let pace = if growth.slope > 0.0 {
        format!(
            ", at this pace twice as large in {}",
            ns(growth.live_mib / growth.slope * 1e9)
        )
    } else {
        String::new()
    };
    Told {
        message: format!(
            "the live heap grew by {} to {} in {} (threshold {}){pace}: {kind}",
            size(crossing.value),
            size(growth.live_mib),
            ns(growth.seconds * 1e9),
            size(crossing.threshold),
        ),
        advice: vec![
            "take two heap profiles some minutes apart and compare what is in use: go tool pprof -sample_index=inuse_space -diff_base=first.pb.gz second.pb.gz".into(),
            "count goroutines that never end: go tool pprof http://HOST/debug/pprof/goroutine".into(),
        ],
        evidence: vec![
            ("live_heap_mib", growth.live_mib),
            ("growth_mib_per_second", growth.slope),
            ("seconds", growth.seconds),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::healthy;

    fn growing(count: u64, period_ms: u64, mib: u64) -> crate::rules::tests::Case {
        healthy(count, period_ms).each(move |number, cycle| {
            cycle.heap_live_mib = 20 + number * mib;
            cycle.heap_goal_mib = 2 * cycle.heap_live_mib;
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        // 120 s at 1 MiB/s: doubles within ten minutes.
        assert_eq!(
            growing(120, 1_000, 1).severity(&RULE),
            Some(Severity::Critical)
        );
        // 30 minutes at 0.2 MiB/s on top of 2 GiB: a warning.
        let slow = healthy(1_800, 1_000).each(|number, cycle| {
            cycle.heap_live_mib = 100 + number / 5;
        });
        assert_eq!(slow.severity(&RULE), Some(Severity::Warning));
        assert_eq!(
            slow.limited(500.0).severity(&RULE),
            Some(Severity::Critical),
            "the limit is near"
        );
        let flat = healthy(120, 1_000);
        assert_eq!(flat.severity(&RULE), None);
    }

    #[test]
    fn the_gate_is_on_mib() {
        let slow = healthy(600, 1_000).each(|number, cycle| {
            cycle.heap_live_mib = 50 + number / 40;
        });
        assert_eq!(slow.severity(&RULE), None, "15 MiB");
        slow.gate(&RULE, 12.0, 20.0);
    }

    #[test]
    fn under_a_minute_nobody_can_tell() {
        let start = growing(30, 1_000, 10);
        assert!(matches!(start.reading(&RULE), Reading::Suspected(_)));
        assert!(
            start
                .told(&RULE)
                .message
                .contains("too short to tell filling from leaking")
        );
        assert_eq!(
            start.severity_at(&RULE, 8.0),
            Some(Severity::Info),
            "not at any threshold"
        );
        let minutes = growing(120, 1_000, 1).told(&RULE).message;
        assert!(minutes.contains("filling or leaking"), "{minutes}");
        let long = growing(400, 1_000, 1).told(&RULE).message;
        assert!(long.contains("leaking, unless"), "{long}");
    }
}
