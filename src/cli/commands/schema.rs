//! `gcpressure schema [OUTPUT]`: the JSON Schema of a machine-readable output.

use gcpressure::internal::fleet;
use gcpressure::report;

use crate::cli::args::SchemaOf;
use crate::cli::exit::{self, Failure};
use crate::cli::output;

/// Prints the schema.
pub(crate) fn run(of: SchemaOf) -> Result<u8, Failure> {
    let schema = match of {
        SchemaOf::Report => report::schema::<report::Report>(),
        SchemaOf::Event => report::event_schema(),
        SchemaOf::Sites => report::schema::<report::sites::Sites>(),
        SchemaOf::Benchmarks => report::schema::<report::benchmarks::Benchmarks>(),
        SchemaOf::Why => report::schema::<report::why::Why>(),
        SchemaOf::Tuning => report::schema::<report::tuning::Tuning>(),
        SchemaOf::FleetRow => fleet::row_schema(),
        SchemaOf::Fleet => fleet::merged_schema(),
        SchemaOf::FleetReport => fleet::report_schema(),
        SchemaOf::Comparison => report::schema::<report::comparison::Comparison>(),
    };
    output::print(|out| {
        serde_json::to_writer_pretty(&mut *out, &schema)?;
        out.write_all(b"\n")
    })?;
    Ok(exit::DONE)
}
