//! The published JSON, on one line.

use std::io::{self, Write};

use super::Style;
use crate::report::{Document, Published, Report};

/// Writes the report.
pub(super) fn render(report: &Report, out: &mut dyn Write, _: &Style) -> io::Result<()> {
    document(report, out)
}

/// Writes any published model.
pub(super) fn document<T: Published>(model: &T, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Document::new(model))?;
    out.write_all(b"\n")
}
