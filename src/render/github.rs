//! The findings as GitHub workflow commands, which the runner turns into annotations of the run.
//!
//! One command a rule, worst first: its worst finding, and in how many processes it was raised. GitHub keeps ten
//! annotations of a step, so there are at most nine of these; the last command is the roll-up: the verdict, what was read,
//! and the findings for which there was no room. Up to three of the nine are lines that allocate most, as notices at these
//! lines, where a heap profile was given; the first of them is a comparison with a baseline that does not pass. What fails the check
//! is an error, other warnings are warnings, the rest are notices.

use std::io::{self, Write};

use super::Style;
use super::against_baseline;
use super::escape::printable;
use super::text::{self, findings};
use crate::report::causes::Hot;
use crate::report::comparison::{Against, Outcome};
use crate::report::{Finding, Report, Verdict};
use crate::settings::Severity;
use crate::units;

/// Findings and causes with an annotation of their own; the tenth is the summary.
const MOST: usize = 9;

/// Causes among them.
const CAUSES: usize = 3;

/// How loud an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Notice,
    Warning,
    Error,
}

impl Level {
    /// The name of the workflow command.
    const fn command(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    fn of(finding: &Finding, fail_on: Severity) -> Self {
        match finding.severity {
            Severity::Info => Self::Notice,
            severity if severity >= fail_on => Self::Error,
            Severity::Warning | Severity::Critical => Self::Warning,
        }
    }
}

/// Writes at most ten workflow commands.
pub(super) fn render(report: &Report, out: &mut dyn Write, style: &Style) -> io::Result<()> {
    let groups = match report.input.newest_first {
        true => Vec::new(),
        false => findings::groups(&report.findings),
    };
    let causes = report.causes.iter().flat_map(|causes| &causes.allocated);
    let causes: Vec<_> = causes
        .filter(|site| site.line.is_some())
        .take(CAUSES)
        .collect();
    let against = report.baseline.as_ref();
    let against = against.filter(|against| against.outcome != Outcome::Pass);
    let room = MOST - causes.len() - usize::from(against.is_some());
    let (shown, rest) = groups.split_at(groups.len().min(room));
    if let Some(against) = against {
        let text = against_baseline(against);
        command(out, against_level(against), standing(against), &text)?;
    }
    for group in shown {
        if let Some(worst) = group.first() {
            let level = Level::of(worst, style.fail_on);
            command(
                out,
                level,
                &title(worst),
                &message(worst, group.len(), report),
            )?;
        }
    }
    for site in causes {
        cause(out, site)?;
    }
    roll_up(report, rest, out, style.fail_on)
}

/// The level of a comparison with the baseline that does not pass: an error where it fails the check.
const fn against_level(against: &Against) -> Level {
    match (&against.outcome, against.exit_status) {
        (Outcome::Regression(_), _) if !against.accepted => Level::Error,
        (Outcome::NoVerdict(_), 0) => Level::Warning,
        (Outcome::NoVerdict(_), _) => Level::Error,
        (Outcome::Pass | Outcome::Regression(_), _) => Level::Notice,
    }
}

/// How the report stands against its baseline, in a few words.
const fn standing(against: &Against) -> &'static str {
    match against.outcome {
        Outcome::Pass => "no worse than the baseline",
        Outcome::Regression(_) => "worse than the baseline",
        Outcome::NoVerdict(_) => "no verdict against the baseline",
    }
}

/// A line that allocates, at that line.
fn cause(out: &mut dyn Write, site: &Hot) -> io::Result<()> {
    let mut message = format!("{}: {}", site.function, text::causes::amount(site));
    if let Some(why) = text::causes::why(site) {
        message = format!("{message}\n{why}");
    }
    if let Some(remedy) = site.remedy {
        message = format!("{message}\nnext: {remedy}");
    }
    let title = format!(
        "allocates {} of the bytes",
        units::percent(site.share_ratio)
    );
    let place = site.file.as_deref().zip(site.line);
    annotation(out, Level::Notice, place, &title, &message)
}

/// `gc-frequency 66.7/s, threshold 40/s`.
fn title(finding: &Finding) -> String {
    let unit = finding.unit;
    if finding.measured < finding.threshold {
        return finding.rule.to_owned();
    }
    format!(
        "{} {}, threshold {}",
        finding.rule,
        unit.format(finding.measured),
        unit.format(finding.threshold)
    )
}

fn message(worst: &Finding, processes: usize, report: &Report) -> String {
    let log = text::log_of(report, &worst.process);
    let log = log.map_or_else(String::new, |log| format!(" of {log}"));
    let place = match processes {
        1 if report.processes.len() <= 1 => String::new(),
        1 => format!("in process {}{log}, ", worst.process),
        count => format!(
            "in {count} processes, worst in process {}{log}, ",
            worst.process
        ),
    };
    // What the cause explains is cured by what helps against the cause.
    let cause = report
        .diagnosis
        .as_ref()
        .filter(|cause| cause.process == worst.process && cause.explains.contains(&worst.rule));
    let advice = cause.map_or(&worst.advice, |cause| &cause.advice);
    let next = match advice.first() {
        Some(advice) if worst.severity > Severity::Info => format!("\nnext: {}", printable(advice)),
        _ => String::new(),
    };
    format!(
        "{}{}: {}{next}",
        printable(&place),
        findings::when(worst),
        printable(&worst.message)
    )
}

/// The verdict, what was read, and the remaining findings, in one annotation of the highest level among them.
fn roll_up(
    report: &Report,
    rest: &[Vec<&Finding>],
    out: &mut dyn Write,
    fail_on: Severity,
) -> io::Result<()> {
    let headline = text::verdict(report);
    let mut message = format!("{}\n{}", headline.whole(), text::source(report));
    if let Some(extent) = text::extent(report) {
        message = format!("{message}: {extent}");
    }
    if let Some(cause) = &report.diagnosis {
        message = format!("{message}\ncause: {}", cause.cause.name());
    }
    let rest = rest.iter().filter_map(|group| group.first());
    let names: Vec<_> = rest
        .clone()
        .map(|finding| format!("{} ({})", finding.rule, finding.severity.name()))
        .collect();
    if !names.is_empty() {
        message = format!("{message}\nalso raised: {}", names.join(", "));
    }
    let least = match (&report.verdict, report.exit_status) {
        (Verdict::NoVerdict(_), 0) => Level::Warning,
        (Verdict::NoVerdict(_), _) => Level::Error,
        _ => Level::Notice,
    };
    let level = rest
        .map(|finding| Level::of(finding, fail_on))
        .fold(least, Level::max);
    let message: Vec<_> = message.lines().map(printable).collect();
    let against = report.baseline.as_ref();
    let against = against.map_or_else(String::new, |against| format!(", {}", standing(against)));
    command(
        out,
        level,
        &format!("gcpressure: {}{against}", headline.label.to_lowercase()),
        &message.join("\n"),
    )
}

/// Writes `::level title=...::message`.
fn command(out: &mut dyn Write, level: Level, title: &str, message: &str) -> io::Result<()> {
    annotation(out, level, None, title, message)
}

/// Writes `::level file=...,line=...,title=...::message`.
pub(super) fn annotation(
    out: &mut dyn Write,
    level: Level,
    place: Option<(&str, u64)>,
    title: &str,
    message: &str,
) -> io::Result<()> {
    let place = place.map_or_else(String::new, |(file, line)| {
        format!("file={},line={line},", property(&printable(file)))
    });
    let lines: Vec<_> = message.lines().map(printable).collect();
    writeln!(
        out,
        "::{} {place}title={}::{}",
        level.command(),
        property(&printable(title)),
        data(&lines.join("\n"))
    )
}

/// A message as the runner reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property, where colon and comma separate as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_a_command_or_starts_one() {
        assert_eq!(
            property("50%\r\n::error::a, b"),
            "50%25%0D%0A%3A%3Aerror%3A%3Aa%2C b"
        );
        assert_eq!(data("50%\r\n::error::"), "50%25%0D%0A::error::");
    }
}
