//! Sides that are not alike in what surrounds the program: worth a warning, or no ground for a verdict at all.

use crate::report::comparison::Side;
use crate::report::{Interval, Process};
use crate::units;

/// From this factor between the longest runs on the start-up of the shorter one weighs too much to be overlooked.
const SHORT: f64 = 4.0;
/// From this factor on there is no verdict.
const TOO_SHORT: f64 = 20.0;

/// What differs between the sides, or may.
pub(super) fn warnings(base: &Side, new: &Side) -> Vec<String> {
    let mut warnings = Vec::new();
    for side in [base, new] {
        for left_out in &side.left_out {
            warnings.push(format!(
                "{} is left out: {}",
                left_out.name, left_out.reason
            ));
        }
        warnings.extend(side.warnings.iter().cloned());
        if let Some(run) = side.runs.iter().find(|run| run.process.approximate) {
            warnings.push(format!(
                "{}: other processes share its stream, and lines may have been told apart wrongly",
                run.name
            ));
        }
    }
    let mut differ = |what: &str, base: Option<String>, new: Option<String>| {
        if let (Some(base), Some(new)) = (base, new)
            && base != new
        {
            warnings.push(format!("{what}: {base} before, {new} after"));
        }
    };
    let of = |side: &Side, name: fn(&Process) -> String| {
        let mut names: Vec<String> = side.processes().map(name).collect();
        names.sort_unstable();
        names.dedup();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let format = |run: &Process| run.format.clone();
    differ("format of the lines", of(base, format), of(new, format));
    let procs = |run: &Process| {
        let procs = run.measures.gomaxprocs;
        procs.map_or_else(|| "unknown".to_owned(), |procs| procs.to_string())
    };
    differ("GOMAXPROCS", of(base, procs), of(new, procs));
    let (made, makes) = (&base.build, &new.build);
    differ("Go version", made.go.clone(), makes.go.clone());
    differ("GOGC", made.gogc.clone(), makes.gogc.clone());
    differ(
        "GOMEMLIMIT",
        made.memory_limit.clone(),
        makes.memory_limit.clone(),
    );
    if let Some((base, new)) = gogc(base).zip(gogc(new))
        && made.gogc.as_ref().zip(makes.gogc.as_ref()).is_none()
        && (base.high < new.low || new.high < base.low)
    {
        warnings.push(format!(
            "GOGC: {} before, {} after, as the heap goals say",
            interval(base),
            interval(new)
        ));
    }
    if let Some(factor) = shorter(base, new).filter(|factor| *factor >= SHORT) {
        warnings.push(format!(
            "the runs of one side are {factor:.0} times as long ({} before, {} after): start-up weighs more in the shorter",
            units::duration(longest(base)),
            units::duration(longest(new))
        ));
    }
    warnings
}

/// Why there is no ground for a verdict, and what to do; `None` where there is.
pub(super) fn refusal(base: &Side, new: &Side) -> Option<String> {
    for (side, name) in [(base, "base"), (new, "new")] {
        if side.runs.is_empty() {
            let why = side
                .left_out
                .iter()
                .map(|left_out| format!(" ({}: {})", left_out.name, left_out.reason))
                .next()
                .unwrap_or_default();
            return Some(format!("there is no run to use on the {name} side{why}"));
        }
    }
    let all = |side: &Side| {
        let procs = || side.processes().filter_map(|run| run.measures.gomaxprocs);
        let least = procs().map(|procs| procs.min).min();
        (least, procs().map(|procs| procs.max).max())
    };
    if all(base) != all(new) {
        return Some(
            "the sides ran with another GOMAXPROCS, which changes what every share of the CPU is of: compare runs on equal CPUs"
                .to_owned(),
        );
    }
    shorter(base, new)
        .filter(|factor| *factor >= TOO_SHORT)
        .map(|factor| {
            format!("the runs of one side are {factor:.0} times as long: compare runs of about equal length")
        })
}

/// The GOGC that the goals of all runs agree with.
fn gogc(side: &Side) -> Option<Interval> {
    let mut runs = side.processes().map(|run| run.measures.implied_gogc);
    let first = runs.next()??;
    runs.try_fold(first, |all, gogc| {
        let gogc = gogc?;
        let low = all.low.max(gogc.low);
        let high = all.high.min(gogc.high);
        (low <= high).then_some(Interval { low, high })
    })
}

fn interval(gogc: Interval) -> String {
    format!("{:.0} to {:.0}", gogc.low, gogc.high)
}

fn longest(side: &Side) -> u64 {
    let durations = side.processes().map(|run| run.measures.duration_ns);
    durations.max().unwrap_or(0)
}

/// How many times longer the longest run of the longer side is.
fn shorter(base: &Side, new: &Side) -> Option<f64> {
    let (base, new) = (longest(base) as f64, longest(new) as f64);
    (base > 0.0 && new > 0.0).then(|| (base / new).max(new / base))
}
