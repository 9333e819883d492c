//! The predictions as one page: the table, the lines to paste. No scripts.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::Style;
use super::super::escape::printable;
use super::{CHECK_HEADS, HEADS, checked, checked_row, described, omitted, paste, reasons, rows};
use crate::report::tuning::{TunedProcess, Tuning};

/// Nothing is loaded and nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const CSS: &str = ":root{color-scheme:light dark;--line:#8884;--bar:#2a8a4a}\
    body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    h1{font-size:1.4rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin:1.6rem 0 .5rem;overflow-wrap:anywhere}\
    .dim{opacity:.7}.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
    th,td{padding:.25rem .8rem .25rem 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\
    th:first-child,td:first-child{text-align:left}tr.now{opacity:.7}\
    .try{border-left:4px solid var(--bar);padding-left:.8rem}pre{font:13px ui-monospace,monospace;overflow-x:auto;margin:.1rem 0 .6rem}";

pub(in crate::render) fn render(
    tuning: &Tuning,
    out: &mut dyn Write,
    _style: &Style,
) -> io::Result<()> {
    let several = tuning.processes.len() > 1;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(concat!("gcpressure ", env!("CARGO_PKG_VERSION")));
                title { "What another setting would give - gcpressure" }
                link rel="icon" href="data:,";
                style { (PreEscaped(CSS)) }
            }
            body {
                h1 { "What another setting would give" }
                @for process in &tuning.processes { (one(process, several)) }
                @for note in omitted(tuning, usize::MAX).iter().chain(&tuning.warnings) {
                    p .dim { (printable(note)) "." }
                }
            }
        }
    };
    out.write_all(page.into_string().as_bytes())?;
    out.write_all(b"\n")
}

fn one(process: &TunedProcess, several: bool) -> Markup {
    html! {
        h2 { (printable(&described(process, several))) }
        @if let Some(reason) = &process.no_prediction_reason {
            p { "No prediction: " (printable(reason)) "." }
        } @else {
            (table(&HEADS, &rows(process), true))
            @for (label, reason) in reasons(process) {
                p .dim { (printable(&label)) ": " (printable(&reason)) "." }
            }
        }
        @if let Some(recommended) = &process.recommended {
            div .try {
                p { "Try " strong { (recommended.environment) } ": " (printable(&recommended.message)) "." }
                @for (title, lines) in paste(recommended) { (title) pre { (lines) } }
            }
        }
        @for advice in &process.advice { p { "Next: " (printable(advice)) "." } }
        @if let Some(check) = &process.check {
            p { (printable(&checked(check))) "." }
            @if !check.figures.is_empty() {
                (table(&CHECK_HEADS, &check.figures.iter().map(checked_row).collect::<Vec<_>>(), false))
            }
        }
    }
}

/// The first row is the measured setting where `now`.
fn table<const N: usize>(heads: &[&str; N], rows: &[[String; N]], now: bool) -> Markup {
    html! {
        div .scroll { table {
            tr { @for head in heads { th { (head) } } }
            @for (at, row) in rows.iter().enumerate() {
                tr .now[now && at == 0] { @for cell in row { td { (cell) } } }
            }
        } }
    }
}
