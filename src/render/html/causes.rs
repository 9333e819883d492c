//! Where the allocation behind the findings comes from, for the page.

use maud::{Markup, html};

use super::super::escape::printable;
use super::super::text::{self, causes};
use crate::report::causes::{Causes, Hot};

/// The table under the findings.
pub(super) fn section(causes: &Causes) -> Markup {
    html! {
        section #causes {
            h2 { "Where it allocates" }
            @if causes.allocated.is_empty() { p.none { "The profile has no allocation." } }
            @else { (table(&causes.allocated)) }
            @if let Some(estimate) = causes::estimate(causes) {
                p { (text::upper(&printable(&estimate))) "." }
            }
            @if !causes.in_use.is_empty() {
                h3 { "What is in use" }
                (table(&causes.in_use))
            }
            p.note { (text::upper(&printable(&causes::basis(causes)))) "." }
            @for warning in &causes.warnings { p.warned { (text::upper(&printable(warning))) } }
        }
    }
}

fn table(sites: &[Hot]) -> Markup {
    let explained = sites.iter().any(|site| site.pattern.is_some());
    html! {
        div.scroll tabindex="0" {
            table {
                thead { tr { th { "line" } th { "amount" } @if explained { th { "why, and what to do" } } } }
                tbody {
                    @for site in sites {
                        tr {
                            td { code { (printable(&causes::place(site))) } br; span.note { (printable(&site.function)) } }
                            td { (causes::amount(site)) }
                            @if let Some((pattern, message)) = site.pattern.zip(site.message.as_ref()) {
                                td {
                                    strong { (pattern.title()) } ": " (printable(message)) "."
                                    @if let Some(remedy) = site.remedy { " " (text::upper(remedy)) "." }
                                }
                            } @else if explained { td { "-" } }
                        }
                    }
                }
            }
        }
    }
}
