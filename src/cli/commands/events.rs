//! `gcpressure events [FILE]...`: every GC cycle as one row, as soon as its line is complete.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gcpressure::internal::error::Error;
use gcpressure::internal::pipeline::{self, CycleRow, Sink, SoFar};
use gcpressure::internal::settings::{Scope, Settings};
use gcpressure::report::Verdict;

use crate::cli::args::{EventsArgs, RowFormat};
use crate::cli::exit::{self, Failure, Policy};
use crate::cli::input;
use crate::cli::live::http;
use crate::cli::live::signals::Signals;
use crate::cli::output;
use crate::cli::output::background::BackgroundWriter;
use crate::cli::output::rows::{Csv, Ndjson, Rows, Style};

/// Prints the rows and gives the exit status.
pub(crate) fn run(args: &EventsArgs) -> Result<u8, Failure> {
    match args.format {
        RowFormat::Ndjson => print::<Ndjson>(args),
        RowFormat::Csv => print::<Csv>(args),
    }
}

fn print<S: Style>(args: &EventsArgs) -> Result<u8, Failure> {
    let signals = Signals::catch(false).map_err(exit::unable)?;
    let mut settings = Settings::default();
    settings.scope = Scope::Nothing;
    let mut options = input::options(&args.input.select, settings)?;
    options.stop = Arc::clone(signals.stop());
    let mut opened = input::open(&args.input, None, signals.stop())?;
    let sources = std::mem::take(&mut opened.sources);
    let out = BackgroundWriter::new(io::stdout(), signals.stop()).map_err(exit::unable)?;
    let polls = args.input.files.iter().any(|name| http::is_url(name));
    let mut printer = Printer::<S> {
        rows: Rows::new(out),
        any: false,
        signals: polls.then(|| signals.clone()),
    };
    let result = pipeline::analyze(sources, &options, &mut printer);
    let any = printer.any;
    let written = match &result {
        Err(Error::Output { error }) => Err(io::Error::from(error.kind())),
        // The rows before a read error are valid.
        _ => printer.rows.finish(),
    };
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(exit::DONE),
        Err(error) => {
            let failure = Failure::writing("standard output", &error);
            // A second interrupt leaves rows unwritten.
            let Some(status) = signals.status() else {
                return Err(failure);
            };
            output::complain(&failure.to_string());
            return Ok(status);
        }
        Ok(()) => {}
    }
    let mut report = result?;
    if !args.quiet {
        for warning in &opened.warnings {
            output::complain(&format!("warning: {warning}"));
        }
    }
    opened.complete(&mut report);
    let policy = Policy {
        fail_on: None,
        allow_no_verdict: args.allow_no_verdict,
        exit_zero: args.exit_zero,
    };
    if let Some(status) = signals.status() {
        return Ok(status);
    }
    if !report.input.unreadable.is_empty() {
        return Ok(exit::ERROR);
    }
    let status = policy.status(&report);
    if let (exit::NO_VERDICT, Verdict::NoVerdict(reason)) = (status, &report.verdict)
        && !args.quiet
    {
        let lacking = if any { "no verdict" } else { "no rows" };
        output::complain(&format!("{lacking}: {reason}"));
    }
    Ok(status)
}

/// Prints each cycle.
struct Printer<S> {
    rows: Rows<S>,
    /// At least one row was printed.
    any: bool,
    /// A running program is polled, which has no end of its own: the first interrupt ends it.
    signals: Option<Signals>,
}

impl<S: Style> Sink for Printer<S> {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        self.any = true;
        self.rows.row(row)
    }

    fn unreadable(&mut self, error: Error) -> io::Result<()> {
        output::complain(&Failure::from(error).to_string());
        Ok(())
    }

    fn idle(&mut self, _: &SoFar<'_>) -> io::Result<()> {
        if let Some(signals) = self
            .signals
            .as_ref()
            .filter(|signals| signals.interrupted())
        {
            signals.stop().store(true, Ordering::Relaxed);
        }
        self.rows.flush()
    }
}
