//! `gcpressure explain [RULE]`.

use std::io::{self, Write};

use super::exit::{self, Failure};
use super::output;
use super::rule_list::{self, Rule};

/// Explains one rule, or lists them all.
pub(crate) fn run(rule: Option<&str>) -> Result<u8, Failure> {
    match rule {
        Some(id) => {
            let rule = rule_list::find(id).map_err(Failure::new)?;
            output::print(|out| explain(rule, out))?;
        }
        None => output::print(list)?,
    }
    Ok(exit::DONE)
}

fn explain(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}\n", rule.id, rule.summary)?;
    if rule.warning.or(rule.critical).is_some() {
        writeln!(
            out,
            "thresholds: warning {}, critical {}; set them with --warn {}=VALUE and --max {2}=VALUE\n",
            threshold(rule, rule.warning),
            threshold(rule, rule.critical),
            rule.id
        )?;
    }
    writeln!(out, "{}", rule.explain().trim())
}

fn list(out: &mut dyn Write) -> io::Result<()> {
    let longest = rule_list::all()
        .iter()
        .map(|rule| rule.id.len())
        .max()
        .unwrap_or(0);
    writeln!(
        out,
        "{:longest$}  {:>9}  {:>9}  what it finds",
        "rule", "warning", "critical"
    )?;
    for rule in rule_list::all() {
        writeln!(
            out,
            "{:longest$}  {:>9}  {:>9}  {}",
            rule.id,
            threshold(rule, rule.warning),
            threshold(rule, rule.critical),
            rule.summary
        )?;
    }
    writeln!(
        out,
        "\n`gcpressure explain RULE` says what it measures, known false alarms, and what to do."
    )
}

fn threshold(rule: &Rule, value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| rule.unit.format(value))
}
