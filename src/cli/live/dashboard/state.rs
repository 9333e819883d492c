//! The state that the reading keeps for the screen. The lock between the two is held for a copy at most.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use gcpressure::internal::analyzer::FindingChange;
use gcpressure::internal::pipeline::SoFar;
use gcpressure::report::Report;

use crate::cli::output::worker::lock;

/// Lines of the program that are kept, and bytes of each.
const LINES: usize = 500;
const LINE: usize = 1_000;
/// Findings that are kept; the oldest that has cleared makes room.
const FINDINGS: usize = 256;

/// The state, shared by the reading and the screen.
#[derive(Debug, Default)]
pub(crate) struct DashboardState {
    state: Mutex<State>,
    /// The screen has asked for a newer report.
    wanted: AtomicBool,
    /// Cycles were read since the last update.
    has_cycles: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    report: Option<Arc<Report>>,
    findings: Vec<Raised>,
    lines: VecDeque<String>,
    last_cycle: Option<Instant>,
}

/// A finding that was raised, and may have cleared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raised {
    /// Id of the process.
    pub(crate) process: String,
    /// The last change.
    pub(crate) change: FindingChange,
    /// Time at which it was raised, ns of program time.
    pub(crate) since_ns: u64,
}

/// A copy of the state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// `None` before the first update.
    pub(crate) report: Option<Arc<Report>>,
    /// Worst first.
    pub(crate) findings: Vec<Raised>,
    /// Oldest first.
    pub(crate) lines: Vec<String>,
    /// When the last cycle was read.
    pub(crate) last_cycle: Option<Instant>,
}

impl DashboardState {
    /// Asks for a newer report.
    pub(crate) fn want(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    /// A copy of the state with at most `lines` of the last lines.
    pub(crate) fn snapshot(&self, lines: usize) -> Snapshot {
        let state = lock(&self.state);
        let mut findings = state.findings.clone();
        findings.sort_by_key(|raised| {
            let change = &raised.change;
            std::cmp::Reverse((change.raised, change.severity, change.at_ns))
        });
        Snapshot {
            report: state.report.clone(),
            findings,
            lines: last(&state.lines, lines),
            last_cycle: state.last_cycle,
        }
    }

    /// The last lines of the program.
    pub(crate) fn last_lines(&self, count: usize) -> Vec<String> {
        last(&lock(&self.state).lines, count)
    }

    /// Notes that a cycle was read.
    pub(in crate::cli::live) fn cycle(&self) {
        self.has_cycles.store(true, Ordering::Relaxed);
    }

    /// Takes a report over if the screen has asked for one.
    pub(in crate::cli::live) fn update(&self, so_far: &SoFar<'_>) {
        if self.has_cycles.swap(false, Ordering::Relaxed) {
            lock(&self.state).last_cycle = Some(Instant::now());
        }
        if self.wanted.swap(false, Ordering::Relaxed) {
            let report = Arc::new(so_far.report());
            lock(&self.state).report = Some(report);
        }
    }

    /// Keeps lines of the program.
    pub(in crate::cli::live) fn lines(&self, lines: &[u8]) {
        let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
        // Newest first, so that only the last are kept.
        let lines: Vec<String> = lines
            .rsplit(|byte| *byte == b'\n')
            .take(LINES)
            .map(|line| String::from_utf8_lossy(&line[..line.len().min(LINE)]).into_owned())
            .collect();
        let mut state = lock(&self.state);
        for line in lines.iter().rev() {
            if state.lines.len() == LINES {
                state.lines.pop_front();
            }
            state.lines.push_back(line.trim_end().replace('\t', "    "));
        }
    }

    /// Keeps a finding that was raised or cleared.
    pub(in crate::cli::live) fn change(&self, process: &str, change: &FindingChange) {
        let mut state = lock(&self.state);
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

fn last(lines: &VecDeque<String>, count: usize) -> Vec<String> {
    let skipped = lines.len().saturating_sub(count);
    lines.iter().skip(skipped).cloned().collect()
}

/// Keeps the lines of another stream as well, on a thread of its own: standard output of the program.
///
/// # Errors
/// The system cannot start another thread.
pub(crate) fn keep_lines(
    state: &Arc<DashboardState>,
    stream: impl Read + Send + 'static,
) -> io::Result<()> {
    let state = Arc::clone(state);
    std::thread::Builder::new()
        .name("lines".to_owned())
        .spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            loop {
                line.clear();
                // In parts, so that an endless line takes no memory.
                let read = (&mut stream).take(1 << 16).read_until(b'\n', &mut line);
                match read {
                    Ok(0) | Err(_) => return,
                    Ok(_) => state.lines(&line),
                }
            }
        })
        .map(drop)
}
