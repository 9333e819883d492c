//! `gcpressure sites HEAP`: where a program allocates.

use gcpressure::internal::causes::{self, Options};
use gcpressure::internal::render::{Render as _, SitesFormat, Style};

use crate::cli::args::SitesArgs;
use crate::cli::exit::Failure;
use crate::cli::input::profile;
use crate::cli::output;

/// Prints the table, or the sites as JSON.
pub(crate) fn run(args: &SitesArgs) -> Result<u8, Failure> {
    let (profile, _, check) = profile::open(&args.heap)?;
    let options = Options {
        sample: args.heap.sample,
        lines: args.lines,
        cum: args.cum,
        count: args.count,
        sites: args.format == SitesFormat::Json,
    };
    let mut sites = causes::sites(&profile, &args.heap.file, args.heap.base(), &options);
    sites.check = check;
    let status = profile::conclude(&mut sites.check);
    let style = Style::default().verbose(args.verbose);
    output::print(|out| args.format.render(&sites, out, &style))?;
    Ok(status)
}
