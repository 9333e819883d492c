//! One side of a comparison: logs, saved reports, baselines, and directories of them.

use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};

use gcpressure::internal::gobench::{self, Listener, Output};
use gcpressure::internal::io::Source;
use gcpressure::internal::pipeline::logs::{self, Log};
use gcpressure::internal::pipeline::{self, Options};
use gcpressure::internal::settings::Settings;
use gcpressure::report::comparison::{self, BuildStamp, LeftOut, Run, Side};
use gcpressure::report::saved::{self, Saved};
use gcpressure::report::{Report, Verdict};

use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::output::worker::lock;

/// Largest saved report or baseline, in bytes.
const LARGEST: u64 = 1 << 30;

/// Bytes that tell a saved result from a log.
const HEAD: u64 = 512;

/// The least GC cycles of a run, as for a verdict.
const CYCLES: u64 = 4;
/// The least duration of a run, as for a verdict.
const DURATION_NS: u64 = 1_000_000_000;

/// One side, with the reports that it came from.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) side: Side,
    /// As JSON, for a baseline.
    pub(crate) reports: Vec<String>,
    /// A path could not be read, which was reported.
    pub(crate) unreadable: bool,
    /// Outputs of `go test -bench`; `None` if a path is not such an output, or benchmarks are not asked for.
    pub(crate) benchmarks: Option<Outputs>,
}

/// Outputs of benchmarks by their names.
pub(crate) type Outputs = Vec<(String, Output)>;

/// Reads everything that a side names, with the results of benchmarks if `benchmarks`.
///
/// # Errors
/// A path that cannot be read, if no other one can.
pub(crate) fn read(
    paths: &[String],
    settings: &Settings,
    build: &BuildStamp,
    benchmarks: bool,
) -> Result<Reading, Failure> {
    let mut reading = Reading {
        side: Side {
            build: build.clone(),
            ..Side::default()
        },
        benchmarks: benchmarks.then(Vec::new),
        ..Reading::default()
    };
    let mut failures = Vec::new();
    let mut read = 0;
    let mut note = |name: &str, result: Result<(), Failure>| match result {
        Ok(()) => read += 1,
        Err(failure) => failures.push((name.to_owned(), failure)),
    };
    for path in paths {
        if !Path::new(path).is_dir() {
            // A file that is named itself is one run, even if its name looks rotated.
            note(path, reading.file(path, settings, false));
            continue;
        }
        let mut found = logs::logs(std::slice::from_ref(path));
        for error in found.errors {
            note(path, Err(error.into()));
        }
        reading.side.warnings.append(&mut found.warnings);
        for log in found.logs {
            // A directory may hold files that are not logs.
            let result = match log.parts.as_slice() {
                [file] => reading.file(file, settings, true),
                _ => reading.rotated(&log, settings),
            };
            note(log.name(), result);
        }
    }
    if read == 0
        && let Some((_, failure)) = failures.pop()
    {
        for (_, other) in failures {
            output::complain(&other.to_string());
        }
        return Err(failure);
    }
    for (name, failure) in failures {
        output::complain(&failure.to_string());
        reading.unreadable = true;
        let reason = "it cannot be read".to_owned();
        reading.side.left_out.push(LeftOut { name, reason });
    }
    reading.benchmarks = reading.benchmarks.filter(|outputs| !outputs.is_empty());
    Ok(reading)
}

impl Reading {
    fn file(&mut self, path: &str, settings: &Settings, among_others: bool) -> Result<(), Failure> {
        let mut source = Source::open(path)?;
        let mut head = Vec::new();
        source
            .by_ref()
            .take(HEAD)
            .read_to_end(&mut head)
            .map_err(|error| gcpressure::internal::error::Error::io(path, error))?;
        if saved::looks_saved(&head) {
            source
                .take(LARGEST)
                .read_to_end(&mut head)
                .map_err(|error| gcpressure::internal::error::Error::io(path, error))?;
            let text = String::from_utf8(head)
                .map_err(|_| Failure::new(format!("cannot read {path}: it is not UTF-8")))?;
            self.benchmarks = None;
            return self.saved(path, &text);
        }
        let benchmarks = self.benchmarks.is_some();
        let listener = Arc::new(Mutex::new(Listener::default()));
        // A file is opened again, so that its format is detected. A pipe cannot be read twice: its head is put back in front,
        // and benchmark results are collected on the way.
        let source = if Path::new(path).is_file() {
            Source::open(path)?
        } else {
            let inner = Cursor::new(head).chain(source);
            let listener = benchmarks.then(|| Arc::clone(&listener));
            Source::from_reader(path, Box::new(Tee { inner, listener }))
        };
        let report = pipeline::analyze(vec![source], &options(settings), &mut ())?;
        let nothing = report.processes.is_empty();
        if benchmarks {
            let output = if Path::new(path).is_file() {
                gobench::read(&mut BufReader::new(Source::open(path)?))
                    .map_err(|error| gcpressure::internal::error::Error::io(path, error))?
            } else {
                std::mem::take(&mut *lock(&listener)).finish()
            };
            self.output(path, output, among_others && nothing);
        }
        if among_others && nothing {
            return Ok(());
        }
        self.report(path, &report)
    }

    /// The parts of a rotated log are one run.
    fn rotated(&mut self, log: &Log, settings: &Settings) -> Result<(), Failure> {
        let sources: Result<Vec<_>, _> = log.sources().collect();
        let report = pipeline::analyze(sources?, &options(settings), &mut ())?;
        if let Some(error) = report.input.unreadable.first() {
            return Err(Failure::new(format!("cannot read {error}")));
        }
        if report.processes.is_empty() {
            return Ok(());
        }
        self.benchmarks = None;
        self.report(log.name(), &report)
    }

    /// Keeps the results of a benchmark output. Without any the side is one of logs, unless `may_say_nothing`.
    fn output(&mut self, path: &str, output: Output, may_say_nothing: bool) {
        if !output.results.is_empty() {
            if let Some(outputs) = &mut self.benchmarks {
                outputs.push((path.to_owned(), output));
            }
        } else if !may_say_nothing {
            self.benchmarks = None;
        }
    }

    /// Adds the runs of a report.
    pub(crate) fn report(&mut self, name: &str, report: &Report) -> Result<(), Failure> {
        if let Verdict::NoVerdict(reason) = &report.verdict
            && report.processes.is_empty()
        {
            self.side.left_out.push(LeftOut {
                name: name.to_owned(),
                reason: reason.clone(),
            });
            return Ok(());
        }
        self.warn(name, &report.warnings);
        self.runs(name, comparison::runs(report.processes.clone()));
        let text = saved::report_text(report).map_err(|error| Failure::new(error.to_string()))?;
        self.reports.push(text);
        Ok(())
    }

    fn saved(&mut self, path: &str, text: &str) -> Result<(), Failure> {
        let Saved {
            runs,
            build,
            work,
            warnings,
            reports,
        } = saved::read(text).map_err(|error| {
            Failure::new(format!("cannot read {path}: {error}"))
                .tip("write it again: gcpressure -f json, or compare --save-baseline")
        })?;
        if build != BuildStamp::default() {
            self.side.build = build;
        }
        if !work.is_empty() {
            self.side.work = work;
        }
        self.warn(path, &warnings);
        self.runs(path, runs);
        self.reports.extend(reports);
        Ok(())
    }

    fn warn(&mut self, name: &str, warnings: &[String]) {
        let named = warnings.iter().map(|warning| format!("{name}: {warning}"));
        self.side.warnings.extend(named);
    }

    /// Keeps the runs that are long enough.
    fn runs(&mut self, name: &str, runs: Vec<Run>) {
        let all = runs.len();
        let (usable, short): (Vec<_>, Vec<_>) =
            runs.into_iter().partition(|Run { process, .. }| {
                process.cycles() >= CYCLES && process.measures.duration_ns >= DURATION_NS
            });
        if !short.is_empty() {
            let what = if all == 1 {
                "it is".to_owned()
            } else {
                format!("{} of its {all} processes are", short.len())
            };
            self.side.left_out.push(LeftOut {
                name: name.to_owned(),
                reason: format!("{what} shorter than {CYCLES} GC cycles or 1s"),
            });
        }
        self.side.runs.extend(usable);
    }
}

fn options(settings: &Settings) -> Options {
    Options::default().settings(Arc::new(settings.clone()))
}

/// A reader that passes its text to a listener.
struct Tee<R> {
    inner: R,
    listener: Option<Arc<Mutex<Listener>>>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buf)?;
        if let Some(listener) = &self.listener {
            lock(listener).push(buf.get(..length).unwrap_or(&[]));
        }
        Ok(length)
    }
}
