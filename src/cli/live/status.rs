//! One line at the bottom of the terminal while the input is read: how far a file is, or how a live stream does.
//!
//! The reader only counts. A thread looks at the counts and draws, so a terminal that is held does not hold up the reading;
//! where standard error is no terminal there is neither.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use gcpressure::analyzer::FindingChange;
use gcpressure::io::{Progress, Source};
use gcpressure::settings::Severity;
use gcpressure::units;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::cli::live::signals;

/// What is read faster than this needs no line.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(200);

/// Findings that are counted at the same time; a million processes are not a million entries.
const MOST: usize = 1_000;

/// The line.
#[derive(Debug)]
pub(crate) struct Status {
    counts: Arc<Counts>,
    bar: ProgressBar,
    /// What was written above the line last did not end its own.
    inside: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What the reader counts.
#[derive(Debug, Default)]
struct Counts {
    cycles: AtomicU64,
    raised: Mutex<BTreeMap<(String, &'static str), Severity>>,
    ended: AtomicBool,
}

impl Status {
    /// Starts the line where standard error is a terminal.
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
        let thread = std::thread::Builder::new()
            .name("status".to_owned())
            .spawn(move || theirs.draw(&progress, &line, bottom))
            .ok()?;
        Some(Self {
            counts,
            bar,
            inside,
            thread,
        })
    }

    /// Writes to standard error, above the line.
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

    /// Takes in that a finding was raised or cleared.
    pub(crate) fn change(&self, process: &str, change: &FindingChange) {
        let mut raised = self.counts.raised();
        let key = (process.to_owned(), change.rule);
        if !change.raised {
            raised.remove(&key);
        } else if raised.len() < MOST || raised.contains_key(&key) {
            raised.insert(key, change.severity);
        }
    }

    /// Takes the line away. False where the terminal is held, and is not waited for any longer.
    pub(crate) fn finish(self, stop: &AtomicBool) -> bool {
        self.counts.ended.store(true, Ordering::Release);
        self.thread.thread().unpark();
        signals::join(self.thread, stop)
    }
}

impl Counts {
    fn raised(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, &'static str), Severity>> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws until the reading has ended.
    fn draw(&self, progress: &[Progress], bar: &ProgressBar, bottom: Bottom) {
        std::thread::park_timeout(PATIENCE);
        bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(bottom)));
        while !self.ended.load(Ordering::Acquire) {
            bar.set_position(progress.iter().map(Progress::raw_bytes_read).sum());
            bar.set_message(self.state());
            bar.tick();
            std::thread::park_timeout(TICK);
        }
        bar.finish_and_clear();
    }

    /// `12,345 GC cycles; raised: 1 critical, 2 warnings`.
    fn state(&self) -> String {
        let cycles = self.cycles.load(Ordering::Relaxed);
        let raised = self.raised();
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

/// A bar for what has an end, a moving sign for what has none.
fn style(ends: bool) -> ProgressStyle {
    let template = match ends {
        true => "{bar:24} {percent:>3}% of {binary_total_bytes}, {wide_msg}",
        false => "{spinner} {wide_msg}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Whether standard error is a terminal that can take a line away again.
fn can_draw() -> bool {
    #[cfg(windows)]
    let able = crossterm::ansi_support::supports_ansi();
    #[cfg(not(windows))]
    let able = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    able && io::stderr().is_terminal()
}

/// Columns at the right that the line leaves free. What a terminal echoes there (`^C`) goes away with the line; at the
/// edge it would begin a new one, and the line would stay.
const FREE: u16 = 8;
/// A terminal with less columns has none to spare.
const NARROW: u16 = 60;

/// The bottom of the terminal, where the line is drawn.
#[derive(Debug)]
struct Bottom {
    /// What is drawn in one piece.
    drawn: Mutex<String>,
    /// Somebody else stands inside a line: it would be drawn over.
    inside: Arc<AtomicBool>,
}

impl Bottom {
    fn add(&self, text: &str) -> io::Result<()> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.push_str(text);
        Ok(())
    }

    /// Moves the cursor; to move by 0 would be to move by 1.
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
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let drawn = std::mem::take(&mut *drawn);
        if self.inside.load(Ordering::Relaxed) {
            return Ok(());
        }
        io::stderr().write_all(drawn.as_bytes())
    }
}

/// Standard error above the line. While what is written there stands inside a line of its own, there is no other.
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
            thread: std::thread::spawn(|| ()),
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
