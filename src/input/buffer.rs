//! The read buffer: complete lines as they arrive, with some of what came before them.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;

use super::Source;
use super::block::{Block, SPACE};

/// Bytes kept behind the reading position, to look for the heads of cut lines.
pub const HISTORY: usize = 256 * 1024;
/// A line longer than this is skipped and counted.
pub const LINE_CAP: usize = 64 * 1024;
/// Bytes that are copied to where the last ones stand, rather than to begin a new block with them.
const FEW: usize = SPACE / 4;
/// Blocks kept to be used again.
const SPARE: usize = 2;

/// The newest bytes of a stream, and what came before them as long as it may be looked at: no byte is moved but those of the
/// one line that stands in two blocks.
#[derive(Debug, Default)]
pub struct Buffer {
    block: Block,
    /// Position in the stream of the first byte of the block.
    base: u64,
    /// First byte of the block not yet consumed.
    position: usize,
    /// Past the last line feed read, or the end once the stream has ended.
    complete: usize,
    past: VecDeque<(u64, Block)>,
    /// Position in the stream before which nothing is looked at any more.
    wanted: u64,
    spare: Vec<Block>,
}

/// What a read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// Some bytes; there may be no complete line among them.
    Some,
    /// Nothing for now: the source said [`io::ErrorKind::WouldBlock`].
    Nothing,
    /// The stream has ended: what is left is the last line.
    End,
}

/// Text in one piece, and what came before it.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The text.
    pub bytes: &'a [u8],
    /// Position in the stream of its first byte.
    pub base: u64,
    past: &'a VecDeque<(u64, Block)>,
}

impl<'a> Text<'a> {
    /// What stands from `offset` in the stream to the place `to` in [`Text::bytes`], as far back as it is held, with where it
    /// starts in the stream. Copied only where it is not in one piece.
    pub fn back_to(&self, offset: u64, to: usize) -> (Cow<'a, [u8]>, u64) {
        let here = &self.bytes[..to];
        if let Some(from) = offset.checked_sub(self.base) {
            let from = usize::try_from(from).map_or(to, |from| from.min(to));
            return (Cow::Borrowed(&here[from..]), self.base + from as u64);
        }
        let mut pieces = Vec::new();
        let mut start = self.base;
        for (base, block) in self.past.iter().rev() {
            // A line that stands in two blocks is held twice.
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
    /// What the source says; an interrupted read is tried again.
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
            self.complete = self.block.len();
            return Ok(Filled::End);
        }
        if let Some(at) = memchr::memrchr(b'\n', &self.block.text()[from..]) {
            self.complete = from + at + 1;
        }
        Ok(Filled::Some)
    }

    /// Reads into the block, or into the next one; gives where that began and how much it was.
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

    /// What is read next stands in another block, behind what was not consumed yet. Gives where it begins.
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

    /// The block: complete lines, the beginning of the next one, and what came before.
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

    /// Marks everything before `position` as consumed.
    pub fn consume(&mut self, position: usize) {
        self.position = position.clamp(self.position, self.block.len());
        self.complete = self.complete.max(self.position);
    }

    /// Of what came before, only what stands at `offset` of the stream or later is looked at from now on.
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
