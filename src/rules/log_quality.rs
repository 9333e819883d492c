//! A log that lacks cycles.

use super::{Cap, Crossing, Judged, Reading, Thresholds, Told, View, counted, rule};
use crate::measure::MAX_MISSING;
use crate::severity::Severity;
use crate::units::{Unit, percent};

/// What is missing from the log of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Completeness {
    /// Numbers between the first and the last that were not seen.
    pub cycles_missing: u64,
    /// gc lines of this process that could not be read; `None` where others may be theirs.
    pub damaged: Option<u64>,
    /// gc lines put together again from pieces.
    pub repaired: u64,
    /// Told apart from other processes by guesswork.
    pub approximate: bool,
}

rule! {
    /// The share of the process's cycles that the log lacks. Warning from 20 %, where sums are given no more; fewer are
    /// `info`, and so are lines put together again from pieces and a process that could only be told from others by guesswork.
    ///
    /// Why: rates come from the cycle numbers and stay exact, but sums are scaled up from what was seen, percentiles may miss
    /// the worst cycle, and cycles of another process would be taken for this one's.
    ///
    /// Judged over the run. Above 20 % missing, sums are not given at all.
    ///
    /// What to do: give standard error a pipe of its own (`gcpressure run -- CMD`), so that nothing cuts the lines; log
    /// processes to streams of their own.
    id: "log-quality",
    summary: "cycles are missing from the log",
    unit: Unit::Ratio,
    info: None,
    warning: Some(MAX_MISSING),
    critical: None,
    evidence: "1 cycle",
    judged: Judged::Run,
    judge: judge,
    cap: Cap::none,
    tell: tell,
}

fn judge(view: &View<'_>, thresholds: &Thresholds) -> Reading {
    let Some(log) = view.completeness else {
        return Reading::NoEvidence;
    };
    let all = view.cycles_seen.saturating_add(log.cycles_missing);
    if all == 0 {
        return Reading::NoEvidence;
    }
    let value = log.cycles_missing as f64 / all as f64;
    let noted =
        if log.approximate || log.repaired > 0 || log.damaged > Some(0) || log.cycles_missing > 0 {
            Some(Severity::Info)
        } else {
            None
        };
    Reading::Judged {
        value,
        severity: thresholds.grade(value).max(noted),
        capped_by: None,
    }
}

fn tell(view: &View<'_>, crossing: &Crossing) -> Told {
    let log = view.completeness.unwrap_or_default();
    let all = view.cycles_seen.saturating_add(log.cycles_missing);
    let mut message = if log.cycles_missing > 0 {
        let sums = match crossing.value > MAX_MISSING {
            true => "sums are not given",
            false => "sums are scaled up",
        };
        format!(
            "{} of {all} cycles ({}, threshold {}) are missing from the log: rates stay exact, {sums}, percentiles may miss the worst",
            log.cycles_missing,
            percent(crossing.value),
            percent(crossing.threshold),
        )
    } else {
        format!("all {all} cycles are there")
    };
    if log.repaired > 0 {
        message.push_str(&format!(
            "; {} put together from pieces",
            counted(log.repaired, "gc line")
        ));
    }
    if let Some(damaged @ 1..) = log.damaged {
        message.push_str(&format!("; {damaged} could not be read"));
    }
    if log.approximate {
        message.push_str(
            "; other processes share the stream and could only be told apart by guesswork, so a cycle may be another's",
        );
    }
    Told {
        message,
        advice: vec![match view.child {
            true => "take GODEBUG=gctrace=1 out of the environment of the program's own children: their trace comes on the same standard error".into(),
            false => "give the trace a pipe of its own: gcpressure run -- CMD, or log each process to a stream of its own".into(),
        }],
        evidence: vec![
            ("cycles_missing", log.cycles_missing as f64),
            ("repaired", log.repaired as f64),
            ("damaged", log.damaged.map_or(f64::NAN, |lines| lines as f64)),
            ("approximate", f64::from(u8::from(log.approximate))),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::healthy;

    fn log(missing: u64, approximate: bool) -> crate::rules::tests::Case {
        healthy(100, 100).with(Completeness {
            cycles_missing: missing,
            approximate,
            ..Completeness::default()
        })
    }

    #[test]
    fn fires_and_stays_silent() {
        assert_eq!(log(30, false).severity(&RULE), Some(Severity::Warning));
        assert_eq!(log(5, false).severity(&RULE), Some(Severity::Info));
        assert_eq!(log(0, true).severity(&RULE), Some(Severity::Info));
        assert_eq!(log(0, false).severity(&RULE), None);
        log(5, false).gate(&RULE, 0.04, 0.06);
        let repaired = healthy(100, 100).with(Completeness {
            repaired: 3,
            ..Completeness::default()
        });
        assert_eq!(repaired.severity(&RULE), Some(Severity::Info));
        assert!(
            repaired
                .told(&RULE)
                .message
                .contains("3 gc lines put together")
        );
    }

    #[test]
    fn a_process_too_short_to_judge_is_no_warning() {
        let tiny = healthy(3, 100).with(Completeness {
            approximate: true,
            ..Completeness::default()
        });
        assert_eq!(tiny.severity(&RULE), Some(Severity::Info));
    }
}
