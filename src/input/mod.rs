//! Bytes to lines: sources, decompression, decoding, the buffered reader.

mod buffer;

pub use buffer::{Buffer, Filled, HISTORY, LINE_CAP};
