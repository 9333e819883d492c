//! Two versions of each service, by their runs: what regressed, and what the runs are too few to tell.
//!
//! A run is a pod, or what the user says; its cycles, processes, files and days are one value together, as they depend on each other.
//! For each measure the exact Mann-Whitney test over the runs gives a p-value a service, raised by Holm over the services. Runs that do
//! not overlap give 2 / C(n + m, n) at best; where that times the number of services is above 0.05, nothing is said of the service.
//!
//! Two measures decide: GC CPU, the cost, and the time stopped, the latency. The test is two-sided at 5 %, and only what got worse
//! fails, about 2.5 % of the fleets in which nothing changed for each of the two. A change must also be larger than what `compare`
//! takes for one: its ratio and its floor (`src/report/measures.rs`). GC frequency is shown beside them: by itself it costs nothing.
//! Rejected: the p99 of pauses, which needs 299 cycles in every run; the allocation rate, which the log's whole MiB cannot show of
//! small heaps; a measure more that decides, as the chance of a false alarm would exceed 5 %.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{decides, rows};
use super::sums::{Sums, coverage};
use super::{Compared, Run, RunKey};
use crate::compare::{ALPHA, runs_needed};
use crate::fleet::merged::Merged;
use crate::fleet::row::Labels;
use crate::report::comparison::{Outcome, Row, RowVerdict, Sample};
use crate::report::fleet::{self, Service, ServiceSide, ServiceVerdict, name};
use crate::stats;
use crate::units::{self, Unit};

/// A measure by its id, its value of a run, and whether it decides.
type Compare = (&'static str, fn(&Sums) -> Option<f64>, bool);

const MEASURES: [Compare; 3] = [
    ("gc-cpu", Sums::gc_cpu_ratio, true),
    ("stw-ratio", Sums::stw_ratio, true),
    ("gc-frequency", Sums::frequency, false),
];

/// Services that a sentence names.
const NAMED: usize = 3;

/// From this factor between the lengths of the runs on, start-up weighs more on one side.
const SHORT: f64 = 4.0;

/// Everything that is compared.
pub(super) struct Versions<'a> {
    pub(super) compared: &'a Compared,
    /// The labels of a service.
    pub(super) family: Vec<String>,
    /// The labels of a run.
    pub(super) run: Vec<String>,
    /// The services before and after.
    pub(super) sides: [Vec<Merged>; 2],
    pub(super) runs: &'a BTreeMap<RunKey, Run>,
}

/// A service before and after.
#[derive(Default)]
struct Pair<'a> {
    merged: [Option<&'a Merged>; 2],
    runs: [Vec<&'a Sums>; 2],
}

impl Versions<'_> {
    pub(super) fn compare(&self, other_values: &BTreeSet<String>) -> fleet::Versions {
        let mut pairs: BTreeMap<Labels, Pair<'_>> = BTreeMap::new();
        for (side, services) in self.sides.iter().enumerate() {
            for service in services {
                pairs.entry(service.labels.clone()).or_default().merged[side] = Some(service);
            }
        }
        for (key, run) in self.runs {
            let Some(side) = run.side else { continue };
            let labels = key
                .labels
                .iter()
                .filter(|(name, _)| self.family.contains(name));
            let pair = pairs.entry(labels.cloned().collect()).or_default();
            pair.runs[side].push(&run.sums);
        }
        let alone = |side: usize| {
            let pairs = pairs.iter();
            let alone = pairs.filter(move |(_, pair)| pair.merged[1 - side].is_none());
            alone.map(|(labels, _)| labels.clone()).collect()
        };
        let (base_only, new_only): (Vec<_>, Vec<_>) = (alone(0), alone(1));
        let pairs: Vec<_> = pairs
            .iter()
            .filter_map(|(labels, pair)| match pair.merged {
                [Some(base), Some(new)] => Some((labels, [base, new], &pair.runs)),
                _ => None,
            })
            .collect();
        let [base, new] = self.compared.values.clone();
        let mut versions = fleet::Versions {
            outcome: Outcome::Pass,
            label: self.compared.label.clone(),
            base,
            new,
            run: self.run.clone(),
            services_compared: pairs.len() as u64,
            runs_needed: needed(pairs.len()).map(|runs| runs as u64),
            services: Vec::new(),
            base_only,
            new_only,
        };
        let mut tests: Vec<Vec<Row>> = vec![Vec::new(); pairs.len()];
        for compare in MEASURES {
            let values = pairs.iter().map(|(_, _, runs)| {
                let of = |runs: &[&Sums]| runs.iter().filter_map(|run| compare.1(run)).collect();
                [of(&runs[0]), of(&runs[1])]
            });
            for (rows, row) in
                tests
                    .iter_mut()
                    .zip(rows(compare.0, compare.2, &values.collect::<Vec<_>>()))
            {
                rows.push(row);
            }
        }
        for ((labels, merged, runs), rows) in pairs.iter().zip(tests) {
            versions
                .services
                .push(service(labels, *merged, runs, rows, &versions));
        }
        let services = &mut versions.services;
        services.sort_by(|a, b| {
            let cost = |service: &Service| service.new.figures.gc_cpu_us;
            (a.verdict, cost(b)).cmp(&(b.verdict, cost(a)))
        });
        versions.outcome = self.outcome(&versions, other_values);
        versions
    }

    fn outcome(&self, versions: &fleet::Versions, other_values: &BTreeSet<String>) -> Outcome {
        let of = |verdict| {
            let services = versions.services.iter();
            services.filter(move |service| service.verdict == verdict)
        };
        let worse: Vec<String> = of(ServiceVerdict::Regression)
            .flat_map(|service| {
                let rows = service.rows.iter();
                let rows =
                    rows.filter(|row| row.max_ratio.is_some() && row.verdict == RowVerdict::Worse);
                rows.map(|row| regression(service, row, versions))
            })
            .collect();
        if !worse.is_empty() {
            return Outcome::Regression(worse);
        }
        let fleet::Versions {
            label, base, new, ..
        } = versions;
        if versions.services.is_empty() {
            let lacking = [(base, &self.sides[0]), (new, &self.sides[1])];
            let mut lacking = lacking.into_iter().filter(|(_, side)| side.is_empty());
            let others: Vec<_> = other_values.iter().map(String::as_str).collect();
            return Outcome::NoVerdict(match lacking.next() {
                Some((value, _)) if others.is_empty() => {
                    format!("no row has the label {label}={value}: there is nothing to compare")
                }
                Some((value, _)) => format!(
                    "no row has the label {label}={value}; other values are {}",
                    others.join(", ")
                ),
                None => format!("no service has rows of both {label}={base} and {label}={new}"),
            });
        }
        let unclear: Vec<_> = of(ServiceVerdict::CannotTell).collect();
        if unclear.is_empty() {
            return Outcome::Pass;
        }
        let (few, unlike): (Vec<_>, Vec<_>) =
            unclear.iter().partition(|service| service.has_few_runs());
        let mut reasons = Vec::new();
        if !few.is_empty() {
            let runs = |service: &&&Service| {
                format!(
                    "{} {} against {}",
                    name(&service.labels),
                    service.base.runs,
                    service.new.runs
                )
            };
            let run = versions.run_name();
            let needed = match versions.runs_needed {
                Some(runs) => format!("{runs} {run}s a side are needed"),
                None => "compare fewer services at a time".to_owned(),
            };
            reasons.push(format!(
                "too few {run}s ({}): {needed}",
                named(few.iter().map(runs))
            ));
        }
        if !unlike.is_empty() {
            let reason = |service: &&&Service| {
                format!(
                    "{}: {}",
                    name(&service.labels),
                    service.reason.as_deref().unwrap_or_default()
                )
            };
            reasons.push(named(unlike.iter().map(reason)));
        }
        Outcome::NoVerdict(format!(
            "cannot tell for {} of {}: {}",
            unclear.len(),
            counted(versions.services.len(), "service"),
            reasons.join("; ")
        ))
    }
}

/// The first few, and how many more.
fn named(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let mut text = all.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text += &format!(" and {more} more");
    }
    text
}

/// Runs a side from which on the test can decide about any of `services`; `None` from 64 on.
fn needed(services: usize) -> Option<usize> {
    Some(runs_needed(services.max(1))).filter(|runs| *runs < 64)
}

fn service(
    labels: &Labels,
    merged: [&Merged; 2],
    runs: &[Vec<&Sums>; 2],
    rows: Vec<Row>,
    versions: &fleet::Versions,
) -> Service {
    let services = usize::try_from(versions.services_compared).unwrap_or(usize::MAX);
    let [base, new] = [0, 1].map(|side| side_of(merged[side], &runs[side]));
    let least = |side: fn(&Row) -> &Sample| {
        let rows = rows.iter().filter(|row| row.max_ratio.is_some());
        rows.map(|row| side(row).values.len()).min().unwrap_or(0)
    };
    let counts = [least(|row| &row.base), least(|row| &row.new)];
    let reason = match decides(counts, services) {
        false => Some(too_few(counts, services, versions)),
        true => other_gomaxprocs(merged),
    };
    let any = |verdict| {
        let mut rows = rows.iter().filter(|row| row.max_ratio.is_some());
        rows.any(|row| row.verdict == verdict)
    };
    let verdict = match reason {
        Some(_) => ServiceVerdict::CannotTell,
        None if any(RowVerdict::Worse) => ServiceVerdict::Regression,
        None if any(RowVerdict::Improved) => ServiceVerdict::Improved,
        None => ServiceVerdict::NoRegression,
    };
    let mut notes = Vec::new();
    for (value, side) in [(&versions.base, &base), (&versions.new, &new)] {
        let (lacking, silent) = (
            side.runs_without_figures,
            side.coverage.streams_without_gc_lines,
        );
        if lacking > 0 {
            notes.push(format!(
                "{} of {value} left out: no time between its cycles, or over 20% of them missing",
                counted(
                    usize::try_from(lacking).unwrap_or(usize::MAX),
                    versions.run_name()
                )
            ));
        }
        if silent > 0 {
            let streams = side.coverage.streams;
            notes.push(format!(
                "{silent} of {streams} streams of {value} have no gc line"
            ));
        }
    }
    if let ([Some(base), Some(new)], None) = (merged.map(gomaxprocs), &reason)
        && base != new
    {
        notes.push(format!(
            "GOMAXPROCS: {} before, {} after",
            range(base),
            range(new)
        ));
    }
    let lengths = runs.each_ref().map(|runs| {
        let spans: Vec<f64> = runs.iter().map(|run| run.span_ms as f64 * 1e6).collect();
        stats::median(&spans).unwrap_or(0.0)
    });
    let [before, after] = lengths;
    if before.min(after) > 0.0 && (before / after).max(after / before) >= SHORT {
        let [before, after] = lengths.map(|ns| units::duration(units::from_f64(ns)));
        notes.push(format!(
            "runs of {before} before, {after} after: start-up weighs more in the shorter"
        ));
    }
    Service {
        labels: labels.clone(),
        verdict,
        reason,
        notes,
        base,
        new,
        rows,
    }
}

fn side_of(merged: &Merged, runs: &[&Sums]) -> ServiceSide {
    let known = runs
        .iter()
        .filter(|run| run.gc_cpu_ratio().is_some())
        .count();
    ServiceSide {
        runs: known as u64,
        runs_without_figures: (runs.len() - known) as u64,
        coverage: coverage(merged),
        figures: Sums::of(merged).figures(),
        pause_p99_ns: merged.pause_ns.map(|pause| pause.p99),
    }
}

/// Why the runs are too few, and how many would do.
fn too_few([base, new]: [usize; 2], services: usize, versions: &fleet::Versions) -> String {
    let run = versions.run_name();
    let best = stats::smallest_p(base, new);
    let of = match services {
        1 => String::new(),
        _ => format!(
            ", {:.2} over {services} services",
            (best * services as f64).min(1.0)
        ),
    };
    format!(
        "{base} against {} reach p = {best:.2} at best{of}, and {ALPHA} decides",
        counted(new, run)
    )
}

fn gomaxprocs(merged: &Merged) -> Option<(u64, u64)> {
    merged.gomaxprocs_min.zip(merged.gomaxprocs_max)
}

/// Why shares of the CPU cannot be compared, where no GOMAXPROCS of one side is one of the other.
fn other_gomaxprocs(merged: [&Merged; 2]) -> Option<String> {
    let [base, new] = merged.map(gomaxprocs);
    let (base, new) = base.zip(new)?;
    (base.1 < new.0 || new.1 < base.0).then(|| {
        format!(
            "GOMAXPROCS is {} before and {} after, which changes what every share of the CPU is of: compare runs on equal CPUs",
            range(base),
            range(new)
        )
    })
}

fn range((least, most): (u64, u64)) -> String {
    match least == most {
        true => least.to_string(),
        false => format!("{least} to {most}"),
    }
}

/// The sentence of a measure that got worse.
fn regression(service: &Service, row: &Row, versions: &fleet::Versions) -> String {
    let unit = Unit::from_symbol(row.unit);
    let figure = |sample: &Sample| {
        sample
            .median
            .map_or_else(String::new, |value| unit.format(value))
    };
    let times = match row.ratio {
        Some(ratio) => format!(
            "is {} times that of {}",
            Unit::Count.format(ratio),
            versions.base
        ),
        None => format!("was 0 in {}", versions.base),
    };
    format!(
        "{}: {} {times} ({} before, {} after; {} against {}, {})",
        name(&service.labels),
        row.title,
        figure(&row.base),
        figure(&row.new),
        row.base.values.len(),
        counted(row.new.values.len(), versions.run_name()),
        row.p_adjusted.map_or_else(String::new, p_value)
    )
}

/// `p = 0.024`.
fn p_value(p: f64) -> String {
    match p < 0.001 {
        true => "p < 0.001".to_owned(),
        false => format!("p = {p:.3}"),
    }
}

fn counted(count: usize, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {one}{s}")
}
