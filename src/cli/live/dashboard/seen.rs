//! What the reading has seen, for the screen to show. The reading writes it and never waits for more than a copy.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use gcpressure::analyzer::FindingChange;
use gcpressure::pipeline::{CycleRow, Sink, SoFar};
use gcpressure::report::Report;
use gcpressure::settings::Severity;

use crate::cli::live::Live;
use crate::cli::live::signals::Signals;

/// Lines of the program that are kept, and bytes of each.
const LINES: usize = 500;
const LINE: usize = 1_000;
/// Findings that are kept; the oldest that has cleared makes room.
const FINDINGS: usize = 256;

/// What was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    state: Mutex<State>,
    /// The screen wants a newer report.
    wanted: AtomicBool,
    ended: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    report: Option<Arc<Report>>,
    findings: Vec<Raised>,
    lines: VecDeque<String>,
    last_cycle: Option<Instant>,
}

/// A finding that was raised, as announced.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raised {
    /// Id of the process.
    pub(crate) process: String,
    /// The last change.
    pub(crate) change: FindingChange,
    /// When it was raised first, ns of program time.
    pub(crate) since_ns: u64,
}

/// A copy of what the screen shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copy {
    /// `None` before the first reading.
    pub(crate) report: Option<Arc<Report>>,
    /// Worst first.
    pub(crate) findings: Vec<Raised>,
    /// Oldest first.
    pub(crate) lines: Vec<String>,
    /// When the last cycle was read.
    pub(crate) last_cycle: Option<Instant>,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a newer report.
    pub(crate) fn want(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    /// What is there, with as many of the last lines as are wanted.
    pub(crate) fn copy(&self, lines: usize) -> Copy {
        let state = self.lock();
        let mut findings = state.findings.clone();
        findings.sort_by_key(|raised| {
            let change = &raised.change;
            std::cmp::Reverse((change.raised, change.severity, change.at_ns))
        });
        Copy {
            report: state.report.clone(),
            findings,
            lines: last(&state.lines, lines),
            last_cycle: state.last_cycle,
        }
    }

    /// The last lines of the program.
    pub(crate) fn last_lines(&self, count: usize) -> Vec<String> {
        last(&self.lock().lines, count)
    }

    /// Something that, when it is dropped, says that the stream has ended: even where the reading fails badly.
    pub(crate) fn ends(self: &Arc<Self>) -> Ends {
        Ends(Arc::clone(self))
    }

    /// Whether the stream has ended.
    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    fn lines(&self, lines: &[u8]) {
        let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
        // Of more than are kept, the last; newest first.
        let lines: Vec<String> = lines
            .rsplit(|byte| *byte == b'\n')
            .take(LINES)
            .map(|line| String::from_utf8_lossy(&line[..line.len().min(LINE)]).into_owned())
            .collect();
        let mut state = self.lock();
        for line in lines.iter().rev() {
            if state.lines.len() == LINES {
                state.lines.pop_front();
            }
            state.lines.push_back(line.trim_end().replace('\t', "    "));
        }
    }

    fn change(&self, process: &str, change: &FindingChange) {
        let mut state = self.lock();
        let findings = &mut state.findings;
        let known = findings
            .iter_mut()
            .find(|raised| raised.process == process && raised.change.rule == change.rule);
        if let Some(known) = known {
            if change.raised && !known.change.raised {
                known.since_ns = change.at_ns;
            }
            known.change = change.clone();
            return;
        }
        if findings.len() == FINDINGS {
            let cleared = findings.iter().position(|raised| !raised.change.raised);
            findings.remove(cleared.unwrap_or(0));
        }
        findings.push(Raised {
            process: process.to_owned(),
            since_ns: change.at_ns,
            change: change.clone(),
        });
    }
}

/// Says at its own end that the stream has ended.
#[derive(Debug)]
pub(crate) struct Ends(Arc<Seen>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

fn last(lines: &VecDeque<String>, count: usize) -> Vec<String> {
    let skipped = lines.len().saturating_sub(count);
    lines.iter().skip(skipped).cloned().collect()
}

/// Keeps the lines of another stream as well, on a thread of its own: standard output of the program.
///
/// # Errors
/// The system has no thread left.
pub(crate) fn keep_lines(seen: &Arc<Seen>, stream: impl Read + Send + 'static) -> io::Result<()> {
    let seen = Arc::clone(seen);
    std::thread::Builder::new()
        .name("lines".to_owned())
        .spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            loop {
                line.clear();
                // A piece at a time, so that a line without end takes no memory.
                let read = (&mut stream).take(1 << 16).read_until(b'\n', &mut line);
                match read {
                    Ok(0) | Err(_) => return,
                    Ok(_) => seen.lines(&line),
                }
            }
        })
        .map(drop)
}

/// Writes down what the reading finds.
#[derive(Debug)]
pub(crate) struct Onlooker {
    live: Live,
    seen: Arc<Seen>,
    signals: Signals,
    endless: bool,
    cycles: bool,
}

impl Onlooker {
    /// `endless` where an interrupt is to end the reading.
    pub(crate) fn new(live: Live, seen: &Arc<Seen>, signals: &Signals, endless: bool) -> Self {
        Self {
            live,
            seen: Arc::clone(seen),
            signals: signals.clone(),
            endless,
            cycles: false,
        }
    }

    /// Waits until everything else is done.
    pub(crate) fn finish(self) {
        self.live.finish();
    }
}

impl Sink for Onlooker {
    fn cycle(&mut self, _: &CycleRow<'_>) -> io::Result<()> {
        self.cycles = true;
        Ok(())
    }

    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        self.seen.lines(lines);
        Ok(())
    }

    fn change(&mut self, process: &str, change: &FindingChange) -> io::Result<()> {
        if change.severity > Severity::Info {
            self.seen.change(process, change);
        }
        self.live.change(process, change)
    }

    fn idle(&mut self, so_far: &SoFar<'_>) -> io::Result<()> {
        if self.endless && self.signals.interrupted() {
            self.signals.stop().store(true, Ordering::Relaxed);
        }
        if std::mem::take(&mut self.cycles) {
            self.seen.lock().last_cycle = Some(Instant::now());
        }
        if self.seen.wanted.swap(false, Ordering::Relaxed) {
            let report = Arc::new(so_far.report());
            self.seen.lock().report = Some(report);
        }
        self.live.idle(so_far)
    }
}
