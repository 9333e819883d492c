//! The rules as users name them.

pub(crate) use gcpressure::rules::{Rule, table as all};

use crate::cli::suggest;

/// The rule with this id.
///
/// # Errors
/// A message with the nearest id where there is none.
pub(crate) fn find(id: &str) -> Result<&'static Rule, String> {
    gcpressure::rules::find(id).ok_or_else(|| {
        match suggest::nearest(id, all().iter().map(|rule| rule.id)) {
            Some(near) => format!("no rule is called `{id}`; did you mean {near}?"),
            None => format!("no rule is called `{id}`; `gcpressure explain` lists them"),
        }
    })
}
