//! `gcpressure explain [RULE|CAUSE]`.

use std::io::{self, IsTerminal as _, Write};

use gcpressure::internal::rules::diagnosis::{self, Row};
use gcpressure::internal::rules::{self, Rule};

use crate::cli::exit::{self, Failure};
use crate::cli::{output, suggest};

/// Explains the rule or cause of this name, or both; or lists them all.
pub(crate) fn run(name: Option<&str>) -> Result<u8, Failure> {
    let Some(name) = name else {
        // A terminal would break long lines anywhere; grep wants each rule in one line.
        let width = match io::stdout().is_terminal() {
            true => WIDTH,
            false => usize::MAX,
        };
        output::print(|out| list(width, out))?;
        return Ok(exit::DONE);
    };
    let (rule, cause) = (rules::find(name), diagnosis::find(name));
    if rule.is_none() && cause.is_none() {
        let causes = diagnosis::table().iter().map(|row| row.cause.name());
        let names = rules::table().iter().map(|rule| rule.id).chain(causes);
        return Err(Failure::new(suggest::unknown("rule or cause", name, names)));
    }
    output::print(|out| {
        if let Some(rule) = rule {
            explain(rule, out)?;
        }
        if rule.is_some() && cause.is_some() {
            writeln!(out)?;
        }
        cause.map_or(Ok(()), |row| explain_cause(row, out))
    })?;
    Ok(exit::DONE)
}

/// Columns of text.
const WIDTH: usize = 80;

fn explain(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}\n", rule.id, rule.summary)?;
    for (name, value, flag) in [
        ("warning", rule.warning, "--warn"),
        ("critical", rule.critical, "--max"),
    ] {
        let example = value.map_or(rule.unit.example().to_owned(), |value| {
            rule.unit.format(value)
        });
        let value = threshold(rule, value);
        writeln!(out, "{name:<8}  {value:<8}  {flag} {}={example}", rule.id)?;
    }
    writeln!(out)?;
    for paragraph in rule.explain().trim().split("\n\n") {
        let text = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(out, "{}\n", textwrap::fill(&text, WIDTH))?;
    }
    let needs = format!("needs: {}", rule.evidence);
    writeln!(out, "{}", textwrap::fill(&needs, WIDTH))
}

fn explain_cause(row: &Row, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("cause {}: {}", row.cause.name(), row.summary);
    writeln!(out, "{}\n", textwrap::fill(&title, WIDTH))?;
    for paragraph in row.doc.split("\n\n") {
        writeln!(out, "{}\n", textwrap::fill(paragraph, WIDTH))?;
    }
    let explains = format!("may explain: {}", row.explains.join(", "));
    writeln!(out, "{}", textwrap::fill(&explains, WIDTH))
}

/// All rules as a table of at most `width` columns.
fn list(width: usize, out: &mut dyn Write) -> io::Result<()> {
    let ids = rules::table().iter().map(|rule| rule.id.len());
    let longest = ids.max().unwrap_or(0);
    let head = |id: &str, warning: &str, critical: &str| {
        format!("{id:longest$}  {warning:>9}  {critical:>9}  ")
    };
    writeln!(out, "{}what it finds", head("rule", "warning", "critical"))?;
    for rule in rules::table() {
        let warning = threshold(rule, rule.warning);
        let head = head(rule.id, &warning, &threshold(rule, rule.critical));
        let below = " ".repeat(head.len());
        let options = textwrap::Options::new(width)
            .initial_indent(&head)
            .subsequent_indent(&below);
        writeln!(out, "{}", textwrap::fill(rule.summary, options))?;
    }
    writeln!(
        out,
        "\ncause: the one thing behind several findings, the first of these that fits"
    )?;
    for row in diagnosis::table() {
        let head = format!("{:longest$}  ", row.cause.name());
        let below = " ".repeat(head.len());
        let options = textwrap::Options::new(width)
            .initial_indent(&head)
            .subsequent_indent(&below);
        writeln!(out, "{}", textwrap::fill(row.summary, options))?;
    }
    let more = "`gcpressure explain NAME` says what it measures or means, known false alarms, and what to do.";
    writeln!(out, "\n{}", textwrap::fill(more, width))
}

fn threshold(rule: &Rule, value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| rule.unit.format(value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;

    #[test]
    fn what_is_shown_in_a_terminal_fits_it() {
        let mut out = Vec::new();
        list(WIDTH, &mut out).unwrap();
        for rule in rules::table() {
            explain(rule, &mut out).unwrap();
        }
        for row in diagnosis::table() {
            explain_cause(row, &mut out).unwrap();
        }
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().count() > 200);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}
