//! The read buffer: complete lines as they arrive, with some of what came before them.

use std::io::{self, Read};

/// Bytes asked of the source at a time.
const READ: usize = 128 * 1024;
/// Reads between two moves of the history.
const READS: usize = 5;
/// Where little is to be moved, it is moved once so much was read: what is read next finds its place in the cache.
const NEAR: usize = 384 * 1024;
/// Bytes kept behind the reading position, to look for the heads of cut lines.
pub const HISTORY: usize = 256 * 1024;
/// A line longer than this is skipped and counted.
pub const LINE_CAP: usize = 64 * 1024;
/// Reads go to multiples of this: a kernel copies to them four times as fast as to odd places (x86 with fast `rep movsb`).
const ALIGNED: usize = 64;

/// A sliding stretch of a stream: the history, one line and a few reads, so that the history is moved only every few reads.
#[derive(Debug)]
pub struct Buffer {
    /// What is held, from `pad` on.
    bytes: Vec<u8>,
    /// Bytes before the first that is aligned.
    pad: usize,
    /// Position in the stream of the first byte held.
    base: u64,
    /// First byte not yet consumed.
    position: usize,
    /// Past the last byte read.
    end: usize,
    /// Past the last line feed read, or the end once the stream has ended.
    complete: usize,
    /// Position in the stream before which nothing is looked at any more.
    wanted: u64,
    ended: bool,
}

impl Default for Buffer {
    fn default() -> Self {
        let bytes = vec![0; HISTORY + LINE_CAP + READS * READ + ALIGNED];
        Self {
            pad: bytes.as_ptr().align_offset(ALIGNED).min(ALIGNED),
            bytes,
            base: 0,
            position: 0,
            end: 0,
            complete: 0,
            wanted: 0,
            ended: false,
        }
    }
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

impl Buffer {
    /// Reads once. Returns as soon as the source has something.
    ///
    /// # Errors
    /// What the source says; an interrupted read is tried again.
    pub fn fill(&mut self, source: &mut dyn Read) -> io::Result<Filled> {
        let bytes = self.bytes.get_mut(self.pad..).unwrap_or(&mut []);
        let wanted = usize::try_from(self.wanted.saturating_sub(self.base));
        let from = wanted
            .map_or(self.position, |wanted| wanted.min(self.position))
            .max(self.position.saturating_sub(HISTORY));
        let full = bytes.len() - self.end < READ;
        if full || self.end >= NEAR && self.end - from <= NEAR / 4 {
            // A little more history, so that the next read goes to an aligned place.
            let from = from.saturating_sub(ALIGNED - (self.end - from) % ALIGNED);
            bytes.copy_within(from..self.end, 0);
            self.base += from as u64;
            self.position -= from;
            self.complete -= from;
            self.end -= from;
        }
        let stop = bytes.len().min(self.end + READ);
        let count = loop {
            match source.read(&mut bytes[self.end..stop]) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Filled::Nothing);
                }
                Err(error) => return Err(error),
            }
        };
        if count == 0 {
            self.ended = true;
            self.complete = self.end;
            return Ok(Filled::End);
        }
        let fresh = self.end..self.end + count;
        self.end = fresh.end;
        if let Some(at) = memchr::memrchr(b'\n', &bytes[fresh.clone()]) {
            self.complete = fresh.start + at + 1;
        }
        Ok(Filled::Some)
    }

    /// Everything that is held: history, complete lines, the beginning of the next line.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.pad..self.pad + self.end]
    }

    /// First byte not consumed, in [`Buffer::bytes`].
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Past the last complete line, in [`Buffer::bytes`].
    pub const fn complete(&self) -> usize {
        self.complete
    }

    /// Bytes after the last complete line: the beginning of a line.
    pub const fn rest(&self) -> usize {
        self.end - self.complete
    }

    /// Marks everything before `position` as consumed.
    pub fn consume(&mut self, position: usize) {
        self.position = position.clamp(self.position, self.end);
        self.complete = self.complete.max(self.position);
    }

    /// Of the history, only what stands at `offset` of the stream or later is looked at from now on: the less there is, the
    /// less is moved.
    pub fn forget(&mut self, offset: u64) {
        self.wanted = self.wanted.max(offset);
    }

    /// Position in the stream of a position in [`Buffer::bytes`].
    pub const fn offset(&self, position: usize) -> u64 {
        self.base + position as u64
    }

    /// Position in [`Buffer::bytes`] of a position in the stream, if it is still held.
    pub fn at(&self, offset: u64) -> Option<usize> {
        let at = usize::try_from(offset.checked_sub(self.base)?).ok()?;
        (at <= self.end).then_some(at)
    }
}
