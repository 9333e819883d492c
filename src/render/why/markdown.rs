//! The causes as GitHub-flavored Markdown: a table, and what to do under each line of it.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::Style;
use super::super::markdown::{cell, code, prose};
use super::{amount, extent, figures, in_full, in_order, place, sources};
use crate::report::why::Why;
use crate::units;

pub(in crate::render) fn render(why: &Why, out: &mut dyn Write, style: &Style) -> io::Result<()> {
    let count = in_full(style);
    let mut page = format!(
        "## Why it allocates\n\n{}: {}.\n",
        code(&sources(why)),
        prose(&extent(why))
    );
    for warning in &why.warnings {
        let _ = write!(page, "\n> **Warning:** {}\n", prose(warning));
    }
    let (own, outside) = in_order(why);
    page.push_str("\n| share | line | pattern | amount |\n| ---: | --- | --- | ---: |\n");
    for cause in own.iter().chain(&outside).take(count) {
        let share = cause.share_ratio.unwrap_or(0.0);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            prose(&units::percent(share)),
            cell(&place(cause)),
            cause.pattern.title(),
            prose(&amount(why, cause.flat)),
        );
    }
    for cause in own.iter().take(count) {
        let _ = write!(
            page,
            "\n<details><summary>{}</summary>\n\n{}: {}.\n",
            prose(&format!("{}: {}", place(cause), cause.pattern.title())),
            prose(&figures(why, cause)),
            prose(&cause.message)
        );
        if let Some(line) = &cause.source_line {
            let _ = write!(page, "\n{}\n", code(line));
        }
        if let Some(remedy) = cause.remedy {
            let _ = write!(page, "\n**Do:** {}.\n", prose(remedy));
        }
        if let Some(trap) = cause.trap {
            let _ = write!(page, "\n**Trap:** {}.\n", prose(trap));
        }
        page.push_str("\n</details>\n");
    }
    out.write_all(page.as_bytes())
}
