//! The predictions for people at a terminal.

use std::io::{self, Write};

use super::super::Style;
use super::super::text::page::{self, Page, left, right};
use super::{CHECK_HEADS, HEADS, checked, checked_row, described, omitted, paste, reasons, rows};
use crate::report::tuning::{PredictionCheck, TunedProcess, Tuning};

/// Columns of the table.
const WIDTHS: [usize; 6] = [9, 8, 17, 16, 15, 15];
const CHECK_WIDTHS: [usize; 4] = [11, 18, 14, 18];

/// Processes shown in full without `-v`.
const IN_FULL: usize = 3;

pub(in crate::render) fn render(
    tuning: &Tuning,
    out: &mut dyn Write,
    style: &Style,
) -> io::Result<()> {
    let mut page = Page::new(*style);
    let most = if style.verbose { usize::MAX } else { IN_FULL };
    for process in tuning.processes.iter().take(most) {
        page.gap();
        one(process, tuning.processes.len() > 1, &mut page);
    }
    if let Some(omitted) = omitted(tuning, most) {
        page.gap();
        page.paragraph("", page::DIM, &omitted);
    }
    for warning in &tuning.warnings {
        page.paragraph("warning: ", page::WARNING, warning);
    }
    out.write_all(page.into_text().as_bytes())
}

fn one(process: &TunedProcess, several: bool, page: &mut Page) {
    page.paragraph("", page::BOLD, &described(process, several));
    if let Some(reason) = &process.no_prediction_reason {
        page.gap();
        page.paragraph("no prediction  ", page::UNKNOWN, reason);
    } else {
        page.gap();
        table(&HEADS, &WIDTHS, &rows(process), page);
        for (label, reason) in reasons(process) {
            page.paragraph("", page::DIM, &format!("{label}: {reason}"));
        }
    }
    if let Some(recommended) = &process.recommended {
        page.gap();
        page.paragraph(
            "try  ",
            page::GOOD,
            &format!("{}: {}", recommended.environment, recommended.message),
        );
        for (title, lines) in paste(recommended) {
            for (at, line) in lines.lines().enumerate() {
                let title = if at == 0 { title } else { "" };
                page.line(&format!("     {}{line}", left(title, 13)));
            }
        }
    }
    for advice in &process.advice {
        page.gap();
        page.paragraph("next ", page::BOLD, advice);
    }
    if let Some(check) = &process.check {
        page.gap();
        against(check, page);
    }
}

fn against(check: &PredictionCheck, page: &mut Page) {
    page.paragraph("", page::BOLD, &checked(check));
    if !check.figures.is_empty() {
        let rows: Vec<_> = check.figures.iter().map(checked_row).collect();
        table(&CHECK_HEADS, &CHECK_WIDTHS, &rows, page);
    }
}

/// The first column on the left, the others on the right.
fn table<const N: usize>(
    heads: &[&str; N],
    widths: &[usize; N],
    rows: &[[String; N]],
    page: &mut Page,
) {
    let line = |cells: &[String; N]| {
        let cells = cells.iter().zip(widths).enumerate();
        cells
            .map(|(at, (cell, width))| match at {
                0 => left(cell, *width),
                _ => right(cell, *width),
            })
            .collect::<String>()
    };
    let head = line(&heads.map(str::to_owned));
    let head = page.paint(page::DIM, &head);
    page.line(&head);
    for row in rows {
        page.line(&line(row));
    }
}
