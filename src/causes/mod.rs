//! From a heap profile and the compiler's escape analysis to where a program allocates, why, and what to change. The result is plain data of [`crate::report`].

mod growth;
mod log;
mod pattern;
mod sites;
mod why;

pub use growth::growth;
pub use log::{LogProfile, causes_of_log};
pub use sites::{Options, sites};
pub use why::{Join, SourceLine, why};
