//! The command line: arguments become options, the pipeline does the work, a renderer writes the result.

mod args;
mod commands;
mod config;
mod exit;
mod input;
mod live;
mod output;
mod suggest;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Cli, Command};
use commands::{
    check, compare, completions, demo, events, explain, fleet, man, report, run, schema, sites,
    tune, watch, why,
};
use exit::Failure;

/// Runs the program and gives its exit status.
pub(crate) fn main() -> ExitCode {
    let result = match Cli::try_parse() {
        Ok(cli) => dispatch(&cli),
        Err(error) => print_usage(&error),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::from(failure.status)
        }
    }
}

/// Prints a usage error, or the help or version that was asked for.
fn print_usage(error: &clap::Error) -> Result<u8, Failure> {
    if error.kind() == ErrorKind::InvalidUtf8 {
        return Err(not_utf8());
    }
    let printed = output::content(error.print());
    if !error.use_stderr() {
        printed.map_err(|error| Failure::writing("standard output", &error))?;
    }
    Ok(u8::try_from(error.exit_code()).unwrap_or(exit::ERROR))
}

/// Names the argument that is not UTF-8, which clap does not.
fn not_utf8() -> Failure {
    let argument = std::env::args_os()
        .skip(1)
        .find(|arg| arg.to_str().is_none());
    let shown = format!("{:?}", argument.unwrap_or_default());
    Failure::new(format!("the argument {shown} is not UTF-8"))
        .tip("a file with such a name can come on standard input: gcpressure < FILE")
}

fn dispatch(cli: &Cli) -> Result<u8, Failure> {
    match &cli.command {
        None => report::run(&cli.report),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Events(args)) => events::run(args),
        Some(Command::Sites(args)) => sites::run(args),
        Some(Command::Why(args)) => why::run(args),
        Some(Command::Run(args)) => run::run(args),
        Some(Command::Watch(args)) => watch::run(args),
        Some(Command::Compare(args)) => compare::run(args),
        Some(Command::Tune(args)) => tune::run(args),
        Some(Command::Fleet { command }) => fleet::run(command),
        Some(Command::Demo) => demo::run(),
        Some(Command::Explain { name }) => explain::run(name.as_deref()),
        Some(Command::Schema { output }) => schema::run(*output),
        Some(Command::Completions { shell }) => completions::run(*shell),
        Some(Command::Man { command }) => man::run(command.as_deref()),
    }
}
