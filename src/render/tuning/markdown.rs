//! The predictions as GitHub-flavored Markdown.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::Style;
use super::super::markdown::{code, prose};
use super::{CHECK_HEADS, HEADS, checked, checked_row, described, omitted, paste, reasons, rows};
use crate::report::tuning::{TunedProcess, Tuning};

/// Processes given without `-v`.
const IN_FULL: usize = 3;

pub(in crate::render) fn render(
    tuning: &Tuning,
    out: &mut dyn Write,
    style: &Style,
) -> io::Result<()> {
    let mut page = String::from("## What another setting would give\n");
    let most = if style.verbose { usize::MAX } else { IN_FULL };
    for process in tuning.processes.iter().take(most) {
        one(process, tuning.processes.len() > 1, &mut page);
    }
    for note in omitted(tuning, most).iter().chain(&tuning.warnings) {
        let _ = write!(page, "\n{}.\n", prose(note));
    }
    out.write_all(page.as_bytes())
}

fn one(process: &TunedProcess, several: bool, page: &mut String) {
    let _ = write!(page, "\n{}.\n", code(&described(process, several)));
    if let Some(reason) = &process.no_prediction_reason {
        let _ = write!(page, "\n**No prediction:** {}.\n", prose(reason));
    } else {
        table(&HEADS, &rows(process), page);
        for (label, reason) in reasons(process) {
            let _ = write!(page, "\n{}: {}.\n", prose(&label), prose(&reason));
        }
    }
    if let Some(recommended) = &process.recommended {
        let _ = write!(
            page,
            "\n**Try** {}: {}.\n\n```text\n",
            code(&recommended.environment),
            prose(&recommended.message)
        );
        for (_, lines) in paste(recommended) {
            let _ = writeln!(page, "{lines}");
        }
        page.push_str("```\n");
    }
    for advice in &process.advice {
        let _ = write!(page, "\n**Next:** {}.\n", prose(advice));
    }
    if let Some(check) = &process.check {
        let _ = write!(page, "\n{}.\n", prose(&checked(check)));
        if !check.figures.is_empty() {
            let rows: Vec<_> = check.figures.iter().map(checked_row).collect();
            table(&CHECK_HEADS, &rows, page);
        }
    }
}

fn table<const N: usize>(heads: &[&str; N], rows: &[[String; N]], page: &mut String) {
    let _ = write!(page, "\n| {} |\n| ---", heads.join(" | "));
    for _ in 1..N {
        page.push_str(" | ---:");
    }
    page.push_str(" |\n");
    for row in rows {
        let cells = row.each_ref().map(|cell| prose(cell));
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
}
