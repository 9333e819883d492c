//! A published document: the model with the name of its schema and the program that wrote it, and the schemas.

use std::borrow::Cow;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use serde_json::Value;

use super::Event;

/// A model that is published as a JSON document of its own.
pub trait Published: Serialize + JsonSchema {
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

impl Published for super::sites::Sites {
    const SCHEMA: &'static str = "gcpressure.sites/v1";
}

impl Published for super::why::Why {
    const SCHEMA: &'static str = "gcpressure.why/v1";
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

impl<T: Published> JsonSchema for Document<'_, T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        let name = json_schema!({
            "description": format!("Always `{}`.", T::SCHEMA),
            "type": "string",
            "const": T::SCHEMA,
        });
        let mut tool = generator.subschema_for::<Tool>();
        tool.insert("description".to_owned(), "What wrote this.".into());
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.insert("schema".to_owned(), name.to_value());
            properties.insert("tool".to_owned(), tool.to_value());
        }
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.splice(0..0, ["schema".into(), "tool".into()]);
        }
        schema
    }
}

/// The program that wrote the document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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

/// The JSON Schema of a document. It says which keys are always there and allows more, as later releases may add some.
pub fn schema<T: Published>() -> Schema {
    root::<Document<'_, T>>()
}

/// The JSON Schema of an event row, in the same spirit.
pub fn event_schema() -> Schema {
    root::<Event<'_>>()
}

fn root<T: JsonSchema>() -> Schema {
    // Defaults are for reading old documents; what is written always has the key.
    let written = |schema: &mut Schema| {
        schema.remove("default");
        schema.remove("readOnly");
    };
    SchemaSettings::default()
        .for_serialize()
        .with_transform(RecursiveTransform(written))
        .into_generator()
        .into_root_schema_for::<T>()
}
