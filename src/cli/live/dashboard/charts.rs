//! The charts of the screen.

use gcpressure::internal::units;
use gcpressure::report::{Process, TimelinePoint};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Sparkline};

use super::page::{BOLD, DIM, Page, goal, now, share, size};

const LIVE: Color = Color::Green;
const GOAL: Color = Color::Yellow;
const END: Color = Color::Blue;

/// Live heap, heap at end and goal over time.
pub(crate) fn heap(frame: &mut Frame<'_>, page: &Page<'_>, process: &Process, area: Rect) {
    let (from, to) = page.view.interval(process);
    let points: Vec<_> = process
        .measures
        .timeline
        .iter()
        .filter(|point| point.cycles > 0 && point.end_ns > from && point.start_ns < to)
        .collect();
    let course = |value: &dyn Fn(&TimelinePoint) -> Option<u64>| -> Vec<(f64, f64)> {
        let place = |point: &&TimelinePoint| {
            let middle = point.start_ns.max(from) / 2 + point.end_ns.min(to) / 2;
            value(point).map(|value| (float(middle), float(value)))
        };
        points.iter().filter_map(place).collect()
    };
    let end = course(&|point| point.heap_end_max_bytes);
    let live = course(&|point| point.heap_live_max_bytes);
    let goals = course(&|point| point.heap_goal_max_bytes);
    let top = end
        .iter()
        .chain(&goals)
        .map(|point| point.1)
        .fold(f64::from(1 << 20), f64::max);

    let mut title = vec![Span::styled(" heap ", BOLD)];
    if let Some(now) = now(page, process) {
        let live = size(now.heap_live_max_bytes);
        let end = size(now.heap_end_max_bytes);
        title.push(Span::styled(
            format!(" live {live} "),
            Style::new().fg(LIVE),
        ));
        title.push(Span::styled(
            format!(" at end {end} "),
            Style::new().fg(END),
        ));
        title.push(Span::styled(
            format!(" goal {} ", goal(now)),
            Style::new().fg(GOAL),
        ));
    }
    let line = |points, color| {
        Dataset::default()
            .data(points)
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(Style::new().fg(color))
    };
    let chart = Chart::new(vec![line(&end, END), line(&goals, GOAL), line(&live, LIVE)])
        .block(block(Line::from(title)))
        .legend_position(None)
        .x_axis(
            Axis::default()
                .bounds([float(from), float(to)])
                .style(DIM)
                .labels([units::duration(from), units::duration(to)]),
        )
        .y_axis(
            Axis::default()
                .bounds([0.0, top])
                .style(DIM)
                .labels(["0".to_owned(), units::bytes(level(top))]),
        );
    frame.render_widget(chart, area);
}

/// Cycles per second.
pub(crate) fn frequency(frame: &mut Frame<'_>, page: &Page<'_>, process: &Process, area: Rect) {
    let title = now(page, process).map_or_else(String::new, |now| {
        format!("cycles {}", units::rate(now.gc_frequency_per_second))
    });
    let inner = panel(frame, title, area);
    let value = |point: &TimelinePoint| level(point.gc_frequency_per_second * 1e3);
    bars(frame, page, process, inner, Color::Cyan, &value);
}

/// The longest pauses.
pub(crate) fn pauses(frame: &mut Frame<'_>, page: &Page<'_>, process: &Process, area: Rect) {
    let title = now(page, process).map_or_else(String::new, |now| {
        let p99 = format!("pause p99 {}", units::duration(now.pause_p99_ns));
        let both = format!("{p99} max {}", units::duration(now.pause_max_ns));
        // A cut number would be misread.
        if both.chars().count() + 2 > usize::from(area.width) {
            p99
        } else {
            both
        }
    });
    let inner = panel(frame, title, area);
    let value = |point: &TimelinePoint| point.pause_max_ns;
    bars(frame, page, process, inner, Color::Magenta, &value);
}

/// GC CPU ratio above, mark assists below.
pub(crate) fn cpu(frame: &mut Frame<'_>, page: &Page<'_>, process: &Process, area: Rect) {
    let title = now(page, process).map_or_else(String::new, |now| {
        format!(
            "GC CPU {} assist {}",
            share(now.gc_cpu_ratio()),
            share(now.mark_assist_cpu_ratio)
        )
    });
    let inner = panel(frame, title, area);
    let [all, assists] = Layout::vertical([Constraint::Fill(2), Constraint::Fill(1)]).areas(inner);
    let value = |point: &TimelinePoint| level(point.gc_cpu_ratio().unwrap_or(0.0) * 1e6);
    bars(frame, page, process, all, Color::Blue, &value);
    let value = |point: &TimelinePoint| level(point.mark_assist_cpu_ratio.unwrap_or(0.0) * 1e6);
    bars(frame, page, process, assists, Color::Red, &value);
}

fn block(title: Line<'_>) -> Block<'_> {
    Block::bordered().border_style(DIM).title(title)
}

fn panel(frame: &mut Frame<'_>, title: String, area: Rect) -> Rect {
    let block = block(Line::styled(title, BOLD));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

fn bars(
    frame: &mut Frame<'_>,
    page: &Page<'_>,
    process: &Process,
    area: Rect,
    color: Color,
    value: &dyn Fn(&TimelinePoint) -> u64,
) {
    let interval = page.view.interval(process);
    let data = columns(&process.measures.timeline, interval, area.width, value);
    let sparkline = Sparkline::default()
        .data(data)
        .style(Style::new().fg(color));
    frame.render_widget(sparkline, area);
}

/// The largest value of each column's interval; `None` where there was no cycle.
fn columns(
    points: &[TimelinePoint],
    (from, to): (u64, u64),
    width: u16,
    value: &dyn Fn(&TimelinePoint) -> u64,
) -> Vec<Option<u64>> {
    let span = u128::from(to.saturating_sub(from));
    let edge = |column: u16| {
        let offset = span * u128::from(column) / u128::from(width.max(1));
        from.saturating_add(u64::try_from(offset).unwrap_or(u64::MAX))
    };
    let mut first = 0;
    (0..width)
        .map(|column| {
            let (start, end) = (edge(column), edge(column + 1).max(edge(column) + 1));
            while points.get(first).is_some_and(|point| point.end_ns <= start) {
                first += 1;
            }
            points[first..]
                .iter()
                .take_while(|point| point.start_ns < end)
                .filter(|point| point.cycles > 0)
                .map(value)
                .max()
        })
        .collect()
}

/// A coordinate on the screen.
#[allow(
    clippy::cast_precision_loss,
    reason = "a screen has a few hundred positions"
)]
const fn float(value: u64) -> f64 {
    value as f64
}

/// A height on the screen.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and a height is shown, not computed with"
)]
const fn level(value: f64) -> u64 {
    value as u64
}
