//! Large stacks and globals.

use super::*;

rule! {
    /// The size of stacks and globals together, if they are at least as large as the live heap. `info` from 16 MiB.
    ///
    /// Why: every cycle scans them. Since Go 1.18 they count towards the heap goal, so that cost is spread over more
    /// allocation; that is why this is never more than `info`.
    ///
    /// Needs 3 cycles, Go 1.18 or later. Go 1.18 and 1.19 print the stack space held and not the part scanned, which overstates it.
    ///
    /// What to do: count goroutines; look for deep recursion.
    id: "stack-roots",
    summary: "stacks and globals exceed the live heap",
    unit: Unit::Mebibytes,
    info: Some(16.0),
    evidence: "3 cycles with such stacks",
    judge,
    explanation,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let tally = &view.window.tally;
    let value = tally.roots_max_mib as f64;
    if tally.roots >= 3 {
        Reading::graded(value, thresholds)
    } else if tally.cycles >= 3 {
        Reading::quiet(value)
    } else {
        Reading::NoEvidence
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let size = |mib: f64| Unit::Mebibytes.format(mib);
    let (_, live) = view.window.tally.live_mib;
    Explanation::new(format!(
        "stacks and globals reach {} (threshold {}), more than the live heap (at most {}): every cycle scans them",
        size(crossing.value),
        size(crossing.threshold),
        size(live as f64),
    ))
    .advise("count goroutines and see where they wait: go tool pprof http://HOST/debug/pprof/goroutine")
    .advise("look for deep recursion and large values on stacks")
    .figure("cycles", view.window.tally.roots as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::healthy;
    use crate::severity::Severity;

    fn stacks(mib: u64) -> crate::rules::tests::Case {
        healthy(10, 1_000).each(move |_, cycle| cycle.stacks_mib = mib)
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(stacks(100).severity(&RULE), Some(Severity::Info));
        assert_eq!(stacks(19).severity(&RULE), None, "less than the live heap");
        stacks(100).gate(&RULE, 64.0, 128.0);
        let small = stacks(10).each(|_, cycle| cycle.heap_live_mib = 2);
        assert_eq!(small.severity(&RULE), None, "below 16 MiB");
    }
}
