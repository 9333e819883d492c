//! Where the allocation behind a finding comes from, and why.

use super::page::{self, Page};
use crate::report::causes::{Causes, Hot, Rates};
use crate::units;

/// Lines that are shown where not everything is asked for.
const SHOWN: usize = 3;

/// Under a finding that allocation explains.
pub(super) fn allocation(causes: &Causes, page: &mut Page) {
    list(&causes.allocated, "  where: ", page);
    if let Some(text) = estimate(causes) {
        page.paragraph("  then:  ", page::BOLD, &text);
    }
    page.paragraph("  ", page::DIM, &basis(causes));
    for warning in &causes.warnings {
        page.paragraph("  warning: ", page::WARNING, warning);
    }
}

/// What the figures rest on.
pub(in crate::render) fn basis(causes: &Causes) -> String {
    let mut basis = format!("by {}", super::super::sites::described(&causes.profile));
    if let Some(compiler) = &causes.compiler {
        basis = format!("{basis} and {compiler}");
    }
    if causes.rates == Rates::Log {
        basis =
            format!("{basis}; rates: the log's allocation rate, shared out as the profile says");
    }
    basis
}

/// Under a finding that what is in use explains.
pub(super) fn in_use(causes: &Causes, page: &mut Page) {
    list(&causes.in_use, "  in use: ", page);
}

fn list(sites: &[Hot], label: &str, page: &mut Page) {
    let shown = if page.style().verbose {
        usize::MAX
    } else {
        SHOWN
    };
    for site in sites.iter().take(shown) {
        page.paragraph(
            label,
            page::BOLD,
            &format!("{}: {}", place(site), amount(site)),
        );
        if let Some(why) = why(site) {
            page.paragraph("    why: ", page::DIM, &why);
        }
        if let Some(remedy) = site.remedy {
            page.paragraph("    do:  ", page::DIM, remedy);
        }
    }
}

/// `handlers/handlers.go:38`, and without a line the function.
pub(in crate::render) fn place(site: &Hot) -> String {
    line(&site.function, site.file.as_deref(), site.line)
}

/// The same of parts.
pub(in crate::render) fn line(function: &str, file: Option<&str>, line: Option<u64>) -> String {
    match (file, line) {
        (None, _) => function.to_owned(),
        (Some(file), None) => file.to_owned(),
        (Some(file), Some(line)) => format!("{file}:{line}"),
    }
}

/// `boxing into an interface: ...`; `None` without escape diagnostics.
pub(in crate::render) fn why(site: &Hot) -> Option<String> {
    let (pattern, message) = site.pattern.zip(site.message.as_ref())?;
    Some(format!("{}: {message}", pattern.title()))
}

/// `24.1% of the bytes, 1.2MiB and 5,200 objects a second, 31 objects a cycle`.
pub(in crate::render) fn amount(site: &Hot) -> String {
    let mut text = format!("{} of the bytes", units::percent(site.share_ratio));
    if let (Some(bytes), Some(objects)) = (site.bytes_per_second, site.objects_per_second) {
        text = format!(
            "{text}, {} and {} a second",
            units::bytes(whole(bytes)),
            counted(objects)
        );
    }
    if let (Some(bytes), Some(objects)) = (site.bytes_per_cycle, site.objects_per_cycle) {
        text = format!(
            "{text}, {} and {} a GC cycle",
            units::bytes(whole(bytes)),
            counted(objects)
        );
    }
    if site.evidence.thin {
        text = format!("{text} (too few samples to be sure)");
    }
    text
}

/// A number of objects, which may be less than one.
fn counted(objects: f64) -> String {
    match whole(objects) {
        0 if objects > 0.0 => "<1 object".to_owned(),
        count => units::counted(count, "object"),
    }
}

/// What removing the largest sites would do.
pub(in crate::render) fn estimate(causes: &Causes) -> Option<String> {
    let estimate = causes.estimate?;
    let sites = match (estimate.sites, &causes.compiler) {
        (1, None) => "the first of these".to_owned(),
        (1, Some(_)) => "the first of these in your code".to_owned(),
        (count, None) => format!("the first {count} of these"),
        (count, Some(_)) => format!("the first {count} of these in your code"),
    };
    Some(format!(
        "without {sites} ({} of the bytes) a cycle would come every {} and not every {}: an estimate that holds while live \
         heap and heap goal stay as they are",
        units::percent(estimate.share_ratio),
        units::duration(estimate.period_without_ns),
        units::duration(estimate.period_ns)
    ))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an amount to be shown; `as` keeps what is out of range within it"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}
