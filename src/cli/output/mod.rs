//! Where results go: standard output, standard error and files.

pub(crate) mod background;
pub(crate) mod files;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod worker;

use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::ColorChoice;

use crate::cli::args::ColorWhen;
use crate::cli::exit::Failure;

/// Prints a message on standard error. Where that cannot be written, there is no place left to report it.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{message}");
}

/// Writes to standard output. A pipe that its reader has closed is not an error.
///
/// # Errors
/// Standard output cannot be written for another reason.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    content(write(&mut out).and_then(|()| out.flush()))
        .map_err(|error| Failure::writing("standard output", &error))
}

/// A closed pipe is not an error.
pub(crate) fn content(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// True if text on this stream has colors.
pub(crate) fn color(
    when: ColorWhen,
    terminal: &(impl IsTerminal + anstream::stream::RawStream),
) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => anstream::AutoStream::choice(terminal) != ColorChoice::Never,
    }
}
