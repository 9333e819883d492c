//! Compression and encoding of a source: recognized by its first bytes, undone while it is read.

mod format;
mod gzip;
mod peek;
mod utf16;
mod zstd;

pub(super) use format::{Compression, Refused, Text};

use std::io::{self, BufReader, Read};

use gzip::GzipReader;
use peek::Peeked;
use utf16::Utf16Reader;
use zstd::ZstdReader;

/// Compressed bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// A reader of plain text, and what it is made from.
pub(super) struct Decoded {
    /// The text.
    pub(super) text: Box<dyn Read + Send>,
    /// The source is compressed: an error may be one of its data.
    pub(super) compressed: bool,
    /// The text is that of the source, byte for byte.
    pub(super) plain: bool,
}

impl Decoded {
    /// Text that needs no decoding.
    pub(super) fn plain(text: Box<dyn Read + Send>) -> Self {
        Self {
            text,
            compressed: false,
            plain: true,
        }
    }
}

/// Recognizes what `raw` holds and puts the readers in front of it that make plain text of it.
///
/// Waits for as many bytes as recognition takes, one for ordinary text. Plain text is not copied: after the few bytes peeked at, a
/// read goes straight to `raw`.
///
/// # Errors
/// [`Refused`] for a format that is not read here. A failure of `raw` is returned by the first read.
pub(super) fn decode(raw: Box<dyn Read + Send>) -> Result<Decoded, Refused> {
    let mut raw = Peeked::new(raw);
    let compression = Compression::of(raw.peek(Compression::undecided))?;
    let plain: Box<dyn Read + Send> = match compression {
        Compression::None => Box::new(raw),
        Compression::Gzip => {
            let buffered = BufReader::with_capacity(CHUNK, raw);
            Box::new(GzipReader::new(buffered))
        }
        Compression::Zstd => Box::new(ZstdReader::new(BufReader::with_capacity(CHUNK, raw))),
    };

    let mut plain = Peeked::new(plain);
    let compressed = compression != Compression::None;
    let encoding = Text::of(plain.peek(Text::undecided))?;
    let text: Box<dyn Read + Send> = match encoding {
        Text::Utf8 => Box::new(plain),
        Text::Utf16(encoding) => Box::new(Utf16Reader::new(plain, encoding)),
    };
    Ok(Decoded {
        text,
        compressed,
        plain: !compressed && encoding == Text::Utf8,
    })
}

/// Whether `error` means that compressed data is cut or damaged, rather than that its source failed.
pub(super) fn is_bad_data(error: &io::Error) -> bool {
    error.raw_os_error().is_none()
        && matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        )
}
