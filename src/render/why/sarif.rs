//! The causes as SARIF 2.1.0: a rule a pattern, a result a line.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_sarif::sarif::{
    ArtifactContent, ArtifactLocation, Location, Message, MultiformatMessageString,
    PhysicalLocation, PropertyBag, Region, ReportingDescriptor, Result as Outcome, ResultLevel,
    Run, SCHEMA_URL, Sarif, Tool, ToolComponent,
};

use super::super::Style;
use super::{figures, in_order};
use crate::report::why::{self as model, Cause, Pattern, Why};

pub(in crate::render) fn render(why: &Why, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    let (own, _) = in_order(why);
    let placed = own
        .into_iter()
        .filter_map(|cause| Some(result(why, cause, cause.file.as_deref()?, cause.line?)));
    let results: Vec<_> = placed.collect();
    let driver = ToolComponent::builder()
        .name(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .rules(Pattern::ALL.map(rule).to_vec())
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .results(results)
        .build();
    let sarif = Sarif::builder()
        .schema(SCHEMA_URL)
        .version(serde_json::json!("2.1.0"))
        .runs(vec![run])
        .build();
    serde_json::to_writer(&mut *out, &sarif)?;
    out.write_all(b"\n")
}

fn rule(pattern: Pattern) -> ReportingDescriptor {
    ReportingDescriptor::builder()
        .id(pattern.id())
        .short_description(
            MultiformatMessageString::builder()
                .text(pattern.title())
                .build(),
        )
        .build()
}

fn result(why: &Why, cause: &Cause, file: &str, at: u64) -> Outcome {
    let mut text = format!(
        "{}: {}. {}.",
        cause.pattern.title(),
        figures(why, cause),
        cause.message
    );
    if let Some(remedy) = cause.remedy {
        text = format!("{text} Do: {remedy}.");
    }
    if let Some(trap) = cause.trap {
        text = format!("{text} Trap: {trap}.");
    }
    let mut region = Region::builder().start_line(line(at)).build();
    region.snippet = cause
        .source_line
        .as_ref()
        .map(|line| ArtifactContent::builder().text(line.clone()).build());
    let location = Location::builder()
        .physical_location(
            PhysicalLocation::builder()
                .artifact_location(ArtifactLocation::builder().uri(uri(file)).build())
                .region(region)
                .build(),
        )
        .build();
    let properties = PropertyBag::builder()
        .additional_properties(BTreeMap::from([
            (why.sample_type.to_owned(), cause.flat.into()),
            (
                "share_ratio".to_owned(),
                model::share(cause.flat, why.total).into(),
            ),
        ]))
        .build();
    let level = match cause.evidence.thin {
        true => ResultLevel::Note,
        false => ResultLevel::Warning,
    };
    Outcome::builder()
        .rule_id(cause.pattern.id())
        .level(level)
        .message(Message::builder().text(text).build())
        .locations(vec![location])
        .properties(properties)
        .build()
}

/// A path as a relative reference; absolute ones become `file:` addresses.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

fn line(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}
