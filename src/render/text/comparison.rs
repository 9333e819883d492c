//! The before/after table for people at a terminal.

use std::io::{self, Write};

use super::page::{self, Page, left, right};
use crate::render::{Style, comparison as shared};
use crate::report::comparison::{Comparison, RowVerdict};
use crate::report::measures::MEASURES;

/// Columns of the names, of the figures and of the ratio's interval.
const NAME: usize = 14;
const FIGURE: usize = 10;
const INTERVAL: usize = 18;

const _: () = {
    let mut at = 0;
    while at < MEASURES.len() {
        assert!(
            MEASURES[at].title.len() <= NAME,
            "a title wider than its column"
        );
        at += 1;
    }
};

/// Writes the comparison in at most `style.width` columns.
pub(in crate::render) fn render(
    comparison: &Comparison,
    out: &mut dyn Write,
    style: &Style,
) -> io::Result<()> {
    let mut page = Page::new(*style);
    let (label, sentence) = shared::outcome(comparison);
    let color = page::of_outcome(&comparison.outcome);
    page.paragraph(&format!("{label}  "), color, &sentence);
    for (name, side) in [("base  ", &comparison.base), ("new   ", &comparison.new)] {
        page.paragraph(name, page::DIM, &shared::side(side));
    }
    if !comparison.base.runs.is_empty() && !comparison.new.runs.is_empty() {
        table(comparison, &mut page);
        page.gap();
        page.paragraph("", page::Ansi::new(), &shared::basis(comparison));
        for note in shared::notes(comparison) {
            page.paragraph("note: ", page::DIM, &note);
        }
    }
    for warning in &comparison.warnings {
        page.paragraph("warning: ", page::WARNING, warning);
    }
    out.write_all(page.into_text().as_bytes())
}

fn table(comparison: &Comparison, page: &mut Page) {
    page.gap();
    let heads = ["base", "new", "new/base", "interval"].map(str::to_owned);
    let head = page.paint(page::DIM, &format!("{}  verdict", line("", &heads)));
    page.line(&head);
    for row in &comparison.rows {
        let color = match row.verdict {
            RowVerdict::Improved | RowVerdict::MaybeImproved => page::GOOD,
            RowVerdict::Worse | RowVerdict::MaybeWorse => page::CRITICAL,
            RowVerdict::NoEvidence | RowVerdict::Unresolved => page::DIM,
            RowVerdict::Same => page::Ansi::new(),
        };
        let verdict = page.paint(color, shared::word(row.verdict));
        let figures = line(&shared::title(row), &shared::figures(row));
        page.line(&format!("{figures}  {verdict}"));
        if page.style().verbose {
            details(row, page);
        }
    }
}

/// The test behind the row, and every run.
fn details(row: &crate::report::comparison::Row, page: &mut Page) {
    let mut facts = Vec::new();
    if let Some(p) = row.p_adjusted.or(row.p) {
        facts.push(format!("p = {p:.4}"));
    }
    if let Some(delta) = row.cliffs_delta {
        facts.push(format!("Cliff's delta {delta:.2}"));
    }
    if let Some(max) = row.max_ratio {
        facts.push(format!("fails above {max}"));
    }
    for (name, sample) in [("base", &row.base), ("new", &row.new)] {
        if let Some((low, high)) = sample.low.zip(sample.high) {
            facts.push(format!(
                "{name} {} to {}",
                shared::figure(low, row.unit),
                shared::figure(high, row.unit)
            ));
        }
    }
    if !facts.is_empty() {
        page.paragraph("    ", page::DIM, &facts.join(", "));
    }
}

fn line(name: &str, [base, new, ratio, interval]: &[String; 4]) -> String {
    format!(
        "{}{}{}{}{}",
        left(name, NAME),
        right(base, FIGURE),
        right(new, FIGURE),
        right(ratio, FIGURE),
        right(interval, INTERVAL)
    )
}
