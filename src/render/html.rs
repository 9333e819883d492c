//! The report as one page that opens anywhere: charts over time with the findings on them, distributions, tables.
//!
//! Everything is in the file and nothing is referred to outside it. The tables stand in the page as text, so that it can
//! be read where scripts are switched off (as a CI server may serve it), and printed; the charts are drawn by uPlot from
//! the figures in `<script type="application/json" id="report">`.
//!
//! Text from the log cannot become markup: maud escapes what it puts into the page, [`island`] what the script reads, the
//! script itself writes only text nodes, and the page's own security policy runs no script but those it was made with.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Style;
use super::text;
use crate::report::Report;
use crate::report::comparison::Comparison;

mod body;
mod causes;
mod comparison;
pub(super) mod fleet;
mod island;

/// uPlot, as it came; see assets/uplot/README.md.
const UPLOT_JS: &str = include_str!("../../assets/uplot/uPlot.iife.min.js");
const UPLOT_CSS: &str = include_str!("../../assets/uplot/uPlot.min.css");
/// What draws the charts.
const PAGE_JS: &str = include_str!("html/page.js");
/// Figures as people read them, for the scripts that draw.
const VALUES_JS: &str = include_str!("html/values.js");
/// What draws the charts of a comparison.
const COMPARISON_JS: &str = include_str!("html/comparison.js");
const PAGE_CSS: &str = include_str!("html/page.css");

/// Nothing is loaded, and only these scripts run: SHA-256 of [`UPLOT_JS`], [`VALUES_JS`], [`PAGE_JS`] and
/// [`COMPARISON_JS`], which tests/long/html.rs and tests/long/compare_page.rs hold to the files.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
    script-src 'sha256-GcjUxq2Ikpp59K5J1vcWFWbf0Lo9FcxJXpdPeH63jx8=' 'sha256-TZMIHJ/Z9hS4dRAjSJT8Uq6xkB3dr/VNxoJ3pGdK7G8=' \
    'sha256-k/J7oLtPQ9i5/rxxf5/wgbcQtERqdgj5YEb1EyITTdM=' 'sha256-IkxcSkNXA9p/ovUV7fO7SxnkD23snaOuHmCrGEp0UIs='";

/// Writes the report as one HTML file.
pub(super) fn render(report: &Report, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    let label = text::verdict(report).label;
    let title = format!("{label} - {} - gcpressure", text::source(report));
    write(
        &title,
        &body::body(report),
        &island::json(report),
        PAGE_JS,
        out,
    )
}

/// Writes a comparison as one HTML file.
pub(super) fn comparison(
    comparison: &Comparison,
    out: &mut dyn Write,
    _style: &Style,
) -> io::Result<()> {
    let (label, _) = super::comparison::outcome(comparison);
    let title = format!("{label} - before and after - gcpressure");
    let page = comparison::body(comparison);
    write(
        &title,
        &page,
        &comparison::json(comparison),
        COMPARISON_JS,
        out,
    )
}

/// A page with charts: the figures, which are JSON that cannot leave its place, and what draws them.
fn write(
    title: &str,
    body: &Markup,
    figures: &str,
    script: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let body = html! {
        (body)
        script type="application/json" id="report" { (PreEscaped(figures)) }
        script { (PreEscaped(UPLOT_JS)) }
        script { (PreEscaped(VALUES_JS)) }
        script { (PreEscaped(script)) }
    };
    document(title, POLICY, &[UPLOT_CSS, PAGE_CSS], &body, out)
}

/// Writes a page under its security policy.
pub(super) fn document(
    title: &str,
    policy: &str,
    styles: &[&str],
    body: &Markup,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("gcpressure ", env!("CARGO_PKG_VERSION")));
                title { (super::escape::printable(title)) }
                link rel="icon" href="data:,";
                style { @for style in styles { (PreEscaped(style)) } }
            }
            body { (body) }
        }
    };
    out.write_all(page.into_string().as_bytes())?;
    out.write_all(b"\n")
}
