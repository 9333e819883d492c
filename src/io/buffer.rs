//! The read buffer: complete lines as they arrive, with some of what came before them.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;

use super::Source;
use super::block::{Block, FEW};

/// Bytes kept behind the reading position, to look for the heads of cut lines.
pub const HISTORY: usize = 256 * 1024;
/// A line longer than this is skipped and counted.
pub const LINE_CAP: usize = 64 * 1024;
/// Blocks kept to be used again.
const SPARE: usize = 2;

/// The newest bytes of a stream, and those before them as long as they may be read again. No byte is moved except those of the one
/// line that lies in two blocks. `position <= complete <= block.len()`.
#[derive(Debug, Default)]
pub struct Buffer {
    /// The newest bytes.
    block: Block,
    /// Position in the stream of the first byte of the block.
    base: u64,
    /// First byte of the block not yet consumed.
    position: usize,
    /// Past the last line feed read, or the end once that ends the line.
    complete: usize,
    /// The blocks before, oldest first, each with the position in the stream of its first byte.
    past: VecDeque<(u64, Block)>,
    /// Position in the stream before which nothing is read again.
    wanted: u64,
    /// Empty blocks to be used again, at most [`SPARE`].
    spare: Vec<Block>,
}

/// The result of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// Some bytes; there may be no complete line among them.
    Some,
    /// Nothing for now: the source returned [`io::ErrorKind::WouldBlock`].
    Nothing,
    /// The source has ended: what is left is its last line, or the beginning of one that goes on in the next source.
    End,
}

/// Text in one piece, and the text before it.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The text.
    pub bytes: &'a [u8],
    /// Position in the stream of its first byte.
    pub base: u64,
    past: &'a VecDeque<(u64, Block)>,
}

impl<'a> Text<'a> {
    /// The text from `offset` in the stream to `to` in [`Text::bytes`], as far back as it is held, with the position in the stream
    /// at which it starts. Copied only if it is not in one piece.
    pub fn back_to(&self, offset: u64, to: usize) -> (Cow<'a, [u8]>, u64) {
        let here = &self.bytes[..to];
        if let Some(from) = offset.checked_sub(self.base) {
            let from = usize::try_from(from).map_or(to, |from| from.min(to));
            return (Cow::Borrowed(&here[from..]), self.base + from as u64);
        }
        let mut pieces = Vec::new();
        let mut start = self.base;
        for (base, block) in self.past.iter().rev() {
            // A line that lies in two blocks is held twice.
            let held =
                usize::try_from(start.saturating_sub(*base)).map_or(0, |n| n.min(block.len()));
            let from = usize::try_from(offset.saturating_sub(*base)).map_or(held, |n| n.min(held));
            pieces.push(&block.text()[from..held]);
            start = base + from as u64;
            if start <= offset {
                break;
            }
        }
        pieces.reverse();
        pieces.push(here);
        (Cow::Owned(pieces.concat()), start)
    }
}

impl Buffer {
    /// Reads once. Returns as soon as the source has something.
    ///
    /// # Errors
    /// The source's error; an interrupted read is repeated.
    pub fn fill(&mut self, source: &mut Source) -> io::Result<Filled> {
        let before = self.block.len();
        let result = match source.chunk(&mut self.spare) {
            Ok(Some(chunk)) => {
                let count = chunk.len();
                if count <= FEW && self.block.append(chunk.text()) {
                    self.keep(chunk);
                    Ok((before, count))
                } else {
                    Ok((self.go_on_in(chunk), count))
                }
            }
            Ok(None) => self.read(source),
            Err(error) => Err(error),
        };
        let (from, count) = match result {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Filled::Nothing),
            Err(error) => return Err(error),
        };
        if count == 0 {
            return Ok(Filled::End);
        }
        if let Some(at) = memchr::memrchr(b'\n', &self.block.text()[from..]) {
            self.complete = from + at + 1;
        }
        Ok(Filled::Some)
    }

    /// Reads into the block, or into the next one; returns where that began and the number of bytes.
    fn read(&mut self, source: &mut Source) -> io::Result<(usize, usize)> {
        if self.block.room().len() < FEW {
            let next = self.spare.pop().unwrap_or_default();
            self.go_on_in(next);
        }
        let from = self.block.len();
        loop {
            match io::Read::read(source, self.block.room()) {
                Ok(count) => {
                    self.block.grow(count);
                    return Ok((from, count));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Goes on in another block, which begins with what was not consumed yet; returns the length of that.
    fn go_on_in(&mut self, mut next: Block) -> usize {
        let rest = &self.block.text()[self.position..];
        let length = rest.len();
        next.lead(rest);
        let last = std::mem::replace(&mut self.block, next);
        self.past.push_back((self.base, last));
        self.base += self.position as u64;
        self.complete -= self.position;
        self.position = 0;
        while let Some((base, block)) = self.past.front()
            && base + block.len() as u64 <= self.wanted.min(self.base)
            && let Some((_, block)) = self.past.pop_front()
        {
            self.keep(block);
        }
        length
    }

    fn keep(&mut self, mut block: Block) {
        if self.spare.len() < SPARE {
            block.clear();
            self.spare.push(block);
        }
    }

    /// The block: complete lines, the beginning of the next one, and the text before.
    pub fn text(&self) -> Text<'_> {
        Text {
            bytes: self.block.text(),
            base: self.base,
            past: &self.past,
        }
    }

    /// First byte not consumed, in [`Buffer::text`].
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Past the last complete line, in [`Buffer::text`].
    pub const fn complete(&self) -> usize {
        self.complete
    }

    /// Bytes after the last complete line: the beginning of a line.
    pub const fn rest(&self) -> usize {
        self.block.len() - self.complete
    }

    /// Marks everything before `position` as consumed: never less than before, and no more than was read.
    pub fn consume(&mut self, position: usize) {
        debug_assert!(position >= self.position && position <= self.block.len());
        self.position = position.clamp(self.position, self.block.len());
        self.complete = self.complete.max(self.position);
    }

    /// The end of what was read ends the last line.
    pub const fn end_line(&mut self) {
        self.complete = self.block.len();
    }

    /// Of the text before, only what lies at `offset` of the stream or later is read again.
    pub fn forget(&mut self, offset: u64) {
        self.wanted = self.wanted.max(offset);
    }

    /// Position in the stream of a position in [`Buffer::text`].
    pub const fn offset(&self, position: usize) -> u64 {
        self.base + position as u64
    }

    /// Position in the stream of what is read next.
    pub const fn end(&self) -> u64 {
        self.base + self.block.len() as u64
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics by design")]

    use std::io::Read;

    use proptest::prelude::*;

    use super::super::block::SPACE;
    use super::*;

    /// Gives a text in parts of certain lengths, again and again.
    struct Parts {
        text: Vec<u8>,
        given: usize,
        lengths: Vec<usize>,
        next: usize,
    }

    impl Read for Parts {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let length = self.lengths[self.next % self.lengths.len()];
            self.next += 1;
            let count = length.min(buf.len()).min(self.text.len() - self.given);
            buf[..count].copy_from_slice(&self.text[self.given..self.given + count]);
            self.given += count;
            Ok(count)
        }
    }

    /// Lines that tell themselves apart, up to so long.
    fn lines(bytes: usize, longest: usize) -> Vec<u8> {
        let mut text = Vec::new();
        let mut number = 0_usize;
        while text.len() < bytes {
            number += 1;
            let length = number * 7_919 % longest;
            text.extend_from_slice(format!("{number} {}\n", "x".repeat(length)).as_bytes());
        }
        text
    }

    /// Reads all of a source line by line, and looks back from each block as far as `history`.
    fn read_back(text: &[u8], mut source: Source, history: usize) {
        let mut buffer = Buffer::default();
        let mut seen = Vec::new();
        loop {
            buffer.forget((seen.len().saturating_sub(history)) as u64);
            let filled = buffer.fill(&mut source).unwrap();
            if filled == Filled::End {
                buffer.end_line();
            }
            let (from, to) = (buffer.position(), buffer.complete());
            let held = buffer.text();
            assert_eq!(held.base + from as u64, seen.len() as u64);
            seen.extend_from_slice(&held.bytes[from..to]);
            if filled == Filled::Some {
                assert!(from == to || held.bytes[to - 1] == b'\n');
            }
            let end = seen.len();
            for back in [0, 1, 100, history / 3, history] {
                // Before the first byte there is nothing, and what is not wanted may be gone.
                let start = (end - (to - from)).saturating_sub(back);
                let (bytes, base) = held.back_to(start as u64, to);
                assert_eq!(base, start as u64);
                assert!(*bytes == text[start..end], "{back} before {end}");
            }
            buffer.consume(to);
            if filled == Filled::End {
                break;
            }
        }
        assert!(seen == text);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn what_came_before_is_there_however_it_was_read(
            lengths in prop::collection::vec(prop_oneof![1_usize..300, 1_usize..200_000], 1..6),
            longest in prop_oneof![2_usize..200, 2_usize..30_000],
            history in 0..HISTORY,
            live in any::<bool>(),
        ) {
            let smallest = *lengths.iter().min().unwrap();
            let text = lines((4 * SPACE).min(3_000 * smallest), longest);
            let parts = Parts { text: text.clone(), given: 0, lengths, next: 0 };
            let source = match live {
                true => Source::live("parts", Box::new(parts)),
                false => Source::from_reader("parts", Box::new(parts)),
            };
            read_back(&text, source, history);
        }
    }

    #[test]
    fn the_last_bytes_are_kept_where_nothing_of_them_is_wanted() {
        let text = lines(5 * SPACE, 90);
        let parts = Parts {
            text: text.clone(),
            given: 0,
            lengths: vec![SPACE],
            next: 0,
        };
        let mut source = Source::from_reader("parts", Box::new(parts));
        let mut buffer = Buffer::default();
        while buffer.fill(&mut source).unwrap() != Filled::End {
            buffer.consume(buffer.complete());
            buffer.forget(buffer.offset(buffer.position()));
            assert!(buffer.past.len() <= 1);
        }
        // Memory is used again.
        assert!(buffer.past.len() + buffer.spare.len() <= 1 + SPARE);
    }
}
