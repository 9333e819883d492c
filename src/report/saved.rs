//! Saved results read back: reports, and baselines made of them. Only what a comparison needs is read; keys that later
//! releases add are ignored.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::comparison::{self, BuildStamp, Run};
use super::{Document, Process, Published, Source, Tool};

/// The version of a report.
const REPORT_SCHEMA: &str = super::Report::SCHEMA;

/// The version of a baseline.
pub const BASELINE_SCHEMA: &str = "gcpressure.baseline/v1";

/// What is read back of a file: its runs, and the build that they are of.
#[derive(Debug)]
pub struct Saved {
    /// Every process of every report, in order.
    pub runs: Vec<Run>,
    /// What was known of the build besides the log; of a report nothing.
    pub build: BuildStamp,
    /// Units of work, as given when a baseline was saved.
    pub work: Vec<f64>,
    /// Warnings of the reports.
    pub warnings: Vec<String>,
    /// The reports as they stand in the file.
    pub reports: Vec<String>,
}

/// Why a file that looks like a saved result cannot be read.
#[derive(Debug)]
pub struct SavedError(String);

impl fmt::Display for SavedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SavedError {}

/// Whether a text starts like a result of this program, of whatever version, rather than like a log.
pub fn looks_saved(text: &[u8]) -> bool {
    let head = String::from_utf8_lossy(text.get(..text.len().min(512)).unwrap_or_default());
    let head = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    head.starts_with('{')
        && head.split_once("\"schema\"").is_some_and(|(_, rest)| {
            rest.trim_start_matches([' ', ':'])
                .starts_with("\"gcpressure.")
        })
}

/// Reads a report or a baseline.
///
/// # Errors
/// Text that is neither, or of an unknown version.
pub fn read(text: &str) -> Result<Saved, SavedError> {
    #[derive(Deserialize)]
    struct Head<'a> {
        schema: &'a str,
    }
    let Head { schema } = parse(text)?;
    match schema {
        REPORT_SCHEMA => {
            let report: Report = parse(text)?;
            Ok(Saved {
                warnings: report.warnings.clone(),
                runs: report.runs(),
                build: BuildStamp::default(),
                work: Vec::new(),
                reports: vec![text.trim().to_owned()],
            })
        }
        BASELINE_SCHEMA => {
            let baseline: Baseline<'_> = parse(text)?;
            let (mut runs, mut warnings) = (Vec::new(), Vec::new());
            for report in &baseline.reports {
                let report: Report = parse(report.get())?;
                warnings.extend(report.warnings.iter().cloned());
                runs.extend(report.runs());
            }
            Ok(Saved {
                runs,
                warnings,
                build: baseline.made_of.build,
                work: baseline.made_of.work,
                reports: baseline
                    .reports
                    .iter()
                    .map(|report| report.get().to_owned())
                    .collect(),
            })
        }
        other => Err(SavedError(format!(
            "it is a {other}; a comparison reads {REPORT_SCHEMA} and {BASELINE_SCHEMA}"
        ))),
    }
}

/// A baseline: reports, and what is known of the build that no log says.
///
/// # Errors
/// Invalid JSON among `reports`.
pub fn baseline(
    reports: &[String],
    build: &BuildStamp,
    work: &[f64],
) -> Result<String, SavedError> {
    let reports = reports
        .iter()
        .map(|report| parse(report))
        .collect::<Result<_, _>>()?;
    let baseline = Baseline {
        schema: BASELINE_SCHEMA.into(),
        tool: Some(Tool::THIS),
        made_of: MadeOf {
            build: build.clone(),
            work: work.to_vec(),
        },
        reports,
    };
    serde_json::to_string(&baseline).map_err(|error| SavedError(error.to_string()))
}

/// A report as one line of JSON, as it is saved.
///
/// # Errors
/// None that a report can cause.
pub fn report_text(report: &super::Report) -> Result<String, SavedError> {
    serde_json::to_string(&Document::new(report)).map_err(|error| SavedError(error.to_string()))
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, SavedError> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).map_err(|error| SavedError(error.to_string()))
}

#[derive(Debug, Serialize, Deserialize)]
struct Baseline<'a> {
    schema: std::borrow::Cow<'a, str>,
    #[serde(skip_deserializing)]
    tool: Option<Tool>,
    made_of: MadeOf,
    #[serde(borrow)]
    reports: Vec<&'a RawValue>,
}

#[derive(Debug, Serialize, Deserialize)]
struct MadeOf {
    #[serde(flatten)]
    build: BuildStamp,
    #[serde(default)]
    work: Vec<f64>,
}

/// What is read back of a report.
#[derive(Debug, Deserialize)]
struct Report {
    input: Input,
    processes: Vec<Process>,
    warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Input {
    sources: Vec<Source>,
}

impl Report {
    fn runs(mut self) -> Vec<Run> {
        // Early reports held one stream only and did not name the source of a process.
        let sources = self.input.sources.iter().map(|source| source.name.as_str());
        let all = sources.collect::<Vec<_>>().join(", ");
        for process in &mut self.processes {
            if process.source.is_empty() {
                process.source.clone_from(&all);
            }
            withhold(process);
        }
        comparison::runs(self.processes)
    }
}

/// Early reports hold 0 for sums over cycles of which too many are missing. Such sums are unknown.
fn withhold(process: &mut Process) {
    if process.cycles_missing.saturating_mul(5) <= process.cycles() {
        return;
    }
    let measures = &mut process.measures;
    measures.stw_ratio = None;
    measures.mark_assist_cpu_ratio = None;
    measures.mark_duty_ratio = None;
    measures.allocation_bytes = None;
    measures.allocation_bytes_low = None;
    measures.allocation_bytes_high = None;
    measures.allocation_bytes_per_second = None;
    // The log's percentages may show the GC CPU even then.
    if !measures.gc_cpu_ratio_high.is_some_and(|high| high > 0.0) {
        measures.gc_cpu_ratio = None;
        measures.gc_cpu_ratio_low = None;
        measures.gc_cpu_ratio_high = None;
    }
}
