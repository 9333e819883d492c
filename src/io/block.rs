//! Memory that bytes are read into; it is passed on with them from thread to thread.

use super::LINE_CAP;

/// Bytes read at a time, at most.
pub(super) const SPACE: usize = 128 * 1024;
/// Reads of up to this many bytes are appended to the block before: with a block of its own for each there would be one for every
/// line.
pub(super) const FEW: usize = SPACE / 4;
/// Reads go to multiples of this: a kernel copies to them four times as fast as to odd places (x86 with fast `rep movsb`).
const ALIGNED: usize = 64;

/// Bytes of a stream, with room before them for the beginning of a line that was read with the bytes before.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// Where reading begins: bytes before it were put there by [`Block::lead`].
    origin: usize,
    /// What is held.
    start: usize,
    end: usize,
}

impl Default for Block {
    fn default() -> Self {
        let bytes = vec![0; LINE_CAP + SPACE + ALIGNED];
        let pad = bytes.as_ptr().wrapping_add(LINE_CAP).align_offset(ALIGNED);
        let origin = LINE_CAP + pad.min(ALIGNED);
        Self {
            bytes,
            origin,
            start: origin,
            end: origin,
        }
    }
}

impl Block {
    /// What is held.
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or(&[])
    }

    /// Bytes held.
    pub(super) const fn len(&self) -> usize {
        self.end - self.start
    }

    /// Empties the block.
    pub(super) const fn clear(&mut self) {
        self.start = self.origin;
        self.end = self.origin;
    }

    /// The part that more can be read into.
    pub(super) fn room(&mut self) -> &mut [u8] {
        let end = self.bytes.len().min(self.origin + SPACE);
        self.bytes.get_mut(self.end..end).unwrap_or(&mut [])
    }

    /// `count` bytes were written to [`Block::room`].
    pub(super) const fn grow(&mut self, count: usize) {
        self.end += count;
    }

    /// Appends `bytes`. False, and nothing is done, if there is no room for them.
    pub(super) fn append(&mut self, bytes: &[u8]) -> bool {
        let Some(place) = self.room().get_mut(..bytes.len()) else {
            return false;
        };
        place.copy_from_slice(bytes);
        self.grow(bytes.len());
        true
    }

    /// Prepends `bytes`.
    pub(super) fn lead(&mut self, bytes: &[u8]) {
        if bytes.len() > self.start {
            // Longer than any line that is kept.
            let more = bytes.len() - self.start;
            self.bytes.splice(..0, std::iter::repeat_n(0, more));
            self.origin += more;
            self.start += more;
            self.end += more;
        }
        let start = self.start - bytes.len();
        self.bytes[start..self.start].copy_from_slice(bytes);
        self.start = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_before_and_behind_stands_in_order() {
        let mut block = Block::default();
        assert!(block.append(b"second "));
        block.room()[..5].copy_from_slice(b"third");
        block.grow(5);
        block.lead(b"first ");
        assert_eq!(block.text(), b"first second third");
        block.clear();
        assert_eq!(block.text(), b"");
        assert_eq!(block.room().len(), SPACE);
    }

    #[test]
    fn reading_goes_to_an_aligned_place() {
        assert_eq!(Block::default().room().as_ptr().align_offset(ALIGNED), 0);
    }

    #[test]
    fn what_does_not_fit_is_not_put_behind_but_always_before() {
        let mut block = Block::default();
        assert!(block.append(&vec![b'b'; SPACE - 1]));
        assert!(!block.append(b"cc"));
        assert!(block.append(b"c"));
        let long = vec![b'a'; 2 * LINE_CAP];
        block.lead(&long);
        assert_eq!(block.len(), long.len() + SPACE);
        assert_eq!(block.text()[..long.len()], long[..]);
        assert_eq!(block.text()[block.len() - 2..], *b"bc");
        assert_eq!(block.room().len(), 0);
    }
}
