//! The full-screen display of `gcpressure watch`.

mod charts;
mod draw;
pub(crate) mod page;
pub(crate) mod screen;
pub(crate) mod state;
#[cfg(test)]
mod tests;
pub(crate) mod view;
