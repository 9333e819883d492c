//! Opens the logs that the arguments name.

pub(crate) mod escapes;
pub(crate) mod heap;
pub(crate) mod profile;
pub(crate) mod rows;

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use gcpressure::internal::io::{Joint, Source};
use gcpressure::internal::pipeline::logs::{self, Log, Logs};
use gcpressure::internal::pipeline::{Bound, Options, WallTime};
use gcpressure::internal::settings::Settings;
use gcpressure::internal::units;
use gcpressure::report::Report;

use crate::cli::args::{InputArgs, SelectArgs};
use crate::cli::exit::Failure;
use crate::cli::live::{http, poll};
use crate::cli::output;

/// The opened logs.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) sources: Vec<Source>,
    /// Warnings for the report.
    pub(crate) warnings: Vec<String>,
    /// Errors of logs that cannot be opened, which were reported.
    pub(crate) unreadable: Vec<String>,
}

impl Opened {
    /// Adds the warnings and errors to the report.
    pub(crate) fn complete(self, report: &mut Report) {
        let unread = self.unreadable.iter();
        let unread = unread.map(|error| format!("not read: {error}"));
        report.warnings.splice(0..0, unread.chain(self.warnings));
        report.input.unreadable.splice(0..0, self.unreadable);
    }
}

/// Opens every source, so that a wrong name is reported before anything is read. The others are read all the same.
///
/// # Errors
/// No source can be opened; no source where standard input is a terminal. Running programs are watched for `length` by default, or
/// until `stop`.
pub(crate) fn open(
    args: &InputArgs,
    length: Option<Duration>,
    stop: &Arc<AtomicBool>,
) -> Result<Opened, Failure> {
    let mut opened = Opened::default();
    let (urls, files): (Vec<&String>, Vec<&String>) =
        args.files.iter().partition(|name| http::is_url(name));
    let urls = urls.into_iter().map(String::as_str);
    let polled = poll::source(urls, &args.poll, length, stop)?;
    let files: Vec<String> = files.into_iter().cloned().collect();
    if files.is_empty() {
        if let Some(polled) = polled {
            opened.sources.push(polled);
            return Ok(opened);
        }
        opened.sources.push(standard_input()?);
        return Ok(opened);
    }
    let Logs {
        logs,
        warnings,
        mut errors,
    } = if args.join {
        one_log(&files)
    } else {
        logs::logs(&files)
    };
    opened.warnings = warnings;
    for source in logs.iter().flat_map(Log::sources) {
        match source {
            Ok(source) if args.join && !opened.sources.is_empty() => {
                opened.sources.push(source.joined(Joint::Bytes));
            }
            Ok(source) => opened.sources.push(source),
            Err(error) => errors.push(error),
        }
    }
    // Polls begin at once, and are read when the logs have ended.
    opened.sources.extend(polled);
    if opened.sources.is_empty()
        && let Some(last) = errors.pop()
    {
        for error in errors {
            output::complain(&Failure::from(error).to_string());
        }
        return Err(Failure::from(last));
    }
    for error in errors {
        opened.unreadable.push(error.to_string());
        output::complain(&Failure::from(error).to_string());
    }
    Ok(opened)
}

/// All files as one log, in the order given.
fn one_log(files: &[String]) -> Logs {
    Logs {
        logs: vec![Log {
            parts: files.to_vec(),
        }],
        ..Logs::default()
    }
}

/// Standard input.
///
/// # Errors
/// It is a terminal.
pub(crate) fn standard_input() -> Result<Source, Failure> {
    if io::stdin().is_terminal() {
        return Err(
            Failure::new("no FILE, and standard input is a terminal").tip(
                "pipe the trace in:  GODEBUG=gctrace=1 ./your-program 2>&1 | gcpressure\n       \
             or name a log:      gcpressure app.log",
            ),
        );
    }
    Ok(Source::open("-")?)
}

/// The options of the analysis.
///
/// # Errors
/// An invalid time of `--since` or `--until`.
pub(crate) fn options(args: &SelectArgs, settings: Settings) -> Result<Options, Failure> {
    Ok(Options::default()
        .settings(Arc::new(settings))
        .process(args.process.clone())
        .stream(args.stream.clone())
        .since(bound("--since", args.since.as_deref())?)
        .until(bound("--until", args.until.as_deref())?))
}

/// Program time for a duration, wall-clock time for text with a date or a time of day.
fn bound(flag: &str, text: Option<&str>) -> Result<Option<Bound>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let clock =
        text.contains(':') || text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('-');
    let bound = if clock {
        WallTime::parse(text).map(Bound::Wall)
    } else {
        units::parse_duration(text).ok().map(Bound::Program)
    };
    match bound {
        Some(bound) => Ok(Some(bound)),
        None => Err(Failure::new(format!("{flag}: invalid time `{text}`")).tip(
            "write program time, e.g. 90s, or wall-clock time, e.g. 2026-11-23T14:05:00Z, 2026-11-23 14:05:00 or 14:05",
        )),
    }
}
