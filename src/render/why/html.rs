//! The causes as one page: a table with a bar a line, and what to do under each. No scripts.

use std::io::{self, Write};

use maud::{Markup, html};

use super::super::Style;
use super::super::escape::printable;
use super::super::html::document;
use super::{amount, extent, figures, in_order, place, sources};
use crate::report::why::{self as model, Cause, Why};
use crate::units;

/// Nothing is loaded and nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// Lines that are unfolded from the start.
const OPEN: usize = 3;

const CSS: &str = ":root{color-scheme:light dark;--line:#8884;--bar:#d9730d}\
    body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    h1{font-size:1.4rem;margin-bottom:.2rem}.dim{opacity:.7}\
    details{border-top:1px solid var(--line);padding:.5rem 0}summary{cursor:pointer}\
    code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}\
    .bar{height:6px;background:var(--bar);border-radius:3px;margin:.3rem 0}\
    h2{font-size:1.1rem;margin:1.6rem 0 .5rem}\
    .share{display:inline-block;min-width:4.5rem;font-variant-numeric:tabular-nums}\
    dt{font-weight:600}dd{margin:0 0 .5rem 0}.warning{border-left:4px solid var(--bar);padding-left:.6rem}";

pub(in crate::render) fn render(why: &Why, out: &mut dyn Write, _style: &Style) -> io::Result<()> {
    let (own, outside) = in_order(why);
    let body = html! {
        h1 { "Why it allocates" }
        p .dim { (printable(&sources(why))) ": " (why.sample_type) }
        p { (printable(&extent(why))) "." }
        @for warning in &why.warnings { p .warning { (printable(warning)) "." } }
        @if !own.is_empty() { h2 { "Your lines" } }
        @for (at, cause) in own.iter().enumerate() { (one(why, cause, at < OPEN)) }
        @if !outside.is_empty() { h2 { "Elsewhere" } }
        @for cause in &outside { (one(why, cause, false)) }
    };
    document("Why it allocates - gcpressure", POLICY, &[CSS], &body, out)
}

/// A line that allocates.
fn one(why: &Why, cause: &Cause, open: bool) -> Markup {
    let share = model::share(cause.flat, why.total).unwrap_or(0.0);
    html! {
        details open[open] {
            summary {
                span .share { (units::percent(share)) }
                code { (printable(&place(cause))) } " " (cause.pattern.title())
                " " span .dim { (amount(why, cause.flat)) }
                div .bar style=(format!("width:{:.1}%", share.clamp(0.0, 1.0) * 100.0)) {}
            }
            @if let Some(line) = &cause.source_line { p { code { (printable(line)) } } }
            dl {
                dt { "Amount" } dd { (printable(&figures(why, cause))) }
                dt { "Why" } dd { (printable(&cause.message)) }
                @if let Some(first) = cause.diagnoses.first() {
                    @for step in &first.chain { dd { code { (printable(step)) } } }
                }
                @if let Some(remedy) = cause.remedy { dt { "Do" } dd { (remedy) } }
                @if let Some(trap) = cause.trap { dt { "Trap" } dd { (trap) } }
            }
        }
    }
}
