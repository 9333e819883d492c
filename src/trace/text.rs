//! The input of the grammar: a slice, or an array so long that no step needs a bounds check.

use nom::{Err, IResult};

/// Text to be parsed.
pub(crate) trait Text: Copy {
    /// The byte at this distance; after the end 0, which is in no literal and no number.
    fn byte(self, ahead: usize) -> u8;

    /// The next eight bytes, the first one lowest; 0 for those after the end.
    fn eight(self) -> u64;

    /// The text without its first `count` bytes.
    fn skip(self, count: usize) -> Self;

    /// Whether exactly these bytes follow.
    fn follows<const N: usize>(self, text: &[u8; N]) -> bool;
}

/// What a parser of the grammar returns.
pub(crate) type Parsed<I, T> = IResult<I, T, Miss>;

/// nom's error type on the hot path, empty. A line that fails is parsed again, slowly, for its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Miss;

impl<I> nom::error::ParseError<I> for Miss {
    fn from_error_kind(_: I, _: nom::error::ErrorKind) -> Self {
        Self
    }
    fn append(_: I, _: nom::error::ErrorKind, _: Self) -> Self {
        Self
    }
}

#[inline(always)]
pub(crate) const fn miss<I, T>() -> Parsed<I, T> {
    Err(Err::Error(Miss))
}

impl Text for &[u8] {
    #[inline(always)]
    fn byte(self, ahead: usize) -> u8 {
        self.get(ahead).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn eight(self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|ahead| self.byte(ahead)))
    }

    #[inline(always)]
    fn skip(self, count: usize) -> Self {
        self.get(count..).unwrap_or(&[])
    }

    #[inline(always)]
    fn follows<const N: usize>(self, text: &[u8; N]) -> bool {
        self.first_chunk() == Some(text)
    }
}

/// Positions in a line: the values of a byte.
pub(crate) const POSITIONS: usize = 256;
/// Bytes of the longest operand, at most.
pub(crate) const LONGEST_OPERAND: usize = 40;
/// Bytes of a line: the longest operand can begin at the last position.
pub(crate) const LINE: usize = POSITIONS + LONGEST_OPERAND;

/// A position in `N` bytes of text, at most 255: the longest part of the grammar is shorter.
///
/// A position is a `u8`, and there are at least [`LINE`] bytes, so the compiler leaves out all bounds checks: a quarter of the work on a
/// line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a, const N: usize> {
    bytes: &'a [u8; N],
    at: u8,
}

impl<'a, const N: usize> Line<'a, N> {
    /// The first byte.
    #[inline(always)]
    pub(crate) const fn new(bytes: &'a [u8; N]) -> Self {
        const { assert!(N >= LINE, "the last position is inside") };
        Self { bytes, at: 0 }
    }

    /// Bytes before the position.
    #[inline(always)]
    pub(crate) fn passed(self) -> usize {
        usize::from(self.at)
    }

    /// `M` bytes from here on, for the next part of the grammar; always there if `N` is [`POSITIONS`] more.
    #[inline(always)]
    pub(crate) fn rest<const M: usize>(self) -> Option<&'a [u8; M]> {
        self.bytes.get(self.passed()..)?.first_chunk()
    }
}

impl<const N: usize> Text for Line<'_, N> {
    #[inline(always)]
    fn byte(self, ahead: usize) -> u8 {
        self.bytes[self.passed() + ahead]
    }

    #[inline(always)]
    fn eight(self) -> u64 {
        let mut eight = [0; 8];
        eight.copy_from_slice(&self.bytes[self.passed()..self.passed() + 8]);
        u64::from_le_bytes(eight)
    }

    #[inline(always)]
    fn skip(self, count: usize) -> Self {
        debug_assert!(self.passed() + count < POSITIONS, "no part passes as much");
        Self {
            at: self.at.wrapping_add(count.to_le_bytes()[0]),
            ..self
        }
    }

    #[inline(always)]
    fn follows<const M: usize>(self, text: &[u8; M]) -> bool {
        if matches!(M, 3 | 5..=7) {
            // One load and a mask; the compiler would use two loads.
            let mut eight = [0; 8];
            eight[..M].copy_from_slice(text);
            return self.eight() & (u64::MAX >> (64 - 8 * M)) == u64::from_le_bytes(eight);
        }
        self.bytes[self.passed()..self.passed() + M] == text[..]
    }
}
