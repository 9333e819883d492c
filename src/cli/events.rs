//! `gcpressure events [FILE]...`: every GC cycle as one row, as soon as its line is complete.

use std::io;

use gcpressure::pipeline::{self, CycleRow, Sink};
use gcpressure::report::Verdict;
use gcpressure::settings::Settings;

use super::args::{EventsArgs, RowFormat};
use super::exit::{self, Failure, Policy};
use super::passthrough::Queue;
use super::rows::{Csv, Ndjson, Rows};
use super::{input, output};

/// Prints the rows and gives the exit status.
pub(crate) fn run(args: &EventsArgs) -> Result<u8, Failure> {
    let options = input::options(&args.input, Settings::default())?;
    let sources = input::open(&args.input)?;
    let failed = |error: &io::Error| Failure::writing("standard output", error);
    let queue = Queue::new(io::stdout()).map_err(|error| failed(&error))?;
    let mut sink = Printer {
        rows: match args.format {
            RowFormat::Ndjson => Box::new(Ndjson::new(queue)),
            RowFormat::Csv => Box::new(Csv::new(queue)),
        },
        failed: None,
    };
    let result = pipeline::analyse(sources, &options, &mut sink);
    let written = match sink.failed {
        Some(error) => Err(error),
        None => sink.rows.finish(),
    };
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(exit::DONE),
        Err(error) => return Err(failed(&error)),
        Ok(()) => {}
    }
    let report = result?;
    let policy = Policy {
        fail_on: None,
        allow_no_verdict: args.allow_no_verdict,
        exit_zero: args.exit_zero,
    };
    let status = policy.status(&report);
    if let (exit::NO_VERDICT, Verdict::NoVerdict(reason), false) =
        (status, &report.verdict, args.quiet)
    {
        output::complain(&format!("no GC cycle printed: {reason}"));
    }
    Ok(status)
}

/// Prints each cycle; keeps what went wrong, so that a reader that has left can be told from a source that broke.
struct Printer {
    rows: Box<dyn Rows>,
    failed: Option<io::Error>,
}

impl Printer {
    fn keep(&mut self, result: io::Result<()>) -> io::Result<()> {
        result.map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }
}

impl Sink for Printer {
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        let result = self.rows.row(row);
        self.keep(result)
    }

    fn idle(&mut self) -> io::Result<()> {
        let result = self.rows.flush();
        self.keep(result)
    }
}
