//! What the screen is drawn from, and what its parts share.

use gcpressure::internal::units;
use gcpressure::report::{Process, TimelinePoint};
use ratatui::style::{Modifier, Style};

use super::state::Snapshot;
use super::view::View;

pub(crate) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub(crate) const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// Everything that is drawn.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// Name of the log or program.
    pub(crate) name: &'a str,
    /// Its state.
    pub(crate) snapshot: &'a Snapshot,
    /// The user's choices.
    pub(crate) view: &'a View,
    /// A first interrupt came, and the stream goes on.
    pub(crate) interrupted: bool,
    /// ASCII only.
    pub(crate) ascii: bool,
}

/// The last timeline point with cycles in the interval that is shown.
pub(crate) fn now<'a>(page: &Page<'_>, process: &'a Process) -> Option<&'a TimelinePoint> {
    let (_, end) = page.view.interval(process);
    process
        .measures
        .timeline
        .iter()
        .rfind(|point| point.cycles > 0 && point.start_ns < end)
}

/// The heap goal of a timeline point as text; `-` if unknown.
pub(crate) fn goal(point: &TimelinePoint) -> String {
    match (point.heap_goal_max_bytes, point.heap_live_max_bytes) {
        (None, Some(_)) => "none".to_owned(),
        (goal, _) => size(goal),
    }
}

/// A size; `-` if unknown.
pub(crate) fn size(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "-".to_owned(), units::heap_size)
}

/// A share in percent; `-` if unknown.
pub(crate) fn share(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_owned(), units::percent)
}
