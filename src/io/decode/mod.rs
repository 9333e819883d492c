//! Compression and encoding of a source: recognized by its first bytes, undone while it is read.

#[cfg_attr(not(feature = "compression"), path = "decoders/absent.rs")]
mod decoders;
mod format;
mod peek;

pub(super) use format::{Compression, Refused, Text};

use std::io::{self, Read};

use peek::Peeked;

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
    let mut plain = Peeked::new(decoders::decompress(raw, compression)?);
    let compressed = compression != Compression::None;
    let encoding = Text::of(plain.peek(Text::undecided))?;
    let text = decoders::to_utf8(plain, encoding)?;
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
