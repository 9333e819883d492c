//! `gcpressure schema [OUTPUT]`: the JSON Schema of a machine-readable output.

use gcpressure::report::wire;

use crate::cli::args::SchemaOf;
use crate::cli::exit::{self, Failure};
use crate::cli::output;

/// Prints the schema.
pub(crate) fn run(of: SchemaOf) -> Result<u8, Failure> {
    let schema = match of {
        SchemaOf::Report => wire::report_schema(),
        SchemaOf::Event => wire::event_schema(),
        SchemaOf::Sites => wire::sites_schema(),
        SchemaOf::Benchmarks => wire::benchmarks_schema(),
        SchemaOf::Why => wire::why_schema(),
        SchemaOf::Comparison => wire::comparison_schema(),
    };
    output::print(|out| {
        serde_json::to_writer_pretty(&mut *out, &schema)?;
        out.write_all(b"\n")
    })?;
    Ok(exit::DONE)
}
