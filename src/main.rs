//! The `gcpressure` program.

mod cli;

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
