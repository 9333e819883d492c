//! What the grammar reads: a slice, or a line in a window of fixed size, where no step asks whether bytes are left.

use nom::IResult;

use super::number::Miss;

/// Text that a parser goes through.
pub(super) trait Text: Copy {
    /// The byte so many places ahead; 0, which no parser takes, behind the end.
    fn byte(self, ahead: usize) -> u8;

    /// The next eight bytes, the first one lowest; 0 for those behind the end.
    fn eight(self) -> u64;

    /// What is left behind so many bytes.
    fn skip(self, count: usize) -> Self;

    /// Whether exactly these bytes follow.
    fn follows<const N: usize>(self, text: &[u8; N]) -> bool;
}

/// What a parser of the grammar gives.
pub(super) type Parsed<I, T> = IResult<I, T, Miss>;

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

/// Positions in a window: a power of two, and more than the grammar can pass. Its longest line, of Go 1.5, is 506 bytes,
/// with 20 digits in each of 19 numbers; a digit more and the number is none.
const POSITIONS: usize = 512;
/// Bytes of a window: the longest literal may begin at the last position.
pub(super) const WINDOW: usize = POSITIONS + 40;

/// A place in a window on the text.
///
/// Positions are taken modulo their number, which changes none of them and shows the compiler that none is outside: no
/// bounds are checked, and that is a quarter of the work on a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    bytes: &'a [u8; WINDOW],
    at: usize,
}

impl<'a> Line<'a> {
    /// The start of a window.
    #[inline(always)]
    pub(super) const fn new(bytes: &'a [u8; WINDOW]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes passed.
    #[inline(always)]
    pub(super) const fn passed(self) -> usize {
        self.at
    }
}

impl Text for Line<'_> {
    #[inline(always)]
    fn byte(self, ahead: usize) -> u8 {
        self.bytes[(self.at % POSITIONS) + ahead]
    }

    #[inline(always)]
    fn eight(self) -> u64 {
        let at = self.at % POSITIONS;
        let mut eight = [0; 8];
        eight.copy_from_slice(&self.bytes[at..at + 8]);
        u64::from_le_bytes(eight)
    }

    #[inline(always)]
    fn skip(self, count: usize) -> Self {
        Self {
            at: self.at + count,
            ..self
        }
    }

    #[inline(always)]
    fn follows<const N: usize>(self, text: &[u8; N]) -> bool {
        let at = self.at % POSITIONS;
        self.bytes[at..at + N] == text[..]
    }
}
