//! A heap profile put under the findings of a log: how much of the measured allocation each line is.
//!
//! A profile counts, a log measures rates. A profile that covers a known time (`?seconds=N`, or the difference of two) has
//! rates of its own; one since the program's start has shares only, and the log's allocation rate is shared out by them.

use super::sites::{frame, source};
use super::why::{Join, SourceLine, why};
use crate::escape::Escapes;
use crate::profile::{self, Profile, SampleType};
use crate::report::causes::{BY_ALLOCATION, BY_USE, Causes, Estimate, Hot, Rates};
use crate::report::why::{Cause, Pattern};
use crate::report::{Process, Report};

/// Lines that are kept.
const KEPT: usize = 20;
/// Sites that are put together into lines: all others are too small to be among those.
const CONSIDERED: usize = 1_000;
/// Lines that the estimate thinks away.
const REMOVED: usize = 3;

/// A heap profile beside a log.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// Its name.
    pub name: &'a str,
    /// The name of the older one that was taken off.
    pub base: Option<&'a str>,
    /// The time between the two, or that a delta profile covers, ns; 0 where it is not known.
    pub duration_ns: u64,
    /// The diagnostics and their name.
    pub escapes: Option<(&'a Escapes, &'a str)>,
}

/// Says where the allocation of the log's worst process comes from. `None` for a log without a process.
pub fn beside(report: &Report, beside: &Beside<'_>, line: &mut SourceLine<'_>) -> Option<Causes> {
    let process = report.processes.first()?;
    let mut causes = Causes {
        profile: source(
            beside.profile,
            beside.name,
            beside.base.map(|name| (name, false)),
        ),
        compiler: None,
        process: process.id.clone(),
        rates: Rates::None,
        explains_by_allocation: &BY_ALLOCATION,
        explains_by_use: &BY_USE,
        allocated: hot(beside, SampleType::AllocSpace, line),
        in_use: hot(beside, SampleType::InuseSpace, line),
        estimate: None,
        warnings: Vec::new(),
    };
    if let Some((escapes, name)) = beside.escapes {
        let joined = why(&join(beside, escapes, name, SampleType::AllocSpace), line);
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
    rates(&mut causes, beside, process);
    causes.estimate = estimate(&causes, process);
    Some(causes)
}

const fn join<'a>(
    beside: &Beside<'a>,
    escapes: &'a Escapes,
    escapes_name: &'a str,
    sample: SampleType,
) -> Join<'a> {
    Join {
        profile: beside.profile,
        name: beside.name,
        base: None,
        escapes,
        escapes_name,
        sample,
    }
}

/// The lines with most bytes.
fn hot(beside: &Beside<'_>, kind: SampleType, line: &mut SourceLine<'_>) -> Vec<Hot> {
    let total = beside.profile.total(kind);
    let share = |bytes| crate::report::why::share(bytes, total).unwrap_or(0.0);
    let hot: Vec<Hot> = match beside.escapes {
        Some((escapes, name)) => {
            let joined = why(&join(beside, escapes, name, kind), line);
            joined
                .causes
                .into_iter()
                .map(|cause| of_cause(cause, &share))
                .collect()
        }
        None => profile::sites(beside.profile, kind, &|_| false)
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

/// Fills in what each line allocates a second and a cycle.
fn rates(causes: &mut Causes, beside: &Beside<'_>, process: &Process) {
    let total = beside.profile.total(SampleType::AllocSpace);
    let measures = &process.measures;
    // What a number of the profile is to be multiplied with to become a rate.
    let scale = if beside.duration_ns > 0 {
        causes.rates = Rates::Profile;
        1e9 / to_f64(beside.duration_ns)
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
        rate / to_f64(total.unsigned_abs())
    } else {
        return;
    };
    let frequency = measures.gc_frequency_per_second.filter(|rate| *rate > 0.0);
    for site in &mut causes.allocated {
        let signed = |value: i64| {
            let size = to_f64(value.unsigned_abs()) * scale;
            if value < 0 { -size } else { size }
        };
        let (objects, bytes) = (signed(site.objects), signed(site.bytes));
        site.objects_per_second = Some(objects);
        site.bytes_per_second = Some(bytes);
        site.objects_per_cycle = frequency.map(|rate| objects / rate);
        site.bytes_per_cycle = frequency.map(|rate| bytes / rate);
    }
}

/// The period without the largest sites that the profile is sure of.
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
    let period_without_ns = (to_f64(period_ns) / (1.0 - share)).round() as u64;
    Some(Estimate {
        sites,
        share_ratio: share,
        period_ns,
        period_without_ns,
    })
}

/// Shown with three digits: the 53 bits of a double are plenty.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn to_f64(value: u64) -> f64 {
    value as f64
}
