//! Bytes to lines: sources, decompression, decoding, reading ahead, files that grow, a program's own standard error, the buffered
//! reader.

mod ahead;
mod block;
mod buffer;
mod child;
mod decode;
mod follow;
mod rotation;
mod share;
mod source;
mod system;

pub use buffer::{Buffer, Filled, HISTORY, LINE_CAP, Text};
pub use child::{Child, Streams};
pub use follow::Follow;
pub(crate) use rotation::{Place, Rotated, rotated};
pub(crate) use share::Helper;
pub use source::{Joint, Progress, Source};
