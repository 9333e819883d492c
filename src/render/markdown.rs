//! The report as GitHub-flavored Markdown, for a step summary or a comment on a pull request.
//!
//! Short, as a comment has to be: the findings with what to do next, the measures of one process or a table of many, and
//! the completeness of the input folded away. Text from the log stands in code spans, where nothing in it is markup,
//! mentions no user and refers to no issue.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Style;
use super::escape::printable;
use super::text::{self, findings, input, measures};
use crate::report::causes::Causes;
use crate::report::why::Pattern;
use crate::report::{Diagnosis, Finding, Process, Report, Verdict};
use crate::settings::Severity;
use crate::units;

/// Rows of the table of processes where not everything is asked for: a comment holds 65,536 characters.
const ROWS: usize = 20;

/// Findings shown in full without `-v`, as in the text report.
const IN_FULL: usize = 3;

/// Writes the report as Markdown.
pub(super) fn render(report: &Report, out: &mut dyn Write, style: &Style) -> io::Result<()> {
    out.write_all(page(report, style).as_bytes())
}

fn page(report: &Report, style: &Style) -> String {
    let mut page = headline(report);
    if !report.input.newest_first {
        let several = report.processes.len() > 1;
        if let Some(found) = &report.diagnosis {
            diagnosis(found, several, &mut page);
        }
        for (at, group) in findings::groups(&report.findings).iter().enumerate() {
            let explained = text::findings::is_explained(report, group);
            let full = style.verbose || (at < IN_FULL && !explained);
            finding(report, group, full, several, &mut page);
        }
        match report.processes.as_slice() {
            [] => {}
            [process] => table(process, &mut page),
            many => {
                let shown = if style.verbose { many.len() } else { ROWS };
                processes(report, many, shown, &mut page);
            }
        }
    }
    if let Some(causes) = &report.causes {
        where_from(causes, &mut page);
    }
    completeness(report, &mut page);
    page
}

fn headline(report: &Report) -> String {
    let text::Headline {
        label,
        sentence,
        process,
    } = text::verdict(report);
    let sign = match report.verdict {
        Verdict::Critical => "\u{1f534}",
        Verdict::Warning => "\u{1f7e0}",
        Verdict::Pass => "\u{1f7e2}",
        Verdict::NoVerdict(_) => "\u{26aa}",
    };
    let place = process.map_or_else(String::new, |process| {
        format!("; in process {}", code(process))
    });
    let mut text = format!("## {sign} {label}: {}{place}\n\n", prose(&sentence));
    let _ = write!(text, "{}", code(&text::source(report)));
    if let Some(extent) = text::extent(report) {
        let _ = write!(text, ": {}", prose(&extent));
    }
    text.push('\n');
    text
}

/// The cause behind the findings, and what to do about it.
fn diagnosis(found: &Diagnosis, several: bool, page: &mut String) {
    let _ = write!(page, "\n**Cause:** `{}`", found.cause.name());
    if several {
        let _ = write!(page, " in process {}", code(&found.process));
    }
    page.push_str("\n\n");
    for advice in &found.advice {
        let _ = writeln!(page, "- **Next:** {}", prose(advice));
    }
}

/// One rule: its worst finding, in how many processes there were others, and where it is shown in full why it matters and
/// what to do.
fn finding(report: &Report, group: &[&Finding], full: bool, several: bool, page: &mut String) {
    let Some(worst) = group.first() else { return };
    let severity = worst.severity.name();
    let _ = match full {
        true => write!(page, "\n### {severity} `{}`\n\n", worst.rule),
        false => write!(page, "\n**{severity}** `{}` ", worst.rule),
    };
    let unit = worst.unit;
    // A suspicion below the threshold is not a matter of that figure: the sentence says what it is.
    if worst.measured >= worst.threshold {
        let _ = write!(
            page,
            "**{}**{}, threshold {}, ",
            prose(&unit.format(worst.measured)),
            prose(&findings::at_worst(worst)),
            prose(&unit.format(worst.threshold))
        );
    }
    page.push_str(&findings::when(worst));
    page.push_str(&findings::capped(worst));
    if several {
        let _ = match group.len() {
            1 => write!(page, ", in process {}", code(&worst.process)),
            count => write!(
                page,
                ", in {} processes, worst in process {}",
                units::count(count as u64),
                code(&worst.process)
            ),
        };
        if let Some(log) = text::log_of(report, &worst.process) {
            let _ = write!(page, " of {}", code(log));
        }
    }
    page.push('\n');
    if !full {
        return;
    }
    let _ = write!(page, "\n{}.\n", prose(&text::upper(&worst.message)));
    let advice = worst.advice.first();
    if let Some(next) = advice.filter(|_| worst.severity > Severity::Info) {
        let _ = write!(page, "\n**Next:** {}\n", prose(next));
    }
}

fn table(process: &Process, page: &mut String) {
    page.push_str(
        "\n|  | p50 | p90 | p99 | max | whole run |\n| --- | ---: | ---: | ---: | ---: | --- |\n",
    );
    for (name, figures, whole) in measures::rows(process, &process.measures) {
        let figures = figures.map(|figure| prose(&figure)).join(" | ");
        let _ = writeln!(page, "| {name} | {figures} | {} |", prose(&whole));
    }
    if let Some(busiest) = measures::busiest(&process.measures) {
        let _ = write!(page, "\nBusiest window: {}\n", prose(&busiest));
    }
}

fn processes(report: &Report, processes: &[Process], shown: usize, page: &mut String) {
    let worst = text::processes::worst(report);
    page.push_str(
        "\n| process | worst finding | cycles | frequency | pause p99 | pause max | GC CPU | live heap |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for process in processes.iter().take(shown) {
        let figures = text::processes::figures(process);
        let _ = writeln!(
            page,
            "| {}{}{} | {} | {} |",
            if process.approximate { "\\~" } else { "" },
            cell(&process.id),
            text::origin(report, process)
                .map_or_else(String::new, |origin| format!(" of {}", cell(&origin))),
            worst
                .get(process.id.as_str())
                .map_or("", |severity| severity.name()),
            figures.map(|figure| prose(&figure)).join(" | "),
        );
    }
    let hidden = processes.len().saturating_sub(shown) as u64 + report.processes_omitted;
    if hidden > 0 {
        let _ = write!(page, "\nand {} more\n", units::count(hidden));
    }
    if processes.iter().any(|process| process.approximate) {
        let _ = write!(page, "\n\\~ {}\n", text::processes::APPROXIMATE);
    }
}

/// Where the allocation comes from, by a heap profile.
fn where_from(causes: &Causes, page: &mut String) {
    page.push_str("\n### Where it allocates\n\n| line | amount | why |\n| --- | --- | --- |\n");
    for site in causes.allocated.iter().take(ROWS / 2) {
        let why = site.pattern.map_or("", Pattern::title);
        let _ = writeln!(
            page,
            "| {} | {} | {why} |",
            cell(&text::causes::place(site)),
            prose(&text::causes::amount(site))
        );
    }
    if let Some(estimate) = text::causes::estimate(causes) {
        let _ = write!(page, "\n{}.\n", prose(&text::upper(&estimate)));
    }
    for warning in &causes.warnings {
        let _ = write!(page, "\n> **Warning:** {}\n", prose(warning));
    }
}

fn completeness(report: &Report, page: &mut String) {
    let _ = write!(
        page,
        "\n<details><summary>Input and rules</summary>\n\n{}\n",
        prose(&text::upper(&input::completeness(report)))
    );
    if !report.processes.is_empty() && !report.input.newest_first {
        let _ = write!(
            page,
            "\n{}\n",
            prose(&text::upper(input::resolution(report)))
        );
        if !report.rules.is_empty() {
            let _ = write!(page, "\nRules: {}\n", prose(&input::outcome(report)));
        }
    }
    page.push_str("\n</details>\n");
    for warning in &report.warnings {
        let _ = write!(page, "\n> **Warning:** {}\n", prose(warning));
    }
}

/// A sentence of ours: signs that Markdown would obey are shown. Addresses stay links only where we wrote them.
pub(super) fn prose(text: &str) -> String {
    let text = printable(text);
    let mut clean = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '#' | '&' | '$'
        ) {
            clean.push('\\');
        }
        clean.push(c);
    }
    clean
}

/// Text from the log as a code span: between more backticks than stand in it.
pub(super) fn code(text: &str) -> String {
    let text = printable(text);
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // Beside a backtick the fence needs a space, which is taken off again, as it is where the text has its own.
    let edge = |c: char| c == '`' || c == ' ';
    let space = match text.starts_with(edge) || text.ends_with(edge) {
        true => " ",
        false => "",
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// The same in a table, where a stroke ends the cell even within a code span.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_code_span() {
        assert_eq!(code("web"), "`web`");
        assert_eq!(code("a``b` @octocat #1"), "```a``b` @octocat #1```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" x "), "`  x  `");
        assert_eq!(code("a\n# b"), "`a\\u{a}# b`");
        assert_eq!(cell("a|b"), "`a\\|b`");
    }

    #[test]
    fn a_sentence_is_shown_as_it_is() {
        assert_eq!(prose("<1MiB *_x_*"), "\\<1MiB \\*\\_x\\_\\*");
    }
}
