//! Everything that happens while the input is read: lines are handed on, findings reported, files rewritten, commands run.
//! Each goes through a queue or a thread, so the reading is never held up; only lines that are handed on hold it up once
//! 8 MiB of them are queued.

pub(crate) mod dashboard;
pub(crate) mod fetch;
pub(crate) mod http;
mod on_critical;
pub(crate) mod passthrough;
pub(crate) mod poll;
mod refresh;
pub(crate) mod signals;
pub(crate) mod starts;
mod status;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gcpressure::internal::analyzer::FindingChange;
use gcpressure::internal::error::Error;
use gcpressure::internal::io::{Child, Source};
use gcpressure::internal::pipeline::{CycleRow, Sink, SoFar};
use gcpressure::internal::render::{Format, Style};
use gcpressure::internal::settings::Severity;
use gcpressure::internal::units;
use gcpressure::report::Process;

use crate::cli::args::LiveArgs;
use crate::cli::exit::{self, Failure, Policy};
use crate::cli::output;
use crate::cli::output::background::BackgroundWriter;
use crate::cli::output::files::Targets;
use dashboard::page::{goal, share, size};
use dashboard::state::DashboardState;
use dashboard::view::last_ns;
use fetch::Fetcher;
use on_critical::OnCritical;
use passthrough::{Outlet, Passthrough};
use refresh::Refresh;
use signals::{Ending, Signals};
use starts::ProcessStarts;
use status::Status;

/// How long after a first interrupt a notice says that the stream goes on; most streams have ended by then.
const PATIENCE: Duration = Duration::from_secs(1);

/// The sink of all commands that read logs while they are written.
#[derive(Debug)]
pub(crate) struct Live {
    passthrough: Option<Passthrough>,
    findings: FindingOutput,
    status: Option<Status>,
    state_lines: Option<StateLines>,
    dashboard: Option<Arc<DashboardState>>,
    starts: Option<ProcessStarts>,
    on_critical: Option<OnCritical>,
    profiles: Option<Fetcher>,
    refresh: Option<Refresh>,
    signals: Signals,
    ending: Ending,
    until_critical: bool,
    /// A first interrupt ends the reading: the log has no end of its own.
    endless: bool,
    /// When the first interrupt was noticed.
    interrupted: Option<Instant>,
    interrupt_reported: bool,
}

/// Where findings are printed when they are raised or cleared. Through a queue, so that a blocked terminal does not hold up
/// the reading.
#[derive(Debug)]
enum FindingOutput {
    Silent,
    /// On standard error.
    Stderr(BackgroundWriter),
    /// Between the lines that are handed on.
    Passthrough,
}

/// Prints the state of each process at intervals.
#[derive(Debug)]
struct StateLines {
    every: Duration,
    last: Instant,
}

impl Live {
    /// A sink that does what the flags say, and prints nothing yet.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub(crate) fn new(
        args: &LiveArgs,
        profiles: Option<&Fetcher>,
        signals: &Signals,
        ending: &Ending,
    ) -> Result<Self, Failure> {
        if let Some(timeout) = args.timeout {
            ending.after(timeout).map_err(exit::unable)?;
        }
        let on_critical = args.on_critical.as_ref();
        let on_critical = on_critical
            .map(|command| OnCritical::new(command, signals.stop()))
            .transpose()
            .map_err(exit::unable)?;
        Ok(Self {
            passthrough: None,
            findings: FindingOutput::Silent,
            status: None,
            state_lines: None,
            dashboard: None,
            starts: None,
            on_critical,
            profiles: profiles.cloned(),
            refresh: None,
            signals: signals.clone(),
            ending: ending.clone(),
            until_critical: args.until_critical,
            endless: false,
            interrupted: None,
            interrupt_reported: false,
        })
    }

    /// Hands lines that are not GC trace on to standard output.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub(crate) fn pass_to_stdout(&mut self) -> Result<(), Failure> {
        let stop = self.signals.stop();
        self.passthrough = Some(Passthrough::new(io::stdout(), "standard output", stop)?);
        Ok(())
    }

    /// Hands them on to standard error, above the status line.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub(crate) fn pass_to_stderr(&mut self) -> Result<(), Failure> {
        let stop = self.signals.stop();
        self.passthrough = Some(Passthrough::new(self.stderr(), "standard error", stop)?);
        Ok(())
    }

    fn stderr(&self) -> Box<dyn Write + Send> {
        match &self.status {
            Some(status) => Box::new(status.above()),
            None => Box::new(io::stderr()),
        }
    }

    /// Shows a status line where standard error is a terminal.
    pub(crate) fn show_status(&mut self, sources: &[Source]) {
        self.status = Status::start(sources);
    }

    /// Prints findings on standard error, above the status line, where it is a terminal.
    pub(crate) fn print_findings(&mut self) {
        if io::stderr().is_terminal() {
            let writer = BackgroundWriter::new(self.stderr(), self.signals.stop());
            self.findings = writer.map_or(FindingOutput::Silent, FindingOutput::Stderr);
        }
    }

    /// Prints findings between the lines that are handed on, so that neither is written into the middle of the other.
    pub(crate) fn print_findings_between_lines(&mut self) {
        self.findings = FindingOutput::Passthrough;
    }

    /// Prints the state of each process at this interval, where findings are printed.
    pub(crate) fn print_state(&mut self, every: Duration) {
        self.state_lines = Some(StateLines {
            every,
            last: Instant::now(),
        });
    }

    /// Keeps everything that the dashboard shows.
    pub(crate) fn show_on(&mut self, dashboard: &Arc<DashboardState>) {
        self.dashboard = Some(Arc::clone(dashboard));
    }

    /// Estimates when each process started.
    pub(crate) fn track_starts(&mut self) {
        self.starts = Some(ProcessStarts::default());
    }

    /// The starts that were tracked.
    pub(crate) fn take_starts(&mut self) -> ProcessStarts {
        self.starts.take().unwrap_or_default()
    }

    /// Lets the first interrupt end the reading.
    pub(crate) fn end_on_interrupt(&mut self) {
        self.endless = true;
    }

    /// Names the program to the command of `--on-critical`.
    pub(crate) fn set_child(&mut self, child: &Child) {
        if let Some(on_critical) = &mut self.on_critical {
            on_critical.set_child(child.id());
        }
    }

    /// Rewrites the files of `-o` at intervals.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub(crate) fn refresh(
        &mut self,
        every: Duration,
        style: Style,
        targets: &Arc<Targets<Format>>,
        policy: Policy,
    ) -> Result<(), Failure> {
        if targets.any() {
            let refresh = Refresh::new(every, style, targets, policy).map_err(exit::unable)?;
            self.refresh = Some(refresh);
        }
        Ok(())
    }

    /// Waits until everything is written.
    pub(crate) fn finish(self) -> Outlet {
        let stop = self.signals.stop();
        if let Some(refresh) = self.refresh {
            refresh.finish(stop);
        }
        let mut outlet = self.passthrough.map_or(Outlet::Whole, Passthrough::finish);
        if let FindingOutput::Stderr(writer) = self.findings {
            // The report names the findings again, so nothing is lost with a line that cannot be written.
            let _ = writer.finish();
        }
        if let Some(status) = self.status
            && !status.finish(stop)
        {
            outlet = Outlet::Stuck;
        }
        if let Some(on_critical) = self.on_critical {
            on_critical.finish();
        }
        outlet
    }

    /// Prints one line.
    fn print(&mut self, line: &str) {
        match (&mut self.findings, &mut self.passthrough) {
            (FindingOutput::Stderr(writer), _) => {
                let _ = writeln!(writer, "{line}").and_then(|()| writer.flush());
            }
            (FindingOutput::Passthrough, Some(passthrough)) => {
                let begin = if passthrough.inside() { "\n" } else { "" };
                passthrough.write(format!("{begin}{line}\n").as_bytes());
            }
            _ => {}
        }
    }

    fn look_at_interrupts(&mut self) {
        if self.interrupt_reported || !self.signals.interrupted() {
            return;
        }
        if self.endless {
            self.signals.stop().store(true, Ordering::Relaxed);
        } else if self.interrupted.get_or_insert_with(Instant::now).elapsed() >= PATIENCE {
            self.interrupt_reported = true;
            let notice = "gcpressure: reading to the end of the stream; interrupt again to report what was read";
            match self.findings {
                // Nothing else is printed before the end.
                FindingOutput::Silent => output::complain(notice),
                _ => self.print(notice),
            }
        }
    }
}

impl Sink for Live {
    fn takes_cycles(&self) -> bool {
        self.status.is_some() || self.dashboard.is_some() || self.starts.is_some()
    }

    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        if let Some(starts) = &mut self.starts {
            starts.cycle(row);
        }
        if let Some(status) = &self.status {
            status.cycle(row);
        }
        if let Some(dashboard) = &self.dashboard {
            dashboard.cycle();
        }
        Ok(())
    }

    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Some(passthrough) = &mut self.passthrough {
            passthrough.write(lines);
        }
        if let Some(dashboard) = &self.dashboard {
            dashboard.lines(lines);
        }
        Ok(())
    }

    fn change(&mut self, process: &str, change: &FindingChange) -> io::Result<()> {
        if let Some(status) = &self.status {
            status.change(process, change);
        }
        // Findings of the severity info are in the report only.
        if change.severity > Severity::Info {
            if let Some(dashboard) = &self.dashboard {
                dashboard.change(process, change);
            }
            self.print(&finding_line(process, change));
        }
        if change.raised && change.severity == Severity::Critical {
            if let Some(on_critical) = &mut self.on_critical {
                on_critical.raise(process, change);
            }
            if let Some(profiles) = &self.profiles {
                profiles.critical();
            }
            if self.until_critical {
                self.ending.ask();
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, error: Error) -> io::Result<()> {
        // The report holds it as well.
        let _ = writeln!(self.stderr(), "{}", Failure::from(error));
        Ok(())
    }

    fn idle(&mut self, so_far: &SoFar<'_>) -> io::Result<()> {
        if let Some(lines) = &mut self.state_lines
            && lines.last.elapsed() >= lines.every
        {
            lines.last = Instant::now();
            for line in so_far.report().processes.iter().filter_map(state_line) {
                self.print(&line);
            }
        }
        if let Some(passthrough) = &mut self.passthrough {
            passthrough.flush();
        }
        if let FindingOutput::Stderr(writer) = &mut self.findings {
            let _ = writer.flush();
        }
        if let Some(refresh) = &mut self.refresh {
            refresh.look(so_far);
        }
        if let Some(dashboard) = &self.dashboard {
            dashboard.update(so_far);
        }
        self.look_at_interrupts();
        Ok(())
    }
}

/// The state of a process as a line; `None` before its first interval with cycles.
fn state_line(process: &Process) -> Option<String> {
    let now = process.measures.timeline.iter().rfind(|p| p.cycles > 0)?;
    Some(format!(
        "gcpressure: process {} at {}: {}, pause p99 {}, GC CPU {}, assists {}, live heap {}, goal {}",
        process.id.escape_default(),
        units::duration(last_ns(process)),
        units::rate(now.gc_frequency_per_second),
        units::duration(now.pause_p99_ns),
        share(now.gc_cpu_ratio()),
        share(now.mark_assist_cpu_ratio),
        size(now.heap_live_max_bytes),
        goal(now),
    ))
}

/// One change as a line.
fn finding_line(process: &str, change: &FindingChange) -> String {
    let unit = change.unit;
    let severity = change.severity.name();
    let state = if change.raised { "raised" } else { "cleared" };
    let wall = change.at_wall.as_deref();
    let wall = wall.map_or_else(String::new, |wall| format!(" ({})", wall.escape_default()));
    let cause = change.cause.as_ref();
    let cause = cause.map_or_else(String::new, |(_, message)| format!("; {message}"));
    format!(
        "gcpressure: process {} at {}{wall}: {severity} {} {state}, {} (threshold {}){cause}",
        process.escape_default(),
        units::duration(change.at_ns),
        change.rule,
        unit.format(change.measured),
        unit.format(change.threshold)
    )
}

#[cfg(test)]
mod tests {
    use gcpressure::internal::severity::Cause;

    use super::*;

    #[test]
    fn a_change_is_one_line_whatever_the_process_is_called() {
        let change = FindingChange {
            rule: "gc-frequency",
            severity: Severity::Critical,
            raised: true,
            at_ns: 12_000_000_000,
            measured: 66.7,
            threshold: 40.0,
            unit: gcpressure::Unit::PerSecond,
            message: String::new(),
            at_wall: None,
            cause: Some((Cause::SmallHeap, "the heap is nearly empty".to_owned())),
        };
        assert_eq!(
            finding_line("web\u{1b}[2J\n", &change),
            "gcpressure: process web\\u{1b}[2J\\n at 12s: critical gc-frequency raised, 66.7/s (threshold 40/s); the heap is nearly empty"
        );
    }
}
