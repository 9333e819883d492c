//! What happens while the input is read: lines handed on, findings told, files rewritten, commands run. None of it waits
//! for anybody, but for passthrough.

pub(crate) mod dashboard;
pub(crate) mod fetch;
pub(crate) mod on_critical;
pub(crate) mod passthrough;
pub(crate) mod refresh;
pub(crate) mod signals;
pub(crate) mod status;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gcpressure::analyzer::FindingChange;
use gcpressure::error::Error;
use gcpressure::io::Source;
use gcpressure::pipeline::{CycleRow, Sink, SoFar};
use gcpressure::render::Format;
use gcpressure::settings::Severity;
use gcpressure::units::{self, Unit};

use crate::cli::args::{LiveArgs, OutputArgs};
use crate::cli::exit::{Failure, Policy};
use crate::cli::live::fetch::Fetcher;
use crate::cli::live::on_critical::OnCritical;
use crate::cli::live::passthrough::{Outlet, Passthrough, Queue};
use crate::cli::live::refresh::Refresh;
use crate::cli::live::signals::{Ending, Signals};
use crate::cli::live::status::Status;
use crate::cli::output::files::Targets;

/// How long a first interrupt goes without a word: as a rule the stream ends by then.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the flags for live input ask for, read before anything is started.
#[derive(Debug)]
pub(crate) struct Wishes {
    /// `--refresh`.
    pub(crate) refresh: Duration,
    timeout: Option<Duration>,
    on_critical: Option<String>,
    until_critical: bool,
    /// `--heap-url`.
    pub(crate) profiles: Option<Fetcher>,
}

impl Wishes {
    /// Reads the flags.
    ///
    /// # Errors
    /// What is no duration.
    pub(crate) fn new(args: &LiveArgs) -> Result<Self, Failure> {
        let timeout = args.timeout.as_deref();
        Ok(Self {
            refresh: duration("--refresh", &args.refresh)?,
            timeout: timeout
                .map(|text| duration("--timeout", text))
                .transpose()?,
            on_critical: args.on_critical.clone(),
            until_critical: args.until_critical,
            profiles: Fetcher::start(args)?,
        })
    }
}

/// Everything that goes on beside the reading.
#[derive(Debug)]
pub(crate) struct Live {
    passthrough: Option<Passthrough>,
    voice: Voice,
    status: Option<Status>,
    on_critical: Option<OnCritical>,
    profiles: Option<Fetcher>,
    refresh: Option<Refresh>,
    signals: Signals,
    ending: Ending,
    until_critical: bool,
    /// When the first interrupt was noticed.
    interrupted: Option<Instant>,
    told_interrupt: bool,
}

impl Live {
    /// What was wished; nothing is handed on or told yet.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn new(wishes: &Wishes, signals: &Signals, ending: &Ending) -> io::Result<Self> {
        if let Some(timeout) = wishes.timeout {
            ending.after(timeout)?;
        }
        let on_critical = match &wishes.on_critical {
            Some(command) => Some(OnCritical::new(command, signals.stop())?),
            None => None,
        };
        Ok(Self {
            passthrough: None,
            voice: Voice::Silent,
            status: None,
            on_critical,
            profiles: wishes.profiles.clone(),
            refresh: None,
            signals: signals.clone(),
            ending: ending.clone(),
            until_critical: wishes.until_critical,
            interrupted: None,
            told_interrupt: false,
        })
    }

    /// Hands lines that are no GC trace on to standard output.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn pass_to_stdout(&mut self) -> Result<(), Failure> {
        let stop = self.signals.stop();
        self.passthrough = Some(Passthrough::new(io::stdout(), "standard output", stop)?);
        Ok(())
    }

    /// Hands them on to standard error, above the line that shows the state.
    ///
    /// # Errors
    /// The system has no thread left.
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

    /// Shows the state in a line at the bottom of the terminal, if there is one.
    pub(crate) fn show_status(&mut self, sources: &[Source]) {
        self.status = Status::start(sources);
    }

    /// Tells findings on standard error, where somebody looks at it, above the line that shows the state. With lines that go there already they go the same
    /// way, so that neither is written into the middle of the other.
    pub(crate) fn announce(&mut self, passes_to_stderr: bool) {
        if !io::stderr().is_terminal() {
            return;
        }
        self.voice = if passes_to_stderr {
            Voice::Passthrough
        } else {
            let queue = Queue::new(self.stderr(), self.signals.stop());
            queue.map_or(Voice::Silent, Voice::Own)
        };
    }

    /// Tells the command of `--on-critical` which process is watched.
    pub(crate) fn names_child(&mut self, id: u32) {
        if let Some(on_critical) = &mut self.on_critical {
            on_critical.names_child(id);
        }
    }

    /// Rewrites the files of `-o` now and then.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn refresh(
        &mut self,
        every: Duration,
        output: &OutputArgs,
        targets: &Arc<Targets<Format>>,
        policy: Policy,
    ) -> io::Result<()> {
        if targets.any() {
            self.refresh = Some(Refresh::new(every, output, targets, policy)?);
        }
        Ok(())
    }

    /// Waits until everything is written.
    pub(crate) fn finish(self) -> Passed {
        let mut passed = Passed::Whole;
        let stop = self.signals.stop();
        if let Some(refresh) = self.refresh {
            refresh.finish(stop);
        }
        if let Some(passthrough) = self.passthrough {
            if passthrough.inside() {
                passed = Passed::InsideALine;
            }
            match passthrough.finish() {
                Outlet::Whole => {}
                Outlet::Lost(failure) => passed = Passed::Lost(failure),
                Outlet::Stuck => passed = Passed::Stuck,
            }
        }
        if let Voice::Own(queue) = self.voice {
            // The report tells everything once more, so nothing is lost with a line that cannot be written.
            let _ = queue.finish();
        }
        if let Some(status) = self.status
            && !status.finish(stop)
        {
            passed = Passed::Stuck;
        }
        if let Some(on_critical) = self.on_critical {
            on_critical.finish();
        }
        passed
    }

    /// Says one line.
    fn say(&mut self, line: &str) {
        match &mut self.voice {
            Voice::Silent => {}
            Voice::Own(queue) => {
                let _ = writeln!(queue, "{line}").and_then(|()| queue.flush());
            }
            Voice::Passthrough => {
                if let Some(passthrough) = &mut self.passthrough {
                    let begin = if passthrough.inside() { "\n" } else { "" };
                    passthrough.write(format!("{begin}{line}\n").as_bytes());
                }
            }
        }
    }

    /// Says that an interrupt was heard, where the stream goes on nevertheless.
    fn notice_interrupt(&mut self) {
        if self.told_interrupt || !self.signals.interrupted() {
            return;
        }
        if self.interrupted.get_or_insert_with(Instant::now).elapsed() >= PATIENCE {
            self.told_interrupt = true;
            self.say(
                "gcpressure: reading to the end of the stream; interrupt again to report what was read",
            );
        }
    }
}

/// What became of the lines that were handed on.
#[derive(Debug)]
pub(crate) enum Passed {
    /// All of them were written.
    Whole,
    /// All of them were written, and the last has no line feed.
    InsideALine,
    /// Some could not be written.
    Lost(Failure),
    /// Nobody takes them, and their stream is held by the last.
    Stuck,
}

/// Where findings are told. Through a queue: a terminal that is held must not hold up the reading.
#[derive(Debug)]
enum Voice {
    /// Nowhere.
    Silent,
    /// On standard error.
    Own(Queue),
    /// On standard error, with the lines that are handed on.
    Passthrough,
}

impl Sink for Live {
    fn takes_cycles(&self) -> bool {
        self.status.is_some()
    }

    fn cycle(&mut self, _: &CycleRow<'_>) -> io::Result<()> {
        if let Some(status) = &self.status {
            status.cycle();
        }
        Ok(())
    }

    fn foreign(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Some(passthrough) = &mut self.passthrough {
            passthrough.write(lines);
        }
        Ok(())
    }

    fn change(&mut self, process: &str, change: &FindingChange) -> io::Result<()> {
        if let Some(status) = &self.status {
            status.change(process, change);
        }
        // What is informative is left to the report.
        if change.severity > Severity::Info {
            self.say(&line(process, change));
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
        // Above the line that shows the state. What standard error does not take, the report says.
        let _ = writeln!(self.stderr(), "{}", Failure::from(error));
        Ok(())
    }

    fn idle(&mut self, so_far: &SoFar<'_>) -> io::Result<()> {
        if let Some(passthrough) = &mut self.passthrough {
            passthrough.flush();
        }
        if let Some(refresh) = &mut self.refresh {
            refresh.look(so_far);
        }
        self.notice_interrupt();
        Ok(())
    }
}

/// The value of a flag that is a duration.
fn duration(flag: &str, text: &str) -> Result<Duration, Failure> {
    match units::parse_duration(text) {
        Ok(0) => Err(Failure::new(format!(
            "{flag}: `{text}` is nothing; write a value above 0"
        ))),
        Ok(ns) => Ok(Duration::from_nanos(ns)),
        Err(error) => Err(Failure::new(format!("{flag}: {error}"))),
    }
}

/// One change in words.
pub(crate) fn line(process: &str, change: &FindingChange) -> String {
    let unit = Unit::from_symbol(change.unit);
    let severity = match change.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    };
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
    use gcpressure::severity::Cause;

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
            unit: "1/s",
            message: String::new(),
            at_wall: None,
            cause: Some((Cause::SmallHeap, "the heap is nearly empty".to_owned())),
        };
        assert_eq!(
            line("web\u{1b}[2J\n", &change),
            "gcpressure: process web\\u{1b}[2J\\n at 12s: critical gc-frequency raised, 66.7/s (threshold 40/s); the heap is nearly empty"
        );
    }
}
