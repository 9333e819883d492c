//! The causes as SARIF 2.1.0: a rule a pattern, a result a line.

use std::io::{self, Write};

use serde_json::json;

use super::super::Style;
use super::{figures, in_order};
use crate::report::why::{self as model, Cause, Pattern, Why};

const SCHEMA: &str = "https://schemastore.azurewebsites.net/schemas/json/sarif-2.1.0.json";

pub(in crate::render) fn render(why: &Why, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    let (own, _) = in_order(why);
    let placed = own
        .into_iter()
        .filter_map(|cause| Some(result(why, cause, cause.file.as_deref()?, cause.line?)));
    let results: Vec<_> = placed.collect();
    let rules = Pattern::ALL
        .map(|pattern| json!({"id": pattern.id(), "shortDescription": {"text": pattern.title()}}));
    let driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "rules": rules,
        "version": env!("CARGO_PKG_VERSION"),
    });
    let sarif = json!({
        "$schema": SCHEMA,
        "runs": [{"results": results, "tool": {"driver": driver}}],
        "version": "2.1.0",
    });
    writeln!(out, "{sarif}")
}

fn result(why: &Why, cause: &Cause, file: &str, line: u64) -> serde_json::Value {
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
    let mut region = json!({"startLine": line});
    if let Some(line) = &cause.source_line {
        region["snippet"] = json!({"text": line});
    }
    let place = json!({"artifactLocation": {"uri": uri(file)}, "region": region});
    let level = match cause.evidence.thin {
        true => "note",
        false => "warning",
    };
    json!({
        "level": level,
        "locations": [{"physicalLocation": place}],
        "message": {"text": text},
        "properties": {
            why.sample_type: cause.flat,
            "share_ratio": model::share(cause.flat, why.total),
        },
        "ruleId": cause.pattern.id(),
    })
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
