//! A log that lacks cycles.

use super::*;
use crate::measure::MAX_MISSING;

/// What is missing from the log of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Completeness {
    /// Numbers between the first and the last cycle that were not seen.
    pub cycles_missing: u64,
    /// gc lines of this process that could not be read; `None` if some of them may belong to another process.
    pub damaged: Option<u64>,
    /// gc lines put together again from pieces.
    pub repaired: u64,
    /// Other processes share the stream, and which cycle is whose could only be guessed.
    pub approximate: bool,
}

rule! {
    /// The share of the process's cycles that the log lacks. Warning from 20 %. Fewer are `info`, and so are lines put together
    /// again from pieces, and a process that shares its stream with others and could only be separated by guesswork.
    ///
    /// Why: rates come from the cycle numbers and stay exact, but sums are scaled up from the cycles seen, percentiles may miss
    /// the worst cycle, and cycles of another process may be counted as this one's. Above 20 % missing, sums are not reported
    /// at all.
    ///
    /// Judged over the run.
    ///
    /// What to do: give standard error a pipe of its own (`gcpressure run -- CMD`), so that other output does not cut the lines;
    /// log each process to a stream of its own.
    id: "log-quality",
    summary: "cycles are missing from the log",
    unit: Unit::Ratio,
    warning: Some(MAX_MISSING),
    evidence: "1 cycle",
    judged: Judged::Run,
    needs_lines: false,
    judge,
    explanation,
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
        log.approximate || log.repaired > 0 || log.damaged > Some(0) || log.cycles_missing > 0;
    Reading::Judged {
        value,
        severity: thresholds.grade(value).max(noted.then_some(Severity::Info)),
        capped_by: None,
    }
}

fn explanation(view: &View<'_>, crossing: &Crossing) -> Explanation {
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
        let lines = counted(log.repaired, "gc line");
        message.push_str(&format!("; {lines} put together from pieces"));
    }
    if let Some(damaged @ 1..) = log.damaged {
        message.push_str(&format!("; {damaged} could not be read"));
    }
    if log.approximate {
        message.push_str(
            "; other processes share the stream and could only be told apart by guesswork, so a cycle may be another's",
        );
    }
    Explanation::new(message)
        .advise(match view.child {
            _ if !view.traced => "poll more often: --every 1s; a poll shows the last 256 cycles",
            true => "take GODEBUG=gctrace=1 out of the environment of the program's own children: their trace comes on the same standard error",
            false => "give the trace a pipe of its own: gcpressure run -- CMD, or log each process to a stream of its own",
        })
        .figure("cycles_missing", log.cycles_missing as f64)
        .figure("repaired", log.repaired as f64)
        .figure("damaged", log.damaged.map(|lines| lines as f64))
        .figure("approximate", flag(log.approximate))
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
                .explanation(&RULE)
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
