//! Bytes to lines: sources, decompression, decoding, reading ahead, files that grow, a program's standard error, the line buffer.

mod block;
mod buffer;
#[cfg(feature = "cli")]
mod child;
mod decode;
mod follow;
mod parallel_file;
mod polls;
mod read_ahead;
mod rotation;
mod source;
mod system;

pub use buffer::{Buffer, Filled, HISTORY, LINE_CAP, Text};
#[cfg(feature = "cli")]
pub use child::{Child, Streams};
pub use follow::Follow;
pub use polls::{Poll, Polls};
pub(crate) use rotation::{Place, Rotated, rotated};
pub use source::{Joint, Progress, Source};
