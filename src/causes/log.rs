//! The allocation of a log by line, from a heap profile.
//!
//! A profile has counts, a log has rates. A profile that covers a known time (`?seconds=N`, or the difference of two) has
//! rates of its own; one since the program's start has only shares, by which the log's allocation rate is divided.

use super::sites::{frame, source};
use super::why::{Join, SourceLine, why};
use crate::escape::Escapes;
use crate::profile::{self, Profile, SampleType};
use crate::report::causes::{BY_ALLOCATION, BY_USE, Causes, Estimate, Hot, Rates};
use crate::report::why::{Cause, Pattern};
use crate::report::{Process, Report};

/// Lines that are kept.
const KEPT: usize = 20;
/// Sites that are merged into lines: all others are too small to be among the lines kept.
const CONSIDERED: usize = 1_000;
/// Lines that the estimate assumes away.
const REMOVED: usize = 3;

/// A heap profile beside a log.
#[derive(Debug, Clone, Copy)]
pub struct LogProfile<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// Its name.
    pub name: &'a str,
    /// The name of the older one that was subtracted.
    pub base: Option<&'a str>,
    /// The time between the two, or that a delta profile covers, ns; 0 if unknown.
    pub duration_ns: u64,
    /// The diagnostics and their name.
    pub escapes: Option<(&'a Escapes, &'a str)>,
}

/// The lines from which the allocation of the log's worst process comes. `None` for a log without a process.
pub fn causes_of_log(
    report: &Report,
    input: &LogProfile<'_>,
    line: &mut SourceLine<'_>,
) -> Option<Causes> {
    let process = report.processes.first()?;
    let mut causes = Causes {
        profile: source(
            input.profile,
            input.name,
            input.base.map(|name| (name, false)),
        ),
        compiler: None,
        process: process.id.clone(),
        rates: Rates::None,
        explains_by_allocation: &BY_ALLOCATION,
        explains_by_use: &BY_USE,
        allocated: hot(input, SampleType::AllocSpace, line),
        in_use: hot(input, SampleType::InuseSpace, line),
        estimate: None,
        warnings: Vec::new(),
    };
    if let Some((escapes, name)) = input.escapes {
        let joined = why(&join(input, escapes, name, SampleType::AllocSpace), line);
        causes.compiler = Some(joined.compiler.name);
        causes.warnings = joined.warnings;
    }
    if report.processes.len() > 1 {
        causes.warnings.push(format!(
            "the log holds {} processes: the profile is taken to be of {}",
            report.processes.len(),
            process.id
        ));
    }
    rates(&mut causes, input, process);
    causes.estimate = estimate(&causes, process);
    Some(causes)
}

const fn join<'a>(
    input: &LogProfile<'a>,
    escapes: &'a Escapes,
    escapes_name: &'a str,
    sample: SampleType,
) -> Join<'a> {
    Join {
        profile: input.profile,
        name: input.name,
        base: None,
        escapes,
        escapes_name,
        sample,
    }
}

/// The lines with most bytes.
fn hot(input: &LogProfile<'_>, kind: SampleType, line: &mut SourceLine<'_>) -> Vec<Hot> {
    let total = input.profile.total(kind);
    let share = |bytes| crate::report::why::share(bytes, total).unwrap_or(0.0);
    let hot: Vec<Hot> = match input.escapes {
        Some((escapes, name)) => {
            let joined = why(&join(input, escapes, name, kind), line);
            joined
                .causes
                .into_iter()
                .map(|cause| of_cause(cause, &share))
                .collect()
        }
        None => profile::sites(input.profile, kind)
            .into_iter()
            .map(|site| {
                let place = site.chain.first().cloned().map(frame).unwrap_or_default();
                Hot {
                    function: place.function,
                    file: place.file,
                    line: place.line,
                    share_ratio: share(site.bytes),
                    objects: site.objects,
                    bytes: site.bytes,
                    objects_per_second: None,
                    bytes_per_second: None,
                    objects_per_cycle: None,
                    bytes_per_cycle: None,
                    evidence: super::sites::evidence(site.evidence, site.flat),
                    pattern: None,
                    message: None,
                    remedy: None,
                }
            })
            .collect(),
    };
    // One line may have been inlined into several callers.
    let mut merged: Vec<Hot> = Vec::new();
    for site in hot.into_iter().take(CONSIDERED) {
        let same = |other: &&mut Hot| {
            other.pattern.is_none()
                && site.pattern.is_none()
                && (&other.function, &other.file, other.line)
                    == (&site.function, &site.file, site.line)
        };
        match merged.iter_mut().find(same) {
            Some(other) => {
                other.share_ratio += site.share_ratio;
                other.objects = other.objects.wrapping_add(site.objects);
                other.bytes = other.bytes.wrapping_add(site.bytes);
                other.evidence.samples_seen += site.evidence.samples_seen;
                other.evidence.thin &= site.evidence.thin;
            }
            None => merged.push(site),
        }
    }
    merged.sort_by_key(|site| std::cmp::Reverse(site.bytes));
    merged.truncate(KEPT);
    merged
}

fn of_cause(cause: Cause, share: &dyn Fn(i64) -> f64) -> Hot {
    Hot {
        function: cause.function,
        file: cause.file,
        line: cause.line,
        share_ratio: share(cause.bytes),
        objects: cause.objects,
        bytes: cause.bytes,
        objects_per_second: None,
        bytes_per_second: None,
        objects_per_cycle: None,
        bytes_per_cycle: None,
        evidence: cause.evidence,
        pattern: Some(cause.pattern),
        message: Some(cause.message),
        remedy: cause.remedy,
    }
}

/// Sets what each line allocates per second and per cycle.
fn rates(causes: &mut Causes, input: &LogProfile<'_>, process: &Process) {
    let total = input.profile.total(SampleType::AllocSpace);
    let measures = &process.measures;
    // The factor from a figure of the profile to a rate.
    let scale = if input.duration_ns > 0 {
        causes.rates = Rates::Profile;
        1e9 / input.duration_ns as f64
    } else if let Some(rate) = measures.allocation_bytes_per_second
        && total > 0
        && rate > 0.0
    {
        causes.rates = Rates::Log;
        if !measures.allocation_resolved {
            causes.warnings.push(
                "rates are rough: the log's whole MiB are coarse beside so little allocation a cycle".to_owned(),
            );
        }
        rate / total as f64
    } else {
        return;
    };
    let frequency = measures.gc_frequency_per_second.filter(|rate| *rate > 0.0);
    for site in &mut causes.allocated {
        let (objects, bytes) = (site.objects as f64 * scale, site.bytes as f64 * scale);
        site.objects_per_second = Some(objects);
        site.bytes_per_second = Some(bytes);
        site.objects_per_cycle = frequency.map(|rate| objects / rate);
        site.bytes_per_cycle = frequency.map(|rate| bytes / rate);
    }
}

/// The period without the largest sites that have enough samples.
fn estimate(causes: &Causes, process: &Process) -> Option<Estimate> {
    let period_ns = process.measures.period_ns.mean?;
    let own = |site: &&Hot| site.pattern != Some(Pattern::Outside);
    let sure = causes.allocated.iter().filter(own);
    let sure = sure
        .filter(|site| !site.evidence.thin && site.share_ratio > 0.0)
        .take(REMOVED);
    let (sites, share) = sure.fold((0, 0.0), |(n, sum), site| (n + 1, sum + site.share_ratio));
    if sites == 0 || share >= 0.99 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive time; `as` keeps what is out of range within it"
    )]
    let period_without_ns = (period_ns as f64 / (1.0 - share)).round() as u64;
    Some(Estimate {
        sites,
        share_ratio: share,
        period_ns,
        period_without_ns,
    })
}
