//! `gcpressure [FILE]...`: the report, and what `check` shares with it.

use std::io::{self, BufWriter, IntoInnerError, IsTerminal, Write};

use gcpressure::analyzer::FindingChange;
use gcpressure::pipeline::{self, CycleRow, Sink};
use gcpressure::render::Style;
use gcpressure::report::Report;
use gcpressure::settings::Severity;

use super::args::ReportArgs;
use super::choices::Choices;
use super::exit::{Failure, Policy};
use super::live::Announcer;
use super::output::{self, Targets};
use super::passthrough::Queue;
use super::status::Status;
use super::{config, input};

/// Reads everything, writes the report, gives the exit status.
pub(crate) fn run(args: &ReportArgs) -> Result<u8, Failure> {
    let choices = choose(args, None)?;
    let policy = policy(args, &choices);
    Ok(judge(args, &choices, policy)?.exit_status)
}

/// The choices of file and flags.
pub(crate) fn choose(args: &ReportArgs, fail_on: Option<&str>) -> Result<Choices, Failure> {
    let file = config::load(args.rules.config.as_deref())?;
    Choices::new(file, &args.analysis, &args.rules, fail_on)
}

/// What makes the exit status, without a gate.
pub(crate) fn policy(args: &ReportArgs, choices: &Choices) -> Policy {
    Policy {
        fail_on: None,
        allow_no_verdict: args.output.allow_no_verdict || choices.allow_no_verdict,
        exit_zero: args.output.exit_zero,
    }
}

/// Analyses the input and writes the report to standard output and to every file.
pub(crate) fn judge(
    args: &ReportArgs,
    choices: &Choices,
    policy: Policy,
) -> Result<Report, Failure> {
    let targets = Targets::open(&args.output.output)?;
    let mut options = input::options(&args.input, choices.settings.clone())?;
    options.foreign = args.output.passthrough;
    let sources = input::open(&args.input)?;
    if args.output.verbose {
        output::complain(&choices.describe().join("\n"));
    }

    // Where the program's own lines fill the same terminal, a line at its bottom would be in their way.
    let status = match args.output.quiet || (args.output.passthrough && io::stdout().is_terminal())
    {
        true => None,
        false => Status::start(&sources),
    };
    let mut follow = Follow {
        passthrough: match args.output.passthrough {
            true => Some(Passthrough::new()?),
            false => None,
        },
        announcer: match &status {
            Some(status) => Announcer::new(&sources, status.above()),
            None if args.output.quiet || !io::stderr().is_terminal() => None,
            None => Announcer::new(&sources, io::stderr()),
        },
        status,
    };
    let result = pipeline::analyse(sources, &options, &mut follow);
    follow.finish();
    let mut report = result?;
    report.exit_status = policy.status(&report);

    let style = Style {
        ascii: args.output.ascii,
        verbose: args.output.verbose,
        fail_on: policy.fail_on.unwrap_or(Severity::Critical),
        ..Style::default()
    };
    show(args, &report, style)?;
    targets.write(&report, &style)?;
    Ok(report)
}

/// Writes the report to standard output, or to standard error where standard output carries the program's own lines.
fn show(args: &ReportArgs, report: &Report, style: Style) -> Result<(), Failure> {
    let format = args.output.format;
    if args.output.quiet {
        return Ok(());
    }
    if args.output.passthrough {
        let color = output::color(&args.output, &io::stderr());
        let mut text = Vec::new();
        format
            .render(report, &mut text, &Style { color, ..style })
            .and_then(|()| output::content(io::stderr().lock().write_all(&text)))
            .map_err(|error| Failure::writing("standard error", &error))
    } else {
        let color = output::color(&args.output, &io::stdout());
        output::print(|out| format.render(report, out, &Style { color, ..style }))
    }
}

/// Copies foreign lines to standard output. When that is closed or full the report goes on without it: leaving early
/// would kill the program that writes the trace.
struct Passthrough(Option<BufWriter<Queue>>);

impl Passthrough {
    fn new() -> Result<Self, Failure> {
        Queue::new(io::stdout())
            .map(|queue| Self(Some(BufWriter::with_capacity(1 << 16, queue))))
            .map_err(|error| Failure::writing("standard output", &error))
    }

    fn finish(mut self) {
        if let Some(out) = self.0.take() {
            let rest = out.into_inner().map_err(IntoInnerError::into_error);
            self.tell(rest.and_then(Queue::finish));
        }
    }

    fn tell(&mut self, result: io::Result<()>) {
        if let Err(error) = output::content(result) {
            output::complain(&format!(
                "warning: lines that are no GC trace are not copied any more: {error}"
            ));
        }
    }

    fn attempt(&mut self, write: impl FnOnce(&mut BufWriter<Queue>) -> io::Result<()>) {
        let Some(out) = &mut self.0 else { return };
        let result = write(out);
        if result.is_err() {
            // What is still buffered cannot be written either.
            drop(self.0.take().map(BufWriter::into_parts));
            self.tell(result);
        }
    }
}

/// What happens while the input is read.
struct Follow {
    passthrough: Option<Passthrough>,
    announcer: Option<Announcer>,
    status: Option<Status>,
}

impl Follow {
    /// Waits until everything is written.
    fn finish(self) {
        if let Some(passthrough) = self.passthrough {
            passthrough.finish();
        }
        if let Some(announcer) = self.announcer {
            announcer.finish();
        }
        if let Some(status) = self.status {
            status.finish();
        }
    }
}

impl Sink for Follow {
    fn cycle(&mut self, _: &CycleRow<'_>) -> io::Result<()> {
        if let Some(status) = &self.status {
            status.cycle();
        }
        Ok(())
    }

    fn foreign(&mut self, line: &[u8]) -> io::Result<()> {
        if let Some(passthrough) = &mut self.passthrough {
            passthrough.attempt(|out| out.write_all(line));
        }
        Ok(())
    }

    fn change(&mut self, process: &str, change: &FindingChange) -> io::Result<()> {
        if let Some(status) = &self.status {
            status.change(process, change);
        }
        if let Some(announcer) = &mut self.announcer {
            announcer.tell(process, change);
        }
        Ok(())
    }

    fn idle(&mut self) -> io::Result<()> {
        if let Some(passthrough) = &mut self.passthrough {
            passthrough.attempt(Write::flush);
        }
        Ok(())
    }
}
