//! The terminal: set up, drawn on, and restored on every way out, also by a panic on any thread before its message.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyEventKind};
use ratatui::DefaultTerminal;

use super::draw;
use super::page::Page;
use super::state::DashboardState;
use super::view::{Action, View};
use crate::cli::live::signals::Signals;

/// How often a newer report is asked for.
const REFRESH: Duration = Duration::from_millis(500);
/// The screen is drawn at least this often.
const FRAME: Duration = Duration::from_millis(200);
/// Lines of the program to copy: more than any screen has rows.
const LINES: usize = 200;

/// Why the screen was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaveReason {
    /// The stream has ended, or a second interrupt came.
    Ended,
    /// The user quit.
    Quit,
}

/// Which processes get an interrupt that is typed on the screen. The terminal sends none in raw mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupts {
    /// This program, which forwards it to the program that it runs.
    Own,
    /// All processes of the pipeline, as the terminal would do.
    Pipeline,
}

/// True if there is a terminal to draw on and one to read keys from.
pub(crate) fn possible() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    let keys = io::stdin().is_terminal() || File::open("/dev/tty").is_ok();
    io::stdout().is_terminal() && keys && (!dumb || cfg!(windows))
}

/// What the screen shows and answers to.
pub(crate) struct Screen<'a> {
    /// Name of the log or program.
    pub(crate) name: &'a str,
    pub(crate) state: &'a DashboardState,
    pub(crate) signals: &'a Signals,
    pub(crate) interrupts: Interrupts,
    /// ASCII only.
    pub(crate) ascii: bool,
    /// True once the stream has ended.
    pub(crate) ended: &'a dyn Fn() -> bool,
}

impl Screen<'_> {
    /// Shows the state until the stream ends or the user leaves.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn show(&self) -> io::Result<LeaveReason> {
        let left = ratatui::try_init().and_then(|mut terminal| self.follow(&mut terminal));
        let restored = ratatui::try_restore();
        left.and_then(|left| restored.map(|()| left))
    }

    fn follow(&self, terminal: &mut DefaultTerminal) -> io::Result<LeaveReason> {
        let mut view = View::default();
        let mut asked: Option<Instant> = None;
        loop {
            if (self.ended)() || self.signals.status().is_some() {
                return Ok(LeaveReason::Ended);
            }
            if asked.is_none_or(|asked| asked.elapsed() >= REFRESH) {
                asked = Some(Instant::now());
                self.state.want();
            }
            let snapshot = self.state.snapshot(LINES);
            let page = Page {
                name: self.name,
                snapshot: view.shown(&snapshot),
                view: &view,
                interrupted: self.signals.interrupted(),
                ascii: self.ascii,
            };
            terminal.draw(|frame| draw::page(frame, &page))?;
            if !event::poll(FRAME)? {
                continue;
            }
            // Other events, a new size above all, only draw again.
            if let Event::Key(key) = event::read()?
                && key.kind != KeyEventKind::Release
            {
                match view.key(key, &snapshot) {
                    Action::Draw => {}
                    Action::Quit => return Ok(LeaveReason::Quit),
                    Action::Interrupt => interrupt(self.interrupts)?,
                }
            }
        }
    }
}

/// Sends an interrupt as the terminal would.
#[cfg(unix)]
fn interrupt(to: Interrupts) -> io::Result<()> {
    match to {
        Interrupts::Own => signal_hook::low_level::raise(signal_hook::consts::SIGINT),
        Interrupts::Pipeline => Ok(rustix::process::kill_current_process_group(
            rustix::process::Signal::INT,
        )?),
    }
}

/// Sends an interrupt as the terminal would.
#[cfg(not(unix))]
fn interrupt(_: Interrupts) -> io::Result<()> {
    signal_hook::low_level::raise(signal_hook::consts::SIGINT)
}
