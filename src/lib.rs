//! `gcpressure` reads what a Go program prints under `GODEBUG=gctrace=1` and says whether the garbage collector is
//! under pressure, where, how badly, on what evidence, and what to do next.

pub mod analyzer;
pub mod causes;
pub mod compare;
pub mod error;
pub mod escape;
pub mod gobench;
pub mod io;
pub mod measure;
pub mod pipeline;
pub mod process;
pub mod profile;
mod reader;
pub mod render;
mod repair;
pub mod report;
pub mod rules;
pub mod settings;
pub mod severity;
pub mod stats;
pub mod trace;
pub mod units;
pub mod window;
mod wrapping;

/// The README's library example is a doctest as well.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
