//! `--max-ratio`: which rows or units fail a comparison, and from which ratio on.

use gcpressure::internal::compare::Gate;
use gcpressure::report::measures::{self, MEASURES};

use crate::cli::args::Comparing;
use crate::cli::exit::Failure;
use crate::cli::suggest;

/// The gate for rows.
///
/// # Errors
/// An unknown row, an invalid ratio.
pub(super) fn of_rows(args: &Comparing) -> Result<Gate, Failure> {
    let mut gate = Gate::default();
    for pair in &args.max_ratio {
        add_row(&mut gate, pair).map_err(failure)?;
    }
    Ok(gate)
}

/// Adds one `ROW=RATIO` or `ROW=off` to the gate.
///
/// # Errors
/// An unknown row, an invalid ratio.
pub(super) fn add_row(gate: &mut Gate, pair: &str) -> Result<(), String> {
    let (id, ratio) = split(pair)?;
    let Some(measure) = measures::find(id) else {
        let ids = MEASURES.iter().map(|measure| measure.id);
        return Err(suggest::unknown("row", id, ids));
    };
    if measure.more_is_better {
        return Err(format!(
            "{id} gets smaller where it gets worse; use gc-frequency, which is its inverse"
        ));
    }
    match ratio {
        Some(ratio) => gate.require(measure, ratio),
        None => gate.release(measure),
    }
    Ok(())
}

/// `NAME=RATIO`; no ratio for `NAME=off`.
///
/// # Errors
/// An invalid ratio, or none.
pub(super) fn split(pair: &str) -> Result<(&str, Option<f64>), String> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    if value == "off" {
        return Ok((name, None));
    }
    let ratio = value.parse::<f64>().ok();
    match ratio.filter(|ratio| ratio.is_finite() && *ratio >= 1.0) {
        Some(ratio) => Ok((name, Some(ratio))),
        None => Err(format!(
            "invalid ratio `{value}`: expected 1 or more, e.g. `{name}=1.25`, or `{name}=off`"
        )),
    }
}

/// The failure of one `--max-ratio`.
pub(super) fn failure(message: String) -> Failure {
    Failure::new(format!("--max-ratio: {message}"))
}
