//! Thousands of logs: rows that add up. a [`Row`] is of a stream or a process, a [`Merged`] row of a group of them.
//!
//! A row holds sums in integers of the log's own resolution and counts of the printed values, never a ratio or a quantile, so rows of
//! any machines merge in any order into the same bytes.

mod merge;
mod merged;
mod report;
mod row;
mod scan;
mod tally;

pub use merge::{Line, Merge, merge};
pub use merged::{CauseCount, Merged, MergedSchema, Quantiles, RuleCount};
#[cfg(feature = "schema")]
pub use report::report_schema;
pub use report::{Compared, ReportOptions, Reporter};
pub use row::{Count, Finding, Labels, Record, Row, RowSchema, Verdict};
pub use scan::{Scan, Scanned};

/// The JSON Schema of a [`Row`].
#[cfg(feature = "schema")]
pub fn row_schema() -> schemars::Schema {
    crate::report::schema_of::<Row>()
}

/// The JSON Schema of a [`Merged`] row.
#[cfg(feature = "schema")]
pub fn merged_schema() -> schemars::Schema {
    crate::report::schema_of::<Merged>()
}
