//! `gcpressure compare` on what `go test -bench` printed.

use std::io::{self, BufReader, Write};
use std::path::Path;

use gcpressure::compare::{self, BenchmarkGate, Gate};
use gcpressure::gobench::{self, Output};
use gcpressure::input::Source;
use gcpressure::render::{self, ComparisonFormat, Style};
use gcpressure::report::benchmarks::Benchmarks;
use gcpressure::report::comparison::{Comparison, Outcome};

use super::args::CompareArgs;
use super::choices::Choices;
use super::exit::{self, Failure};
use super::output::{Formats, Targets};
use super::{baseline, output, sides};

/// A format of the comparison, used for benchmarks.
#[derive(Debug, Clone, Copy)]
struct BenchmarkFormat(ComparisonFormat);

impl Formats for BenchmarkFormat {
    type Of = (Benchmarks, Option<Comparison>);

    fn all() -> &'static [Self] {
        &[
            BenchmarkFormat(ComparisonFormat::Text),
            BenchmarkFormat(ComparisonFormat::Json),
            BenchmarkFormat(ComparisonFormat::Markdown),
        ]
    }

    fn name(self) -> &'static str {
        self.0.name()
    }

    fn render(self, result: &Self::Of, out: &mut dyn Write, style: &Style) -> io::Result<()> {
        render::benchmarks(self.0, &result.0, result.1.as_ref(), out, style)
    }
}

/// Outputs of benchmarks by their names.
type Outputs = Vec<(String, Output)>;

/// Reads both sides where each holds results of benchmarks; `None` where one of them is something else.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn read(base: &[String], new: &[String]) -> Result<Option<(Outputs, Outputs)>, Failure> {
    let side = |paths: &[String]| -> Result<Option<Outputs>, Failure> {
        let mut outputs = Vec::new();
        for path in paths {
            // A pipe can be read only once, and is taken for a log.
            if !Path::new(path).is_file() {
                return Ok(None);
            }
            let mut source = BufReader::new(Source::open(path)?);
            let output = gobench::read(&mut source)
                .map_err(|error| gcpressure::error::Error::io(path, error))?;
            if output.results.is_empty() {
                return Ok(None);
            }
            outputs.push((path.clone(), output));
        }
        Ok((!outputs.is_empty()).then_some(outputs))
    };
    Ok(match side(base)? {
        None => None,
        Some(before) => side(new)?.map(|after| (before, after)),
    })
}

/// Compares them, and the GC traces in the same outputs.
///
/// # Errors
/// A gate that cannot be read, output that cannot be written.
pub(crate) fn run(
    args: &CompareArgs,
    (base, new): (Outputs, Outputs),
    (base_paths, new_paths): (&[String], &[String]),
) -> Result<u8, Failure> {
    let format = args.output.format;
    if BenchmarkFormat::all().iter().all(|known| known.0 != format) {
        return Err(
            Failure::new(format!("there is no {} of benchmarks", format.name()))
                .tip("-f markdown is a table for a page; html compares logs"),
        );
    }
    let gate = gate(&args.comparing.max_ratio)?;
    let targets = Targets::<BenchmarkFormat>::open(&args.output.output)?;
    let mut result = compare::benchmarks(&base, &new, &gate);
    result.exit_status = match &result.outcome {
        _ if !args.check => exit::DONE,
        Outcome::Pass => exit::DONE,
        Outcome::Regression(_) => exit::FAIL,
        Outcome::NoVerdict(_) => exit::NO_VERDICT,
    };
    let choices = Choices::of_program(&args.program)?;
    let made_of = baseline::made_of(&args.program);
    let before = sides::read(base_paths, &choices.settings, &made_of)?.side;
    let after = sides::read(new_paths, &choices.settings, &made_of)?.side;
    let traced = !before.runs.is_empty() && !after.runs.is_empty();
    let gc = traced.then(|| compare::compare(before, after, &Gate::default()));
    let shown = &args.output;
    let style = Style {
        ascii: shown.show.ascii,
        verbose: shown.verbose,
        ..Style::default()
    };
    let (status, result) = (result.exit_status, (result, gc));
    if !shown.show.quiet {
        let color = output::color(shown.show.color, &io::stdout());
        let format = BenchmarkFormat(shown.format);
        output::print(|out| format.render(&result, out, &Style { color, ..style }))?;
    }
    targets.write(&result, &style)?;
    Ok(status)
}

/// Whether a row of `--max-ratio` is a unit of benchmarks.
pub(crate) fn is_unit(pair: &str) -> bool {
    pair.split('=')
        .next()
        .is_some_and(|name| name.contains('/'))
}

/// `allocs/op=1.0`.
fn gate(pairs: &[String]) -> Result<BenchmarkGate, Failure> {
    let mut gate = BenchmarkGate::default();
    for pair in pairs.iter().filter(|pair| is_unit(pair)) {
        let wrong = || {
            Failure::new(format!(
                "--max-ratio: `{pair}` is no unit and ratio of 1 or more; write it like allocs/op=1.0, or ns/op=off"
            ))
        };
        let (unit, value) = pair.split_once('=').ok_or_else(wrong)?;
        if value == "off" {
            gate.release(unit);
            continue;
        }
        let ratio: f64 = value.parse().map_err(|_| wrong())?;
        if !ratio.is_finite() || ratio < 1.0 {
            return Err(wrong());
        }
        gate.require(unit, ratio);
    }
    Ok(gate)
}
