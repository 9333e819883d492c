//! Bytes to lines: sources, decompression, decoding, the buffered reader.

mod decode;
mod source;

pub use source::Source;
