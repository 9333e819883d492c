//! Writes a log to measure on to standard output: `make_log KIND BYTES`, the same bytes for the same arguments.

#[path = "../benches/logs/mod.rs"]
mod logs;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let (kind, bytes) = (arguments.next(), arguments.next());
    let kind = kind.and_then(|name| logs::KINDS.iter().find(|kind| kind.0 == name));
    let bytes = bytes.and_then(|bytes| bytes.parse().ok());
    let (Some(kind), Some(bytes), None) = (kind, bytes, arguments.next()) else {
        let kinds = logs::KINDS.map(|kind| kind.0).join("|");
        writeln!(io::stderr(), "usage: make_log {kinds} BYTES")?;
        return Ok(ExitCode::from(2));
    };
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    logs::write(kind, bytes, &mut out)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
