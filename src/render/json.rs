//! `gcpressure.report/v1` on one line.

use std::io::{self, Write};

use super::Style;
use crate::report::{Report, wire};

/// Writes the report as one line of JSON.
pub(super) fn render(report: &Report, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &wire::Report::from(report))?;
    out.write_all(b"\n")
}
