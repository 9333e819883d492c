//! A report as text: one file for each format, all with the same face. Nothing is computed here, only written.

use std::io::{self, Write};

use crate::report::Report;
use crate::report::comparison::{Against, Outcome};
use crate::settings::Severity;

mod benchfmt;
mod benchmarks;
mod chart;
mod comparison;
mod csv;
mod escape;
mod github;
#[cfg(feature = "html")]
mod html;
mod json;
#[cfg(feature = "junit")]
mod junit;
mod markdown;
mod ndjson;
mod sites;
mod text;
mod why;

pub use benchmarks::benchmarks;
pub use comparison::ComparisonFormat;
pub use sites::SitesFormat;
pub use why::WhyFormat;

/// How a report is to be written; each format takes from it what it has a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Colours by ANSI escapes.
    pub color: bool,
    /// Nothing but ASCII.
    pub ascii: bool,
    /// Columns of the page.
    pub width: usize,
    /// Also what is rarely needed: every rule, every process, where damaged lines stand.
    pub verbose: bool,
    /// The severity from which a finding fails a check: a failure in JUnit, an error in GitHub's annotations.
    pub fail_on: Severity,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            ascii: false,
            width: 80,
            verbose: false,
            fail_on: Severity::Critical,
        }
    }
}

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// `gcpressure.report/v1`, one line.
    Json,
    /// The same, a line for each process, finding and rule.
    Ndjson,
    /// The timelines as a table.
    Csv,
    /// For a comment or a step summary.
    Markdown,
    /// GitHub's annotations, at most ten.
    Github,
    /// For the test tab of a CI server.
    #[cfg(feature = "junit")]
    Junit,
    /// One page with charts that opens offline.
    #[cfg(feature = "html")]
    Html,
    /// Lines of Go's benchmark format, for `benchstat`.
    Benchfmt,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Json,
        Self::Ndjson,
        Self::Csv,
        Self::Markdown,
        Self::Github,
        Self::Benchfmt,
        #[cfg(feature = "junit")]
        Self::Junit,
        #[cfg(feature = "html")]
        Self::Html,
    ];

    /// The name that users type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Github => "github",
            #[cfg(feature = "junit")]
            Self::Junit => "junit",
            #[cfg(feature = "html")]
            Self::Html => "html",
            Self::Benchfmt => "benchfmt",
        }
    }

    /// The format with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut formats = Self::ALL.iter().copied();
        formats.find(|format| format.name() == name)
    }

    /// Writes the report in this format.
    ///
    /// # Errors
    /// What the writer gives.
    pub fn render(self, report: &Report, out: &mut dyn Write, style: &Style) -> io::Result<()> {
        match self {
            Self::Text => text::render(report, out, style),
            Self::Json => json::render(report, out, style),
            Self::Ndjson => ndjson::render(report, out, style),
            Self::Csv => csv::render(report, out, style),
            Self::Markdown => markdown::render(report, out, style),
            Self::Github => github::render(report, out, style),
            #[cfg(feature = "junit")]
            Self::Junit => junit::render(report, out, style),
            #[cfg(feature = "html")]
            Self::Html => html::render(report, out, style),
            Self::Benchfmt => benchfmt::render(report, out, style),
        }
    }
}

/// How a report stands against its baseline, and what to do, for what CI servers read.
fn against_baseline(against: &Against) -> String {
    let path = &against.baseline;
    let text = match &against.outcome {
        Outcome::Pass => format!("no worse than the baseline {path}"),
        Outcome::Regression(rows) if against.accepted => format!(
            "worse than the baseline {path} was, and accepted as the new one: {}",
            rows.join("; ")
        ),
        Outcome::Regression(rows) => format!(
            "worse than the baseline {path}: {}\nnext: gcpressure compare {path} LOG shows every row; \
             check --update-baseline accepts the run as the new baseline",
            rows.join("; ")
        ),
        Outcome::NoVerdict(reason) => format!("no verdict against the baseline {path}: {reason}"),
    };
    let lines: Vec<_> = text.lines().map(escape::printable).collect();
    lines.join("\n")
}
