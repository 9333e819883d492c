//! What the profile is and how far its numbers carry, then pprof's table.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::super::text::page::{self, Page};
use super::super::{Style, escape};
use super::table;
use crate::report::sites::{Evidence, ProfileSource, Sites};
use crate::units;

/// Thin rows that are named.
const NAMED: usize = 5;

pub(in crate::render) fn render(
    sites: &Sites,
    out: &mut dyn Write,
    style: &Style,
) -> io::Result<()> {
    let mut page = Page::new(*style);
    let what = format!(
        "{}: {}, {}",
        described(&sites.profile),
        sites.sample_type,
        sampled(&sites.profile)
    );
    page.paragraph("", page::DIM, &what);
    trust(sites, &mut page);
    if style.verbose {
        errors(sites, &mut page);
    }
    let mut text = page.into_text();
    let mut rows = String::new();
    table::write(sites, &mut rows);
    for line in rows.lines() {
        text.push_str(&escape::printable(line));
        text.push('\n');
    }
    out.write_all(text.as_bytes())
}

/// The profile's name, what it covers and what was taken off.
pub(in crate::render) fn described(profile: &ProfileSource) -> String {
    let mut text = profile.name.clone();
    if let Some(duration) = profile.duration_ns {
        text = format!("{text}, {}", units::duration(duration));
    }
    match &profile.base {
        Some(base) if profile.shares_of_base => format!("{text} less {base}, in shares of that"),
        Some(base) => format!("{text} less {base}"),
        None => text,
    }
}

fn sampled(profile: &ProfileSource) -> String {
    match profile.rate_bytes {
        0 | 1 => "every object recorded".to_owned(),
        rate => format!("one sample every {}", units::bytes(rate)),
    }
}

/// How far the rows can be trusted, which pprof never says.
fn trust(sites: &Sites, page: &mut Page) {
    let rows = &sites.table.rows;
    let thin: Vec<_> = rows.iter().filter(|row| row.flat_evidence.thin).collect();
    if thin.is_empty() {
        let worst = rows
            .iter()
            .filter_map(|row| row.flat_evidence.relative_error_ratio)
            .fold(0.0, f64::max);
        if worst > 0.0 {
            let line = format!(
                "sampling error of a row's flat value: at most ±{}",
                units::percent(worst)
            );
            page.paragraph("", page::DIM, &line);
        }
        return;
    }
    let names: BTreeSet<_> = thin
        .iter()
        .take(NAMED)
        .map(|row| format!("{} ({})", row.name, error(row.flat_evidence)))
        .collect();
    let more = match thin.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let line = format!(
        "{} of {} rows rest on too few samples to be compared with anything: {}{more}",
        thin.len(),
        rows.len(),
        names.into_iter().collect::<Vec<_>>().join(", "),
    );
    page.paragraph("thin: ", page::WARNING, &line);
}

/// `±12%, 70 samples`.
pub(in crate::render) fn error(evidence: Evidence) -> String {
    let samples = units::counted(evidence.samples_seen, "sample");
    match evidence.relative_error_ratio {
        Some(error) if error > 0.0 => format!("±{}, {samples}", units::percent(error)),
        _ => samples,
    }
}

/// The error of every row.
fn errors(sites: &Sites, page: &mut Page) {
    page.line("   samples   error        of what");
    let room = page.style().width.saturating_sub(26);
    for row in &sites.table.rows {
        let Some(error) = row.flat_evidence.relative_error_ratio else {
            continue;
        };
        let line = format!(
            "{:>10}  {:>6}  {:4}  {}",
            units::count(row.flat_evidence.samples_seen),
            format!("±{}", units::percent(error)),
            if row.flat_evidence.thin { "thin" } else { "" },
            page.name(&row.name, room)
        );
        page.line(&line);
    }
    page.gap();
}
