//! Results as text: one file for each format, all behind one trait. Nothing is computed here, only written.

use std::io::{self, Write};

use crate::report::Report;
use crate::report::comparison::{Against, Comparison, Outcome};
use crate::report::fleet::Fleet;
use crate::report::sites::Sites;
use crate::report::tuning::Tuning;
use crate::report::why::Why;
use crate::settings::Severity;

mod benchfmt;
mod benchmarks;
mod chart;
mod comparison;
mod csv;
mod escape;
mod fleet;
mod format;
mod github;
#[cfg(feature = "html")]
mod html;
mod json;
#[cfg(feature = "junit")]
mod junit;
mod markdown;
mod ndjson;
mod openmetrics;
mod sites;
mod text;
mod tuning;
mod why;

use format::formats;
pub use format::{Formats, Render};

formats! {
    /// A format of the report.
    Format of Report {
        /// For people at a terminal.
        Text, "text", text::render;
        /// `gcpressure.report/v1`, one line.
        Json, "json", json::render;
        /// The same, a line for each process, finding and rule.
        Ndjson, "ndjson", ndjson::render;
        /// The timelines as a table.
        Csv, "csv", csv::render;
        /// For a comment or a step summary.
        Markdown, "markdown", markdown::render;
        /// GitHub's annotations, at most ten.
        Github, "github", github::render;
        /// Lines of Go's benchmark format, for `benchstat`.
        Benchfmt, "benchfmt", benchfmt::render;
        /// Metrics for Prometheus, its textfile collector and GitLab.
        Openmetrics, "openmetrics", openmetrics::render;
        /// For the test tab of a CI server.
        #[cfg(feature = "junit")]
        Junit, "junit", junit::render;
        /// One page with charts that opens offline.
        #[cfg(feature = "html")]
        Html, "html", html::render;
    }
}

formats! {
    /// A format of a comparison.
    ComparisonFormat of Comparison {
        /// For people at a terminal.
        Text, "text", text::comparison::render;
        /// `gcpressure.comparison/v1`, one line.
        Json, "json", json::render;
        /// A table for pull requests and pages.
        Markdown, "markdown", comparison::markdown::render;
        /// One page with the charts of both sides over each other, which opens offline.
        #[cfg(feature = "html")]
        Html, "html", html::comparison;
    }
}

formats! {
    /// A format of the predictions for other settings.
    TuningFormat of Tuning {
        /// For people at a terminal.
        Text, "text", tuning::text::render;
        /// `gcpressure.tuning/v1`, one line.
        Json, "json", json::render;
        /// A table for issues and pages.
        Markdown, "markdown", tuning::markdown::render;
        /// One page that opens offline.
        #[cfg(feature = "html")]
        Html, "html", tuning::html::render;
    }
}

formats! {
    /// A format of the report of a fleet.
    FleetFormat of Fleet {
        /// For people at a terminal.
        Text, "text", fleet::text::render;
        /// `gcpressure.fleet-report/v1`, one line.
        Json, "json", json::render;
        /// For a step summary or a page of a wiki.
        Markdown, "markdown", fleet::markdown::render;
        /// One page that opens offline.
        #[cfg(feature = "html")]
        Html, "html", html::fleet::render;
    }
}

formats! {
    /// A format of the sites.
    SitesFormat of Sites {
        /// For people, and for scripts that read `go tool pprof -top`.
        Text, "text", sites::text::render;
        /// `gcpressure.sites/v1`, one line.
        Json, "json", json::render;
    }
}

formats! {
    /// A format of the causes.
    WhyFormat of Why {
        /// For people at a terminal.
        Text, "text", why::text::render;
        /// `gcpressure.why/v1`, one line.
        Json, "json", json::render;
        /// For a comment on a pull request.
        Markdown, "markdown", why::markdown::render;
        /// GitHub's annotations at file and line, at most ten.
        Github, "github", why::github::render;
        /// SARIF 2.1.0, for code scanning and editors.
        #[cfg(feature = "sarif")]
        Sarif, "sarif", why::sarif::render;
        /// One page that opens offline.
        #[cfg(feature = "html")]
        Html, "html", why::html::render;
    }
}

/// How a result is written; each format reads of it what applies to it. Built from [`Style::PLAIN`] by the methods named like the
/// fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Style {
    /// Colors by ANSI escapes.
    pub color: bool,
    /// Nothing but ASCII.
    pub ascii: bool,
    /// Columns of the page.
    pub width: usize,
    /// Details too: every rule, every process, the places of damaged lines.
    pub verbose: bool,
    /// Causes that text and Markdown give in full; 0 for all.
    pub causes: usize,
    /// The severity from which a finding fails a check: a failure in JUnit, an error in GitHub's annotations.
    pub fail_on: Severity,
}

impl Style {
    /// 80 columns without colors.
    pub const PLAIN: Self = Self {
        color: false,
        ascii: false,
        width: 80,
        verbose: false,
        causes: 0,
        fail_on: Severity::Critical,
    };

    /// Colors by ANSI escapes.
    #[must_use]
    pub const fn color(self, color: bool) -> Self {
        Self { color, ..self }
    }

    /// Nothing but ASCII.
    #[must_use]
    pub const fn ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// Columns of the page.
    #[must_use]
    pub const fn width(self, width: usize) -> Self {
        Self { width, ..self }
    }

    /// Details too: every rule, every process, the places of damaged lines.
    #[must_use]
    pub const fn verbose(self, verbose: bool) -> Self {
        Self { verbose, ..self }
    }

    /// Causes that text and Markdown give in full; 0 for all.
    #[must_use]
    pub const fn causes(self, causes: usize) -> Self {
        Self { causes, ..self }
    }

    /// The severity from which a finding fails a check.
    #[must_use]
    pub const fn fail_on(self, fail_on: Severity) -> Self {
        Self { fail_on, ..self }
    }
}

impl Default for Style {
    fn default() -> Self {
        Self::PLAIN
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
