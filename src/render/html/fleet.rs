//! The page of a fleet: what was read, what regressed with every run as a dot, groups and offenders. No scripts.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::Style;
use super::super::escape::printable;
use super::super::fleet as words;
use super::super::text::upper;
use super::PAGE_CSS;
use crate::report::comparison::{Outcome, Row, RowVerdict, Sample};
use crate::report::fleet::{Fleet, Service, ServiceVerdict, Versions, name};
use crate::units::{self, Unit};

/// Nothing is loaded and nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const CSS: &str = ".burnt{height:4px;border-radius:2px;background:var(--c2);margin-top:3px}\
    .strips{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:20px 32px;margin-top:20px}\
    .strips svg{width:100%;height:auto;display:block;margin-top:4px}\
    .strips line{stroke:var(--line)}.strips text{fill:var(--soft);font-size:12px}\
    .strips .base{fill:var(--c2);stroke:var(--c2)}.strips .new{fill:var(--c1);stroke:var(--c1)}\
    .strips circle{fill-opacity:.45;stroke:none}.strips line.median{stroke-width:2}\
    td.why{white-space:nowrap}#input p,.note{overflow-wrap:anywhere}#services>*+*,#groups>*+*,#offenders>*+*{margin-top:8px}";

/// Dots of a side at most: of more runs every second, third and so on is drawn.
const DOTS: usize = 200;

/// Services whose runs are drawn.
const STRIPS: usize = 12;

/// Writes the report of a fleet as one HTML file.
pub(in crate::render) fn render(
    fleet: &Fleet,
    out: &mut dyn Write,
    _style: &Style,
) -> io::Result<()> {
    let (label, sentence) = words::headline(fleet);
    let class = match fleet.comparison.as_ref().map(|versions| &versions.outcome) {
        Some(Outcome::Pass) => "pass",
        Some(Outcome::Regression(_)) => "critical",
        Some(Outcome::NoVerdict(_)) => "unknown",
        None => "info",
    };
    let judged = fleet.total.processes > 0;
    // A regression begins with the name of its service.
    let sentence = match class {
        "critical" => printable(&sentence).into_owned(),
        _ => upper(&printable(&sentence)),
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("gcpressure ", env!("CARGO_PKG_VERSION")));
                title { (label) " - fleet - gcpressure" }
                link rel="icon" href="data:,";
                style { (PreEscaped(PAGE_CSS)) (PreEscaped(CSS)) }
            }
            body {
                header class=(class) {
                    p.verdict { (label) }
                    h1 { (sentence) }
                    @if judged && fleet.comparison.is_some() { p.subject { (upper(&words::cost(fleet))) } }
                }
                main {
                    section #input {
                        h2 { "What was read" }
                        @for line in words::coverage(fleet) { p { (upper(&printable(&line))) } }
                        @for warning in &fleet.warnings { p.warned { (upper(&printable(warning))) } }
                    }
                    @if let Some(versions) = &fleet.comparison { (services(versions)) }
                    @if judged { (groups(fleet)) (offenders(fleet)) }
                }
                footer {
                    p { "Written by gcpressure " (env!("CARGO_PKG_VERSION")) ". The file is complete: it loads nothing." }
                }
            }
        }
    };
    out.write_all(page.into_string().as_bytes())?;
    out.write_all(b"\n")
}

fn services(versions: &Versions) -> Markup {
    let (services, hidden) = words::listed(versions, false);
    let drawn = services
        .iter()
        .filter(|service| service.base.runs + service.new.runs > 0);
    html! {
        section #services {
            h2 { (upper(&printable(&versions.label))) " " span.side.base { (printable(&versions.base)) } " against "
                span.side.new { (printable(&versions.new)) } }
            @if !services.is_empty() {
                div.scroll tabindex="0" {
                    table {
                        (head("service", &words::SERVICE, "verdict"))
                        tbody { @for service in services {
                            @for ((cells, word), row) in words::rows(service, false).zip(&service.rows) { tr {
                                th { (printable(&name(&service.labels))) }
                                @for cell in cells { td.number { (printable(&cell)) } }
                                td { span.(tone(service, row)) { (word) } }
                            } }
                        } }
                    }
                }
                @if hidden > 0 { p.note { "And " (units::count(hidden as u64)) " without a regression." } }
                p.note { (upper(&printable(&words::basis(versions)))) "." }
                @for note in words::notes(versions) { p.note { (printable(&note)) } }
                div.strips { @for service in drawn.take(STRIPS) {
                    @if let Some(row) = service.rows.first() { (strip(service, row, versions)) }
                } }
            } @else {
                @for note in words::notes(versions) { p.note { (printable(&note)) } }
            }
        }
    }
}

const fn tone(service: &Service, row: &Row) -> &'static str {
    match (service.verdict, row.verdict) {
        (ServiceVerdict::CannotTell, _) => "toned unknown",
        (_, RowVerdict::Worse) => "toned critical",
        (_, RowVerdict::Improved) => "toned pass",
        (_, RowVerdict::Same) => "same",
        _ => "none",
    }
}

/// A measure of a service: a dot a run, a stroke for the median.
fn strip(service: &Service, row: &Row, versions: &Versions) -> Markup {
    let values = row.base.values.iter().chain(&row.new.values);
    let most = values.copied().fold(0.0, f64::max);
    let format = |value: f64| Unit::from_symbol(row.unit).format(value);
    let at = |value: f64| {
        format!(
            "{:.1}",
            8.0 + 404.0 * if most > 0.0 { value / most } else { 0.0 }
        )
    };
    let side = |class: &'static str, sample: &Sample, y: u32| {
        let each = sample.values.len().div_ceil(DOTS).max(1);
        html! {
            @for value in sample.values.iter().step_by(each) { circle.(class) cx=(at(*value)) cy=(y) r="4" {} }
            @if let Some(median) = sample.median {
                line.median.(class) x1=(at(median)) x2=(at(median)) y1=(y - 9) y2=(y + 9) {}
            }
        }
    };
    let label = format!(
        "{} of each {} of {}",
        row.title,
        versions.run_name(),
        name(&service.labels)
    );
    html! {
        figure {
            h3 { (printable(&name(&service.labels))) }
            p.note { (row.title) ", a dot a " (versions.run_name()) ", the median as a stroke" }
            svg viewBox="0 0 420 68" role="img" aria-label=(printable(&label)) {
                line x1="8" x2="412" y1="46" y2="46" {}
                (side("base", &row.base, 12))
                (side("new", &row.new, 33))
                text x="8" y="62" { "0" }
                text x="412" y="62" text-anchor="end" { (format(most)) }
            }
        }
    }
}

fn groups(fleet: &Fleet) -> Markup {
    html! {
        section #groups {
            h2 { "Where it burns" }
            div.scroll tabindex="0" {
                table {
                    (head(&fleet.by.join(", "), &words::GROUP, "main cause"))
                    tbody { @for group in &fleet.groups { tr {
                        th { (printable(&name(&group.labels)))
                            div.burnt style=(format!("width:{:.1}%", group.share_ratio.unwrap_or(0.0) * 100.0)) {} }
                        @for cell in words::group(group) { td.number { (cell) } }
                        td.why { (words::cause(&group.figures)) }
                    } } }
                }
            }
            (omitted(fleet.groups_omitted, "group"))
            @for note in words::unread(fleet) { p.note { (printable(&note)) } }
        }
    }
}

fn offenders(fleet: &Fleet) -> Markup {
    html! {
        section #offenders {
            h2 { "Worst runs" }
            @if fleet.offenders.is_empty() { p.none { "No process is critical or has a warning." } }
            @else {
                div.scroll tabindex="0" {
                    table {
                        (head("run", &words::OFFENDER, "cause"))
                        tbody { @for offender in &fleet.offenders { tr {
                            td.name { strong { (printable(&name(&offender.labels))) }
                                @if let Some(source) = &offender.source { p.note { (printable(source)) } } }
                            @for cell in words::offender(offender) { td.number { (cell) } }
                            td.why { (words::cause(&offender.figures)) }
                        } } }
                    }
                }
                (omitted(fleet.offenders_omitted, "run"))
                @if let Some(next) = words::next(fleet) { p { strong { "Next: " } (printable(&next)) } }
            }
        }
    }
}

fn omitted(count: u64, what: &str) -> Markup {
    html! { @if count > 0 { p.note { "And " (units::counted(count, &format!("more {what}"))) "." } } }
}

fn head(first: &str, heads: &[&str], last: &str) -> Markup {
    html! { thead { tr {
        th { (printable(first)) }
        @for head in heads { th.number { (head) } }
        th { (last) }
    } } }
}
