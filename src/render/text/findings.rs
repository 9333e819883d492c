//! The findings: severity, rule, measured against threshold, when, why it matters, what next.

use std::cmp::Reverse;

use super::page::{self, Page};
use crate::report::causes::{BY_ALLOCATION, BY_USE};
use crate::report::{Finding, Report};
use crate::settings::Scope;
use crate::severity::{CappedBy, Severity};
use crate::units::Unit;

/// Findings shown in full without `-v`; the others have one line each.
const IN_FULL: usize = 3;

/// Writes the findings, those of one rule together.
pub(super) fn write(report: &Report, page: &mut Page) {
    diagnosis(report, page);
    let groups = groups(&report.findings);
    let several = report.processes.len() > 1;
    let verbose = page.style().verbose;
    let mut shown = false;
    for (at, group) in groups.iter().enumerate() {
        let Some(worst) = group.first() else { continue };
        let full = verbose || (at < IN_FULL && !is_explained(report, group));
        if full || at == 0 {
            page.gap();
        }
        head(report, worst, several.then_some(group.len()), page);
        if full {
            page.paragraph("  ", page::DIM, &worst.message);
            let advice = match worst.severity {
                _ if verbose => usize::MAX,
                Severity::Info => 0,
                Severity::Warning | Severity::Critical => 1,
            };
            for advice in worst.advice.iter().take(advice) {
                page.paragraph("  next: ", page::BOLD, advice);
            }
        }
        if verbose {
            details(worst, page);
        }
        if let Some(causes) = &report.causes {
            if BY_ALLOCATION.contains(&worst.rule) && !shown {
                super::causes::allocation(causes, page);
                shown = true;
            } else if BY_USE.contains(&worst.rule) {
                super::causes::in_use(causes, page);
            }
        }
    }
    if let Some(causes) = report.causes.as_ref().filter(|_| !shown) {
        // No finding is explained by allocation, but a profile was given.
        page.gap();
        super::causes::allocation(causes, page);
    }
    if !groups.is_empty() && !verbose {
        let hint = page.paint(
            page::DIM,
            "-v says why each of these matters, and all that can be done",
        );
        page.line(&hint);
    }
}

/// The cause explains the rule: its advice is the one to follow, and the rule has a line below it.
pub(in crate::render) fn is_explained(report: &Report, group: &[&Finding]) -> bool {
    let cause = report.diagnosis.as_ref();
    cause.is_some_and(|cause| {
        let of_it = |finding: &&Finding| finding.process == cause.process;
        let worst = group.first().filter(|finding| of_it(finding));
        worst.is_some_and(|finding| cause.explains.contains(&finding.rule))
    })
}

/// The cause behind what follows: what to do about it.
fn diagnosis(report: &Report, page: &mut Page) {
    let Some(found) = &report.diagnosis else {
        return;
    };
    page.gap();
    let name = page.paint(page::BOLD, found.cause.name());
    let label = page.paint(page::BOLD, "cause: ");
    let process = match report.processes.len() {
        0 | 1 => String::new(),
        _ => format!(" in process {}", page.name(&found.process, 40)),
    };
    page.line(&format!("{label}{name}{process}"));
    for advice in &found.advice {
        page.paragraph("  next: ", page::BOLD, advice);
    }
}

/// Findings by rule: the worst of each first, and the rules in the order of their worst.
pub(in crate::render) fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let same = |group: &&mut Vec<&Finding>| group[0].rule == finding.rule;
        match groups.iter_mut().find(same) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    for group in &mut groups {
        group.sort_by(|a, b| {
            let severity = b.severity.cmp(&a.severity);
            severity.then(b.measured.total_cmp(&a.measured))
        });
    }
    groups.sort_by_key(|group| Reverse(group[0].severity));
    groups
}

/// `critical  gc-frequency  66.7/s, threshold 40/s, from 4s to 1m08s`.
fn head(report: &Report, finding: &Finding, processes: Option<usize>, page: &mut Page) {
    let unit = finding.unit;
    let label = page.paint(
        page::color(finding.severity),
        &page::left(finding.severity.name(), 8),
    );
    let rule = page.paint(page::BOLD, finding.rule);
    // A suspicion below the threshold is not a matter of that figure: the sentence says what it is.
    let figures = if finding.measured < finding.threshold {
        when(finding)
    } else {
        format!(
            "{}{}, threshold {}, {}{}",
            unit.format(finding.measured),
            at_worst(finding),
            unit.format(finding.threshold),
            when(finding),
            capped(finding)
        )
    };
    let width = 8 + 2 + finding.rule.len() + 2;
    page.hanging(&format!("{label}  {rule}  "), width, &figures);
    if let Some(count) = processes {
        let mut process = page.name(&finding.process, 40);
        if let Some(log) = super::log_of(report, &finding.process) {
            process = format!("{process} of {log}");
        }
        let line = match count {
            1 => format!("in process {process}"),
            count => format!("in {count} processes, worst in process {process}"),
        };
        page.paragraph("  ", page::Ansi::new(), &line);
    }
    if let (Some(since), Some(until)) = (&finding.since_wall, &finding.until_wall) {
        page.paragraph("  ", page::DIM, &format!("{since} to {until}"));
    }
}

/// ` (12/s at worst)`, where a single evaluation was worse than the one that earned the severity.
pub(in crate::render) fn at_worst(finding: &Finding) -> String {
    let unit = finding.unit;
    let (measured, worst) = (unit.format(finding.measured), unit.format(finding.worst));
    if finding.worst > finding.measured && worst != measured {
        format!(" ({worst} at worst)")
    } else {
        String::new()
    }
}

/// Why it is not worse.
pub(in crate::render) fn capped(finding: &Finding) -> String {
    match finding.capped_by {
        Some(CappedBy::Cost) => ", no worse since it costs little",
        Some(CappedBy::Contention) => ", no worse since it is not the collector",
        Some(CappedBy::Harness) => ", no worse since a test harness forces these",
        _ => "",
    }
    .to_owned()
}

/// When it was raised.
pub(in crate::render) fn when(finding: &Finding) -> String {
    if finding.scope == Scope::Run {
        return "over the whole run".to_owned();
    }
    let stretches = match finding.episodes.len() {
        0 | 1 => String::new(),
        count => format!(" in {count} stretches"),
    };
    let span = page::span(finding.since_ns, finding.until_ns);
    format!("{span}{stretches}")
}

fn details(finding: &Finding, page: &mut Page) {
    let unit = finding.unit;
    for episode in &finding.episodes {
        let line = format!(
            "{}: {} at worst, {}",
            page::span(episode.since_ns, episode.until_ns),
            unit.format(episode.worst),
            episode.severity.name()
        );
        page.paragraph("  when: ", page::DIM, &line);
    }
    if !finding.evidence.is_empty() {
        let figures: Vec<_> = finding
            .evidence
            .iter()
            .map(|figure| evidence(figure.name, figure.value))
            .collect();
        page.paragraph("  evidence: ", page::DIM, &figures.join(", "));
    }
}

/// `pause_p50_ns`, 250,000 as `pause p50 250µs`: the unit is the end of the name.
pub(in crate::render) fn evidence(name: &str, value: f64) -> String {
    const ENDINGS: [(&str, Unit, &str); 9] = [
        ("_ns", Unit::Nanoseconds, ""),
        ("_mib", Unit::Mebibytes, ""),
        ("_mib_per_second", Unit::Mebibytes, "/s"),
        ("_per_second", Unit::PerSecond, ""),
        ("_per_minute", Unit::PerMinute, ""),
        ("_ratio", Unit::Ratio, ""),
        ("_ratio_low", Unit::Ratio, " at least"),
        ("_ratio_high", Unit::Ratio, " at most"),
        ("_share", Unit::Ratio, " of all"),
    ];
    let found = ENDINGS
        .iter()
        .find_map(|(ending, unit, after)| Some((name.strip_suffix(ending)?, *unit, *after)));
    let (name, unit, after) = found.unwrap_or((name, Unit::Count, ""));
    format!("{} {}{after}", name.replace('_', " "), unit.format(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_has_its_unit() {
        assert_eq!(evidence("pause_p50_ns", 250_000.0), "pause p50 250µs");
        assert_eq!(evidence("gc_cpu_ratio_low", 0.367), "gc cpu 36.7% at least");
        assert_eq!(
            evidence("mark_assist_share", 0.423),
            "mark assist 42.3% of all"
        );
        assert_eq!(evidence("growth_mib_per_second", 2.0), "growth 2MiB/s");
        assert_eq!(evidence("cycles_above_goal", 7.0), "cycles above goal 7");
    }
}
