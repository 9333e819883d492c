//! What the program says of itself to other programs: schemas, completions, the manual page.

use clap::CommandFactory as _;
use clap_complete::Shell;
use gcpressure::report::wire;

use crate::cli::args::{Cli, SchemaOf};
use crate::cli::exit::{self, Failure};
use crate::cli::output;
use crate::cli::suggest;

/// `gcpressure schema`.
pub(crate) fn schema(of: SchemaOf) -> Result<u8, Failure> {
    let schema = match of {
        SchemaOf::Report => wire::report_schema(),
        SchemaOf::Event => wire::event_schema(),
        SchemaOf::Sites => wire::sites_schema(),
        SchemaOf::Benchmarks => wire::benchmarks_schema(),
        SchemaOf::Why => wire::why_schema(),
        SchemaOf::Comparison => wire::comparison_schema(),
    };
    output::print(|out| {
        serde_json::to_writer_pretty(&mut *out, &schema)?;
        out.write_all(b"\n")
    })?;
    Ok(exit::DONE)
}

/// `gcpressure completions SHELL`.
pub(crate) fn completions(shell: Shell) -> Result<u8, Failure> {
    // Into memory first: the generator panics where its writer fails.
    let mut script = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(shell, &mut command, "gcpressure", &mut script);
    output::print(|out| out.write_all(&script))?;
    Ok(exit::DONE)
}

/// `gcpressure man [COMMAND]`.
pub(crate) fn man(name: Option<&str>) -> Result<u8, Failure> {
    let mut whole = Cli::command();
    whole.build();
    let command = match name {
        None => whole,
        Some(name) => whole
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| no_command(name))?,
    };
    let page = clap_mangen::Man::new(command);
    output::print(|out| page.render(out))?;
    Ok(exit::DONE)
}

/// The names of all commands.
pub(crate) fn commands() -> Vec<String> {
    Cli::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect()
}

fn no_command(name: &str) -> Failure {
    let commands = commands();
    match suggest::nearest(name, commands.iter().map(String::as_str)) {
        Some(near) => Failure::new(format!(
            "there is no command `{name}`; did you mean {near}?"
        )),
        None => Failure::new(format!(
            "there is no command `{name}`, only {}",
            commands.join(", ")
        )),
    }
}
