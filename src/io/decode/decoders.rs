//! The readers that undo compression and encoding.

mod gzip;
mod utf16;
mod zstd;

use std::io::{BufReader, Read};

use encoding_rs::{UTF_16BE, UTF_16LE};

use super::peek::Peeked;
use super::{Compression, Refused, Text};
use gzip::GzipReader;
use utf16::Utf16Reader;
use zstd::ZstdReader;

/// Compressed bytes read at a time.
const CHUNK: usize = 64 * 1024;

type Reader = Box<dyn Read + Send>;

/// The text of `raw`, which is compressed like this.
pub(super) fn decompress(raw: Peeked<Reader>, from: Compression) -> Result<Reader, Refused> {
    Ok(match from {
        Compression::None => Box::new(raw),
        Compression::Gzip => Box::new(GzipReader::new(BufReader::with_capacity(CHUNK, raw))),
        Compression::Zstd => Box::new(ZstdReader::new(BufReader::with_capacity(CHUNK, raw))),
    })
}

/// `text`, which is encoded like this, as UTF-8.
pub(super) fn to_utf8(text: Peeked<Reader>, from: Text) -> Result<Reader, Refused> {
    Ok(match from {
        Text::Utf8 => Box::new(text),
        Text::Utf16Le => Box::new(Utf16Reader::new(text, UTF_16LE)),
        Text::Utf16Be => Box::new(Utf16Reader::new(text, UTF_16BE)),
    })
}
