//! A status line at the bottom of the terminal: how far a file is read, or the state of a live stream.
//!
//! The reading only counts; a thread draws, so that a blocked terminal does not block the reading. Without a terminal on
//! standard error there is no thread.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gcpressure::CycleRow;
use gcpressure::internal::analyzer::FindingChange;
use gcpressure::internal::io::{Progress, Source};
use gcpressure::internal::settings::Severity;
use gcpressure::internal::units::{self, MIB, SECOND};

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
    /// The input has no known end: figures of the newest cycles are shown.
    live: bool,
    bottom: Arc<Bottom>,
    worker: Worker<()>,
}

/// What the reading counts.
#[derive(Debug, Default)]
struct Counts {
    cycles: AtomicU64,
    raised: Mutex<BTreeMap<(String, &'static str), Severity>>,
    recent: Mutex<Recent>,
}

/// The newest cycles of a process, while it is the only one.
#[derive(Debug, Default)]
struct Recent {
    process: String,
    several: bool,
    /// Number, end and GC CPU, ns, of each.
    cycles: VecDeque<(u64, u64, u64)>,
    gomaxprocs: u32,
    live_mib: u64,
}

/// The time that [`Recent`] holds, ns of program time, and its most cycles.
const RECENT_NS: u64 = 10 * SECOND;
const RECENT_CYCLES: usize = 4_096;

impl Recent {
    fn add(&mut self, row: &CycleRow<'_>) {
        let Some(cycle) = row.cycle.traced else {
            return;
        };
        if self.cycles.is_empty() {
            row.process.clone_into(&mut self.process);
        }
        self.several |= self.process != row.process;
        if self.several {
            return;
        }
        let spent = [
            cycle.sweep_termination_cpu_ns,
            cycle.mark_assist_cpu_ns,
            cycle.mark_background_cpu_ns,
            cycle.mark_termination_cpu_ns,
        ];
        let spent = spent.into_iter().fold(0, u64::saturating_add);
        self.cycles
            .push_back((cycle.number, row.cycle.end_ns, spent));
        (self.gomaxprocs, self.live_mib) = (cycle.gomaxprocs, cycle.heap_live_mib);
        let oldest = row.cycle.end_ns.saturating_sub(RECENT_NS);
        while self.cycles.len() > RECENT_CYCLES
            || self.cycles.front().is_some_and(|(_, end, _)| *end < oldest)
        {
            self.cycles.pop_front();
        }
    }

    /// `51.2/s`, `3.5% CPU`, `12MiB live`; `None` without two cycles, and for several processes.
    fn figures(&self) -> Option<[String; 3]> {
        let (first, last) = (self.cycles.front()?, self.cycles.back()?);
        let time = last.1.saturating_sub(first.1);
        if self.several || time == 0 {
            return None;
        }
        let frequency = last.0.saturating_sub(first.0) as f64 * 1e9 / time as f64;
        let spent: u64 = self.cycles.iter().skip(1).map(|(_, _, spent)| spent).sum();
        let cpu = spent as f64 / (time as f64 * f64::from(self.gomaxprocs.max(1)));
        let live = units::heap_size(self.live_mib.saturating_mul(MIB));
        Some([
            units::rate(frequency),
            format!("{} CPU", units::percent(cpu.min(1.0))),
            format!("{live} live"),
        ])
    }
}

impl Status {
    /// Starts the status line; `None` where standard error is not a terminal that can draw it, and on a CI server.
    pub(crate) fn start(sources: &[Source]) -> Option<Self> {
        if !can_draw() {
            return None;
        }
        let progress: Vec<_> = sources.iter().map(Source::progress).collect();
        let live = progress.iter().any(|one| one.size_hint().is_none());
        let counts = Arc::new(Counts::default());
        let bottom = Arc::new(Bottom::default());
        let (counted, drawn) = (Arc::clone(&counts), Arc::clone(&bottom));
        let worker = Worker::start("status", 0, move |end: Receiver<()>| {
            counted.draw(&progress, &drawn, &end);
        });
        Some(Self {
            counts,
            live,
            bottom,
            worker: worker.ok()?,
        })
    }

    /// Standard error, above the status line.
    pub(crate) fn above(&self) -> impl Write + Send + use<> {
        Above(Arc::clone(&self.bottom))
    }

    /// Counts a cycle.
    pub(crate) fn cycle(&self, row: &CycleRow<'_>) {
        self.counts.cycles.fetch_add(1, Ordering::Relaxed);
        if self.live {
            lock(&self.counts.recent).add(row);
        }
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
    fn draw(&self, progress: &[Progress], bottom: &Bottom, end: &Receiver<()>) {
        let total: Option<u64> = progress.iter().map(Progress::size_hint).sum();
        let mut wait = PATIENCE;
        let mut ticks = (0..4).cycle();
        while end.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            wait = TICK;
            let read = progress.iter().map(Progress::raw_bytes_read).sum();
            let tick = ticks.next().unwrap_or(0);
            let gauge = gauge(read, total, tick);
            let columns = width().saturating_sub(gauge.chars().count() + 1);
            bottom.show(&format!("{gauge} {}", self.state(columns)));
        }
        bottom.show("");
    }

    /// `12,345 GC cycles; raised: 1 critical, 2 warnings; 51.2/s, 3.5% CPU, 12MiB live`.
    /// Figures that `columns` have no room for are left out.
    fn state(&self, columns: usize) -> String {
        let figures = lock(&self.recent).figures();
        let cycles = self.cycles.load(Ordering::Relaxed);
        let raised = lock(&self.raised);
        let count = |severity| raised.values().filter(|one| **one == severity).count();
        let (critical, warnings) = (count(Severity::Critical), count(Severity::Warning));
        drop(raised);
        let mut text = units::counted(cycles, "GC cycle");
        let found = [
            (critical > 0).then(|| format!("{critical} critical")),
            (warnings > 0).then(|| units::counted(warnings as u64, "warning")),
        ];
        let found: Vec<_> = found.into_iter().flatten().collect();
        if !found.is_empty() {
            text = format!("{text}; raised: {}", found.join(", "));
        }
        for (figure, sign) in figures.iter().flatten().zip([";", ",", ","]) {
            if text.len() + sign.len() + 1 + figure.len() > columns {
                break;
            }
            text = format!("{text}{sign} {figure}");
        }
        text
    }
}

/// A bar for files, a spinner for streams without a known end.
fn gauge(read: u64, total: Option<u64>, tick: usize) -> String {
    const COLUMNS: usize = 24;
    let Some(total) = total else {
        return ["|", "/", "-", "\\"][tick].to_owned();
    };
    let percent = read.min(total).saturating_mul(100) / total.max(1);
    let full = usize::try_from(percent).unwrap_or(0) * COLUMNS / 100;
    let (full, rest) = ("\u{2588}".repeat(full), "\u{2591}".repeat(COLUMNS - full));
    format!("{full}{rest} {percent:>3}% of {},", units::bytes(total))
}

/// True if standard error is a terminal that can erase a line. On a CI server it may be one, but is kept as a log.
fn can_draw() -> bool {
    #[cfg(windows)]
    let able = crossterm::ansi_support::supports_ansi();
    #[cfg(not(windows))]
    let able = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    able && std::env::var_os("CI").is_none_or(|ci| ci.is_empty()) && io::stderr().is_terminal()
}

/// Columns that stay free at the right. A terminal echoes `^C` there, which is erased with the status line; at the edge the
/// echo would wrap, and the status line would stay.
const FREE: u16 = 8;
/// A terminal with fewer columns keeps none free.
const NARROW: u16 = 60;

/// Erases the line of the cursor.
const ERASE: &str = "\r\u{1b}[2K";

/// The last line of the terminal.
#[derive(Debug, Default)]
struct Bottom(Mutex<BottomState>);

#[derive(Debug, Default)]
struct BottomState {
    /// The status line is drawn.
    drawn: bool,
    /// The cursor is inside a line of other text, which must not be drawn over.
    inside: bool,
}

impl Bottom {
    /// Draws the status line, or removes it if `text` is empty. Errors of the terminal are ignored: it is not the output.
    fn show(&self, text: &str) {
        let mut state = lock(&self.0);
        if state.inside || (text.is_empty() && !state.drawn) {
            return;
        }
        state.drawn = !text.is_empty();
        let line: String = text.chars().take(width()).collect();
        let _ = io::stderr().write_all(format!("{ERASE}{line}").as_bytes());
    }
}

/// Columns of the status line.
fn width() -> usize {
    usize::from(match crossterm::terminal::size() {
        Err(_) | Ok((0, _)) => 80 - FREE,
        Ok((columns, _)) if columns < NARROW => columns,
        Ok((columns, _)) => columns - FREE,
    })
}

/// Standard error above the status line, which is erased before text and drawn again at the next tick.
struct Above(Arc<Bottom>);

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = lock(&self.0.0);
        if std::mem::take(&mut state.drawn) {
            io::stderr().write_all(ERASE.as_bytes())?;
        }
        let written = io::stderr().write(bytes)?;
        if let Some(last) = bytes[..written].last() {
            state.inside = *last != b'\n';
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use gcpressure::internal::trace::cycle::BLANK;

    use super::*;

    #[test]
    fn a_file_has_a_bar_and_a_stream_a_spinner() {
        let bar = gauge(1 << 20, Some(4 << 20), 0);
        assert_eq!(
            bar,
            format!(
                "{}{}  25% of 4MiB,",
                "\u{2588}".repeat(6),
                "\u{2591}".repeat(18)
            )
        );
        assert!(gauge(9, Some(4), 0).contains("100%"));
        assert!(gauge(0, Some(0), 0).contains("  0%"));
        assert_eq!(gauge(7, None, 1), "/");
    }

    #[test]
    fn the_figures_are_those_of_the_newest_seconds_of_one_process() {
        let mut recent = Recent::default();
        let add = |recent: &mut Recent, process: &str, number: u64| {
            let mut cycle = BLANK;
            cycle.number = number;
            // A burst of 1000 cycles in the first second, then 4 a second.
            let burst = number.min(1_000);
            cycle.start_ns = (burst + (number - burst) * 250) * 1_000_000;
            cycle.mark_background_cpu_ns = 20_000_000;
            cycle.mark_idle_cpu_ns = 500_000_000;
            cycle.gomaxprocs = 2;
            cycle.heap_live_mib = number;
            recent.add(&CycleRow::new(process, (&cycle).into()));
        };
        add(&mut recent, "1", 1);
        assert_eq!(recent.figures(), None, "one cycle has no rate");
        for number in 2..=1_100 {
            add(&mut recent, "1", number);
        }
        // 20 ms of 2 CPUs every 250 ms.
        let expected = ["4/s", "4% CPU", "1.07GiB live"].map(str::to_owned);
        assert_eq!(recent.figures(), Some(expected));
        assert_eq!(recent.cycles.len(), 41);
        let counts = Counts {
            recent: Mutex::new(recent),
            ..Counts::default()
        };
        let whole = "0 GC cycles; 4/s, 4% CPU, 1.07GiB live";
        assert_eq!(counts.state(whole.len()), whole);
        assert_eq!(counts.state(whole.len() - 1), "0 GC cycles; 4/s, 4% CPU");
        assert_eq!(counts.state(3), "0 GC cycles");
        let mut recent = counts.recent.into_inner().unwrap();
        add(&mut recent, "2", 1);
        assert_eq!(recent.figures(), None, "of which process?");
    }

    #[test]
    fn the_line_counts_what_is_raised_now() {
        let status = Status {
            counts: Arc::new(Counts::default()),
            live: true,
            bottom: Arc::default(),
            worker: Worker::start("status", 0, |_| ()).unwrap(),
        };
        assert_eq!(status.counts.state(80), "0 GC cycles");
        let cycle = BLANK;
        status.cycle(&CycleRow::new("1", (&cycle).into()));
        let change = |severity, raised| FindingChange {
            rule: "gc-frequency",
            severity,
            raised,
            at_ns: 0,
            measured: 50.0,
            threshold: 40.0,
            unit: gcpressure::Unit::PerSecond,
            message: String::new(),
            at_wall: None,
            cause: None,
        };
        status.change("a", &change(Severity::Warning, true));
        status.change("b", &change(Severity::Warning, true));
        assert_eq!(status.counts.state(80), "1 GC cycle; raised: 2 warnings");
        status.change("a", &change(Severity::Critical, true));
        assert_eq!(
            status.counts.state(80),
            "1 GC cycle; raised: 1 critical, 1 warning"
        );
        status.change("a", &change(Severity::Critical, false));
        status.change("b", &change(Severity::Warning, false));
        assert_eq!(status.counts.state(80), "1 GC cycle");
        assert!(status.finish(&AtomicBool::default()));
    }
}
