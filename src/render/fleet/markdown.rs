//! A fleet as GitHub-flavored Markdown, for a step summary or a page of a wiki.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::Style;
use super::super::markdown::{cell, prose};
use super::super::text::upper;
use super::{GROUP, OFFENDER, SERVICE};
use crate::report::fleet::{Fleet, Versions, name};
use crate::units;

pub(in crate::render) fn render(
    fleet: &Fleet,
    out: &mut dyn Write,
    style: &Style,
) -> io::Result<()> {
    let (label, sentence) = super::headline(fleet);
    let mut page = format!("## {label}: {}\n\n", prose(&sentence));
    for line in super::coverage(fleet) {
        let _ = writeln!(page, "- {}", prose(&upper(&line)));
    }
    if fleet.comparison.is_some() && fleet.total.processes > 0 {
        let _ = writeln!(page, "- {}", prose(&upper(&super::cost(fleet))));
    }
    for warning in &fleet.warnings {
        let _ = write!(page, "\n> **Warning:** {}\n", prose(warning));
    }
    // What regressed is what a comment is read for.
    if let Some(versions) = &fleet.comparison {
        services(versions, style, &mut page);
    }
    if fleet.total.processes > 0 {
        groups(fleet, &mut page);
        offenders(fleet, &mut page);
    }
    out.write_all(page.as_bytes())
}

fn services(versions: &Versions, style: &Style, page: &mut String) {
    let title = format!(
        "{} {} against {}",
        versions.label, versions.base, versions.new
    );
    let _ = write!(page, "\n### {}\n", prose(&upper(&title)));
    if !versions.services.is_empty() {
        head(page, "service", &SERVICE, "verdict");
        let (services, hidden) = super::listed(versions, style.verbose);
        for service in services {
            for (cells, word) in super::rows(service, style.verbose) {
                row(page, &name(&service.labels), &cells, word);
            }
        }
        if hidden > 0 {
            let _ = write!(page, "\nAnd {hidden} without a regression.\n");
        }
        let _ = write!(page, "\n{}.\n", prose(&upper(&super::basis(versions))));
    }
    let notes = super::notes(versions);
    if !notes.is_empty() {
        page.push('\n');
    }
    for note in notes {
        let _ = writeln!(page, "- {}", prose(&note));
    }
}

fn groups(fleet: &Fleet, page: &mut String) {
    page.push_str("\n### Where it burns\n");
    head(page, &prose(&fleet.by.join(", ")), &GROUP, "main cause");
    for group in &fleet.groups {
        row(
            page,
            &name(&group.labels),
            &super::group(group),
            super::cause(&group.figures),
        );
    }
    omitted(page, fleet.groups_omitted, "group");
    let mut notes = super::unread(fleet).peekable();
    if notes.peek().is_some() {
        page.push('\n');
    }
    for note in notes {
        let _ = writeln!(page, "- {}", prose(&note));
    }
}

fn offenders(fleet: &Fleet, page: &mut String) {
    page.push_str("\n### Worst runs\n");
    if fleet.offenders.is_empty() {
        page.push_str("\nNo process is critical or has a warning.\n");
        return;
    }
    head(page, "run", &OFFENDER, "cause");
    for offender in &fleet.offenders {
        let shown = match offender.labels.is_empty() {
            true => offender.source.clone().unwrap_or_default(),
            false => name(&offender.labels),
        };
        row(
            page,
            &shown,
            &super::offender(offender),
            super::cause(&offender.figures),
        );
    }
    omitted(page, fleet.offenders_omitted, "run");
    if let Some(next) = super::next(fleet) {
        let _ = write!(page, "\n**Next:** {}\n", prose(&next));
    }
}

fn omitted(page: &mut String, count: u64, what: &str) {
    if count > 0 {
        let _ = write!(
            page,
            "\nAnd {}.\n",
            units::counted(count, &format!("more {what}"))
        );
    }
}

fn head(page: &mut String, first: &str, heads: &[&str], last: &str) {
    let _ = writeln!(page, "\n| {first} | {} | {last} |", heads.join(" | "));
    let _ = writeln!(page, "| --- |{} --- |", " ---: |".repeat(heads.len()));
}

fn row(page: &mut String, first: &str, cells: &[String], last: &str) {
    let cells: Vec<String> = cells.iter().map(|cell| prose(cell)).collect();
    let _ = writeln!(
        page,
        "| {} | {} | {} |",
        cell(first),
        cells.join(" | "),
        prose(last)
    );
}
