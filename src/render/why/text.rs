//! The causes for people at a terminal.

use std::io::{self, Write};

use super::super::Style;
use super::super::text::page::{self, Page};
use super::{extent, figures, in_full, in_order, place, sources};
use crate::report::why::{Basis, Cause, Why};
use crate::units;

/// Sites outside the reader's code that are named.
const OUTSIDE: usize = 5;

pub(in crate::render) fn render(why: &Why, out: &mut dyn Write, style: &Style) -> io::Result<()> {
    let count = in_full(style);
    let mut page = Page::new(*style);
    let head = format!("{}: {}", sources(why), why.sample_type);
    page.paragraph("", page::DIM, &head);
    page.paragraph("", page::BOLD, &extent(why));
    for warning in &why.warnings {
        page.paragraph("warning: ", page::WARNING, warning);
    }
    let (own, outside) = in_order(why);
    for cause in own.iter().take(count) {
        page.gap();
        one(why, cause, &mut page);
    }
    if own.len() > count {
        let left = own.len() - count;
        page.gap();
        let line = format!(
            "and {}: -n 0 shows all",
            units::counted(left as u64, "smaller cause")
        );
        page.paragraph("", page::DIM, &line);
    }
    if !outside.is_empty() {
        page.gap();
        let heading = page.paint(page::BOLD, "outside your code");
        page.line(&heading);
        let shown = if style.verbose { usize::MAX } else { OUTSIDE };
        for cause in outside.iter().take(shown) {
            let name = page.name(&cause.function, 40);
            let line = format!("{name}: {}; {}", figures(why, cause), cause.message);
            page.paragraph("  ", page::DIM, &line);
        }
    }
    out.write_all(page.into_text().as_bytes())
}

fn one(why: &Why, cause: &Cause, page: &mut Page) {
    let title = match cause.basis {
        Basis::Unexplained => "unexplained",
        _ => cause.pattern.title(),
    };
    let room = page.style().width.saturating_sub(title.len() + 2);
    let at = page.path(&place(cause), room);
    let head = format!(
        "{}: {}",
        page.paint(page::BOLD, &at),
        page.paint(page::WARNING, title)
    );
    page.line(&head);
    page.paragraph("  ", page::DIM, &figures(why, cause));
    if let Some(line) = &cause.source_line {
        let room = page.style().width.saturating_sub(4);
        let line = page.name(line, room);
        let line = format!("    {}", page.paint(page::DIM, &line));
        page.line(&line);
    }
    page.paragraph("  why:  ", page::BOLD, &cause.message);
    if page.style().verbose {
        let chain = cause.diagnoses.first().map(|first| &first.chain);
        for step in chain.into_iter().flatten() {
            page.paragraph("          ", page::DIM, step);
        }
    }
    if let Some(remedy) = cause.remedy {
        page.paragraph("  do:   ", page::BOLD, remedy);
    }
    if let Some(trap) = cause.trap {
        page.paragraph("  trap: ", page::DIM, trap);
    }
}
