//! `gcpressure explain [RULE]`.

use std::io::{self, IsTerminal as _, Write};

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
        // In a terminal a long line would break anywhere; whoever searches the table wants a rule in one line.
        None if io::stdout().is_terminal() => output::print(|out| list(WIDTH, out))?,
        None => output::print(|out| list(usize::MAX, out))?,
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
    let needs = format!("needs: {}", rule.evidence);
    writeln!(out, "{}", textwrap::fill(&needs, WIDTH))
}

/// All rules as a table of at most `width` columns.
fn list(width: usize, out: &mut dyn Write) -> io::Result<()> {
    let ids = rule_list::all().iter().map(|rule| rule.id.len());
    let longest = ids.max().unwrap_or(0);
    let head = |id: &str, warning: &str, critical: &str| {
        format!("{id:longest$}  {warning:>9}  {critical:>9}  ")
    };
    writeln!(out, "{}what it finds", head("rule", "warning", "critical"))?;
    for rule in rule_list::all() {
        let warning = threshold(rule, rule.warning);
        let head = head(rule.id, &warning, &threshold(rule, rule.critical));
        let below = " ".repeat(head.len());
        let options = textwrap::Options::new(width)
            .initial_indent(&head)
            .subsequent_indent(&below);
        writeln!(out, "{}", textwrap::fill(rule.summary, options))?;
    }
    let more =
        "`gcpressure explain RULE` says what it measures, known false alarms, and what to do.";
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
        for rule in rule_list::all() {
            explain(rule, &mut out).unwrap();
        }
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().count() > 200);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}
