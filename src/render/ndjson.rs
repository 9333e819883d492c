//! The report as one JSON object a line: what was read and how it ended, then each process, finding and rule.

use std::io::{self, Write};

use super::Style;
use crate::report::{Report, lines};

/// Writes the report as lines of JSON.
pub(super) fn render(report: &Report, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    for line in lines(report) {
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
