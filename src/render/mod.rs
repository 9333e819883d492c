//! A report as text: one file for each format, all with the same face. Nothing is computed here, only written.

use std::io::{self, Write};

use crate::report::Report;

mod benchfmt;
mod chart;
mod comparison;
mod escape;
mod json;
mod text;

pub use comparison::ComparisonFormat;

/// How the text is to look; machine formats ignore it.
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
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            ascii: false,
            width: 80,
            verbose: false,
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
    /// Lines of Go's benchmark format, for `benchstat`.
    Benchfmt,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Text, Self::Json, Self::Benchfmt];

    /// The name that users type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Benchfmt => "benchfmt",
        }
    }

    /// The format with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Writes the report in this format.
    ///
    /// # Errors
    /// What the writer gives.
    pub fn render(self, report: &Report, out: &mut dyn Write, style: &Style) -> io::Result<()> {
        match self {
            Self::Text => text::render(report, out, style),
            Self::Json => json::render(report, out, style),
            Self::Benchfmt => benchfmt::render(report, out, style),
        }
    }
}
