//! One layer of text before a line, and what its formats are made of.

use std::ops::Range;

/// One layer of text before a line. Ranges are byte positions in the text before its removal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Layer {
    pub(crate) length: usize,
    /// The name of the stream: container, pod, unit.
    pub(crate) stream: Option<Range<usize>>,
    /// The wall-clock time.
    pub(crate) wall: Option<Range<usize>>,
    /// The line continues in the next record of the stream.
    pub(crate) partial: bool,
    /// It was written to standard output.
    pub(crate) stdout: bool,
    /// It is the output of a test or benchmark harness.
    pub(crate) harness: bool,
}

impl Layer {
    /// A layer without data.
    pub(crate) fn of(length: usize) -> Option<Self> {
        Some(Self {
            length,
            ..Self::default()
        })
    }

    /// A layer with the name of the stream.
    pub(crate) fn named(length: usize, stream: Range<usize>) -> Option<Self> {
        Some(Self {
            length,
            stream: Some(stream),
            ..Self::default()
        })
    }
}

/// One format of text before a line.
pub(crate) struct Format {
    /// The bytes that it may begin with; empty for any byte.
    pub(crate) first: &'static [u8],
    /// The layer at the start of a text, if it has this format. The second argument is true if a layer before it had a time.
    pub(crate) layer: fn(&[u8], bool) -> Option<Layer>,
}

/// Length of a word of printable bytes followed by a blank.
pub(crate) fn word(text: &[u8]) -> Option<usize> {
    let length = memchr::memchr(b' ', text.get(..text.len().min(256))?)?;
    (length > 0 && text[..length].iter().all(u8::is_ascii_graphic)).then_some(length)
}

/// The number of digits at the start of a text.
pub(crate) fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// Bytes that a name may begin with.
pub(crate) const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// All bytes of the names of services and files.
pub(crate) const NAME: &[u8] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";

/// Whether a byte is one of [`NAME`].
pub(crate) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/')
}
