//! Escape analysis: the diagnostics that the Go compiler prints with `-m -m` for every expression that it puts on the heap,
//! Go 1.19 to 1.27.
//!
//! ```text
//! f.go:60:2: u escapes to heap in newUser:            until Go 1.24: `u escapes to heap:`
//! f.go:60:2:   flow: ~r0 ← &u:                        until Go 1.24: `flow: ~r0 = &u:`
//! f.go:60:2:     from &u (address-of) at f.go:61:9
//! f.go:60:2:     from return &u (return) at f.go:61:2
//! f.go:60:2: moved to heap: u
//! ```
//!
//! A diagnostic of a function that was inlined is printed again for each call, with the place of the call: that copy is the one
//! that belongs to an allocation there. Lines that are not about an allocation (leaking parameters, functions that can be
//! inlined) are skipped. The build cache replays the same lines, and generic functions repeat them, so equal ones count once.

mod read;

pub use read::read;

use std::collections::HashMap;
use std::io;

use foldhash::fast::FixedState;

/// All diagnostics.
#[derive(Debug, Default)]
pub struct Escapes {
    files: Vec<File>,
    by_name: HashMap<String, Vec<usize>, FixedState>,
    packages: Vec<String>,
    diagnostics: usize,
    arrows: bool,
    flows: bool,
}

/// The diagnostics of one file.
#[derive(Debug, Default)]
struct File {
    path: String,
    package: Option<usize>,
    lines: HashMap<u64, Line, FixedState>,
}

#[derive(Debug, Default)]
struct Line {
    diagnostics: Vec<Diagnostic>,
    /// Column and function of each call that was inlined here.
    inlined: Vec<(u64, String)>,
}

/// A diagnostic of one expression or variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file as the compiler names it.
    pub file: String,
    /// The line.
    pub line: u64,
    /// The column, in bytes from 1.
    pub column: u64,
    /// The expression, or the variable that was moved to the heap.
    pub expression: String,
    /// Whether it allocates.
    pub kind: Kind,
    /// Why, one chain for each flow by which it escapes; empty if only `-m` was given, or if it does not escape.
    pub flows: Vec<Vec<Step>>,
}

/// Whether an expression allocates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `EXPR escapes to heap`.
    Escapes,
    /// `moved to heap: x`.
    Moved,
    /// `EXPR does not escape`, but what it makes may outgrow its buffer on the stack: `make`, `append`, `+`, conversions.
    MayAllocate,
    /// `EXPR does not escape`.
    OnStack,
}

/// One step of a flow to the heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it went, e.g. `~r0`, `{heap}`, `{storage for ... argument}`.
    pub into: String,
    /// The expressions that carried it there.
    pub by: Vec<Cause>,
}

/// `from EXPR (WHAT) at PLACE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The expression.
    pub expression: String,
    /// What it does, in the compiler's words: `return`, `assign`, `call parameter`, `too large for stack`.
    pub what: String,
    /// Its place, as `file:line:column`.
    pub place: String,
}

/// Why a file has no usable diagnostics.
#[derive(Debug)]
#[non_exhaustive]
pub enum EscapeError {
    /// It could not be read.
    Io(io::Error),
    /// It holds no diagnostic.
    Nothing,
    /// It holds too many.
    TooLarge,
}

impl std::fmt::Display for EscapeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Nothing => f.write_str(
                "no escape diagnostics in it; make them with: go build -gcflags='-m -m' ./... 2> escape.txt",
            ),
            Self::TooLarge => f.write_str(
                "more diagnostics than can be kept; build fewer packages at once with -gcflags='-m -m'",
            ),
        }
    }
}

impl std::error::Error for EscapeError {}

impl From<io::Error> for EscapeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The diagnostics of a place of the program.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// The diagnostics of the line.
    pub diagnostics: Vec<&'a Diagnostic>,
    /// Column and function of each call that was inlined there.
    pub inlined: Vec<(u64, &'a str)>,
}

impl Escapes {
    /// How many different diagnostics there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.diagnostics
    }

    /// The packages that were built.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().map(String::as_str)
    }

    /// Whether these are of Go 1.25 or later, which also reports `append`; `None` if unknown.
    #[must_use]
    pub const fn since_go_1_25(&self) -> Option<bool> {
        match (self.flows, self.arrows) {
            (false, _) => None,
            (true, arrows) => Some(arrows),
        }
    }

    /// Whether the diagnostics have reasons (`-m -m`, not `-m`).
    #[must_use]
    pub const fn has_reasons(&self) -> bool {
        self.flows
    }

    /// Whether the file of a function was built with these diagnostics. Names and paths are those of a profile.
    #[must_use]
    pub fn covers(&self, function: &str, file: &str) -> bool {
        let package = package(function);
        self.packages.iter().any(|built| built == package) || !self.file(function, file).is_empty()
    }

    /// A file's path as the compiler names it. Names and paths are those of a profile.
    #[must_use]
    pub fn path(&self, function: &str, file: &str) -> Option<&str> {
        let found = self.file(function, file);
        found
            .first()
            .map(|file| file.path.strip_prefix("./").unwrap_or(&file.path))
    }

    /// The diagnostics of a line. Names and paths are those of a profile.
    #[must_use]
    pub fn at(&self, function: &str, file: &str, line: u64) -> Found<'_> {
        let mut found = Found::default();
        for file in self.file(function, file) {
            if let Some(line) = file.lines.get(&line) {
                found.diagnostics.extend(&line.diagnostics);
                let inlined = line.inlined.iter();
                found
                    .inlined
                    .extend(inlined.map(|(at, name)| (*at, name.as_str())));
            }
        }
        found
    }

    /// The files that a file of a profile may be. Paths are relative to the directory of the compiler, absolute, or begin with
    /// the module; so their ends are compared, and for a bare file name the package as well.
    fn file(&self, function: &str, file: &str) -> Vec<&File> {
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let files = self
            .by_name
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let files = files.iter().map(|at| &self.files[*at]);
        let matching = files.filter(|known| {
            let own = bare(&known.path);
            let agrees = match known.package.map(|at| self.packages[at].as_str()) {
                Some(built) if !own.contains('/') => {
                    let package = package(function);
                    package == built || package == "main"
                }
                _ => true,
            };
            agrees && same_end(own, bare(file))
        });
        matching.collect()
    }
}

/// The package of a function: `svc/handlers` of `svc/handlers.(*Handler).GetUser`.
#[must_use]
pub fn package(function: &str) -> &str {
    // Type arguments hold paths of their own.
    let plain = function.split('[').next().unwrap_or(function);
    let base = plain.rfind('/').map_or(0, |slash| slash + 1);
    match plain[base..].find('.') {
        Some(dot) => &function[..base + dot],
        None => function,
    }
}

/// A path without leading `./` and `../`.
fn bare(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./").or_else(|| path.strip_prefix("../")) {
        path = rest;
    }
    path
}

/// Whether one path ends with the other, in whole parts.
fn same_end(a: &str, b: &str) -> bool {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let rest = long.strip_suffix(short);
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.ends_with(['/', '\\']) || short.starts_with(['/', '\\'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_off_names() {
        for (function, expected) in [
            ("svc/handlers.(*Handler).GetUser", "svc/handlers"),
            ("main.main", "main"),
            ("main.main.func1", "main"),
            ("example.com/a.b/c.F[go.shape.int]", "example.com/a.b/c"),
            ("sync.OnceValue[example.com/x.T].func1", "sync"),
            ("", ""),
        ] {
            assert_eq!(package(function), expected);
        }
    }

    #[test]
    fn paths_match_by_their_whole_parts() {
        assert!(same_end("handlers/handlers.go", "svc/handlers/handlers.go"));
        assert!(same_end(
            "/home/u/svc/handlers/handlers.go",
            "handlers/handlers.go"
        ));
        assert!(!same_end("myhandlers.go", "handlers.go"));
    }
}
