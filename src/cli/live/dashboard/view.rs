//! The user's choices: which process and interval are shown, and what the keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gcpressure::internal::units::SECOND;
use gcpressure::report::{Process, Report};

use super::state::Snapshot;

/// Lengths that the charts can show, ns; the last is everything.
const SPANS: [u64; 5] = [
    60 * SECOND,
    300 * SECOND,
    900 * SECOND,
    3_600 * SECOND,
    u64::MAX,
];

/// The user's choices.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// Id of the chosen process; `None` follows the busiest.
    process: Option<String>,
    /// Index into [`SPANS`].
    span: usize,
    /// Where the charts end, ns of program time; `None` is now.
    end: Option<u64>,
    /// The state when the screen was paused.
    paused: Option<Snapshot>,
    /// The program's own lines instead of the small charts.
    pub(crate) lines: bool,
    /// Show the help for the keys.
    pub(crate) help: bool,
}

/// What to do after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Draw the screen again.
    Draw,
    /// Leave.
    Quit,
    /// Send an interrupt.
    Interrupt,
}

impl View {
    /// Handles a key; `snapshot` is the current state.
    pub(crate) fn key(&mut self, key: KeyEvent, snapshot: &Snapshot) -> Action {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => Action::Interrupt,
                _ => Action::Draw,
            };
        }
        if self.help {
            self.help = false;
            return Action::Draw;
        }
        let report = snapshot.report.as_deref();
        match key.code {
            KeyCode::Char('q') => return Action::Quit,
            KeyCode::Char('?' | 'h') => self.help = true,
            KeyCode::Char(' ' | 'p') => {
                self.paused = match self.paused {
                    None => Some(snapshot.clone()),
                    Some(_) => None,
                };
            }
            KeyCode::Char('l') => self.lines = !self.lines,
            KeyCode::Char('w') => self.span = (self.span + 1) % SPANS.len(),
            KeyCode::Char('W') => self.span = (self.span + SPANS.len() - 1) % SPANS.len(),
            KeyCode::Left => self.scroll(report, true),
            KeyCode::Right => self.scroll(report, false),
            KeyCode::Home => self.end = Some(0),
            KeyCode::End | KeyCode::Esc => self.end = None,
            KeyCode::Tab | KeyCode::Down => self.step(report, 1),
            KeyCode::BackTab | KeyCode::Up => self.step(report, -1),
            _ => {}
        }
        Action::Draw
    }

    /// The state to show: the current one, or that of the pause.
    pub(crate) fn shown<'a>(&'a self, now: &'a Snapshot) -> &'a Snapshot {
        self.paused.as_ref().unwrap_or(now)
    }

    /// True if the screen is paused.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// True if the charts show the past.
    pub(crate) fn is_back(&self) -> bool {
        self.end.is_some()
    }

    /// The chosen process, its place among all, and how many there are.
    pub(crate) fn process<'a>(&self, report: &'a Report) -> Option<(&'a Process, usize, usize)> {
        let processes = in_order(report);
        let chosen = self
            .process
            .as_ref()
            .and_then(|id| processes.iter().position(|process| process.id == *id));
        let busiest = || (0..processes.len()).max_by_key(|at| processes[*at].cycles_seen);
        let at = chosen.or_else(busiest)?;
        Some((processes[at], at, processes.len()))
    }

    /// The interval of program time to show, ns from start to end.
    pub(crate) fn interval(&self, process: &Process) -> (u64, u64) {
        let (first, last) = reach(process);
        let span = SPANS[self.span];
        let end = self
            .end
            .unwrap_or(last)
            .max(first.saturating_add(span))
            .min(last);
        (end.saturating_sub(span).max(first), end)
    }

    /// The length of the charts as text.
    pub(crate) fn span(&self) -> String {
        match SPANS[self.span] {
            u64::MAX => "all".to_owned(),
            span => gcpressure::internal::units::duration(span),
        }
    }

    /// Moves the charts by a quarter of what they show, into the past or towards now.
    fn scroll(&mut self, report: Option<&Report>, past: bool) {
        let Some((process, ..)) = report.and_then(|report| self.process(report)) else {
            return;
        };
        let (from, to) = self.interval(process);
        let step = (to.saturating_sub(from) / 4).max(1);
        let end = if past {
            to.saturating_sub(step)
        } else {
            to.saturating_add(step)
        };
        self.end = Some(end).filter(|end| *end < reach(process).1);
    }

    fn step(&mut self, report: Option<&Report>, direction: isize) {
        let Some(report) = report else { return };
        let Some((_, at, count)) = self.process(report) else {
            return;
        };
        let next = at.wrapping_add_signed(direction).wrapping_add(count) % count;
        self.process = Some(in_order(report)[next].id.clone());
        self.end = None;
    }
}

/// Start and end of a process, ns of program time.
fn reach(process: &Process) -> (u64, u64) {
    (process.measures.started_ns, last_ns(process))
}

/// End of the last cycle of a process, ns of program time. The last timeline point may end later, since the points lie on
/// a grid.
pub(crate) fn last_ns(process: &Process) -> u64 {
    let measures = &process.measures;
    measures.started_ns.saturating_add(measures.duration_ns)
}

/// The processes by id, so that the order does not change with the findings.
fn in_order(report: &Report) -> Vec<&Process> {
    let mut processes: Vec<&Process> = report.processes.iter().collect();
    // By length first: ids are numbers.
    processes.sort_by_key(|process| (process.id.len(), &process.id));
    processes
}
