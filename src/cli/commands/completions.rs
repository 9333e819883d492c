//! `gcpressure completions SHELL`: a completion script.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::args::Cli;
use crate::cli::exit::{self, Failure};
use crate::cli::output;

/// Prints the script.
pub(crate) fn run(shell: Shell) -> Result<u8, Failure> {
    // Into memory first: the generator panics where its writer fails.
    let mut script = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(shell, &mut command, "gcpressure", &mut script);
    output::print(|out| out.write_all(&script))?;
    Ok(exit::DONE)
}
