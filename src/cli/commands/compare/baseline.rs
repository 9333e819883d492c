//! Baselines: a saved report with the build and settings of the program, and `check --baseline` against it.

use std::io;
use std::path::Path;

use gcpressure::internal::compare;
use gcpressure::internal::render::{ComparisonFormat, Format, Render, Style};
use gcpressure::internal::settings::Settings;
use gcpressure::report::Report;
use gcpressure::report::comparison::{Against, BuildStamp, Comparison, Outcome};
use gcpressure::report::saved;

use super::gate;
use super::sides::{self, Reading};
use crate::cli::args::{CheckArgs, ProgramArgs};
use crate::cli::exit::{self, Failure};
use crate::cli::output;
use crate::cli::output::files::Place;

/// What the flags say about the program.
pub(crate) fn build(args: &ProgramArgs) -> BuildStamp {
    BuildStamp {
        go: args.go.clone(),
        gogc: args.gogc.clone(),
        memory_limit: args.memory_limit.clone(),
    }
}

/// Writes the runs of one side as a baseline.
///
/// # Errors
/// A side without runs; a file that cannot be written.
pub(crate) fn save(place: &Place, side: &Reading) -> Result<(), Failure> {
    if side.side.runs.is_empty() {
        let why = side.side.left_out.first();
        let why = why.map_or_else(String::new, |left_out| {
            format!(": {}: {}", left_out.name, left_out.reason)
        });
        return Err(Failure::new(format!(
            "{} would hold no run, and is left as it is{why}",
            place.name
        )));
    }
    let text = saved::baseline(&side.reports, &side.side.build, &side.side.work)
        .map_err(|error| Failure::new(error.to_string()))?;
    place.write(|out| writeln!(out, "{text}"))
}

/// The baseline of a check, read before anything else.
#[derive(Debug)]
pub(crate) struct Baseline {
    path: String,
    /// `None` if the file does not exist yet.
    before: Option<Reading>,
    update: Option<Place>,
    build: BuildStamp,
    gate: compare::Gate,
}

impl Baseline {
    /// The baseline that the flags name; `None` without `--baseline`.
    ///
    /// # Errors
    /// A baseline that cannot be read, or not be written for `--update-baseline`.
    pub(crate) fn open(args: &CheckArgs, settings: &Settings) -> Result<Option<Self>, Failure> {
        let Some(path) = &args.baseline else {
            if args.comparing.max_ratio.is_empty() {
                return Ok(None);
            }
            return Err(
                Failure::new("--max-ratio compares with a baseline, and none is given")
                    .tip("add --baseline PATH; for a threshold of the rule itself use --max"),
            );
        };
        let build = build(&args.report.analysis.program);
        let before = if Path::new(path).exists() {
            let paths = std::slice::from_ref(path);
            Some(sides::read(paths, settings, &BuildStamp::default(), false)?)
        } else if args.update_baseline {
            None
        } else {
            return Err(Failure::new(format!("there is no baseline {path}"))
                .tip("--update-baseline writes it from this run"));
        };
        let update = match args.update_baseline {
            true => Some(Place::of(path)?),
            false => None,
        };
        Ok(Some(Self {
            path: path.clone(),
            before,
            update,
            build,
            gate: gate::of_rows(&args.comparing)?,
        }))
    }

    /// Compares the report with the baseline; the comparison's exit status and outcome go into the report as well.
    ///
    /// # Errors
    /// A new baseline that cannot be written.
    pub(crate) fn judge(
        self,
        report: &mut Report,
        allow_no_verdict: bool,
        exit_zero: bool,
    ) -> Result<Option<Comparison>, Failure> {
        let name = report
            .input
            .sources
            .first()
            .map_or("this run", |source| &source.name)
            .to_owned();
        let mut now = Reading::default();
        now.side.build = self.build;
        now.report(&name, report)?;
        // The report shows them already.
        now.side.warnings.clear();
        let comparison = self.before.map(|before| {
            let mut base = before.side;
            // The work of this run is unknown.
            base.work.clear();
            let mut comparison = compare::compare(base, now.side.clone(), &self.gate);
            let status = match comparison.outcome {
                // A run that becomes the baseline is accepted.
                _ if self.update.is_some() => exit::DONE,
                Outcome::Pass => exit::DONE,
                Outcome::Regression(_) => exit::FAIL,
                Outcome::NoVerdict(_) => exit::NO_VERDICT,
            };
            comparison.exit_status = exit::eased(status, allow_no_verdict, exit_zero);
            comparison
        });
        if let Some(comparison) = &comparison {
            report.exit_status = worse(report.exit_status, comparison.exit_status);
            report.warnings.extend(sentence(&self.path, comparison));
            report.baseline = Some(Against {
                baseline: self.path,
                outcome: comparison.outcome.clone(),
                accepted: self.update.is_some(),
                exit_status: comparison.exit_status,
            });
        }
        if let Some(place) = &self.update {
            save(place, &now)?;
        }
        Ok(comparison)
    }
}

/// The worse status: a failure, then no verdict, then a pass.
const fn worse(a: u8, b: u8) -> u8 {
    match (a, b) {
        (exit::FAIL, _) | (_, exit::FAIL) => exit::FAIL,
        (exit::NO_VERDICT, _) | (_, exit::NO_VERDICT) => exit::NO_VERDICT,
        _ => exit::DONE,
    }
}

/// The warning of the report.
fn sentence(path: &str, comparison: &Comparison) -> Option<String> {
    match &comparison.outcome {
        Outcome::Pass => None,
        Outcome::Regression(rows) => Some(format!(
            "worse than the baseline {path}: {}",
            rows.join("; ")
        )),
        Outcome::NoVerdict(reason) => {
            Some(format!("no verdict against the baseline {path}: {reason}"))
        }
    }
}

/// Prints the table below a text report; other formats hold a warning.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn show(args: &CheckArgs, comparison: &Comparison) -> Result<(), Failure> {
    let shown = &args.report.output;
    if shown.format != Format::Text || shown.show.quiet || args.report.passthrough {
        return Ok(());
    }
    let style = Style::default()
        .color(output::color(shown.show.color, &io::stdout()))
        .ascii(shown.show.ascii)
        .verbose(shown.verbose);
    output::print(|out| {
        writeln!(out)?;
        ComparisonFormat::Text.render(comparison, out, &style)?;
        writeln!(out)
    })
}
