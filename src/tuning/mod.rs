//! What another GOGC or GOMEMLIMIT would give: a model of the runtime's pacer, fed by the cycles of a log.
//!
//! [`Inputs`] sums up the cycles of one process in bounded memory ([`Observer`] where nothing else follows them); [`Base`] is what they
//! show after the start-up; [`predict`] computes a [`Setting`] from it; [`process`] makes the table and the recommendation of it,
//! [`lines`] the short form for a report; [`check`] holds a prediction against a log of the setting. The formulas and where they come from stand at [`predict`]. Not modelled, so there are no numbers: programs whose
//! allocation or live heap comes in bursts, marking that never rests, goals just above the live heap, and settings that collect more
//! often than the measured one, since the program itself slows then.

mod base;
mod check;
mod inputs;
mod model;
mod observer;
mod pacer;
mod refusal;
mod table;
#[cfg(test)]
mod tests;

pub use base::Base;
pub use check::check;
pub use inputs::{Inputs, Shown};
pub use model::{Prediction, Setting, Span, predict};
pub use observer::Observer;
pub use table::{Wanted, lines, process};
