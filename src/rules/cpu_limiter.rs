//! The runtime's emergency brake.

use super::{Cap, Crossing, Judged, Reading, Thresholds, Told, View, advice, contention, rule};
use crate::severity::{CappedBy, Severity};
use crate::units::{Unit, percent};

rule! {
    /// How full the runtime's GC CPU limiter is, replayed from the log (runtime/mgclimit.go): a bucket of one CPU-second
    /// for each P that GC time fills and the program's time drains. `info` from 65 %, critical from 90 %; at 100 % the limiter
    /// is on.
    ///
    /// Why: the limiter caps GC at half of the CPU by letting the heap grow past its memory limit. It is the last thing that
    /// happens before the program is killed for its memory or stands still.
    ///
    /// Needs one cycle. The runtime counts neither idle marking nor idle Ps as the program's time; the log shows the first
    /// alone, so a fifth of the program's share is taken as idle Ps. That fits the logs the runtime's own answer is known for (docs/ACCURACY.md),
    /// to the cycle; a program that idles more than that may be limited without this rule seeing it.
    ///
    /// What to do: as low-headroom.
    id: "cpu-limiter",
    summary: "the runtime limits GC CPU to one half",
    unit: Unit::Ratio,
    info: Some(0.65),
    warning: None,
    critical: Some(0.90),
    evidence: "1 cycle",
    judged: Judged::Windows,
    judge: judge,
    cap: cap,
    tell: tell,
}

/// What marking takes of the CPU over the cycles looked at, at least, where the limiter is on in one of them.
const MARKS: f64 = 0.05;

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    if view.window.tally.cycles == 0 || view.before_1_19 {
        return Reading::NoEvidence;
    }
    Reading::graded(view.window.tally.limiter_max as f64 / 1000.0, thresholds)
}

/// One stop or mark that the host made long fills the bucket of the replay, not that of the runtime: where the limiter is on,
/// marking takes half of the CPU.
fn cap(view: &View<'_>, severity: Severity) -> Cap {
    let marks = view.marking().is_none_or(|share| share >= MARKS);
    if severity > Severity::Info && (!marks || contention::stalled_mark(view).is_some()) {
        Cap::at(Some(Severity::Info), Some(CappedBy::Contention))
    } else {
        Cap::NONE
    }
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let past = if view.limited_goal_mib.is_some() {
        "lets the heap grow past its limit"
    } else {
        "lets the heap grow past its goal"
    };
    let state = if crossing.value >= 1.0 {
        format!("the runtime has very likely switched its GC CPU limiter on, which {past}")
    } else {
        format!("the runtime is close to limiting GC CPU to one half, which {past}")
    };
    Told {
        message: format!(
            "the GC CPU limiter's bucket is {} full (threshold {}, replayed from the log): {state}",
            percent(crossing.value.min(1.0)),
            percent(crossing.threshold),
        ),
        advice: vec![
            advice::less_often(view).into(),
            "ask the runtime itself: runtime/metrics /gc/limiter/last-enabled:gc-cycle".into(),
        ],
        evidence: vec![
            ("cycles", view.window.tally.cycles as f64),
            ("gc_cpu_ratio", view.gc_cpu_floor().unwrap_or(f64::NAN)),
        ],
    }
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
