//! The full-screen display of `gcpressure watch`.

mod charts;
mod draw;
pub(crate) mod plain;
pub(crate) mod screen;
pub(crate) mod seen;
#[cfg(test)]
mod tests;
mod view;
