//! The before/after table for pull requests and pages.

use std::io::{self, Write};

use super::super::{Style, escape};
use crate::report::comparison::{Comparison, RowVerdict};

/// Writes the table, what it rests on, and the warnings.
pub(in crate::render) fn render(
    comparison: &Comparison,
    out: &mut dyn Write,
    _style: &Style,
) -> io::Result<()> {
    let (label, sentence) = super::outcome(comparison);
    writeln!(out, "**{label}**: {}\n", plain(&sentence))?;
    writeln!(out, "- base: {}", plain(&super::side(&comparison.base)))?;
    writeln!(out, "- new: {}\n", plain(&super::side(&comparison.new)))?;
    writeln!(
        out,
        "| measure | base | new | new/base | interval | verdict |"
    )?;
    writeln!(out, "| --- | ---: | ---: | ---: | :---: | --- |")?;
    for row in &comparison.rows {
        let [base, new, ratio, interval] = super::figures(row);
        let verdict = super::word(row.verdict);
        let verdict = match row.verdict {
            RowVerdict::Worse | RowVerdict::MaybeWorse => format!("**{verdict}**"),
            _ => verdict.to_owned(),
        };
        let title = super::title(row);
        writeln!(
            out,
            "| {} | {} | {} | {ratio} | {interval} | {verdict} |",
            plain(&title),
            plain(&base),
            plain(&new)
        )?;
    }
    writeln!(out, "\n{}.", plain(&super::basis(comparison)))?;
    let notes: Vec<String> = super::notes(comparison)
        .chain(comparison.warnings.iter().cloned())
        .collect();
    if !notes.is_empty() {
        writeln!(out)?;
    }
    for note in notes {
        writeln!(out, "- {}", plain(&note))?;
    }
    Ok(())
}

/// Text that means nothing to Markdown or HTML.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in escape::printable(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            // A file's name must not mention a user.
            '@' => safe.push_str("&#64;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_the_table() {
        assert_eq!(plain("a|b_<c>\u{1b}@x"), "a\\|b\\_&lt;c&gt;\\\\u{1b}&#64;x");
    }
}
