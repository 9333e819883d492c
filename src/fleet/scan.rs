//! A log to its rows: one for each process, as it ends, then one for the stream.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::row::{Finding, Labels, Record, Row, Verdict};
use super::tally::{Part, Tracked};
use crate::error::Error;
use crate::io::Source;
use crate::pipeline::logs::Log;
use crate::pipeline::{CycleRow, Options, Sink, analyze};
use crate::report;
use crate::severity::Severity;

/// How logs are scanned.
#[derive(Debug)]
pub struct Scan {
    /// How processes are judged.
    pub options: Options,
    /// The folder that sources are named relative to.
    pub root: Option<String>,
    /// Length of the buckets of wall time that processes are also cut into, s.
    pub bucket_seconds: Option<i64>,
}

/// What became of a log.
#[derive(Debug)]
pub struct Scanned {
    /// The row of the stream.
    pub row: Row,
    /// What could not be read, or not to its end.
    pub errors: Vec<Error>,
    /// Something could be read.
    pub read: bool,
}

impl Scan {
    /// Reads a log. The rows of its processes go to `emit` as they end.
    ///
    /// # Errors
    /// [`Error::Output`] with the error of `emit`.
    pub fn scan(
        &self,
        log: &Log,
        labels: &Labels,
        emit: &mut dyn FnMut(&Row) -> io::Result<()>,
    ) -> Result<Scanned, Error> {
        let mut errors = Vec::new();
        let mut sources: Vec<Source> = Vec::new();
        for source in log.sources() {
            match source {
                Ok(source) => sources.push(source),
                Err(error) => errors.push(error),
            }
        }
        let mut rows = Rows {
            row: self.row(log.name(), labels),
            bucket_seconds: self.bucket_seconds,
            parts: HashMap::default(),
            errors,
            told: Vec::new(),
            emit,
        };
        let result = match sources.is_empty() {
            true => Ok(None),
            false => analyze(sources, &self.options, &mut rows).map(Some),
        };
        let Rows {
            mut row,
            mut errors,
            mut told,
            ..
        } = rows;
        let report = match result {
            Ok(report) => report,
            Err(error @ Error::Output { .. }) => return Err(error),
            Err(error) => {
                errors.push(error);
                None
            }
        };
        row.record = Record::Stream;
        row.files = Some(log.parts.len() as u64);
        if let Some(report) = &report {
            let input = &report.input;
            let sum = |of: fn(&report::Source) -> u64| Some(input.sources.iter().map(of).sum());
            row.bytes = sum(|source| source.bytes);
            row.lines = sum(|source| source.lines);
            row.gc_lines_intact = Some(input.gc_lines.intact);
            row.gc_lines_repaired = Some(input.gc_lines.repaired);
            row.gc_lines_damaged = Some(input.gc_lines.damaged);
            row.gc_lines_duplicate = Some(input.gc_lines.duplicate);
            row.gc_lines_legacy = Some(input.legacy_gc_lines);
            told.extend(input.incomplete.iter().cloned());
        }
        let errors_told = errors.iter().map(ToString::to_string).chain(told);
        let errors_told: Vec<_> = errors_told.map(|text| self.told(&text)).collect();
        row.error = (!errors_told.is_empty()).then(|| errors_told.join("; "));
        Ok(Scanned {
            row,
            errors,
            read: report.is_some(),
        })
    }

    /// The row of a stream that cannot be read at all.
    #[must_use]
    pub fn unreadable(&self, source: &str, labels: &Labels, error: &Error) -> Row {
        Row {
            error: Some(self.told(&error.to_string())),
            ..self.row(source, labels)
        }
    }

    fn row(&self, source: &str, labels: &Labels) -> Row {
        Row {
            tool_version: report::Tool::THIS.version.to_owned(),
            labels: labels.clone(),
            source: self.relative(source),
            ..Row::default()
        }
    }

    /// A path relative to the root: rows are the same wherever a machine has its logs.
    fn relative(&self, path: &str) -> String {
        let root = self.root.as_deref().map(|root| root.trim_end_matches('/'));
        let below = root.and_then(|root| path.strip_prefix(root)?.strip_prefix('/'));
        below.unwrap_or(path).to_owned()
    }

    /// A message with its paths relative to the root.
    fn told(&self, message: &str) -> String {
        match self.root.as_deref().map(|root| root.trim_end_matches('/')) {
            Some(root) if !root.is_empty() => message.replace(&format!("{root}/"), ""),
            _ => message.to_owned(),
        }
    }

    /// The labels that the `k=v` folders of a path give, those below the root where there is one.
    #[must_use]
    pub fn folder_labels(&self, path: &str) -> Labels {
        let path = self.relative(path);
        let folders = Path::new(&path).parent().into_iter().flatten();
        let labels = folders.filter_map(|folder| folder.to_str()?.split_once('='));
        labels
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

/// Collects what a log holds.
struct Rows<'e> {
    /// What all rows of the stream share.
    row: Row,
    bucket_seconds: Option<i64>,
    /// By the id of the process.
    parts: HashMap<String, Tracked, foldhash::fast::FixedState>,
    errors: Vec<Error>,
    /// Errors that are those of what the log holds.
    told: Vec<String>,
    emit: &'e mut dyn FnMut(&Row) -> io::Result<()>,
}

impl Sink for Rows<'_> {
    #[inline]
    fn cycle(&mut self, row: &CycleRow<'_>) -> io::Result<()> {
        if let Some(tracked) = self.parts.get_mut(row.process) {
            tracked.observe(row, self.bucket_seconds);
        } else {
            let mut tracked = Tracked::default();
            tracked.observe(row, self.bucket_seconds);
            self.parts.insert(row.process.to_owned(), tracked);
        }
        Ok(())
    }

    fn ended(&mut self, process: &report::Process, findings: &[report::Finding]) -> io::Result<()> {
        let Some(tracked) = self.parts.remove(&process.id) else {
            return Ok(());
        };
        let of_process = Row {
            record: Record::Process,
            process: Some(process.id.clone()),
            stream: process.stream.clone(),
            format: Some(process.format.clone()),
            approximate: Some(process.approximate),
            ..self.row.clone()
        };
        let (whole, buckets) = tracked.parts();
        self.emit(judged(of_process.clone(), process, findings), whole)?;
        for (seconds, part) in buckets {
            let bucket = crate::pipeline::WallTime::written(seconds);
            let row = Row {
                bucket: Some(bucket),
                ..of_process.clone()
            };
            self.emit(row, part)?;
        }
        Ok(())
    }

    fn unreadable(&mut self, error: Error) -> io::Result<()> {
        self.errors.push(error);
        Ok(())
    }
}

impl Rows<'_> {
    fn emit(&mut self, mut row: Row, part: Part) -> io::Result<()> {
        match part.write(&mut row) {
            Ok(()) => (self.emit)(&row),
            Err(name) => {
                let process = row.process.unwrap_or_default();
                self.told.push(format!(
                    "process {process}: its {name} is beyond {}: the log's times or sizes are invalid",
                    i64::MAX
                ));
                Ok(())
            }
        }
    }
}

/// Adds what the report says of the process.
fn judged(row: Row, process: &report::Process, findings: &[report::Finding]) -> Row {
    let of = |severity| findings.iter().filter(move |f| f.severity == severity);
    let (critical, warnings) = (
        of(Severity::Critical).count(),
        of(Severity::Warning).count(),
    );
    let measures = &process.measures;
    Row {
        verdict: Some(match (process.judged, critical, warnings) {
            (false, ..) => Verdict::NoVerdict,
            (true, 0, 0) => Verdict::Pass,
            (true, 0, _) => Verdict::Warning,
            (true, ..) => Verdict::Critical,
        }),
        cause: process
            .diagnosis
            .as_ref()
            .map(|d| d.cause.name().to_owned()),
        critical: Some(critical as u64),
        warnings: Some(warnings as u64),
        findings: findings.iter().map(Into::into).collect(),
        cycles_missing: Some(process.cycles_missing),
        periodic_cycles: Some(process.periodic_cycles),
        allocation_low_bytes: measures.allocation_bytes_low,
        allocation_high_bytes: measures.allocation_bytes_high,
        cpus: measures.cpus,
        ..row
    }
}

impl From<&report::Finding> for Finding {
    fn from(finding: &report::Finding) -> Self {
        Self {
            rule: finding.rule.to_owned(),
            severity: finding.severity,
            measured: finding.measured,
            threshold: finding.threshold,
            unit: finding.unit.symbol().to_owned(),
            since_ns: finding.since_ns,
            until_ns: finding.until_ns,
        }
    }
}
