//! The causes as GitHub annotations at their lines: nine, and one that says how much they are of all.

use std::io::{self, Write};

use super::super::Style;
use super::super::github::{Level, annotation};
use super::{extent, figures, in_order, sources};
use crate::report::why::Why;

/// GitHub keeps ten annotations of a step.
const MOST: usize = 9;

pub(in crate::render) fn render(why: &Why, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    let (own, _) = in_order(why);
    for cause in own.iter().filter(|cause| cause.line.is_some()).take(MOST) {
        let level = match cause.evidence.thin {
            true => Level::Notice,
            false => Level::Warning,
        };
        let mut message = format!("{}\n{}", figures(why, cause), cause.message);
        if let Some(remedy) = cause.remedy {
            message = format!("{message}\nnext: {remedy}");
        }
        let place = cause.file.as_deref().zip(cause.line);
        annotation(out, level, place, cause.pattern.title(), &message)?;
    }
    let mut message = format!("{}\n{}", sources(why), extent(why));
    for warning in &why.warnings {
        message = format!("{message}\n{warning}");
    }
    annotation(
        out,
        Level::Notice,
        None,
        "gcpressure: why it allocates",
        &message,
    )
}
