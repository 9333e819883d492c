//! A fleet for people at a terminal: coverage, groups, offenders, what regressed.

use std::io::{self, Write};

use super::super::Style;
use super::super::text::page::{self, Ansi, Page, left, right};
use super::{GROUP, OFFENDER, SERVICE};
use crate::report::comparison::{Outcome, RowVerdict};
use crate::report::fleet::{Figures, Fleet, ServiceVerdict, Versions, name};
use crate::units;

/// Columns of a cause, of a verdict.
const CAUSE: usize = 18;
const VERDICT: usize = 11;
const GROUPS: [usize; 6] = [6, 6, 9, 7, 8, 8];
const OFFENDERS: [usize; 4] = [7, 9, 8, 8];
const SERVICES: [usize; 6] = [7, 14, 8, 8, 7, 8];

pub(in crate::render) fn render(
    fleet: &Fleet,
    out: &mut dyn Write,
    style: &Style,
) -> io::Result<()> {
    let mut page = Page::new(*style);
    let (label, sentence) = super::headline(fleet);
    let color = match fleet.comparison.as_ref().map(|versions| &versions.outcome) {
        Some(Outcome::Pass) => page::GOOD,
        Some(Outcome::Regression(_)) => page::CRITICAL,
        Some(Outcome::NoVerdict(_)) => page::UNKNOWN,
        None => page::BOLD,
    };
    page.paragraph(&format!("{label}  "), color, &sentence);
    page.gap();
    for (at, line) in super::coverage(fleet).iter().enumerate() {
        page.paragraph(
            if at == 0 { "coverage  " } else { "          " },
            page::BOLD,
            line,
        );
    }
    if fleet.comparison.is_some() && fleet.total.processes > 0 {
        page.paragraph("cost      ", page::BOLD, &super::cost(fleet));
    }
    for warning in &fleet.warnings {
        page.paragraph("warning: ", page::WARNING, warning);
    }
    if fleet.total.processes > 0 {
        groups(fleet, &mut page);
        offenders(fleet, &mut page);
    }
    if let Some(versions) = &fleet.comparison {
        services(versions, &mut page);
    }
    out.write_all(page.into_text().as_bytes())
}

/// The columns that a name has beside the others.
fn room(page: &Page, others: &[usize], last: usize) -> usize {
    let others: usize = others.iter().sum();
    page.style()
        .width
        .saturating_sub(others + 2 + last)
        .clamp(12, 48)
}

fn groups(fleet: &Fleet, page: &mut Page) {
    page.gap();
    let room = room(page, &GROUPS, CAUSE);
    let by = page.name(&fleet.by.join(", "), room - 1);
    head(page, &by, room, &GROUP, &GROUPS, "main cause");
    for group in &fleet.groups {
        let name = page.name(&name(&group.labels), room - 1);
        let cause = cause(&group.figures, page);
        let line = line(&name, room, &super::group(group), &GROUPS, &cause);
        page.line(&line);
    }
    omitted(page, fleet.groups_omitted, "group");
    for note in super::unread(fleet) {
        page.paragraph("note: ", page::DIM, &note);
    }
}

fn offenders(fleet: &Fleet, page: &mut Page) {
    page.gap();
    if fleet.offenders.is_empty() {
        page.line("no process is critical or has a warning");
        return;
    }
    let room = room(page, &OFFENDERS, CAUSE);
    head(page, "worst runs", room, &OFFENDER, &OFFENDERS, "cause");
    for offender in &fleet.offenders {
        let shown = match offender.labels.is_empty() {
            true => offender.source.clone().unwrap_or_default(),
            false => name(&offender.labels),
        };
        let shown = page.name(&shown, room - 1);
        let cause = cause(&offender.figures, page);
        let line = line(&shown, room, &super::offender(offender), &OFFENDERS, &cause);
        page.line(&line);
        if let Some(source) = offender.source.as_ref().filter(|_| page.style().verbose) {
            page.paragraph("    ", page::DIM, source);
        }
    }
    omitted(page, fleet.offenders_omitted, "run");
    if let Some(next) = super::next(fleet) {
        page.paragraph("next: ", page::BOLD, &next);
    }
}

fn services(versions: &Versions, page: &mut Page) {
    page.gap();
    let title = format!(
        "{} {} against {}",
        versions.label, versions.base, versions.new
    );
    page.paragraph("", page::BOLD, &title);
    if !versions.services.is_empty() {
        let room = room(page, &SERVICES, VERDICT);
        head(page, "service", room, &SERVICE, &SERVICES, "verdict");
        let verbose = page.style().verbose;
        let (services, hidden) = super::listed(versions, verbose);
        for service in services {
            let mut shown = page.name(&name(&service.labels), room - 1);
            for ((cells, word), row) in super::rows(service, verbose).zip(&service.rows) {
                let color = match (service.verdict, row.verdict) {
                    (ServiceVerdict::CannotTell, _) => page::UNKNOWN,
                    (_, RowVerdict::Worse) => page::CRITICAL,
                    (_, RowVerdict::Improved) => page::GOOD,
                    (_, RowVerdict::NoEvidence) => page::DIM,
                    _ => Ansi::new(),
                };
                let word = page.paint(color, word);
                let line = line(&shown, room, &cells, &SERVICES, &word);
                page.line(&line);
                shown.clear();
            }
        }
        if hidden > 0 {
            page.line(&format!(
                "and {} without a regression; -v shows them",
                units::count(hidden as u64)
            ));
        }
        page.gap();
        page.paragraph("", Ansi::new(), &super::basis(versions));
    }
    for note in super::notes(versions) {
        page.paragraph("note: ", page::DIM, &note);
    }
}

fn omitted(page: &mut Page, count: u64, what: &str) {
    if count > 0 {
        page.line(&format!(
            "and {}; --top 0 shows all",
            units::counted(count, &format!("more {what}"))
        ));
    }
}

fn cause(figures: &Figures, page: &Page) -> String {
    let color = match (figures.processes_critical, figures.processes_warning) {
        (0, 0) => Ansi::new(),
        (0, _) => page::WARNING,
        _ => page::CRITICAL,
    };
    let cause = page.name(super::cause(figures), CAUSE);
    page.paint(color, &cause)
}

fn head(page: &mut Page, name: &str, room: usize, heads: &[&str], widths: &[usize], last: &str) {
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let head = line(name, room, &heads, widths, last);
    let head = page.paint(page::DIM, &head);
    page.line(&head);
}

fn line(name: &str, room: usize, cells: &[String], widths: &[usize], last: &str) -> String {
    let cells = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| right(cell, *width));
    format!("{}{}  {last}", left(name, room), cells.collect::<String>())
}
