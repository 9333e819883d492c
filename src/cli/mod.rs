//! The command line: what the user typed becomes options, the pipeline does the work, a renderer writes the result.

mod args;
mod baseline;
mod benchmarks;
mod check;
mod choices;
mod compare;
mod config;
mod escapes;
mod events;
mod exit;
mod explain;
mod fetch;
mod heap;
mod input;
mod later;
mod live;
mod on_critical;
mod output;
mod passthrough;
mod refresh;
mod report;
mod rows;
mod rule_list;
mod run;
mod shell;
mod sides;
mod signals;
mod sites;
mod status;
mod suggest;
mod watch;
mod why;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::Failure;

/// Runs the program and gives its exit status.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too. Where they cannot be written there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::ERROR));
        }
    };
    match dispatch(&cli) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::from(exit::ERROR)
        }
    }
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
        Some(Command::Explain { rule }) => explain::run(rule.as_deref()),
        Some(Command::Schema { output }) => shell::schema(*output),
        Some(Command::Completions { shell }) => shell::completions(*shell),
        Some(Command::Man { command }) => shell::man(command.as_deref()),
    }
}
