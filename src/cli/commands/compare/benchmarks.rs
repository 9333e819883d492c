//! `gcpressure compare` on what `go test -bench` printed.

use gcpressure::internal::compare::{self, BenchmarkGate, Gate};
use gcpressure::internal::render::Formats;
use gcpressure::report::benchmarks::Benchmarks;
use gcpressure::report::comparison::Side;
use gcpressure::report::measures::{self, MEASURES};

use super::gate;
use super::sides::Outputs;
use crate::cli::args::CompareArgs;
use crate::cli::exit::Failure;
use crate::cli::suggest;

/// Units of the testing package, known even where no output has them.
const STANDARD: [&str; 4] = ["ns/op", "B/op", "allocs/op", "MB/s"];

/// Compares them, and the GC traces in the same outputs.
///
/// # Errors
/// A flag for logs only, an invalid gate.
pub(crate) fn compare(
    args: &CompareArgs,
    (base, new): (&Outputs, &Outputs),
    (before, after): (Side, Side),
) -> Result<Benchmarks, Failure> {
    of_logs_only(args)?;
    let traced = !before.runs.is_empty() && !after.runs.is_empty();
    let alone = match (before.runs.is_empty(), after.runs.is_empty()) {
        (false, true) => Some("base"),
        (true, false) => Some("new"),
        _ => None,
    };
    let gates = Gates::new(&args.comparing.max_ratio, &units(base, new), traced)?;
    let gc = (traced || gates.asks_for_rows).then(|| compare::compare(before, after, &gates.rows));
    let mut result = compare::benchmarks(base, new, &gates.units, gc);
    if let (None, Some(side)) = (&result.gc, alone) {
        result.warnings.push(format!(
            "only {side} holds a GC trace that can be measured, which is left out: set GODEBUG=gctrace=1 for both sides"
        ));
    }
    Ok(result)
}

/// Refuses flags that have no effect on benchmarks.
fn of_logs_only(args: &CompareArgs) -> Result<(), Failure> {
    if args.save_baseline.is_some() {
        return Err(Failure::new(
            "a baseline is made of logs, and these are benchmarks; none is saved",
        )
        .tip("keep what go test -bench printed, and name it as BASE the next time"));
    }
    if !args.per_base.is_empty() || !args.per_new.is_empty() {
        return Err(Failure::new(
            "--per-base and --per-new are the work of logged runs; benchmarks are per operation already",
        ));
    }
    let html = |format: &str| format == "html";
    let written = args.output.output.iter().map(|pair| pair.split_once('='));
    if html(args.output.format.name()) || written.flatten().any(|(format, _)| html(format)) {
        return Err(Failure::new("there is no html of benchmarks")
            .tip("-f markdown is a table for a page; html compares logs"));
    }
    Ok(())
}

/// The units of both sides in the order of their first appearance.
fn units<'a>(base: &'a Outputs, new: &'a Outputs) -> Vec<&'a str> {
    let mut units: Vec<&str> = Vec::new();
    let results = base
        .iter()
        .chain(new)
        .flat_map(|(_, output)| &output.results);
    for (_, unit) in results.flat_map(|result| &result.values) {
        if !units.contains(&unit.as_str()) {
            units.push(unit);
        }
    }
    units
}

/// The gates of `--max-ratio` for units, and for the rows of the GC traces.
#[derive(Debug, Default)]
struct Gates {
    units: BenchmarkGate,
    rows: Gate,
    /// A row is gated, so without a trace there is no verdict.
    asks_for_rows: bool,
}

impl Gates {
    fn new(pairs: &[String], units: &[&str], traced: bool) -> Result<Self, Failure> {
        let mut gates = Self::default();
        for pair in pairs {
            let name = pair.split('=').next().unwrap_or_default();
            let added = if units.contains(&name) || STANDARD.contains(&name) {
                gate::split(pair).map(|(unit, ratio)| match ratio {
                    Some(ratio) => gates.units.require(unit, ratio),
                    None => gates.units.release(unit),
                })
            } else if measures::find(name).is_some() {
                gates.asks_for_rows |= !pair.ends_with("=off");
                gate::add_row(&mut gates.rows, pair)
            } else {
                Err(unknown(name, units, traced))
            };
            added.map_err(gate::failure)?;
        }
        Ok(gates)
    }
}

/// The message for an unknown unit. Rows are known where the outputs hold traces.
fn unknown(name: &str, units: &[&str], traced: bool) -> String {
    let rows = MEASURES.iter().map(|measure| measure.id);
    let known = units.iter().copied();
    suggest::unknown("unit", name, known.chain(rows.filter(|_| traced)))
}
