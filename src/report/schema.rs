//! The JSON Schemas of the published documents, made of the same types as those.

use std::borrow::Cow;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::Value;

use super::comparison::{Run, RunKeys};
use super::{Document, Event, Published, Tool};

impl<T: Published + JsonSchema> JsonSchema for Document<'_, T> {
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

impl JsonSchema for Run {
    fn schema_name() -> Cow<'static, str> {
        "Run".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        RunKeys::json_schema(generator)
    }
}

/// The JSON Schema of a document. It says which keys are always there and allows more, as later releases may add some.
pub fn schema<T: Published + JsonSchema>() -> Schema {
    schema_of::<Document<'_, T>>()
}

/// The JSON Schema of an event row, in the same spirit.
pub fn event_schema() -> Schema {
    schema_of::<Event<'_>>()
}

/// The JSON Schema of a type as it is written.
pub(crate) fn schema_of<T: JsonSchema>() -> Schema {
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
