//! The input options as the pipeline wants them.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use gcpressure::input::Source;
use gcpressure::pipeline::{Bound, Options, WallTime};
use gcpressure::settings::Settings;
use gcpressure::units;

use super::args::{InputArgs, SelectArgs};
use super::exit::Failure;

/// Opens every source, so that a wrong name is told before anything is read.
///
/// # Errors
/// A source that cannot be opened; no source where standard input is a terminal.
pub(crate) fn open(args: &InputArgs) -> Result<Vec<Source>, Failure> {
    if args.files.is_empty() {
        return Ok(vec![standard_input()?]);
    }
    args.files
        .iter()
        .map(|file| Source::open(file).map_err(Failure::from))
        .collect()
}

/// Standard input, where nothing else is named.
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
/// `--since` or `--until` that is no time.
pub(crate) fn options(args: &SelectArgs, settings: Settings) -> Result<Options, Failure> {
    Ok(Options {
        settings: Arc::new(settings),
        process: args.process.clone(),
        stream: args.stream.clone(),
        since: bound("--since", args.since.as_deref())?,
        until: bound("--until", args.until.as_deref())?,
        ..Options::default()
    })
}

/// A duration is program time; what has a date or a time of day in it is wall-clock time.
fn bound(flag: &str, text: Option<&str>) -> Result<Option<Bound>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let clock =
        text.contains(':') || text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('-');
    if clock {
        return match WallTime::parse(text) {
            Some(time) => Ok(Some(Bound::Wall(time))),
            None => Err(Failure::new(format!("{flag}: there is no time `{text}`"))
                .tip("write it like 2026-11-23T14:05:00Z, 2026-11-23 14:05:00 or 14:05")),
        };
    }
    match units::parse_duration(text) {
        Ok(ns) => Ok(Some(Bound::Program(ns))),
        Err(error) => Err(Failure::new(format!("{flag}: {error}"))
            .tip("write program time like 90s, or wall-clock time like 2026-11-23T14:05:00Z")),
    }
}
