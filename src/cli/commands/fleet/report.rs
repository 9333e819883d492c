//! `gcpressure fleet report [ROWS]...`: what the rows of a fleet say, and a gate between two versions.

use std::io;

use gcpressure::internal::fleet::{Compared, ReportOptions, Reporter};
use gcpressure::internal::render::{FleetFormat, Formats as _, Render as _, Style};
use gcpressure::report::comparison::Outcome;
use gcpressure::report::fleet::Fleet;

use crate::cli::args::FleetReportArgs;
use crate::cli::exit::{self, Failure};
use crate::cli::input::rows;
use crate::cli::output;
use crate::cli::output::files::Targets;

/// Prints the report and gives the exit status.
pub(crate) fn run(args: &FleetReportArgs) -> Result<u8, Failure> {
    let shown = &args.output;
    let targets = Targets::open(&shown.output, FleetFormat::ALL, FleetFormat::name)?;
    let mut reporter = Reporter::new(ReportOptions {
        by: args.by.clone(),
        run: args.run.clone(),
        top: args.top,
        compare: args
            .compare
            .clone()
            .map(|(label, values)| Compared { label, values }),
    });
    rows::read(&args.rows, |_, line| reporter.add(line))?;
    let mut fleet = reporter.finish()?;
    fleet.exit_status = status(&fleet, args);
    let style = Style::default()
        .ascii(shown.show.ascii)
        .verbose(shown.verbose);
    if !shown.show.quiet {
        let color = output::color(shown.show.color, &io::stdout());
        let style = style.color(color);
        output::print(|out| shown.format.render(&fleet, out, &style))?;
    }
    targets.write(|format, out| format.render(&fleet, out, &style))?;
    Ok(fleet.exit_status)
}

/// The exit status. Without a process, or a service in both versions, there is no verdict even without `--check`.
fn status(fleet: &Fleet, args: &FleetReportArgs) -> u8 {
    let compared = fleet.comparison.as_ref();
    let nothing = compared.is_some_and(|versions| versions.services.is_empty());
    let status = match compared.map(|versions| &versions.outcome) {
        _ if nothing || fleet.total.processes == 0 => exit::NO_VERDICT,
        Some(Outcome::Regression(_)) if args.check => exit::FAIL,
        Some(Outcome::NoVerdict(_)) if args.check => exit::NO_VERDICT,
        _ => exit::DONE,
    };
    let show = &args.output.show;
    exit::eased(status, show.allow_no_verdict, show.exit_zero)
}
