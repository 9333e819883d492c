//! The report, written to every file of `-o` and shown.

use std::io::{self, Write};

use gcpressure::internal::render::{Format, Render as _, Style};
use gcpressure::internal::settings::Severity;
use gcpressure::report::Report;

use super::files::Targets;
use crate::cli::args::OutputArgs;
use crate::cli::exit::{Failure, Policy};
use crate::cli::output;

/// Where the report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// Standard output.
    Stdout,
    /// Standard error, where standard output carries the lines of the program.
    Stderr,
    /// Nowhere: the stream that it would go to is blocked.
    Nowhere,
}

/// Writes the report to every file and shows it.
///
/// # Errors
/// The first output that cannot be written; the others are written all the same.
pub(crate) fn deliver(
    args: &OutputArgs,
    targets: &Targets<Format>,
    report: &Report,
    policy: Policy,
    to: To,
) -> Result<(), Failure> {
    // Files first: standard output may be a pager that is paused.
    let style = style(args, policy);
    let written = targets.write(|format, out| format.render(report, out, &style));
    show(args, report, style, to).and(written)
}

/// The style of text in files; on a terminal it may have colors besides.
pub(crate) fn style(args: &OutputArgs, policy: Policy) -> Style {
    Style::default()
        .ascii(args.show.ascii)
        .verbose(args.verbose)
        .fail_on(policy.fail_on.unwrap_or(Severity::Critical))
}

fn show(args: &OutputArgs, report: &Report, style: Style, to: To) -> Result<(), Failure> {
    if args.show.quiet {
        return Ok(());
    }
    match to {
        To::Nowhere => Ok(()),
        To::Stderr => {
            let color = output::color(args.show.color, &io::stderr());
            let mut text = Vec::new();
            args.format
                .render(report, &mut text, &style.color(color))
                .and_then(|()| output::content(io::stderr().lock().write_all(&text)))
                .map_err(|error| Failure::writing("standard error", &error))
        }
        To::Stdout => {
            let color = output::color(args.show.color, &io::stdout());
            output::print(|out| args.format.render(report, out, &style.color(color)))
        }
    }
}
