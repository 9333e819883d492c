//! The layout of the screen and its text.

use gcpressure::internal::settings::Severity;
use gcpressure::internal::units;
use gcpressure::report::{Input, Process};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::charts;
use super::page::{BOLD, DIM, Page, goal, now, share, size};
use super::state::Raised;

/// Smaller screens show figures without charts.
const CHART_ROWS: u16 = 16;
const CHART_COLUMNS: u16 = 50;
/// Rows of the small charts.
const PANEL_ROWS: u16 = 5;
/// Wider screens show the message of each finding.
const WIDE: u16 = 120;

/// Draws everything.
pub(crate) fn page(frame: &mut Frame<'_>, page: &Page<'_>) {
    let area = frame.area();
    let chosen = page
        .snapshot
        .report
        .as_deref()
        .and_then(|report| page.view.process(report));
    let footer_rows = if area.height >= 8 { 2 } else { 1 };
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(footer_rows),
    ])
    .areas(area);
    frame.render_widget(header(page, chosen), head);
    match chosen {
        None => frame.render_widget(waiting(page), body),
        Some((process, ..)) if area.height < CHART_ROWS || area.width < CHART_COLUMNS => {
            figures(frame, page, process, body);
        }
        Some((process, ..)) => with_charts(frame, page, process, body),
    }
    frame.render_widget(Paragraph::new(footer(page, footer_rows)), foot);
    if page.view.help {
        help(frame, area);
    }
    if page.ascii {
        for cell in &mut frame.buffer_mut().content {
            if !cell.symbol().is_ascii() {
                cell.set_char(ascii(cell.symbol()));
            }
        }
    }
}

/// The ASCII replacement of a symbol.
fn ascii(symbol: &str) -> char {
    match symbol.chars().next() {
        Some('\u{2500}') => '-',
        Some('\u{2502}') => '|',
        Some('\u{2501}'..='\u{257f}') => '+',
        // Bars, lowest first.
        Some(bar @ '\u{2581}'..='\u{2588}') => {
            let height = usize::try_from(u32::from(bar) - 0x2581).unwrap_or_default();
            char::from(b".:-=+*##"[height.min(7)])
        }
        Some('\u{2800}') => ' ',
        // A dot pattern of the chart.
        Some('\u{2801}'..='\u{28ff}') => '.',
        Some('\u{b5}') => 'u',
        Some('\u{2190}') => '<',
        Some('\u{2192}') => '>',
        _ => '?',
    }
}

fn header(page: &Page<'_>, chosen: Option<(&Process, usize, usize)>) -> Line<'static> {
    let mut spans = vec![Span::styled(
        format!(" {} ", page.name),
        Style::new().add_modifier(Modifier::REVERSED),
    )];
    if let Some((process, at, count)) = chosen {
        if count > 1 || process.stream.is_some() {
            spans.push(Span::raw(format!(
                " process {} ({} of {count})",
                process.id,
                at + 1
            )));
        }
        let (_, end) = page.view.interval(process);
        spans.push(Span::raw(format!(
            "  at {}  {}{}",
            units::duration(end),
            process.format,
            process
                .measures
                .gomaxprocs
                .map_or_else(String::new, |procs| format!("  {procs} P"))
        )));
        spans.push(Span::styled(format!("  window {}", page.view.span()), DIM));
    }
    for (on, word) in [
        (page.view.is_paused(), " PAUSED "),
        (page.view.is_back(), " PAST "),
        (page.interrupted, " INTERRUPTED, once more leaves "),
    ] {
        if on {
            spans.push(Span::raw(" "));
            spans.push(Span::styled(
                word,
                Style::new().fg(Color::Black).bg(Color::Yellow),
            ));
        }
    }
    Line::from(spans)
}

fn waiting(page: &Page<'_>) -> Paragraph<'static> {
    let seen = page.snapshot.report.as_deref().map_or(0, |report| {
        report.input.sources.iter().map(|source| source.lines).sum()
    });
    let mut lines = vec![
        Line::raw(""),
        Line::raw(" no GC cycle yet"),
        Line::styled(
            format!(
                " {} lines read; the program needs GODEBUG=gctrace=1, and time to collect",
                units::count(seen)
            ),
            DIM,
        ),
        Line::raw(""),
    ];
    lines.extend(own_lines(page, 100));
    Paragraph::new(lines)
}

/// Figures without charts, for a small screen.
fn figures(frame: &mut Frame<'_>, page: &Page<'_>, process: &Process, area: Rect) {
    let mut lines = Vec::new();
    if let Some(now) = now(page, process) {
        lines.push(Line::raw(format!(
            "heap {} live, goal {}",
            size(now.heap_live_max_bytes),
            goal(now)
        )));
        lines.push(Line::raw(format!(
            "{}, pause p99 {}",
            units::rate(now.gc_frequency_per_second),
            units::duration(now.pause_p99_ns)
        )));
        lines.push(Line::raw(format!(
            "GC CPU {}, assists {}",
            share(now.gc_cpu_ratio()),
            share(now.mark_assist_cpu_ratio)
        )));
    }
    lines.extend(findings(page, area.width));
    frame.render_widget(Paragraph::new(lines), area);
}

fn with_charts(frame: &mut Frame<'_>, page: &Page<'_>, process: &Process, area: Rect) {
    let findings = findings(page, area.width);
    let most = (area.height / 3).max(3);
    let rows = u16::try_from(findings.len()).unwrap_or(u16::MAX);
    let [heap_area, panels, below] = Layout::vertical([
        Constraint::Min(6),
        Constraint::Length(if area.height >= 30 {
            PANEL_ROWS + 3
        } else {
            PANEL_ROWS
        }),
        Constraint::Length(rows.saturating_add(1).clamp(3, most)),
    ])
    .areas(area);
    charts::heap(frame, page, process, heap_area);
    if page.view.lines {
        let title = Block::bordered().title(" program's own lines ");
        let rows = usize::from(panels.height.saturating_sub(2));
        let text = own_lines(page, rows);
        frame.render_widget(Paragraph::new(text).block(title), panels);
    } else {
        let [left, middle, right] = Layout::horizontal([Constraint::Fill(1); 3]).areas(panels);
        charts::frequency(frame, page, process, left);
        charts::pauses(frame, page, process, middle);
        charts::cpu(frame, page, process, right);
    }
    let hidden = findings.len().saturating_sub(usize::from(below.height) - 1);
    let title = match hidden {
        0 => "findings".to_owned(),
        hidden => format!("findings, {hidden} more below"),
    };
    let title = Block::new().title(Line::styled(title, BOLD));
    frame.render_widget(Paragraph::new(findings).block(title), below);
}

/// Raised findings, then cleared ones.
fn findings(page: &Page<'_>, width: u16) -> Vec<Line<'static>> {
    let raised = &page.snapshot.findings;
    if raised.is_empty() {
        return vec![Line::styled("none so far", DIM)];
    }
    let several = page
        .snapshot
        .report
        .as_deref()
        .is_some_and(|report| report.processes.len() > 1);
    let lines = raised
        .iter()
        .map(|finding| finding_line(finding, several, width));
    cause(raised).into_iter().chain(lines).collect()
}

/// The cause of the newest raised finding.
fn cause(findings: &[Raised]) -> Option<Line<'static>> {
    let raised = findings.iter().filter(|finding| finding.change.raised);
    let newest = raised.max_by_key(|finding| finding.change.at_ns)?;
    let (_, message) = newest.change.cause.as_ref()?;
    Some(Line::styled(message.clone(), BOLD))
}

fn finding_line(finding: &Raised, several: bool, width: u16) -> Line<'static> {
    let change = &finding.change;
    let unit = change.unit;
    let (word, style) = match (change.raised, change.severity) {
        (false, _) => ("cleared ", DIM),
        (true, Severity::Critical) => ("critical", Style::new().fg(Color::Red).patch(BOLD)),
        (true, _) => ("warning ", Style::new().fg(Color::Yellow)),
    };
    let since = units::duration(finding.since_ns);
    let when = if change.raised {
        format!("since {since}")
    } else {
        format!("{since} to {}", units::duration(change.at_ns))
    };
    let process = if several {
        format!(" [{}]", finding.process)
    } else {
        String::new()
    };
    let mut text = format!(
        " {}{process} {} {when}",
        change.rule,
        unit.format(change.measured)
    );
    if width >= CHART_COLUMNS {
        text = format!(
            " {:<16}{process} {} (threshold {}), {when}",
            change.rule,
            unit.format(change.measured),
            unit.format(change.threshold)
        );
    }
    if width >= WIDE {
        text.push_str("  ");
        text.push_str(&change.message);
    }
    let rest = if change.raised { Style::new() } else { DIM };
    Line::from(vec![Span::styled(word, style), Span::styled(text, rest)])
}

/// The last lines of the program.
fn own_lines(page: &Page<'_>, rows: usize) -> Vec<Line<'static>> {
    let lines = &page.snapshot.lines;
    let skipped = lines.len().saturating_sub(rows);
    let shown = lines[skipped..].iter();
    shown.map(|line| Line::raw(line.clone())).collect()
}

/// How complete the trace is, and the keys.
fn footer(page: &Page<'_>, rows: u16) -> Vec<Line<'static>> {
    let keys = Line::styled(
        " q quit  space pause  \u{2190}\u{2192} scroll  w window  tab process  l lines  ? help",
        DIM,
    );
    let mut lines = Vec::new();
    if let Some(report) = page.snapshot.report.as_deref() {
        let missing = report.processes.iter().map(|p| p.cycles_missing).sum();
        let mut text = completeness(&report.input, missing);
        if let Some(last) = page.snapshot.last_cycle {
            let quiet = last.elapsed().as_secs();
            if quiet >= 2 {
                text.push_str(&format!(
                    ", quiet for {}",
                    units::duration(quiet * units::SECOND)
                ));
            }
        }
        lines.push(Line::raw(text));
    } else {
        lines.push(Line::raw(""));
    }
    if rows > 1 {
        lines.push(keys);
    }
    lines
}

fn completeness(input: &Input, missing: u64) -> String {
    let mut text = format!(" {} cycles", units::count(input.gc_lines.cycles()));
    for (count, what) in [
        (missing, "missing"),
        (input.gc_lines.repaired, "repaired"),
        (input.gc_lines.damaged, "damaged"),
        (input.gc_lines.duplicate, "twice"),
    ] {
        if count > 0 || what == "missing" {
            text.push_str(&format!(", {} {what}", units::count(count)));
        }
    }
    text
}

/// The help for the keys, over everything else.
fn help(frame: &mut Frame<'_>, area: Rect) {
    const KEYS: [(&str, &str); 9] = [
        ("q", "leave; a program is asked to end"),
        ("Ctrl-C", "interrupt; a second one leaves at once"),
        ("space", "pause the screen, not the reading"),
        ("left, right", "into the past, towards now"),
        ("Home, End", "to the beginning, to now"),
        ("w, W", "longer, shorter window"),
        ("Tab", "next process"),
        ("l", "the program's own lines"),
        ("?", "this; any key closes it"),
    ];
    let lines: Vec<_> = KEYS
        .iter()
        .map(|(key, what)| {
            Line::from(vec![
                Span::styled(format!(" {key:<12}"), BOLD),
                Span::raw(*what),
            ])
        })
        .collect();
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX) + 2;
    let width = 56.min(area.width);
    let height = rows.min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, place);
    let block = Block::bordered().title(" keys ");
    frame.render_widget(Paragraph::new(lines).block(block), place);
}
