//! `gcpressure compare BASE NEW`: a table of before and after, also as a gate.

pub(crate) mod baseline;
mod benchmarks;
mod gate;
pub(crate) mod sides;

use std::io::{self, Write};

use gcpressure::internal::compare;
use gcpressure::internal::render::{ComparisonFormat, Formats as _, Render as _, Style};
use gcpressure::internal::units;
use gcpressure::report::benchmarks::Benchmarks;
use gcpressure::report::comparison::{Comparison, Outcome, Side};

use crate::cli::args::CompareArgs;
use crate::cli::commands::compare::sides::Reading;
use crate::cli::config::Choices;
use crate::cli::exit::{self, Failure};
use crate::cli::output;
use crate::cli::output::files::{Place, Targets};

/// The result: of logs or of benchmarks.
enum Compared {
    Logs(Comparison),
    Benchmarks(Benchmarks),
}

impl Compared {
    fn render(
        &self,
        format: ComparisonFormat,
        out: &mut dyn Write,
        style: &Style,
    ) -> io::Result<()> {
        match self {
            Self::Logs(comparison) => format.render(comparison, out, style),
            Self::Benchmarks(benchmarks) => format.render(benchmarks, out, style),
        }
    }

    fn exit_status(&mut self) -> &mut u8 {
        match self {
            Self::Logs(comparison) => &mut comparison.exit_status,
            Self::Benchmarks(benchmarks) => &mut benchmarks.exit_status,
        }
    }
}

/// Reads both sides, writes the comparison, gives the exit status.
pub(crate) fn run(args: &CompareArgs) -> Result<u8, Failure> {
    let (base, new) = paths(args)?;
    let choices = Choices::of_program(&args.program)?;
    let build = baseline::build(&args.program);
    let targets = Targets::open(
        &args.output.output,
        ComparisonFormat::ALL,
        ComparisonFormat::name,
    )?;
    let saving = args.save_baseline.as_deref().map(Place::of);
    let saving = saving.transpose()?;

    let read =
        |paths: &[String], benchmarks| sides::read(paths, &choices.settings, &build, benchmarks);
    let base = match base.as_slice() {
        [] => None,
        paths => Some(read(paths, true)?),
    };
    let benchmarked = base.as_ref().is_some_and(|base| base.benchmarks.is_some());
    let new = read(&new, benchmarked)?;
    let unreadable = new.unreadable || base.as_ref().is_some_and(|base| base.unreadable);
    if unreadable && saving.is_some() {
        return Err(Failure::new(
            "not all runs can be read: no baseline is saved",
        ));
    }
    let mut compared = match base {
        Some(base) if benchmarked && new.benchmarks.is_some() => of_benchmarks(args, base, new)?,
        base => match of_logs(args, base, new, saving)? {
            Some(comparison) => Compared::Logs(comparison),
            None => return Ok(exit::DONE),
        },
    };
    if unreadable {
        *compared.exit_status() = exit::ERROR;
    }
    let shown = &args.output;
    let style = Style::default()
        .ascii(shown.show.ascii)
        .verbose(shown.verbose);
    if !shown.show.quiet {
        let color = output::color(shown.show.color, &io::stdout());
        let style = style.color(color);
        output::print(|out| compared.render(shown.format, out, &style))?;
    }
    targets.write(|format, out| compared.render(format, out, &style))?;
    Ok(*compared.exit_status())
}

fn of_benchmarks(args: &CompareArgs, base: Reading, new: Reading) -> Result<Compared, Failure> {
    let outputs = |reading: &mut Reading| reading.benchmarks.take().unwrap_or_default();
    let (mut base, mut new) = (base, new);
    let (before, after) = (outputs(&mut base), outputs(&mut new));
    let mut result = benchmarks::compare(args, (&before, &after), (base.side, new.side))?;
    result.exit_status = status(&result.outcome, false, args);
    if let Some(gc) = &mut result.gc {
        gc.exit_status = status(&gc.outcome, false, args);
    }
    Ok(Compared::Benchmarks(result))
}

/// Compares two sides of logs, and saves the new one. `None` without a base to compare with.
fn of_logs(
    args: &CompareArgs,
    base: Option<Reading>,
    mut new: Reading,
    saving: Option<Place>,
) -> Result<Option<Comparison>, Failure> {
    let gate = gate::of_rows(&args.comparing)?;
    work(&mut new.side, "--per-new", &args.per_new)?;
    if let Some(place) = saving {
        baseline::save(&place, &new)?;
    }
    let Some(Reading { side: mut base, .. }) = base else {
        return Ok(None);
    };
    work(&mut base, "--per-base", &args.per_base)?;
    if base.work.is_empty() != new.side.work.is_empty() {
        return Err(Failure::new("the work of only one side is given")
            .tip("give both: --per-base 120000 --per-new 80000"));
    }
    let mut comparison = compare::compare(base, new.side, &gate);
    let nothing = comparison.base.runs.is_empty() || comparison.new.runs.is_empty();
    comparison.exit_status = status(&comparison.outcome, nothing, args);
    Ok(Some(comparison))
}

/// The paths of each side.
fn paths(args: &CompareArgs) -> Result<(Vec<String>, Vec<String>), Failure> {
    let (mut base, mut new) = (args.base.clone(), args.new.clone());
    match args.sides.as_slice() {
        [] => {}
        [first, second] if base.is_empty() && new.is_empty() => {
            base.push(first.clone());
            new.push(second.clone());
        }
        // One name with a flag is the other side.
        [one] if new.is_empty() && (!base.is_empty() || args.save_baseline.is_some()) => {
            new.push(one.clone());
        }
        [one] if base.is_empty() && !new.is_empty() => base.push(one.clone()),
        _ => {
            return Err(Failure::new("a comparison has two sides, BASE and NEW").tip(
                "several runs per side: gcpressure compare --base a1.log --base a2.log --new b1.log --new b2.log",
            ));
        }
    }
    let saves = args.save_baseline.is_some();
    if new.is_empty() || (base.is_empty() && !saves) {
        return Err(Failure::new("a comparison has two sides, BASE and NEW")
            .tip("gcpressure compare before.log after.log"));
    }
    let standard_input = base.iter().chain(&new).filter(|path| *path == "-").count();
    if standard_input > 1 {
        return Err(Failure::new("standard input can be only one run"));
    }
    Ok((base, new))
}

/// Sets the work of a side: one number for all runs, or one per run.
fn work(side: &mut Side, flag: &str, given: &[f64]) -> Result<(), Failure> {
    if given.is_empty() {
        return Ok(());
    }
    let runs = side.runs.len();
    if given.len() > 1 && given.len() != runs {
        return Err(Failure::new(format!(
            "{flag} is given {} times for {}: expected once for all, or once per run",
            given.len(),
            units::counted(runs as u64, "run")
        )));
    }
    side.work = given.to_vec();
    Ok(())
}

/// The exit status. If `nothing` could be compared there is no verdict even without `--check`.
fn status(outcome: &Outcome, nothing: bool, args: &CompareArgs) -> u8 {
    let status = match outcome {
        Outcome::NoVerdict(_) if args.check || nothing => exit::NO_VERDICT,
        Outcome::Regression(_) if args.check => exit::FAIL,
        _ => exit::DONE,
    };
    exit::eased(
        status,
        args.output.show.allow_no_verdict,
        args.output.show.exit_zero,
    )
}
