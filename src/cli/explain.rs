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

/// Columns of the text.
const WIDTH: usize = 80;

fn explain(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}\n", rule.id, rule.summary)?;
    for (name, value, flag) in [
        ("warning", rule.warning, "--warn"),
        ("critical", rule.critical, "--max"),
    ] {
        let value = threshold(rule, value);
        writeln!(
            out,
            "{name:<8}  {value:<8}  {flag} {}={}",
            rule.id,
            rule.unit.example()
        )?;
    }
    writeln!(out)?;
    for paragraph in rule.explain().trim().split("\n\n") {
        let text = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(out, "{}\n", textwrap::fill(&text, WIDTH))?;
    }
    writeln!(out, "needs: {}", rule.evidence)
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
