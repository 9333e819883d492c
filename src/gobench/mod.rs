//! The output of `go test -bench`, also with other output in between.
//!
//! The format is Go's own (golang.org/design/14313-benchmark-format): configuration lines `key: value`, unit lines
//! `Unit allocs/op better=lower assume=exact`, and results, a name, the number of iterations, and pairs of value and unit.
//! The testing package writes a name when the benchmark starts and its figures when it ends. Output of the program or the
//! runtime's GC trace in between cuts the line in two, and the figures may follow at the end of another line. Both parts
//! are put together again if the figures are complete and exactly one name lacks them.
//!
//! Such a trace is measured for each result: see [`cycles`].

mod cycles;

use std::collections::BTreeMap;
use std::io::{self, BufRead};

/// Bytes of a line that are read.
const MAX_LINE: usize = 64 << 10;
/// Results that are kept.
const MAX_RESULTS: usize = 1 << 20;

/// The results of one output.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Output {
    /// In the order they were printed; `-count` repeats a name.
    pub results: Vec<Measured>,
    /// The unit lines.
    pub units: BTreeMap<String, UnitNote>,
    /// `goos`, `goarch`, `cpu`.
    pub machine: BTreeMap<String, String>,
    /// Results whose name and figures were in two lines.
    pub rejoined: u64,
    /// Benchmarks without figures: they failed, or the output was cut off. A skipped one is not counted.
    pub unfinished: u64,
    /// The name of the first of them, and the line that it stands in, from 1.
    pub first_unfinished: Option<(String, u64)>,
    /// Results beyond the limit of 1,048,576.
    pub dropped: u64,
}

/// One run of one benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Its package; empty if none was printed.
    pub package: String,
    /// Its name without `Benchmark`, with its sub-benchmark and GOMAXPROCS, e.g. `Handler/json-8`.
    pub name: String,
    /// Number of iterations.
    pub iterations: u64,
    /// Its figures, each with its unit: those printed, and `gc-cycles/op`, `gc-pause-ns/op` (both stops) and
    /// `gc-cpu-ns/op` (without idle marking) where the output has the trace of its run.
    pub values: Vec<(f64, String)>,
}

/// What a unit line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnitNote {
    /// More is better; `None` if unknown.
    pub more_is_better: Option<bool>,
    /// The values have no noise; `None` if unknown.
    pub exact: Option<bool>,
}

/// Reads an output to its end.
///
/// # Errors
/// A source that cannot be read.
pub fn read(source: &mut dyn BufRead) -> io::Result<Output> {
    let mut listener = Listener::default();
    loop {
        let bytes = source.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        listener.push(bytes);
        let length = bytes.len();
        source.consume(length);
    }
    Ok(listener.finish())
}

/// Finds the results in an output that is read elsewhere, e.g. from a pipe, which can be read only once.
#[derive(Debug, Default)]
pub struct Listener {
    output: Output,
    /// The newest line so far.
    line: Vec<u8>,
    /// Lines before it.
    lines: u64,
    package: String,
    /// A name without figures yet, and its line.
    pending: Option<(String, u64)>,
    /// The newest benchmark that failed.
    failed: String,
    /// The cycles of the run that goes on.
    cycles: cycles::Cycles,
}

impl Listener {
    /// Takes the next bytes, wherever they were cut.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = bytes.len().min(MAX_LINE - self.line.len());
            let end = memchr::memchr(b'\n', &bytes[..room]).map_or(room, |at| at + 1);
            let (part, rest) = bytes.split_at(end);
            self.line.extend_from_slice(part);
            bytes = rest;
            if part.ends_with(b"\n") || self.line.len() == MAX_LINE {
                self.close_line();
                self.lines += u64::from(part.ends_with(b"\n"));
            }
        }
    }

    /// The results, after the last bytes.
    #[must_use]
    pub fn finish(mut self) -> Output {
        self.close_line();
        self.close("");
        self.output
    }

    fn close_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        self.cycles.line(&line);
        self.line(&String::from_utf8_lossy(&line));
        line.clear();
        self.line = line;
    }

    fn line(&mut self, line: &str) {
        let line = line.trim_end();
        if let Some((key, value)) = line.split_once(": ")
            && matches!(key, "pkg" | "goos" | "goarch" | "cpu")
        {
            if key == "pkg" {
                self.close("");
                value.clone_into(&mut self.package);
            } else {
                self.output.machine.insert(key.to_owned(), value.to_owned());
            }
            return;
        }
        if let Some(note) = line.strip_prefix("Unit ") {
            self.unit(note);
            return;
        }
        if let Some((before, failed, name)) = ended(line) {
            self.line(before);
            self.end(name, failed);
        } else if let Some((name, rest)) = named(line) {
            self.close(name);
            let whole = figures(rest, false);
            // Both parts in one line, with other text in between.
            let rejoined = || figures(rest, true).inspect(|_| self.output.rejoined += 1);
            match whole.or_else(rejoined) {
                Some((iterations, values)) => self.result(name.to_owned(), iterations, values),
                None => self.pending = Some((name.to_owned(), self.lines + 1)),
            }
        } else if self.pending.is_some()
            && let Some((iterations, values)) = figures(line, true)
            && let Some((name, _)) = self.pending.take()
        {
            self.output.rejoined += 1;
            self.result(name, iterations, values);
        }
    }

    fn result(&mut self, name: String, iterations: u64, mut values: Vec<(f64, String)>) {
        values.extend(self.cycles.end(iterations));
        if self.output.results.len() == MAX_RESULTS {
            self.output.dropped += 1;
            return;
        }
        self.output.results.push(Measured {
            package: self.package.clone(),
            name,
            iterations,
            values,
        });
    }

    /// Counts the pending benchmark as unfinished, unless it is the one named next: `-v` prints a bare name first.
    fn close(&mut self, next: &str) {
        if let Some((name, line)) = self.pending.take()
            && !resolves(next, &name)
        {
            self.unfinished(&name, line);
        }
    }

    fn unfinished(&mut self, name: &str, line: u64) {
        self.output.unfinished += 1;
        let first = &mut self.output.first_unfinished;
        first.get_or_insert_with(|| (name.to_owned(), line));
    }

    /// A benchmark ended without figures. A parent that fails with its sub-benchmark is not counted again.
    fn end(&mut self, name: &str, failed: bool) {
        self.close(name);
        if failed {
            let sub = self.failed.strip_prefix(name);
            if !sub.is_some_and(|rest| rest.starts_with('/')) {
                self.unfinished(name, self.lines + 1);
            }
            name.clone_into(&mut self.failed);
        }
    }

    fn unit(&mut self, note: &str) {
        let mut words = note.split_whitespace();
        let Some(unit) = words.next() else { return };
        if self.output.units.len() >= 1_000 && !self.output.units.contains_key(unit) {
            return;
        }
        let known = self.output.units.entry(unit.to_owned()).or_default();
        for word in words {
            match word {
                "better=higher" => known.more_is_better = Some(true),
                "better=lower" => known.more_is_better = Some(false),
                "assume=exact" => known.exact = Some(true),
                "assume=nothing" => known.exact = Some(false),
                _ => {}
            }
        }
    }
}

/// True if `name` is that of a pending benchmark, with its GOMAXPROCS or not, or of a sub-benchmark of it.
fn resolves(name: &str, pending: &str) -> bool {
    name.strip_prefix(pending).is_some_and(|rest| {
        let digits = |procs: &str| procs.bytes().all(|b| b.is_ascii_digit());
        rest.is_empty() || rest.starts_with('/') || rest.strip_prefix('-').is_some_and(digits)
    })
}

/// `--- FAIL: BenchmarkKey-8`, or SKIP: what precedes it in the line, whether the benchmark failed, and its name.
fn ended(line: &str) -> Option<(&str, bool, &str)> {
    let (before, end) = line.split_once("--- ")?;
    let (word, name) = end.split_once(": Benchmark")?;
    matches!(word, "FAIL" | "SKIP").then_some((before, word == "FAIL", name))
}

/// The name at the start of a line, and what follows it.
fn named(line: &str) -> Option<(&str, &str)> {
    let name = line.strip_prefix("Benchmark")?;
    let end = name.find([' ', '\t']).unwrap_or(name.len());
    let (name, rest) = name.split_at(end);
    // `Benchmarking ...` is prose; so is `Benchmark results:`.
    let named = name.starts_with(|c: char| !c.is_lowercase());
    let prose = name.is_empty() || name.ends_with(':');
    (named && !prose).then_some((name, rest))
}

/// Iterations and figures at the end of a text: `1000<TAB>  123 ns/op<TAB>  45 B/op`. With `behind` other text may precede
/// them, such as the beginning of a line of the trace.
fn figures(text: &str, behind: bool) -> Option<(u64, Vec<(f64, String)>)> {
    let parts: Vec<&str> = text.split('\t').collect();
    let mut first = parts.len();
    let mut values = Vec::new();
    while first > 0
        && let Some(value) = value(parts[first - 1])
    {
        values.push(value);
        first -= 1;
    }
    values.reverse();
    if values.is_empty() {
        return spaced(text, behind);
    }
    let head = parts.get(first.checked_sub(1)?)?.trim_end();
    let digits = head.trim_end_matches(|c: char| c.is_ascii_digit());
    let before = parts[..first - 1].iter().all(|part| part.trim().is_empty());
    let alone = digits.trim().is_empty() && before;
    let ours = alone || (behind && digits.ends_with([' ', '\t']));
    if !ours {
        return None;
    }
    let iterations = head[digits.len()..].parse().ok()?;
    Some((iterations, values))
}

/// The same if tabs have become spaces: `1000 123 ns/op 45 B/op`.
fn spaced(text: &str, behind: bool) -> Option<(u64, Vec<(f64, String)>)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut at = words.len();
    let mut values = Vec::new();
    while at >= 2
        && let Some(value) = pair(words[at - 2], words[at - 1])
    {
        values.push(value);
        at -= 2;
    }
    values.reverse();
    let iterations = words.get(at.checked_sub(1)?)?.parse().ok()?;
    let alone = at == 1;
    let sure = values.iter().any(|(_, unit)| unit == "ns/op");
    (!values.is_empty() && (alone || (behind && sure))).then_some((iterations, values))
}

/// `  123 ns/op`.
fn value(part: &str) -> Option<(f64, String)> {
    let (number, unit) = part.trim().split_once(' ')?;
    pair(number, unit)
}

fn pair(number: &str, unit: &str) -> Option<(f64, String)> {
    let plain = number
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
        || matches!(number, "NaN" | "+Inf" | "-Inf");
    let number: f64 = number.parse().ok().filter(|_| plain)?;
    let is_unit = !unit.is_empty()
        && !unit.contains(char::is_whitespace)
        && unit.starts_with(|c: char| c.is_alphabetic() || c == '%');
    (is_unit && number.is_finite()).then(|| (number, unit.to_owned()))
}

#[cfg(test)]
mod tests;
