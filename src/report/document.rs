//! A published document: the model with the name of its schema and the program that wrote it.

use serde::Serialize;

/// A model that is published as a JSON document of its own.
pub trait Published: Serialize {
    /// Name and version of its schema, e.g. `gcpressure.report/v1`.
    const SCHEMA: &'static str;
}

impl Published for super::Report {
    const SCHEMA: &'static str = "gcpressure.report/v1";
}

impl Published for super::comparison::Comparison {
    const SCHEMA: &'static str = "gcpressure.comparison/v1";
}

impl Published for super::benchmarks::Benchmarks {
    const SCHEMA: &'static str = "gcpressure.benchmarks/v1";
}

impl Published for super::fleet::Fleet {
    const SCHEMA: &'static str = "gcpressure.fleet-report/v1";
}

impl Published for super::sites::Sites {
    const SCHEMA: &'static str = "gcpressure.sites/v1";
}

impl Published for super::why::Why {
    const SCHEMA: &'static str = "gcpressure.why/v1";
}

impl Published for super::tuning::Tuning {
    const SCHEMA: &'static str = "gcpressure.tuning/v1";
}

/// A model as it is written: behind the name of its schema and the program that wrote it.
#[derive(Debug, Serialize)]
pub struct Document<'a, T> {
    schema: &'static str,
    tool: Tool,
    #[serde(flatten)]
    model: &'a T,
}

impl<'a, T: Published> Document<'a, T> {
    /// The document of a model.
    pub const fn new(model: &'a T) -> Self {
        Self {
            schema: T::SCHEMA,
            tool: Tool::THIS,
            model,
        }
    }
}

/// The program that wrote the document.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tool {
    /// `gcpressure`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl Tool {
    /// This program.
    pub const THIS: Self = Self {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    };
}
