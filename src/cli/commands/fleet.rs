//! `gcpressure fleet ...`: rows of thousands of logs, and what they add up to.

mod merge;
mod report;
mod scan;

use crate::cli::args::FleetCommand;
use crate::cli::exit::Failure;

/// Runs the command and gives the exit status.
pub(crate) fn run(command: &FleetCommand) -> Result<u8, Failure> {
    match command {
        FleetCommand::Scan(args) => scan::run(args),
        FleetCommand::Merge(args) => merge::run(args),
        FleetCommand::Report(args) => report::run(args),
    }
}
