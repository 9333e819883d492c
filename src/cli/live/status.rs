//! A status line at the bottom of the terminal: how far a file is read, or the state of a live stream.
//!
//! The reading only counts; a thread draws, so that a blocked terminal does not block the reading. Without a terminal on
//! standard error there is no thread.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gcpressure::analyzer::FindingChange;
use gcpressure::io::{Progress, Source};
use gcpressure::settings::Severity;
use gcpressure::units;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::cli::output::worker::{Worker, lock};

/// Input that is read faster than this gets no status line.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(200);

/// Raised findings that are counted, whatever the number of processes.
const MOST: usize = 1_000;

/// The status line.
#[derive(Debug)]
pub(crate) struct Status {
    counts: Arc<Counts>,
    bar: ProgressBar,
    /// The last text above the status line did not end its line.
    inside: Arc<AtomicBool>,
    worker: Worker<()>,
}

/// What the reading counts.
#[derive(Debug, Default)]
struct Counts {
    cycles: AtomicU64,
    raised: Mutex<BTreeMap<(String, &'static str), Severity>>,
}

impl Status {
    /// Starts the status line; `None` where standard error is no terminal.
    pub(crate) fn start(sources: &[Source]) -> Option<Self> {
        if !can_draw() {
            return None;
        }
        let progress: Vec<_> = sources.iter().map(Source::progress).collect();
        let total: Option<u64> = progress.iter().map(Progress::size_hint).sum();
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        bar.set_style(style(total.is_some()));
        let counts = Arc::new(Counts::default());
        let inside = Arc::default();
        let bottom = Bottom {
            drawn: Mutex::default(),
            inside: Arc::clone(&inside),
        };
        let (theirs, line) = (Arc::clone(&counts), bar.clone());
        let worker = Worker::start("status", 0, move |end: Receiver<()>| {
            theirs.draw(&progress, &line, bottom, &end);
        })
        .ok()?;
        Some(Self {
            counts,
            bar,
            inside,
            worker,
        })
    }

    /// Standard error, above the status line.
    pub(crate) fn above(&self) -> impl Write + Send + use<> {
        Above {
            bar: self.bar.clone(),
            inside: Arc::clone(&self.inside),
        }
    }

    /// Counts a cycle.
    pub(crate) fn cycle(&self) {
        self.counts.cycles.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a finding as raised or cleared.
    pub(crate) fn change(&self, process: &str, change: &FindingChange) {
        let mut raised = lock(&self.counts.raised);
        let key = (process.to_owned(), change.rule);
        if !change.raised {
            raised.remove(&key);
        } else if raised.len() < MOST || raised.contains_key(&key) {
            raised.insert(key, change.severity);
        }
    }

    /// Removes the line. False where the terminal is blocked and everything is to stop.
    pub(crate) fn finish(self, stop: &AtomicBool) -> bool {
        self.worker
            .finish(|| stop.load(Ordering::Relaxed))
            .is_some()
    }
}

impl Counts {
    /// Draws until `end` is closed.
    fn draw(&self, progress: &[Progress], bar: &ProgressBar, bottom: Bottom, end: &Receiver<()>) {
        let goes_on = |wait| end.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
        if !goes_on(PATIENCE) {
            return;
        }
        bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(bottom)));
        loop {
            bar.set_position(progress.iter().map(Progress::raw_bytes_read).sum());
            bar.set_message(self.state());
            bar.tick();
            if !goes_on(TICK) {
                break;
            }
        }
        bar.finish_and_clear();
    }

    /// `12,345 GC cycles; raised: 1 critical, 2 warnings`.
    fn state(&self) -> String {
        let cycles = self.cycles.load(Ordering::Relaxed);
        let raised = lock(&self.raised);
        let count = |severity| raised.values().filter(|one| **one == severity).count();
        let (critical, warnings) = (count(Severity::Critical), count(Severity::Warning));
        drop(raised);
        let s = |count| if count == 1 { "" } else { "s" };
        let mut text = format!("{} GC cycle{}", units::count(cycles), s(cycles));
        let found = [
            (critical > 0).then(|| format!("{critical} critical")),
            (warnings > 0).then(|| format!("{warnings} warning{}", s(warnings as u64))),
        ];
        let found: Vec<_> = found.into_iter().flatten().collect();
        if !found.is_empty() {
            text = format!("{text}; raised: {}", found.join(", "));
        }
        text
    }
}

/// A bar for files, a spinner for streams without a known end.
fn style(ends: bool) -> ProgressStyle {
    let template = match ends {
        true => "{bar:24} {percent:>3}% of {binary_total_bytes}, {wide_msg}",
        false => "{spinner} {wide_msg}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// True if standard error is a terminal that can erase a line.
fn can_draw() -> bool {
    #[cfg(windows)]
    let able = crossterm::ansi_support::supports_ansi();
    #[cfg(not(windows))]
    let able = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    able && io::stderr().is_terminal()
}

/// Columns that stay free at the right. A terminal echoes `^C` there, which is erased with the status line; at the edge the
/// echo would wrap, and the status line would stay.
const FREE: u16 = 8;
/// A terminal with fewer columns keeps none free.
const NARROW: u16 = 60;

/// The bottom of the terminal, where the status line is drawn.
#[derive(Debug)]
struct Bottom {
    /// Collected by indicatif's calls and written at once.
    drawn: Mutex<String>,
    /// The cursor is inside a line of other text, which must not be drawn over.
    inside: Arc<AtomicBool>,
}

impl Bottom {
    fn add(&self, text: &str) -> io::Result<()> {
        lock(&self.drawn).push_str(text);
        Ok(())
    }

    /// Moves the cursor. Terminals take 0 for 1.
    fn go(&self, count: usize, direction: char) -> io::Result<()> {
        match count {
            0 => Ok(()),
            count => self.add(&format!("\u{1b}[{count}{direction}")),
        }
    }
}

impl TermLike for Bottom {
    fn width(&self) -> u16 {
        match crossterm::terminal::size() {
            Err(_) | Ok((0, _)) => 80 - FREE,
            Ok((columns, _)) if columns < NARROW => columns,
            Ok((columns, _)) => columns - FREE,
        }
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.go(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.go(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.go(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.go(count, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.add(&format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.add(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add("\r\u{1b}[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let drawn = std::mem::take(&mut *lock(&self.drawn));
        if self.inside.load(Ordering::Relaxed) {
            return Ok(());
        }
        io::stderr().write_all(drawn.as_bytes())
    }
}

/// Standard error above the status line, which is not drawn while the text there is inside a line.
struct Above {
    bar: ProgressBar,
    inside: Arc<AtomicBool>,
}

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bar.suspend(|| {
            let written = io::stderr().write(bytes)?;
            if let Some(last) = bytes[..written].last() {
                self.inside.store(*last != b'\n', Ordering::Relaxed);
            }
            Ok(written)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use super::*;
    use indicatif::InMemoryTerm;

    #[test]
    fn a_file_has_a_bar_and_a_stream_a_moving_sign() {
        for (length, expected) in [
            (Some(4 << 20), "25% of 4.00 MiB, 7 GC cycles"),
            (None, "7 GC cycles"),
        ] {
            let terminal = InMemoryTerm::new(3, 80);
            let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
            let bar = ProgressBar::with_draw_target(length, target);
            bar.set_style(style(length.is_some()));
            bar.set_position(1 << 20);
            bar.set_message("7 GC cycles");
            bar.force_draw();
            let shown = terminal.contents();
            assert!(shown.ends_with(expected), "{shown:?}");
            assert_eq!(length.is_some(), shown.contains('%'), "{shown:?}");
            bar.finish_and_clear();
            assert_eq!(terminal.contents(), "");
        }
    }

    #[test]
    fn the_line_counts_what_is_raised_now() {
        let bar = ProgressBar::hidden();
        let status = Status {
            counts: Arc::new(Counts::default()),
            bar,
            inside: Arc::default(),
            worker: Worker::start("status", 0, |_| ()).unwrap(),
        };
        assert_eq!(status.counts.state(), "0 GC cycles");
        status.cycle();
        let change = |severity, raised| FindingChange {
            rule: "gc-frequency",
            severity,
            raised,
            at_ns: 0,
            measured: 50.0,
            threshold: 40.0,
            unit: "1/s",
            message: String::new(),
            at_wall: None,
            cause: None,
        };
        status.change("a", &change(Severity::Warning, true));
        status.change("b", &change(Severity::Warning, true));
        assert_eq!(status.counts.state(), "1 GC cycle; raised: 2 warnings");
        status.change("a", &change(Severity::Critical, true));
        assert_eq!(
            status.counts.state(),
            "1 GC cycle; raised: 1 critical, 1 warning"
        );
        status.change("a", &change(Severity::Critical, false));
        status.change("b", &change(Severity::Warning, false));
        assert_eq!(status.counts.state(), "1 GC cycle");
        assert!(status.finish(&AtomicBool::default()));
    }
}
