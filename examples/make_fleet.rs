//! Writes a fleet of logs into a new folder, to try `gcpressure fleet` on: `make_fleet DIR [PODS [CYCLES]]`, the same bytes for the
//! same arguments. PODS are of each of two versions of three services, CYCLES of each pod on each of two days.

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use support::fleet::{SMALL, make};

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut size = SMALL;
    let mut valid = (1..=3).contains(&arguments.len());
    let numbers = arguments.iter().skip(1);
    for (field, text) in [&mut size.pods, &mut size.cycles].into_iter().zip(numbers) {
        match text.parse() {
            Ok(number) => *field = number,
            Err(_) => valid = false,
        }
    }
    if !valid {
        writeln!(io::stderr(), "usage: make_fleet DIR [PODS [CYCLES]]")?;
        return Ok(ExitCode::from(2));
    }
    make(Path::new(&arguments[0]), size)?;
    Ok(ExitCode::SUCCESS)
}
