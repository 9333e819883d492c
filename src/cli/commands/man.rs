//! `gcpressure man [COMMAND]`: a manual page.

use clap::CommandFactory as _;

use crate::cli::args::{self, Cli};
use crate::cli::exit::{self, Failure};
use crate::cli::{output, suggest};

/// Prints the page of the program, or of one command.
pub(crate) fn run(name: Option<&str>) -> Result<u8, Failure> {
    let mut command = Cli::command();
    command.build();
    if let Some(name) = name {
        let Some(found) = command.find_subcommand(name) else {
            let names = args::command_names();
            let names = names.iter().map(String::as_str);
            return Err(Failure::new(suggest::unknown("command", name, names)));
        };
        command = found.clone();
    }
    let page = clap_mangen::Man::new(command);
    output::print(|out| page.render(out))?;
    Ok(exit::DONE)
}
