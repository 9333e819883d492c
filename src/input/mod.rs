//! Bytes to lines: sources, decompression, decoding, the buffered reader.

mod buffer;
mod decode;
mod source;

pub use buffer::{Buffer, Filled, HISTORY, LINE_CAP};
pub use source::{Progress, Source};
