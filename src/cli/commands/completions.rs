//! `gcpressure completions SHELL`: a completion script.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;
use gcpressure::internal::render::{ComparisonFormat, Format, Formats as _};
use gcpressure::internal::rules;
use gcpressure::internal::rules::diagnosis;

use crate::cli::args::{self, Cli};
use crate::cli::exit::{self, Failure};
use crate::cli::output;

/// Prints the script.
pub(crate) fn run(shell: Shell) -> Result<u8, Failure> {
    // Into memory first: the generator panics where its writer fails.
    let mut script = Vec::new();
    let mut command = with_values(Cli::command());
    clap_complete::generate(shell, &mut command, "gcpressure", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Bash => script.push_str(BASH),
        Shell::Zsh => script = zsh(&script),
        _ => {}
    }
    output::print(|out| out.write_all(script.as_bytes()))?;
    Ok(exit::DONE)
}

/// No blank after `gc-frequency=`.
const BASH: &str = r#"
_gcpressure_values() {
    _gcpressure "$@"
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}
complete -F _gcpressure_values -o nosort -o bashdefault -o default gcpressure
"#;

/// The first word is a command or a file, where the generator expects a file before the command; and no blank after
/// `gc-frequency=`.
fn zsh(script: &str) -> String {
    let mut changed = String::new();
    let mut in_root = true;
    for line in script.lines() {
        if in_root && line.starts_with("'::files ") {
            continue;
        }
        let commands = "\":: :_gcpressure_commands\"";
        in_root &= !line.contains(commands);
        let line = line
            .replace(commands, "\": :{_gcpressure_commands; _files}\"")
            .replace("$line[2]", "$line[1]");
        let listed = line.split_once("=VALUE:(").or(line.split_once("=PATH:("));
        changed.push_str(&match listed {
            Some((head, values)) => {
                let values = values.replace(")'", "}'");
                format!("{head}:{{compadd -S \"\" -- {values}")
            }
            None => line,
        });
        changed.push('\n');
    }
    changed
}

/// Adds the values of arguments that are parsed later, where an unknown value gets an error with its place and a suggestion.
fn with_values(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let command = command.mut_args(|arg| {
        let values = values(&name, &arg);
        match values.is_empty() {
            true => arg,
            false => arg.value_parser(PossibleValuesParser::new(values)),
        }
    });
    command.mut_subcommands(with_values)
}

/// What an argument of a command may be, or begin with.
fn values(command: &str, arg: &Arg) -> Vec<&'static str> {
    let rules = || rules::table().iter().map(|rule| rule.id);
    match (command, arg.get_id().as_str()) {
        (_, "fail_on") => vec!["warning", "critical"],
        (_, "scope") => vec!["window", "run"],
        (_, "max" | "warn") => rules().map(with_equals_sign).collect(),
        (_, "allow" | "only") => rules().collect(),
        ("schema", "output") => Vec::new(),
        ("compare", "output") => {
            let formats = ComparisonFormat::ALL.iter().map(|format| format.name());
            formats.map(with_equals_sign).collect()
        }
        (_, "output") => {
            let formats = Format::ALL.iter().map(|format| format.name());
            formats.map(with_equals_sign).collect()
        }
        ("man", "command") => {
            let names = args::command_names().into_iter();
            names.map(|name| &*name.leak()).collect()
        }
        ("explain", "name") => {
            let causes = diagnosis::table().iter().map(|row| row.cause.name());
            let mut names: Vec<_> = rules().chain(causes).collect();
            names.sort_unstable();
            names.dedup();
            names
        }
        _ => Vec::new(),
    }
}

/// Lives as long as the program, which prints the script and ends.
fn with_equals_sign(name: &str) -> &'static str {
    format!("{name}=").leak()
}
