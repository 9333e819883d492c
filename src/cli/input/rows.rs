//! Rows of a fleet, read from files, directories or standard input.

use std::io::{BufRead, BufReader};

use gcpressure::internal::error::Error;
use gcpressure::internal::fleet::Line;
use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::logs;

use crate::cli::args::RowsArgs;
use crate::cli::exit::Failure;

/// Reads all rows, each with its text; `take` gives what is wrong with a row.
///
/// # Errors
/// Rows that cannot be read, or not to their end; a line that is not a row.
pub(crate) fn read(
    args: &RowsArgs,
    mut take: impl FnMut(&[u8], Line) -> Result<(), String>,
) -> Result<(), Failure> {
    let names = match args.files.as_slice() {
        [] => vec!["-".to_owned()],
        given => logs::files(given)?,
    };
    for name in names {
        let source = Source::open(&name)?;
        let mut source = BufReader::with_capacity(1 << 18, source);
        let mut text = Vec::new();
        for number in 1_u64.. {
            text.clear();
            let read = source.read_until(b'\n', &mut text);
            if read.map_err(|error| Error::io(&name, error))? == 0 {
                break;
            }
            let text = text.trim_ascii();
            if !text.is_empty() {
                Line::parse(text)
                    .and_then(|line| take(text, line))
                    .map_err(|error| {
                        Failure::new(format!("{name}:{number}: invalid row: {error}"))
                    })?;
            }
        }
        if let Some(warning) = source.get_ref().warnings().first() {
            return Err(Failure::new(format!("{name}: {warning}: rows are missing")));
        }
    }
    Ok(())
}
