//! The terminal: taken, drawn on, given back as it was on every way out. A panic on any thread gives it back as well,
//! before its message is printed.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyEventKind};
use ratatui::DefaultTerminal;

use super::draw::{self, Page};
use super::seen::Seen;
use super::view::{Asked, View};
use crate::cli::live::signals::Signals;

/// How often a newer report is asked for.
const REFRESH: Duration = Duration::from_millis(500);
/// How long a key is waited for before the screen is drawn again.
const FRAME: Duration = Duration::from_millis(200);
/// Lines of the program that are fetched: more than any screen has rows.
const LINES: usize = 200;

/// Why the screen was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// The stream has ended, or a second interrupt came.
    Ended,
    /// The user wanted to.
    Quit,
}

/// Whom an interrupt typed on the screen is for. The terminal itself sends none while it is read key by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupts {
    /// This program, which hands it on to the one that it runs.
    Own,
    /// Everyone in the pipeline, as the terminal would do.
    Pipeline,
}

/// Whether there is a terminal to draw on and one that gives keys.
pub(crate) fn possible() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    let keys = io::stdin().is_terminal() || File::open("/dev/tty").is_ok();
    io::stdout().is_terminal() && keys && (!dumb || cfg!(windows))
}

/// Shows what is seen until the stream ends or the user leaves.
///
/// # Errors
/// What the terminal says.
pub(crate) fn show(
    name: &str,
    seen: &Seen,
    signals: &Signals,
    interrupts: Interrupts,
    ascii: bool,
) -> io::Result<Left> {
    let left = ratatui::try_init()
        .and_then(|mut terminal| follow(&mut terminal, name, seen, signals, interrupts, ascii));
    let restored = ratatui::try_restore();
    left.and_then(|left| restored.map(|()| left))
}

fn follow(
    terminal: &mut DefaultTerminal,
    name: &str,
    seen: &Seen,
    signals: &Signals,
    interrupts: Interrupts,
    ascii: bool,
) -> io::Result<Left> {
    let mut view = View::default();
    let mut asked: Option<Instant> = None;
    loop {
        if seen.ended() || signals.status().is_some() {
            return Ok(Left::Ended);
        }
        if asked.is_none_or(|asked| asked.elapsed() >= REFRESH) {
            asked = Some(Instant::now());
            seen.want();
        }
        let copy = seen.copy(LINES);
        let page = Page {
            name,
            copy: view.shown(&copy),
            view: &view,
            interrupted: signals.interrupted(),
            ascii,
        };
        terminal.draw(|frame| draw::page(frame, &page))?;
        if !event::poll(FRAME)? {
            continue;
        }
        // Anything else, a new size above all, is answered by drawing again.
        if let Event::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
        {
            match view.key(key, &copy) {
                Asked::Draw => {}
                Asked::Quit => return Ok(Left::Quit),
                Asked::Interrupt => interrupt(interrupts)?,
            }
        }
    }
}

/// Sends an interrupt as the terminal would have.
#[cfg(unix)]
fn interrupt(to: Interrupts) -> io::Result<()> {
    match to {
        Interrupts::Own => signal_hook::low_level::raise(signal_hook::consts::SIGINT),
        Interrupts::Pipeline => Ok(rustix::process::kill_current_process_group(
            rustix::process::Signal::INT,
        )?),
    }
}

/// Sends an interrupt as the terminal would have.
#[cfg(not(unix))]
fn interrupt(_: Interrupts) -> io::Result<()> {
    signal_hook::low_level::raise(signal_hook::consts::SIGINT)
}
