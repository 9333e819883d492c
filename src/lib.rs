//! Reads what a Go program prints under `GODEBUG=gctrace=1` and judges whether the garbage collector is under pressure: where, how
//! badly, on what evidence, and what to do next.
//!
//! ```
//! use gcpressure::{Options, Source, Verdict, analyze};
//!
//! let log = std::fs::File::open("samples/wasteful.go1.27.3.log")?;
//! let source = Source::from_reader("orders", Box::new(log));
//! let report = analyze(vec![source], &Options::default(), &mut ())?;
//! assert_eq!(report.verdict, Verdict::Critical);
//! println!("{}", report.findings[0].message);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Data goes one way. [`Source`]s give bytes; lines of trace in them become [`GcCycle`]s, also behind wrappings and cut in pieces;
//! the cycles of each process become measures over sliding windows; the rules, steered by [`Settings`], judge these and raise
//! [`Finding`]s; one [`Diagnosis`] names the cause behind them. All of it is the [`Report`], which a [`Format`] writes. There are four
//! ways in:
//!
//! - [`analyze`] reads sources to their end and returns the [`Report`];
//! - a [`Sink`] given to it gets each cycle, foreign line and change of a finding as soon as it is known;
//! - [`Cycles`] iterates over the cycles of a source, without judging them;
//! - [`parse_line`] parses one gc line.
//!
//! # Features
//!
//! All are on by default, for the program. With `default-features = false` the library reads plain text and returns the report;
//! each of these adds to it:
//!
//! - `compression`: sources in gzip, zstd and UTF-16, which are otherwise refused with an error;
//! - `render`: [`Format`], [`Render`] and [`Style`]: text, JSON, CSV, Markdown and so on;
//! - `html`, `junit`: two more formats; `render` with them;
//! - `sarif`: the causes that `gcpressure why` finds, as SARIF;
//! - `schema`: `JsonSchema` of the crate `schemars` for the types of [`report`], and their JSON Schemas;
//! - `profile`: heap profiles and escape analysis, as yet for the program only;
//! - `tls`: https in the program;
//! - `cli`: what the program needs besides, and all of these but `html`, `junit`, `sarif` and `tls`.
//!
//! # What is promised
//!
//! The names below and the JSON keys of the report. Structs and enums are `non_exhaustive`: fields and variants are added within a
//! version, never renamed or removed. Integers are in base units (ns, bytes), ratios go from 0 to 1, and what the log does not say is
//! `None`. No input makes the library panic; memory is bounded whatever the length of the input. The module `internal` belongs to the
//! program in this package and may change at any time.

mod analyzer;
#[cfg(feature = "profile")]
mod causes;
mod compare;
mod error;
#[cfg(feature = "profile")]
mod escape;
mod fleet;
mod gobench;
mod io;
mod measure;
mod memstats;
mod pipeline;
mod process;
#[cfg(feature = "profile")]
mod profile;
mod reader;
#[cfg(feature = "render")]
mod render;
mod repair;
pub mod report;
mod rules;
mod settings;
mod severity;
mod stats;
mod trace;
mod tuning;
mod units;
mod window;
mod wrapping;

pub use error::{Error, ParseError};
pub use io::Source;
pub use pipeline::{
    Bound, Cycle, CycleRow, Cycles, FindingChange, Options, Sink, SoFar, WallTime, analyze,
};
#[cfg(feature = "render")]
pub use render::{Format, Formats, Render, Style};
pub use report::{Diagnosis, Finding, Report, Verdict};
pub use settings::{Scope, Settings, ThresholdOverride, WindowLength};
pub use severity::{CappedBy, Cause, Severity};
pub use trace::cycle::{AnyCycle, Event, GcCycle, LegacyCycle, Note};
pub use trace::{Outcome, parse_line};
pub use units::Unit;

/// What the program, the tests and the benches of this package need besides. No promise is made about it.
#[doc(hidden)]
pub mod internal {
    macro_rules! rooms {
        ($($room:ident)+) => { $(pub mod $room { pub use crate::$room::*; })+ };
    }
    rooms! {
        analyzer compare error fleet gobench io measure memstats pipeline process report rules settings severity stats trace tuning units window
    }
    #[cfg(feature = "profile")]
    rooms! { causes escape profile }
    #[cfg(feature = "render")]
    rooms! { render }
}

/// The README's library example is a doctest as well.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
