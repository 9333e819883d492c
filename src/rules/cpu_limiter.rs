//! The runtime's emergency brake.

use super::*;

rule! {
    /// How full the bucket of the runtime's GC CPU limiter is. `info` from 65 %, critical from 90 %; at 100 % the limiter is on.
    ///
    /// The bucket holds one CPU-second for each P; time in the collector fills it and the program's own time drains it
    /// (runtime/mgclimit.go). The log does not print it, so it is replayed from the gc lines.
    ///
    /// Why: when the bucket is full the runtime caps GC at half of the CPU and lets the heap grow past its memory limit. That is
    /// the last step before the program is killed for its memory or makes no progress.
    ///
    /// Needs one cycle, and Go 1.19 or later. The runtime counts neither idle marking nor idle Ps as the program's time; the log
    /// shows only idle marking, so a fifth of the program's share is taken as idle Ps. With that the replay finds the exact cycle
    /// in all logs for which the runtime's own answer is known (docs/ACCURACY.md). A program that idles more may be
    /// limited without this rule seeing it.
    ///
    /// What to do: as for low-headroom.
    id: "cpu-limiter",
    summary: "the runtime limits GC CPU to one half",
    unit: Unit::Ratio,
    info: Some(0.65),
    critical: Some(0.90),
    evidence: "1 cycle",
    judge,
    cap,
    explanation,
}

/// The least share of the CPU that marking takes over the cycles looked at if the limiter is on in one of them.
const MARKING: f64 = 0.05;

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    if view.window.tally.cycles == 0 || view.before_1_19 {
        return Reading::NoEvidence;
    }
    Reading::graded(view.window.tally.limiter_max as f64 / 1000.0, thresholds)
}

/// A single stop or mark that the host made long fills the bucket of the replay, but not that of the runtime: when the limiter
/// is on, marking takes half of the CPU.
fn cap(view: &View<'_>, severity: Severity) -> Cap {
    let marks = view.marking().is_none_or(|share| share >= MARKING);
    if severity > Severity::Info && (!marks || contention::stalled_mark(view).is_some()) {
        Cap::at(Some(Severity::Info), Some(CappedBy::Contention))
    } else {
        Cap::NONE
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
    let bound = match view.limited_goal_mib {
        Some(_) => "limit",
        None => "goal",
    };
    let state = if crossing.value >= 1.0 {
        "the runtime has very likely switched its GC CPU limiter on"
    } else {
        "the runtime is close to limiting GC CPU to one half"
    };
    Explanation::new(format!(
        "the GC CPU limiter's bucket is {} full (threshold {}, replayed from the log): {state}, which lets the heap grow past its {bound}",
        percent(crossing.value.min(1.0)),
        percent(crossing.threshold),
    ))
    .advise(advice::less_often(view))
    .advise("ask the runtime itself: runtime/metrics /gc/limiter/last-enabled:gc-cycle")
    .figure("cycles", view.window.tally.cycles as f64)
    .figure("gc_cpu_ratio", view.gc_cpu_floor())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::MS;
    use crate::rules::tests::healthy;
    use crate::severity::Severity;

    fn assists(share: u64) -> crate::rules::tests::Case {
        healthy(100, 100).each(move |_, cycle| {
            cycle.concurrent_mark_ns = 99 * MS;
            cycle.mark_assist_cpu_ns = 4 * share * MS;
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(assists(40).severity(&RULE), Some(Severity::Critical));
        assert_eq!(assists(10).severity(&RULE), None);
        // The bucket of a healthy process is nearly empty.
        healthy(100, 100).gate(&RULE, 0.0, 0.1);
        // 21 % of the CPU in assists fill it slowly.
        assert!(assists(21).severity_at(&RULE, 0.05) == Some(Severity::Critical));
    }
}
