//! Any published model as JSON, on one line.

use std::io::{self, Write};

use super::Style;
use crate::report::{Document, Published};

/// Writes the model as a document.
pub(super) fn render<T: Published>(model: &T, out: &mut dyn Write, _: &Style) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Document::new(model))?;
    out.write_all(b"\n")
}
