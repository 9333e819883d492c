//! A fleet: the words and figures that its formats share.

use crate::report::comparison::{Outcome, Row};
use crate::report::fleet::ServiceVerdict;
use crate::report::fleet::{Coverage, Figures, Fleet, Group, Offender, Service, Versions, name};
use crate::report::measures;
use crate::units::{self, Unit, counted};

pub(super) mod markdown;
pub(super) mod text;

/// Services without a regression that are listed where not everything is asked for.
const QUIET: usize = 20;

/// Regressions that the headline names: the table has all.
const REASONS: usize = 4;

/// Streams that a sentence names.
const NAMED: usize = 3;

/// The outcome in a word and in a sentence.
pub(super) fn headline(fleet: &Fleet) -> (&'static str, String) {
    let Some(versions) = &fleet.comparison else {
        return match fleet.total.processes {
            0 if fleet.coverage.streams == 0 => (
                "NO VERDICT",
                "no row was read: give the rows of gcpressure fleet scan".to_owned(),
            ),
            0 => (
                "NO VERDICT",
                "no row is of a process with a gc line".to_owned(),
            ),
            _ => ("FLEET", cost(fleet)),
        };
    };
    match &versions.outcome {
        Outcome::Pass => {
            let services = counted(versions.services_compared, "service");
            let improved = versions.services.iter();
            let improved = improved
                .filter(|s| s.verdict == ServiceVerdict::Improved)
                .count();
            let improved = match improved {
                0 => String::new(),
                improved => format!("; {improved} improved"),
            };
            (
                "PASS",
                format!(
                    "no regression of GC CPU or time stopped in {services} from {} {} to {}{improved}",
                    versions.label, versions.base, versions.new
                ),
            )
        }
        Outcome::Regression(reasons) => {
            let named = reasons.iter().take(REASONS).map(String::as_str);
            let mut sentence = named.collect::<Vec<_>>().join("; ");
            if reasons.len() > REASONS {
                sentence += &format!("; and {} more", reasons.len() - REASONS);
            }
            ("REGRESSION", sentence)
        }
        Outcome::NoVerdict(reason) => ("NO VERDICT", reason.clone()),
    }
}

/// What collecting costs in all.
pub(super) fn cost(fleet: &Fleet) -> String {
    let total = &fleet.total;
    let of_cpu = total.gc_cpu_ratio.map_or_else(String::new, |ratio| {
        format!(", {} of the CPU", units::percent(ratio))
    });
    format!(
        "collecting burnt {} core-hours{of_cpu} of {}: {} critical, {} with a warning, {} without a verdict",
        core_hours(total.gc_cpu_core_hours),
        counted_as(total.processes, "process", "processes"),
        units::count(total.processes_critical),
        units::count(total.processes_warning),
        units::count(total.processes_without_verdict)
    )
}

/// What was read, and what was not: a sentence each.
pub(super) fn coverage(fleet: &Fleet) -> Vec<String> {
    let read = &fleet.coverage;
    if read.streams == 0 && fleet.total.processes == 0 {
        return Vec::new();
    }
    let files = read.files.map_or_else(String::new, |files| {
        let bytes = read
            .bytes
            .map_or_else(String::new, |bytes| format!(", {}", units::bytes(bytes)));
        format!(" ({}{bytes})", counted(files, "file"))
    });
    let mut lines = vec![format!(
        "{}{files}: {} of {} in {}",
        counted(read.streams, "stream"),
        counted(fleet.total.cycles, "GC cycle"),
        counted_as(fleet.total.processes, "process", "processes"),
        units::duration(fleet.total.span_ms.saturating_mul(units::MILLISECOND))
    )];
    if read.streams_without_gc_lines > 0 {
        lines.push(format!(
            "{} of {} without a line of GC trace of Go 1.5 or later: run these programs with GODEBUG=gctrace=1, or leave the logs out{}",
            units::count(read.streams_without_gc_lines),
            counted(read.streams, "stream"),
            examples(fleet.silent.iter().map(|silent| &silent.source), read.streams_without_gc_lines)
        ));
    }
    if read.streams_with_errors > 0 {
        let mut errors = fleet
            .errors
            .iter()
            .take(NAMED)
            .map(|unread| unread.error.as_str())
            .collect::<Vec<_>>()
            .join("; ");
        if !errors.is_empty() {
            errors = format!(": {errors}");
        }
        lines.push(format!(
            "{} of {} could not be read to the end{errors}",
            units::count(read.streams_with_errors),
            counted(read.streams, "stream"),
        ));
    }
    lines.extend(lost(read));
    lines
}

/// What is missing of the gc lines and cycles; `None` where nothing is known.
fn lost(read: &Coverage) -> Option<String> {
    let damaged = read.damaged_ratio?;
    let missing = match read.missing_ratio {
        Some(missing) if missing > 0.0 => {
            format!(", {} of the cycles are missing", units::percent(missing))
        }
        _ => String::new(),
    };
    Some(format!(
        "{} of {} damaged{missing}",
        units::percent(damaged),
        counted(
            read.gc_lines
                .unwrap_or(0)
                .saturating_add(read.gc_lines_damaged.unwrap_or(0)),
            "gc line"
        )
    ))
}

/// ` (a.log, b.log and 3 more)`.
fn examples<'a>(names: impl Iterator<Item = &'a String>, all: u64) -> String {
    let named: Vec<&str> = names.take(NAMED).map(String::as_str).collect();
    match all.saturating_sub(named.len() as u64) {
        _ if named.is_empty() => String::new(),
        0 => format!(" ({})", named.join(", ")),
        more => format!(" ({} and {} more)", named.join(", "), units::count(more)),
    }
}

/// Groups of which something was not read, a sentence each.
pub(super) fn unread(fleet: &Fleet) -> impl Iterator<Item = String> {
    let several = fleet.groups.len() > 1;
    let groups = fleet.groups.iter().filter(move |_| several);
    groups.filter_map(|group| {
        let read = &group.coverage;
        let mut parts = Vec::new();
        for (count, what) in [
            (read.streams_without_gc_lines, "without a gc line"),
            (read.streams_with_errors, "not read to the end"),
        ] {
            if count > 0 {
                parts.push(format!(
                    "{count} of {} {what}",
                    counted(read.streams, "stream")
                ));
            }
        }
        // Below that it says nothing of the figures.
        if read.damaged_ratio.is_some_and(|ratio| ratio >= 0.01)
            || read.missing_ratio.is_some_and(|ratio| ratio >= 0.01)
        {
            parts.extend(lost(read));
        }
        (!parts.is_empty()).then(|| format!("{}: {}", name(&group.labels), parts.join("; ")))
    })
}

/// Heads and figures of the table of groups, but for name and cause.
pub(super) const GROUP: [&str; 6] = ["procs", "crit", "core-h", "share", "GC CPU", "p99"];

pub(super) fn group(group: &Group) -> [String; 6] {
    let figures = &group.figures;
    [
        units::count(figures.processes),
        units::count(figures.processes_critical),
        core_hours(figures.gc_cpu_core_hours),
        known(group.share_ratio, units::percent),
        known(figures.gc_cpu_ratio, units::percent),
        known(group.pause_p99_ns, units::duration),
    ]
}

/// Heads and figures of the table of offenders, but for name and cause.
pub(super) const OFFENDER: [&str; 4] = ["crit", "core-h", "GC CPU", "max"];

pub(super) fn offender(offender: &Offender) -> [String; 4] {
    let figures = &offender.figures;
    [
        format!("{}/{}", figures.processes_critical, figures.processes),
        core_hours(figures.gc_cpu_core_hours),
        known(figures.gc_cpu_ratio, units::percent),
        known(figures.pause_max_ns, units::duration),
    ]
}

pub(super) fn cause(figures: &Figures) -> &str {
    figures.cause.as_deref().unwrap_or("-")
}

/// What to do about the first of the offenders.
pub(super) fn next(fleet: &Fleet) -> Option<String> {
    let worst = fleet.offenders.first()?;
    let mut steps = Vec::new();
    if let Some(source) = &worst.source {
        steps.push(format!("gcpressure {source} shows the worst in full"));
    }
    if let Some(cause) = &worst.figures.cause {
        steps.push(format!(
            "gcpressure explain {cause} says what its cause means"
        ));
    }
    (!steps.is_empty()).then(|| steps.join("; "))
}

/// Heads and figures of the table of services, but for name and verdict.
pub(super) const SERVICE: [&str; 6] = ["runs", "measure", "before", "after", "ratio", "p"];

/// The rows of a service that are shown, each with its verdict.
pub(super) fn rows(
    service: &Service,
    verbose: bool,
) -> impl Iterator<Item = ([String; 6], &'static str)> {
    let changed = matches!(
        service.verdict,
        ServiceVerdict::Regression | ServiceVerdict::Improved
    );
    let shown = if verbose || changed { usize::MAX } else { 1 };
    service.rows.iter().take(shown).map(|row| {
        let [base, new, ratio, _] = super::comparison::figures(row);
        let runs = format!("{}+{}", row.base.values.len(), row.new.values.len());
        let p = known(row.p_adjusted, |p| {
            if p < 0.001 {
                "<0.001".to_owned()
            } else {
                format!("{p:.3}")
            }
        });
        (
            [runs, row.title.to_owned(), base, new, ratio, p],
            row_word(service, row),
        )
    })
}

fn row_word(service: &Service, row: &Row) -> &'static str {
    match service.verdict {
        ServiceVerdict::CannotTell => "cannot tell",
        _ => super::comparison::word(row.verdict),
    }
}

/// The services that are listed, and how many are not.
pub(super) fn listed(versions: &Versions, verbose: bool) -> (&[Service], usize) {
    let quiet = versions
        .services
        .iter()
        .position(|s| s.verdict == ServiceVerdict::NoRegression);
    let shown = match quiet {
        Some(loud) if !verbose => (loud + QUIET).min(versions.services.len()),
        _ => versions.services.len(),
    };
    (&versions.services[..shown], versions.services.len() - shown)
}

/// What the comparison rests on, and how many runs it needs.
pub(super) fn basis(versions: &Versions) -> String {
    let run = versions.run_name();
    let what = match versions.run.as_slice() {
        [] => "a run is a stream, with its rotated files".to_owned(),
        labels => format!(
            "a run is all rows with the same {}: all its files and processes are one value",
            labels.join(", ")
        ),
    };
    let ratio = |id| measures::find(id).map_or(1.0, |measure| measure.practical);
    let needed = match versions.runs_needed {
        Some(runs) => format!(
            "{} need {runs} {run}s a side",
            counted(versions.services_compared, "service")
        ),
        None => {
            "compare fewer services at a time: these would need 64 runs a side or more".to_owned()
        }
    };
    format!(
        "medians over the {run}s; {what}; exact Mann-Whitney test over the {run}s, Holm over the services; a regression is worse by the test and by more than {} times in GC CPU, {} times in time stopped; GC frequency is shown and does not decide; {needed}",
        ratio("gc-cpu"),
        ratio("stw-ratio")
    )
}

/// What should be known of the services: what cannot be told, notes, and those on one side only.
pub(super) fn notes(versions: &Versions) -> Vec<String> {
    let mut notes = Vec::new();
    for service in &versions.services {
        // The table shows how many runs there are, and the text below it how many are needed.
        let reason = service.reason.iter().filter(|_| !service.has_few_runs());
        notes.extend(
            reason
                .chain(&service.notes)
                .map(|note| format!("{}: {note}", name(&service.labels))),
        );
    }
    for (value, services) in [
        (&versions.base, &versions.base_only),
        (&versions.new, &versions.new_only),
    ] {
        if !services.is_empty() {
            let names: Vec<String> = services.iter().map(name).collect();
            notes.push(format!(
                "only in {value}, nothing to compare{}",
                examples(names.iter(), names.len() as u64)
            ));
        }
    }
    notes
}

fn core_hours(hours: f64) -> String {
    match hours > 0.0 && hours < 0.0001 {
        true => "<0.0001".to_owned(),
        false => Unit::Count.format(hours),
    }
}

fn known<T>(value: Option<T>, format: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), format)
}

fn counted_as(count: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        units::count(count),
        if count == 1 { one } else { many }
    )
}
